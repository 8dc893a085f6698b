import type { Capture, CaptureZone } from "./capture.js";

const PAGE_SIZE = 4096;
const PAGEBLOCK_PAGES = 512;

/** Whole pageblocks of one zone. */
export interface ZoneRange {
  readonly startPfn: number;
  readonly endPfn: number;
  readonly kind: CaptureZone["kind"];
  readonly node: number;
  readonly inDevice: boolean;
}

/**
 * Which zone the pageblocks of a captured guest belong to, ascending, online memory blocks only.
 *
 * sysfs names the zone of a memory block; where it does not (`none`: the block spans two), the spans
 * of the kernel zones decide.
 */
export function zoneRanges(capture: Capture): ZoneRange[] {
  const { regionStart, regionSize } = capture.device;
  const pagesPerBlock = capture.memoryBlockSize / PAGE_SIZE;
  const ranges: ZoneRange[] = [];
  const blocks = capture.memoryBlocks
    .filter(({ state }) => state === "online")
    .sort((a, b) => a.id - b.id);
  for (const { id, validZones } of blocks) {
    const start = id * pagesPerBlock;
    const address = id * capture.memoryBlockSize;
    const inDevice = address >= regionStart && address < regionStart + regionSize;
    for (const part of zonesIn(capture.zones, start, start + pagesPerBlock, validZones[0])) {
      ranges.push({ ...part, inDevice });
    }
  }
  return ranges;
}

function zonesIn(
  zones: readonly CaptureZone[],
  start: number,
  end: number,
  named: string | undefined,
): Omit<ZoneRange, "inDevice">[] {
  const own = zones.filter(({ kind }) => kind === named);
  const zone = own.find((candidate) => spans(candidate, start)) ?? own[0];
  if (zone !== undefined) {
    return [{ startPfn: start, endPfn: end, kind: zone.kind, node: zone.node }];
  }
  const parts: Omit<ZoneRange, "inDevice">[] = [];
  for (const { kind, node, startPfn, spanned } of zones) {
    if (kind === "Movable") continue;
    const from = Math.max(start, Math.floor(startPfn / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES);
    const to = Math.min(end, Math.ceil((startPfn + spanned) / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES);
    if (from < to) parts.push({ startPfn: from, endPfn: to, kind, node });
  }
  return parts.sort((a, b) => a.startPfn - b.startPfn);
}

function spans({ startPfn, spanned }: CaptureZone, pfn: number): boolean {
  return pfn >= startPfn && pfn < startPfn + spanned;
}
