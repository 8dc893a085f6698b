import type { Capture } from "../capture/capture.js";
import { PAGE_SIZE, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { ZoneTable } from "../linux/zone-table.js";

// What a guest's counters say that its page flags do not.

/** What the counters of a guest say, before its pages are loaded. */
export function noteCounters(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  for (const { kind, node, counters } of capture.zones) {
    const zspages = counters.get("nr_zspages") ?? 0;
    if (zspages > 0) pages.loader.noteZspages(zones.zone(kind, node).id, zspages);
  }
  noteHugePool(capture, pages);
}

function noteHugePool({ memInfo }: Capture, pages: PageMemory): void {
  if (memInfo.get("Hugepagesize") !== PAGEBLOCK_SIZE) return;
  pages.loader.noteHugePool(memInfo.get("HugePages_Rsvd") ?? 0, memInfo.get("HugePages_Surp") ?? 0);
}

/** Tells pages in a balloon from unplugged ones: by the host's side, else by the balloon's counters. */
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
  if (inBalloon > 0) pages.loader.noteBalloon(inBalloon);
}

/** Pages in balloons by the guest's counters; 0 where it has none. */
function balloonPages({ vmstat }: Capture): number {
  const inflated = (vmstat.get("balloon_inflate") ?? 0) - (vmstat.get("balloon_deflate") ?? 0);
  return Math.max(0, vmstat.get("nr_balloon_pages") ?? inflated);
}
