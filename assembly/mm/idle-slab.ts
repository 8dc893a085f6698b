// Slab caches keep some slabs of which no object is in use. When memory is about to go offline, all caches give theirs back
// (MEM_GOING_OFFLINE in mm/slub.c), wherever they lie; so obstacles vanish between two passes of the driver.
//
// A capture does not say which slabs are empty. In recorded guests those were that lie alone in a pageblock, one to three of one size:
// the rest of a burst. Where kernel memory is in use, slabs of several sizes lie together.

import { HOLD_AGAIN, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_SLAB } from "../abi";
import { stateAt } from "./page";
import { freePagesAt } from "./page-alloc";
import { stateByte } from "./page-class";
import { isCompoundTail } from "../capture/page-flags";
import { entryOfBlock, nrPageblocks, recordOf } from "./pageblock";

const MOST_IDLE_SLABS: u32 = 3;
/** A page of a slab that is most likely empty. */
const IDLE_SLAB: u32 = stateByte(PAGE_SLAB, HOLD_AGAIN);

let idlePages: u32 = 0;

/** Marks the slabs of a pageblock being loaded, 512 states and kpageflags words, if they are most likely empty. */
export function markIdleSlabs(states: usize, flags: usize): void {
  let slabs: u32 = 0;
  let pages: u32 = 0;
  let first: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) != <u8>PAGE_SLAB) continue;
    if (!isCompoundTail(load<u64>(flags + ((<usize>page) << 3)))) {
      // the slab before must be as long as the first one
      if (slabs == 1) first = pages;
      if (pages != slabs * first || ++slabs > MOST_IDLE_SLABS) return;
    }
    ++pages;
  }
  if (slabs == 0 || (slabs > 1 && pages != slabs * first)) return;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) == <u8>PAGE_SLAB) store<u8>(states + page, <u8>IDLE_SLAB);
  }
  idlePages += pages;
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

function freeIdleSlabsIn(pfn: u32): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) != IDLE_SLAB) continue;
    freePagesAt(pfn + page, 0);
    --idlePages;
  }
}
