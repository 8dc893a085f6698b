import { CaptureError } from "../capture/capture-error.js";
import { hex } from "../capture/whole-number.js";
import { formatSize, PAGE_SIZE } from "../units.js";
import type { DumpFile } from "./dump-file.js";
import { ExtentMemory } from "./extent-memory.js";
import type { Extent } from "./extents.js";
import type { MemoryRange, PhysicalMemory } from "./physical-memory.js";

/** Less than this is no memory of a Linux guest. */
const LEAST_SIZE = 2 ** 24;

/** Is the file as large as an image of a guest's memory may be? */
export function mayBeRawImage({ size }: DumpFile): boolean {
  return size >= LEAST_SIZE && size % PAGE_SIZE === 0;
}

/**
 * A raw image of memory: a snapshot's memory of Firecracker or cloud-hypervisor, a file of QEMU's
 * memory backend, `pmemsave`.
 *
 * @param map - guest physical addresses of what the file has, one range after the other; default:
 *   all of it from address 0 on.
 * @throws CaptureError if the file is none, or not as large as the map.
 */
export function openRawImage(file: DumpFile, map?: readonly MemoryRange[]): PhysicalMemory {
  if (!mayBeRawImage(file)) {
    const rule = `must be whole pages of 4 KiB, ${formatSize(LEAST_SIZE)} or more, got ${file.size} bytes`;
    throw new CaptureError(file.name, "memory image", rule);
  }
  const extents: Extent[] = [];
  let position = 0;
  for (const { start, end } of map ?? [{ start: 0, end: file.size }]) {
    extents.push({ start, end, position });
    position += end - start;
  }
  if (position !== file.size) {
    const rule = `must be as large as its map says, ${position} bytes, got ${file.size}`;
    throw new CaptureError(file.name, "memory image", rule);
  }
  extents.sort((a, b) => a.start - b.start);
  for (const [index, { start, end }] of extents.entries()) {
    const next = extents[index + 1];
    if (next === undefined || next.start >= end) continue;
    const rule = `must not overlap, got ${hex(start)} to ${hex(end)} and a range from ${hex(next.start)}`;
    throw new CaptureError(file.name, "map of the memory image", rule);
  }
  return new ExtentMemory(file, extents, { vmcoreInfos: [], pageTables: [] });
}
