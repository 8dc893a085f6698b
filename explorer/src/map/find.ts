import { parseAddress, PAGE_SIZE } from "../../../src/units.js";
import type { Region } from "../engine/protocol.js";
import { hex } from "../words.js";

/** A place on the map, down to the page where pages are shown. */
export interface Spot {
  readonly cell: number;
  /** Page of the cell; undefined where pages are not shown. */
  readonly page: number | undefined;
}

/** A place that a person names; what is wrong with it where there is none. */
export function findSpot(text: string, region: Region): Spot | string {
  const { regionStart, regionSize, memoryBlockSize, cellSize } = region;
  const block = /^(?:memory\s+)?block\s+(\d+)$/i.exec(text)?.[1];
  const pfn = /^(?:pfn\s*)?(\d{1,12})$/i.exec(text)?.[1];
  let address: number;
  try {
    if (block !== undefined) address = Number(block) * memoryBlockSize;
    else if (pfn !== undefined) address = Number(pfn) * PAGE_SIZE;
    else address = parseAddress(text, "what to find");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const offset = address - regionStart;
  if (offset < 0 || offset >= regionSize) {
    const range = `${hex(regionStart)} to ${hex(regionStart + regionSize - 1)}`;
    return `what to find must lie in the device's memory, ${range}, got ${hex(address)}`;
  }
  const cell = Math.floor(offset / cellSize);
  const isPage = block === undefined;
  return {
    cell,
    page: isPage ? Math.floor((offset - cell * cellSize) / PAGE_SIZE) : undefined,
  };
}
