import { CaptureError } from "./capture-error.js";
import type { CaptureMemoryBlock, CaptureZone } from "./capture.js";
import type { Iomem, IomemRange } from "./iomem.js";
import { hex, isPowerOfTwo } from "./whole-number.js";

const PAGE_SIZE = 4096;
const MIN_MEMORY_BLOCK_SIZE = 2 ** 27;
const MAX_MEMORY_BLOCK_SIZE = 2 ** 31;

/** @throws CaptureError unless `size` is one that Linux uses on x86-64. */
export function checkMemoryBlockSize(size: number, file: string, field: string): void {
  if (isPowerOfTwo(size) && size >= MIN_MEMORY_BLOCK_SIZE && size <= MAX_MEMORY_BLOCK_SIZE) return;
  throw new CaptureError(
    file,
    field,
    `must be a power of two from 128 MiB to 2 GiB, got ${hex(size)}: not supported yet`,
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
  checkBlocksAreRam(view);
  checkVirtioMemRam(view);
  checkPageSize(view);
}

function checkBlocksAreRam(view: MemoryView): void {
  const { memoryBlocks, memoryBlockSize, iomem, iomemFile, memoryBlocksFile } = view;
  let at = 0;
  for (const { id } of memoryBlocks) {
    const start = id * memoryBlockSize;
    const end = start + memoryBlockSize;
    while ((iomem.systemRam[at]?.end ?? Number.POSITIVE_INFINITY) <= start) at++;
    const ram = iomem.systemRam[at];
    if (ram === undefined || ram.start >= end) {
      throw new CaptureError(
        memoryBlocksFile,
        `memory${id}`,
        `must be System RAM in ${iomemFile}, got no such range from ${hex(start)}`,
      );
    }
  }
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
      reject(view, `must be whole memory blocks of ${hex(memoryBlockSize)}`, start);
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

/** Pages of zones are all online pages; with larger pages there are a quarter or fewer of them. */
function checkPageSize({
  zones,
  zoneinfoFile,
  iomem,
  memoryBlocks,
  memoryBlockSize,
}: MemoryView): void {
  const online = new Set(
    memoryBlocks.filter(({ state }) => state === "online").map(({ id }) => id),
  );
  let onlineSize = 0;
  for (const { start, end } of iomem.systemRam) {
    for (let at = start; at < end;) {
      const id = Math.floor(at / memoryBlockSize);
      const next = Math.min(end, (id + 1) * memoryBlockSize);
      if (online.has(id)) onlineSize += next - at;
      at = next;
    }
  }
  const present = zones.reduce((sum, zone) => sum + zone.present, 0);
  if (present * PAGE_SIZE * 2 >= onlineSize) return;
  throw new CaptureError(
    zoneinfoFile,
    "present",
    `must add up to about ${Math.round(onlineSize / PAGE_SIZE)} pages of 4 KiB, got ${present}: ` +
      "other page sizes are not supported yet",
  );
}
