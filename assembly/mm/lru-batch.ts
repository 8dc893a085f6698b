// Pages on their way to an LRU list, which `has_unmovable_pages()` does not know yet: how many
// there are, and the LRU-add batch of the CPU that runs the driver. A failed attempt puts the pages
// that it could not move back through it.

import {
  MM_LARGE_LRU_BATCH,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_LRU_PENDING,
} from "../abi";
import { LRU_BATCH, LRU_BATCH_BYTES } from "./layout";
import { setStateAt, stateAt } from "./page";
import { HEAD, classOf, holdOf, isLru, isUnit, stateByte } from "./page-class";
import {
  FLAG_PENDING,
  entryOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  setFlags,
  zoneOf,
} from "./pageblock";
import { hasBehaviour } from "./version";
import { addLruPages } from "./zone";
import { EntryOffset, PageState, Pfn } from "./numbers";

/** Pages that wait in LRU batches, over all zones. */
export let pendingPages: u32 = 0;

/** `nrPages` pages of a pageblock are on their way to the LRU. */
export function addPending(entry: EntryOffset, nrPages: u32): void {
  pendingPages += nrPages;
  setFlags(entry, flagsOf(entry) | FLAG_PENDING);
}

/** Pages on their way to the LRU are gone. */
export function forgetPending(pfn: Pfn, nrPages: u32): void {
  pendingPages -= nrPages;
  leaveLruBatch(pfn, nrPages);
}

// Entries of the batch {u32 pfn, u32 state}: what the page is again once it has reached its list.

/**
 * Pages that wait together, up to v6.8 and since; the last one to come takes all of them to their
 * lists.
 */
const SMALL_BATCH: u32 = 15;
const LARGE_BATCH: u32 = 31;
if (LARGE_BATCH << 3 > LRU_BATCH_BYTES) ERROR("LRU_BATCH is too small");
let length: u32 = 0;

/**
 * Puts an LRU page that was isolated back: it waits in the batch. Other pages, and 2 MiB pages, go
 * straight back to where they were.
 */
export function putBack(pfn: Pfn): void {
  const state = stateAt(pfn);
  if (!isLru(classOf(state)) || isUnit(classOf(state))) return;
  const at = LRU_BATCH + ((<usize>length) << 3);
  store<u32>(at, pfn);
  store<u32>(at, state, 4);
  ++length;
  setStateAt(pfn, PAGE_LRU_PENDING);
  const entry = entryOf(pfn);
  addPending(entry, 1);
  addLruPages(zoneOf(entry), -1);
  if (length >= (hasBehaviour(MM_LARGE_LRU_BATCH) ? LARGE_BATCH : SMALL_BATCH)) flushLruBatch();
}

/** Takes pages out of the batch that are no longer what they were. */
function leaveLruBatch(start: Pfn, nrPages: u32): void {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < length; ++index) {
    const at = LRU_BATCH + ((<usize>index) << 3);
    if (load<u32>(at) - start < nrPages) continue;
    store<u64>(LRU_BATCH + ((<usize>kept) << 3), load<u64>(at));
    ++kept;
  }
  length = kept;
}

/** All pages of the batch reach their lists. */
function flushLruBatch(): void {
  while (length > 0) {
    --length;
    const at = LRU_BATCH + ((<usize>length) << 3);
    reachLru(load<u32>(at), load<u32>(at, 4));
  }
}

/** Pages that wait in LRU batches reach the LRU: `lru_add_drain_all()`. */
export function drainLruBatches(): void {
  flushLruBatch();
  if (pendingPages == 0) return;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (!(flagsOf(entry) & FLAG_PENDING)) continue;
    setFlags(entry, flagsOf(entry) & ~FLAG_PENDING);
    const pfn = block << PAGEBLOCK_ORDER;
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      const state = stateAt(pfn + page);
      if (state & HEAD || classOf(state) != PAGE_LRU_PENDING) continue;
      reachLru(pfn + page, stateByte(PAGE_ANON, holdOf(state)));
    }
  }
}

/** A page that has waited reaches its list, in `state`. */
function reachLru(pfn: Pfn, state: PageState): void {
  setStateAt(pfn, state);
  --pendingPages;
  addLruPages(zoneOf(entryOf(pfn)), 1);
}
