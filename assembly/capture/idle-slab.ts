// Which slabs are empty, a capture does not say. In recorded guests those were that lie alone in a
// pageblock, one to three of one size: the rest of a burst. Where kernel memory is in use, slabs of
// several sizes lie together.

import { PAGEBLOCK_PAGES, PAGE_SLAB } from "../abi";
import { IDLE_SLAB, addIdlePages } from "../mm/idle-slab";
import { isCompoundTail } from "./page-flags";
import { StateAddr } from "../mm/numbers";

const MOST_IDLE_SLABS: u32 = 3;

/**
 * Marks the slabs of a pageblock being loaded, 512 states and kpageflags words, if they are most
 * likely empty.
 */
export function markIdleSlabs(states: StateAddr, flags: usize): void {
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
  addIdlePages(pages);
}
