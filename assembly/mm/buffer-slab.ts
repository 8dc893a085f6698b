// Slab pages that hold the buffer heads of cached file pages. When the pages are dropped their
// heads go, and with the last one in it a slab page. They lie in pageblocks of their own
// (MIGRATE_RECLAIMABLE), which are obstacles until then.
//
// A capture does not say what a slab page holds. Slabs of buffer heads are single pages with 39
// objects, and a pageblock full of them is nothing else where there are that many file pages with
// buffers. Files and their heads are allocated together, from the bottom up; so the slab pages that
// go first are the highest, as the file pages are that an unplug run reaches first.

import { HOLD_PINNED, MM_SLAB_SHEAVES, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_SLAB } from "../abi";
import { setStateAt, stateAt } from "./page";
import { freePagesAt } from "./page-free";
import { countUnmovable, stateByte } from "./page-class";
import {
  FLAG_SINGLE_SLABS,
  countsOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  setFlags,
} from "./pageblock";
import { hasBehaviour } from "./version";

/** Buffer heads of 104 bytes in a page. */
const HEADS_PER_SLAB: u32 = 39;
/** A slab page of buffer heads; while pages are loaded, one that may be. */
export const BUFFER_SLAB: u32 = stateByte(PAGE_SLAB, HOLD_PINNED);
/** Fewer single slab pages in a pageblock are of any kind. */
const FEWEST: u32 = 64;

/** Slab pages of buffer heads, and file pages whose heads they hold. */
let slabPages: u32 = 0;
export let filePages: u32 = 0;
let bufferedPages: u32 = 0;
/** What dropped file pages have added up to, in slab pages times filePages. */
let dropped: u64 = 0;
/** No such slab page lies in this pageblock or above it. */
let top: u32 = 0;

/** A clean file page was loaded, with buffers or without. */
export function noteFilePages(nrPages: u32, hasBuffers: bool): void {
  filePages += nrPages;
  if (hasBuffers) bufferedPages += nrPages;
}

/**
 * After a load: decides which single slab pages hold buffer heads, those of the fullest pageblocks
 * first.
 */
export function classifyBufferSlabs(): void {
  const expected = bufferedPages / HEADS_PER_SLAB;
  for (let least: u32 = PAGEBLOCK_PAGES; least >= FEWEST; least >>= 1) {
    for (let block: u32 = 0; block < nrPageblocks; ++block) {
      const pages = singlesIn(block);
      if (pages < least || pages >= least << 1 || slabPages + (pages >> 1) > expected) continue;
      slabPages += pages;
      top = max(top, block + 1);
      // decided: the others are undone below
      setFlags(entryOfBlock(block), flagsOf(entryOfBlock(block)) & ~FLAG_SINGLE_SLABS);
    }
  }
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (!(flagsOf(entry) & FLAG_SINGLE_SLABS)) continue;
    setFlags(entry, flagsOf(entry) & ~FLAG_SINGLE_SLABS);
    const pfn = block << PAGEBLOCK_ORDER;
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      if (stateAt(pfn + page) == BUFFER_SLAB) setStateAt(pfn + page, PAGE_SLAB);
    }
  }
}

/**
 * Single slab pages of a pageblock that is not decided and holds no other kernel page; 0 for any
 * other.
 */
function singlesIn(block: u32): u32 {
  const entry = entryOfBlock(block);
  if (!(flagsOf(entry) & FLAG_SINGLE_SLABS)) return 0;
  let pages: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    pages += <u32>(stateAt((block << PAGEBLOCK_ORDER) + page) == BUFFER_SLAB);
  }
  return pages == countUnmovable(countsOf(entry)) ? pages : 0;
}

/** A clean file page was dropped: its share of a slab page goes with it. */
export function bufferDropped(): void {
  if (slabPages == 0) return;
  dropped += slabPages;
  while (dropped >= filePages) {
    dropped -= filePages;
    freeHighest();
  }
}

/** Frees the highest slab page of buffer heads. */
function freeHighest(): void {
  while (top > 0) {
    const pfn = (top - 1) << PAGEBLOCK_ORDER;
    // where slab caches keep freed objects in sheaves, one page of each pageblock stays
    const kept: u32 = hasBehaviour(MM_SLAB_SHEAVES) ? 1 : 0;
    if (countUnmovable(countsOf(entryOfBlock(top - 1))) > kept) {
      for (let page = PAGEBLOCK_PAGES; page-- > 0;) {
        if (stateAt(pfn + page) != BUFFER_SLAB) continue;
        freePagesAt(pfn + page, 0);
        return;
      }
    }
    --top;
  }
  slabPages = 0;
}
