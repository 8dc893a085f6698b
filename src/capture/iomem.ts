import { CaptureError, quoted } from "./capture-error.js";
import { hex, hexNumber } from "./whole-number.js";

/** A range of guest physical addresses in bytes, end exclusive. */
export interface IomemRange {
  readonly start: number;
  readonly end: number;
}

/** What /proc/iomem says about memory. */
export interface Iomem {
  /** System RAM of any origin, in address order. */
  readonly systemRam: readonly IomemRange[];
  /** The part of it that virtio-mem added. */
  readonly virtioMemRam: readonly IomemRange[];
  /** Device regions that virtio-mem drivers own, by device name. */
  readonly regions: readonly (IomemRange & { readonly device: string })[];
}

/**
 * Reads /proc/iomem.
 *
 * ```text
 * 00100000-3ffd9fff : System RAM                    boot memory
 * 100000000-1ffffffff : virtio0                     the region of a virtio-mem device
 *   100000000-1bfffffff : System RAM (virtio_mem)   what it added to Linux
 * ```
 *
 * @throws CaptureError if no System RAM is there, ranges are malformed or overlap, or the kernel
 *   hid the addresses because the reader was not root.
 */
export function parseIomem(text: string, file: string): Iomem {
  const systemRam: IomemRange[] = [];
  const virtioMemRam: IomemRange[] = [];
  const regions: (IomemRange & { device: string })[] = [];

  for (const line of text.split("\n")) {
    const row = rowOf(line);
    if (row === undefined) {
      if (line.trim() === "") continue;
      throw new CaptureError(file, "line", `must be "start-end : name", got ${quoted(line)}`);
    }
    const { first, last, name } = row;
    const isRam = /^System RAM(?: \(.*\))?$/.test(name);
    const isRegion = /^virtio\d+$/.test(name);
    if (!isRam && !isRegion) continue;
    const start = hexNumber(first, file, name);
    const end = hexNumber(last, file, name) + 1;
    if (start === 0 && end === 1) {
      throw new CaptureError(file, name, "must have addresses, got 0-0: only root reads them");
    }
    if (end <= start || end > 2 ** 52) {
      const found = quoted(`${first}-${last}`);
      throw new CaptureError(file, name, `must end above its start and below 2^52, got ${found}`);
    }
    if (isRegion) regions.push({ device: name, start, end });
    else systemRam.push({ start, end });
    if (name === "System RAM (virtio_mem)") virtioMemRam.push({ start, end });
  }
  if (systemRam.length === 0) throw new CaptureError(file, "", "must list System RAM, got none");
  assertApart(systemRam, file, "System RAM");
  assertApart(regions, file, "virtio-mem region");
  return { systemRam, virtioMemRam, regions };
}

/**
 * `start-end : name`, with spaces before it. Without a regular expression, whose time would grow
 * with the square of a line.
 */
function rowOf(line: string): { first: string; last: string; name: string } | undefined {
  const colon = line.indexOf(" : ");
  const range = line.slice(0, colon < 0 ? 0 : colon).trimStart();
  const dash = range.indexOf("-");
  if (dash < 1 || dash === range.length - 1 || range.includes(" ")) return undefined;
  return { first: range.slice(0, dash), last: range.slice(dash + 1), name: line.slice(colon + 3) };
}

/** Sorts by address, and checks that no two ranges overlap. */
function assertApart(ranges: IomemRange[], file: string, field: string): void {
  ranges.sort((a, b) => a.start - b.start);
  let end = 0;
  for (const range of ranges) {
    if (range.start < end) {
      throw new CaptureError(file, field, `must not overlap, got two of it at ${hex(range.start)}`);
    }
    end = range.end;
  }
}
