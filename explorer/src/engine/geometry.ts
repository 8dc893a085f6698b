import type { Region } from "./protocol.js";

/** What says how a region is divided. */
export interface Divided {
  readonly regionStart: number;
  readonly regionSize: number;
  readonly memoryBlockSize: number;
  readonly subblockSize: number;
}

/** A cell is a subblock, or a memory block where the driver unplugs several of them at once. */
export function regionOf({
  regionStart,
  regionSize,
  memoryBlockSize,
  subblockSize,
}: Divided): Region {
  const cellSize = Math.min(subblockSize, memoryBlockSize);
  const cells = Math.ceil(regionSize / cellSize);
  return { regionStart, regionSize, memoryBlockSize, cellSize, cells };
}

/** Cells that a range of bytes from the region start touches. */
export function cellsOf({ cellSize, cells }: Region, offset: number, size: number) {
  const first = Math.max(0, Math.floor(offset / cellSize));
  const end = Math.min(cells, Math.ceil((offset + size) / cellSize));
  return { first, count: Math.max(0, end - first) };
}
