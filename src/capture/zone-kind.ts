import { CaptureError, quoted } from "./capture-error.js";
import type { CaptureZone } from "./capture.js";

/**
 * The zone that a /proc file names, or undefined for ZONE_DEVICE, which never holds RAM.
 *
 * @throws CaptureError for any other name: zones of other architectures are not known here.
 */
export function zoneKind(
  text: string,
  file: string,
  field: string,
): CaptureZone["kind"] | undefined {
  switch (text) {
    case "DMA":
    case "DMA32":
    case "Normal":
    case "Movable":
      return text;
    case "Device":
      return undefined;
    default:
      throw new CaptureError(
        file,
        field,
        `must be DMA, DMA32, Normal, Movable or Device, got ${quoted(text)}`,
      );
  }
}
