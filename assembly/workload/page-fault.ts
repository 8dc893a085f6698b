// A program faults pages in, and gives the end of its heap back.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { takeOrFail, takeOrKill, wasKilled } from "./oom-killer";
import { freeNewest, liveChunks, livePages, nrSlots } from "./page-set";
import { PAGES, TABLES, THPS, part } from "./program";
import { randomBelow } from "./table";
import { WorkloadAddr } from "../mm/numbers";

/** As many page tables as the base pages need: one for 512 of them. */
function mapPages(at: WorkloadAddr, program: u32): void {
  const tables = part(at, program, TABLES);
  const wanted = (livePages(part(at, program, PAGES)) + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;
  const has = liveChunks(tables);
  if (has < wanted) takeOrKill(at, tables, wanted - has);
  else freeNewest(tables, has - wanted);
}

/**
 * Faults `pages` in, of 1000 aligned 2 MiB `thpShare` as THPs where there are any. Returns how many
 * of them are left: a rest too small for a THP, unless `isLast` says that nothing will follow. The
 * program may be dead afterwards.
 */
export function faultIn(
  at: WorkloadAddr,
  program: u32,
  pages: u32,
  thpShare: u32,
  isLast: bool,
): u32 {
  const single = part(at, program, PAGES);
  if (thpShare == 0) {
    takeOrKill(at, single, pages);
    if (!wasKilled(single)) mapPages(at, program);
    return 0;
  }
  while (pages >= PAGEBLOCK_PAGES) {
    const wantsThp = randomBelow(at, 1000) < thpShare;
    if (!wantsThp || takeOrFail(at, part(at, program, THPS), 1) == 0) {
      takeOrKill(at, single, PAGEBLOCK_PAGES);
      if (wasKilled(single)) return 0;
    }
    pages -= PAGEBLOCK_PAGES;
  }
  if (isLast && pages > 0) {
    takeOrKill(at, single, pages);
    if (wasKilled(single)) return 0;
    pages = 0;
  }
  mapPages(at, program);
  return pages;
}

/** The heap's end goes: what was faulted in last, single pages first. */
export function shrinkProgram(at: WorkloadAddr, program: u32, pages: u32): void {
  const single = part(at, program, PAGES);
  const nr = min(pages, nrSlots(single));
  freeNewest(single, nr);
  freeNewest(part(at, program, THPS), (pages - nr + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER);
  mapPages(at, program);
}
