// Slab caches keep some slabs of which no object is in use. When memory is about to go offline, all
// caches give theirs back (MEM_GOING_OFFLINE in mm/slub.c), wherever they lie; so blocking pages
// vanish between two passes of the driver.

import { HOLD_AGAIN, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_SLAB } from "../abi";
import { stateAt } from "./page";
import { freePagesAt } from "./page-free";
import { stateByte } from "./page-class";
import { entryOfBlock, nrPageblocks, recordOf } from "./pageblock";
import { Pfn } from "./numbers";

/** A page of a slab that is most likely empty. */
export const IDLE_SLAB: u32 = stateByte(PAGE_SLAB, HOLD_AGAIN);

let idlePages: u32 = 0;

/** `nrPages` pages were loaded as IDLE_SLAB. */
export function addIdlePages(nrPages: u32): void {
  idlePages += nrPages;
}

/** Empty slabs are freed. Returns how many pages that were. */
export function freeIdleSlabs(): u32 {
  const idle = idlePages;
  for (let block: u32 = 0; idlePages > 0 && block < nrPageblocks; ++block) {
    if (recordOf(entryOfBlock(block))) freeIdleSlabsIn(block << PAGEBLOCK_ORDER);
  }
  const freed = idle - idlePages;
  idlePages = 0;
  return freed;
}

function freeIdleSlabsIn(pfn: Pfn): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) != IDLE_SLAB) continue;
    freePagesAt(pfn + page, 0);
    --idlePages;
  }
}
