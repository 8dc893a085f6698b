import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { LinuxProfile } from "../linux/profile.js";
import type { ZoneTable } from "../linux/zone-table.js";

// What a guest's counters say that its page flags do not.

/** Counters come from a file: larger ones than a guest can have pages count as this many. */
const MOST_PAGES = 2 ** 31;

/** What compressed memory takes for a page where none has been compressed yet. */
const USUAL_COMPRESSION = 0.35;

/** What the counters of a guest say, before its pages are loaded. */
export function noteCounters(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  { kpageflags }: LinuxProfile,
): void {
  for (const { kind, node, counters } of capture.zones) {
    const nrPages = atMost(counters.get("nr_zspages"));
    if (nrPages > 0) pages.loader.noteZspages(zones.zone(kind, node).id, nrPages);
  }
  noteHugePool(capture, pages);
  noteSwap(capture, pages);
  const pins = difference(capture, "nr_foll_pin_acquired", "nr_foll_pin_released");
  pages.loader.notePins(atMost(pins), kpageflags.referenced === "used");
}

/**
 * Tells pages in a balloon from unplugged ones: by the host's side, else by the balloon's counters.
 */
export function markBalloon(capture: Capture, pages: PageMemory): void {
  const { pluggedRuns: plugged, regionStart, blockSize } = capture.device;
  if (plugged !== undefined) {
    const pagesPerBlock = blockSize / PAGE_SIZE;
    const firstPfn = regionStart / PAGE_SIZE;
    for (const [first, nr] of plugged) {
      pages.loader.markPlugged(firstPfn + first * pagesPerBlock, nr * pagesPerBlock);
    }
    return;
  }
  const inBalloon = balloonPages(capture);
  if (inBalloon > 0) pages.loader.noteBalloon(atMost(inBalloon));
}

/** Pages in balloons by the guest's counters; 0 where it has none. */
function balloonPages(capture: Capture): number {
  return (
    capture.vmstat.get("nr_balloon_pages") ??
    difference(capture, "balloon_inflate", "balloon_deflate")
  );
}

function atMost(nrPages = 0): number {
  return Math.min(nrPages, MOST_PAGES);
}

/** What one counter of vmstat is above another; 0 where it is below, or not there. */
function difference({ vmstat }: Capture, above: string, below: string): number {
  return Math.max(0, (vmstat.get(above) ?? 0) - (vmstat.get(below) ?? 0));
}

function noteHugePool({ memInfo }: Capture, pages: PageMemory): void {
  if (memInfo.get("Hugepagesize") !== PAGEBLOCK_SIZE) return;
  const [reserved, surplus] = [memInfo.get("HugePages_Rsvd"), memInfo.get("HugePages_Surp")];
  pages.loader.noteHugePool(atMost(reserved), atMost(surplus));
}

function noteSwap(capture: Capture, pages: PageMemory): void {
  const { memInfo } = capture;
  const free = memInfo.get("SwapFree") ?? 0;
  if (free <= 0) return;
  const used = Math.max(0, (memInfo.get("SwapTotal") ?? 0) - free) / PAGE_SIZE;
  pages.loader.noteSwap(
    atMost(Math.floor(free / PAGE_SIZE)),
    isCompressed(capture) ? costOf(capture, used) : 0,
  );
}

/** Does the guest swap to compressed memory? Old captures do not name its swap devices. */
function isCompressed(capture: Capture): boolean {
  const { swaps, memInfo } = capture;
  if (swaps !== undefined) return swaps.some(({ name }) => /zram\d+$/.test(name));
  return zspages(capture) > 0 && (memInfo.get("Zswapped") ?? 0) === 0;
}

/** Pages of memory for each page in swap, as they were so far. */
function costOf(capture: Capture, usedPages: number): number {
  const paid = zspages(capture);
  return usedPages > 0 && paid > 0 ? Math.min(1, paid / usedPages) : USUAL_COMPRESSION;
}

function zspages({ zones }: Capture): number {
  return zones.reduce((sum, { counters }) => sum + (counters.get("nr_zspages") ?? 0), 0);
}
