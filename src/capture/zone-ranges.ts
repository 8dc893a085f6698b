import type { Capture, CaptureZone } from "./capture.js";
import { PAGE_SIZE } from "../units.js";

/** Pages of a pageblock. */
const PAGEBLOCK_PAGES = 512;

/** Whole pageblocks of one zone. */
export interface ZoneRange {
  readonly startPfn: number;
  readonly endPfn: number;
  readonly kind: CaptureZone["kind"];
  readonly node: number;
  /** Of this device or another: PG_offline there means unplugged. */
  readonly inDevice: boolean;
}

/**
 * Which zone the pageblocks of a captured guest belong to, ascending, online memory blocks only.
 *
 * sysfs names the zone of a memory block, and its node where the capture has it; else the spans of
 * the zones decide, and where there are several the narrowest.
 */
export function zoneRanges(capture: Capture): ZoneRange[] {
  const { regionStart, regionSize, otherRegions } = capture.device;
  const regions = [[regionStart, regionStart + regionSize] as const, ...otherRegions];
  const pagesPerBlock = capture.memoryBlockSize / PAGE_SIZE;
  const ranges: ZoneRange[] = [];
  const blocks = capture.memoryBlocks
    .filter(({ state }) => state === "online")
    .sort((a, b) => a.id - b.id);
  for (const { id, validZones, node } of blocks) {
    const start = id * pagesPerBlock;
    const address = id * capture.memoryBlockSize;
    const inDevice = regions.some(([from, to]) => address >= from && address < to);
    for (const part of zonesIn(
      zonesOfNode(capture.zones, node),
      start,
      start + pagesPerBlock,
      validZones[0],
    )) {
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
  const zone = narrowestAt(own, start) ?? own[0];
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

/**
 * Zones of a memory block's node; all of them where nothing says which, or none is of that node.
 */
function zonesOfNode(
  zones: readonly CaptureZone[],
  node: number | undefined,
): readonly CaptureZone[] {
  const own = zones.filter((zone) => zone.node === node);
  return own.length === 0 ? zones : own;
}

/**
 * Where nodes interleave, the span of one may hold all of another: the narrower one's memory is
 * there.
 */
function narrowestAt(zones: readonly CaptureZone[], pfn: number): CaptureZone | undefined {
  let narrowest: CaptureZone | undefined;
  for (const zone of zones) {
    if (!spans(zone, pfn)) continue;
    if (narrowest === undefined || zone.spanned < narrowest.spanned) narrowest = zone;
  }
  return narrowest;
}

function spans({ startPfn, spanned }: CaptureZone, pfn: number): boolean {
  return pfn >= startPfn && pfn < startPfn + spanned;
}
