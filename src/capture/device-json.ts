import { CaptureError } from "./capture-error.js";
import { parseJson, recordOf } from "./json-text.js";
import { jsonNumber } from "./whole-number.js";

/** The hypervisor's side of the device. */
export interface DeviceJson {
  readonly regionStart: number;
  readonly regionSize: number;
  readonly blockSize: number;
  /** Runs of plugged device blocks, ascending, `[first, nr]`. */
  readonly pluggedRuns: readonly (readonly [first: number, nr: number])[];
}

/**
 * Reads device.json: region, block size and plugged blocks as runs `[first, nr, plugged]`, where
 * plugged is 0 or 1. Blocks that no run names are unplugged.
 *
 * @throws CaptureError if a number is malformed, runs overlap, reach beyond the region or do not
 *   add up to `plugged_size`.
 */
export function parseDeviceJson(text: string, file: string): DeviceJson {
  const json = recordOf(parseJson(text, file), file, "");
  const regionStart = jsonNumber(json["region_start"], file, "region_start");
  const regionSize = jsonNumber(json["region_size"], file, "region_size");
  const blockSize = jsonNumber(json["block_size"], file, "block_size");
  const list = json["plugged_rle"];
  if (!Array.isArray(list)) {
    throw new CaptureError(file, "plugged_rle", "must be a list of runs, got something else");
  }
  const pluggedRuns: [number, number][] = [];
  let end = 0;
  let pluggedBlocks = 0;
  for (const [index, item] of (list as unknown[]).entries()) {
    const field = `plugged_rle[${index}]`;
    if (!Array.isArray(item) || item.length !== 3) {
      throw new CaptureError(file, field, "must be [first, nr, plugged], got something else");
    }
    const [first, nr, plugged] = (item as unknown[]).map((value) => jsonNumber(value, file, field));
    if (first === undefined || nr === undefined) continue;
    if (plugged !== 0 && plugged !== 1) {
      throw new CaptureError(file, field, `must be plugged 0 or 1, got ${plugged}`);
    }
    if (first < end) {
      throw new CaptureError(file, field, `must start at block ${end} or later, got ${first}`);
    }
    end = first + nr;
    if (end * blockSize > regionSize) {
      const nrBlocks = blockSize === 0 ? 0 : Math.floor(regionSize / blockSize);
      throw new CaptureError(file, field, `must end within ${nrBlocks} blocks, got ${end}`);
    }
    if (plugged === 0 || nr === 0) continue;
    pluggedRuns.push([first, nr]);
    pluggedBlocks += nr;
  }
  const pluggedSize = json["plugged_size"];
  if (pluggedSize !== undefined) {
    const bytes = jsonNumber(pluggedSize, file, "plugged_size");
    if (bytes !== pluggedBlocks * blockSize) {
      const rule = `must be ${pluggedBlocks * blockSize}, the sum of plugged_rle, got ${bytes}`;
      throw new CaptureError(file, "plugged_size", rule);
    }
  }
  return { regionStart, regionSize, blockSize, pluggedRuns };
}
