import { formatSize, PAGE_SIZE } from "../units.js";
import { CaptureError } from "./capture-error.js";
import type { CaptureMemoryBlock, CaptureZone } from "./capture.js";
import type { Iomem, IomemRange } from "./iomem.js";
import { hex, isPowerOfTwo } from "./whole-number.js";

const MIN_MEMORY_BLOCK_SIZE = 2 ** 27;
const MAX_MEMORY_BLOCK_SIZE = 2 ** 31;

/** @throws CaptureError unless `size` is one that Linux uses on x86-64. */
export function checkMemoryBlockSize(size: number, file: string, field: string): void {
  if (isPowerOfTwo(size) && size >= MIN_MEMORY_BLOCK_SIZE && size <= MAX_MEMORY_BLOCK_SIZE) return;
  throw new CaptureError(
    file,
    field,
    `must be a power of two from 128 MiB to 2 GiB, got ${formatSize(size)}: not supported yet`,
  );
}

/** What has to fit together. */
export interface MemoryView {
  readonly iomem: Iomem;
  readonly iomemFile: string;
  readonly memoryBlocks: readonly CaptureMemoryBlock[];
  readonly memoryBlocksFile: string;
  readonly memoryBlockSize: number;
  /** The device region. */
  readonly region: IomemRange;
  readonly zones: readonly CaptureZone[];
  readonly zoneinfoFile: string;
}

/**
 * Checks that the memory blocks, System RAM and the device region speak of the same memory. The
 * files are read one after the other, so they disagree when the guest was being resized meanwhile.
 *
 * @throws CaptureError at the first contradiction.
 */
export function checkMemory(view: MemoryView): void {
  const ramSizes = ramSizesOfBlocks(view);
  checkBlocksAreRam(view, ramSizes);
  checkVirtioMemRam(view);
  checkPageSize(view, ramSizes);
}

/** Bytes of System RAM in each memory block; both lists are in address order. */
function ramSizesOfBlocks({ memoryBlocks, memoryBlockSize, iomem }: MemoryView): number[] {
  let at = 0;
  return memoryBlocks.map(({ id }) => {
    const start = id * memoryBlockSize;
    const end = start + memoryBlockSize;
    while ((iomem.systemRam[at]?.end ?? Number.POSITIVE_INFINITY) <= start) at++;
    let size = 0;
    for (let next = at; ; next++) {
      const range = iomem.systemRam[next];
      if (range === undefined || range.start >= end) return size;
      size += Math.min(end, range.end) - Math.max(start, range.start);
    }
  });
}

function checkBlocksAreRam(view: MemoryView, ramSizes: readonly number[]): void {
  const missing = view.memoryBlocks[ramSizes.indexOf(0)];
  if (missing === undefined) return;
  const start = hex(missing.id * view.memoryBlockSize);
  const rule = `must be System RAM in ${view.iomemFile}, got no such range from ${start}`;
  throw new CaptureError(view.memoryBlocksFile, `memory${missing.id}`, rule);
}

function checkVirtioMemRam(view: MemoryView): void {
  const { iomem, iomemFile, region, memoryBlockSize, memoryBlocksFile } = view;
  const ids = new Set(view.memoryBlocks.map(({ id }) => id));
  for (const { start, end } of iomem.virtioMemRam) {
    // With several devices the others' memory is not ours to check.
    if (end <= region.start || start >= region.end) {
      if (iomem.regions.length > 1) continue;
      reject(view, `must lie in the device region from ${hex(region.start)}`, start);
    }
    if (start < region.start || end > region.end) {
      reject(view, `must end within the device region at ${hex(region.end)}`, end);
    }
    if (start % memoryBlockSize !== 0 || end % memoryBlockSize !== 0) {
      reject(view, `must be whole memory blocks of ${formatSize(memoryBlockSize)}`, start);
    }
    for (let id = start / memoryBlockSize; id < end / memoryBlockSize; id++) {
      if (ids.has(id)) continue;
      const rule = `must be there, as ${iomemFile} says, got no such memory block`;
      throw new CaptureError(memoryBlocksFile, `memory${id}`, rule);
    }
  }
}

function reject({ iomemFile }: MemoryView, rule: string, found: number): never {
  throw new CaptureError(iomemFile, "System RAM (virtio_mem)", `${rule}, got ${hex(found)}`);
}

/** Zones count all online pages; if pages are larger there are a quarter of them or fewer. */
function checkPageSize(view: MemoryView, ramSizes: readonly number[]): void {
  let onlineSize = 0;
  for (const [index, { state }] of view.memoryBlocks.entries()) {
    if (state === "online") onlineSize += ramSizes[index] ?? 0;
  }
  const present = view.zones.reduce((sum, zone) => sum + zone.present, 0);
  if (present * PAGE_SIZE * 2 >= onlineSize) return;
  throw new CaptureError(
    view.zoneinfoFile,
    "present",
    `must add up to about ${Math.round(onlineSize / PAGE_SIZE)} pages of 4 KiB, got ${present}: ` +
      "other page sizes are not supported yet",
  );
}
