import type { Capture } from "../capture/capture.js";
import { shortened } from "../input-error.js";
import { parseSize } from "../units.js";
import { UsageError } from "./usage-error.js";

/** A device of a captured guest, and what is asked of it. */
export interface AskedDevice {
  readonly capture: Capture;
  readonly requestedSize: number;
}

/**
 * Reads `--requested-size`: one size for each device, or `virtio0=1GiB,virtio1=0`, which leaves the
 * others alone.
 *
 * @throws UsageError if a device is not there or named twice; as parseSize() does for a size.
 */
export function askedDevices(captures: readonly Capture[], text: string): AskedDevice[] {
  const flag = "--requested-size";
  if (!text.includes("=")) {
    return captures.map((capture) => ({ capture, requestedSize: sizeFor(capture, text, flag) }));
  }
  const asked = new Map<Capture, number>();
  for (const part of text.split(",")) {
    const [name = "", size = ""] = part.split("=").map((word) => word.trim());
    const capture = captures.find(({ device }) => device.name === name);
    if (capture === undefined) {
      const known = captures
        .map(({ device }) => device.name ?? "a device without a name")
        .join(", ");
      throw new UsageError(
        `${flag} must name a device of the capture (${known}), got ${shortened(name)}`,
      );
    }
    if (asked.has(capture)) {
      throw new UsageError(`${flag} must name a device once, got ${shortened(name)} twice`);
    }
    asked.set(capture, sizeFor(capture, size, `${flag} of ${name}`));
  }
  return [...asked].map(([capture, requestedSize]) => ({ capture, requestedSize }));
}

/** A size with a fraction, such as 30.2GiB, means the nearest one that the device can have. */
function sizeFor({ device }: Capture, text: string, flag: string): number {
  const size = parseSize(text, flag);
  return text.includes(".") ? Math.round(size / device.blockSize) * device.blockSize : size;
}
