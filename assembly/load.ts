// Building the guest from a capture: page states come in a piece at a time, free chunks are rebuilt from them.
//
// Convention for the lists (engine-model.md section 1 a): all chunks ascending, each at the tail; a chunk is on the
// list of its pageblock's type.

import {
  ENOBUFS,
  MAX_ORDER,
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ABSENT,
  PAGE_FREE,
  PAGE_KERNEL,
  PAGE_LRU_PENDING,
  PAGE_MEMMAP,
  PAGE_UNKNOWN,
  ZONE_MOVABLE,
} from "./abi";
import { freeBuddyBlock } from "./buddy";
import { insertChunk, removeChunk } from "./free-list";
import { ensureRecords, makeUniform, recordFor } from "./page";
import { alignedOrder, addPendingPages } from "./page-alloc";
import { SCRATCH } from "./layout";
import { classOf, countDelta, countUnmovable, isLru } from "./page-class";
import { stateByExtended, stateByFlags, typeByExtended } from "./page-flags";
import {
  FLAG_PENDING,
  addCounts,
  entryOfBlock,
  flagsOf,
  setFlags,
  setType,
  setZone,
  typeOf,
} from "./pageblock";
import { addFreePages, addLruPages, addPresentPages, kindOf } from "./zone";

/** The states of the pageblock being loaded. */
const STATES: usize = SCRATCH + 0x400;

/**
 * Loads an absent pageblock from its kpageflags words and, where `extended` is not 0, its extended states. Does nothing where it has
 * no page. Returns 0 or -ENOBUFS.
 */
export function loadPageblock(
  block: u32,
  zone: u32,
  flags: usize,
  extended: usize,
  inDevice: bool,
): i32 {
  if (ensureRecords(1) < 0) return -ENOBUFS;
  const inMovableZone = kindOf(zone) == ZONE_MOVABLE;
  let present: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const word = load<u64>(flags + ((<usize>page) << 3));
    const state = extended
      ? stateByExtended(word, load<u64>(extended + ((<usize>page) << 3)), inDevice, inMovableZone)
      : stateByFlags(word, inDevice, inMovableZone);
    store<u8>(STATES + page, <u8>state);
    if (state != PAGE_ABSENT) ++present;
  }
  if (present == 0) return 0;
  const type = extended ? typeByExtended(load<u64>(extended)) : 0xff;
  settleUnknown(STATES, extended != 0);
  place(block, zone, type <= MIGRATE_HIGHATOMIC ? type : typeByContent(STATES), STATES);
  return 0;
}

/**
 * Decides what pages without flags are. A pageblock that has nothing else is the memmap of a memory block; other pages stay
 * PAGE_UNKNOWN, which counts as kernel memory.
 *
 * With the extended state PAGE_UNKNOWN is left only where nobody holds a reference: such pages are in a per-CPU cache, which the
 * first attempt drains, so they count as free. A memmap then shows as one referenced page and 511 without.
 */
function settleUnknown(states: usize, extended: bool): void {
  if (!extended) {
    if (isUniform(states, PAGE_UNKNOWN)) memory.fill(states, <u8>PAGE_MEMMAP, PAGEBLOCK_PAGES);
    return;
  }
  if (load<u8>(states) == <u8>PAGE_KERNEL) {
    store<u8>(states, <u8>PAGE_UNKNOWN);
    if (isUniform(states, PAGE_UNKNOWN)) {
      memory.fill(states, <u8>PAGE_MEMMAP, PAGEBLOCK_PAGES);
      return;
    }
    store<u8>(states, <u8>PAGE_KERNEL);
  }
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) == <u8>PAGE_UNKNOWN) store<u8>(states + page, <u8>PAGE_FREE);
  }
}

/** A guess at the type of a pageblock: MOVABLE unless it holds kernel pages. */
function typeByContent(states: usize): u32 {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (countUnmovable(countDelta(load<u8>(states + page)))) return MIGRATE_UNMOVABLE;
  }
  return MIGRATE_MOVABLE;
}

/** Gives a pageblock its 512 states, its zone and type, and puts its free pages on the lists. */
function place(block: u32, zone: u32, type: u32, states: usize): void {
  const entry = entryOfBlock(block);
  setZone(entry, zone);
  setType(entry, type);
  addPresentPages(zone, PAGEBLOCK_PAGES);
  const first = <u32>load<u8>(states);
  if (isUniform(states, first)) {
    makeUniform(entry, first);
    account(entry, zone, first, PAGEBLOCK_PAGES);
    if (first == PAGE_FREE) addWhole(block << PAGEBLOCK_ORDER, zone, type);
    return;
  }
  makeUniform(entry, PAGE_FREE);
  const record = recordFor(entry);
  memory.copy(record, states, PAGEBLOCK_PAGES);
  let counts: u64 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = <u32>load<u8>(states + page);
    counts += countDelta(state);
    account(entry, zone, state, 1);
  }
  addCounts(entry, counts - countDelta(PAGE_FREE) * PAGEBLOCK_PAGES);
  addChunks(block << PAGEBLOCK_ORDER, zone, type, states);
}

function isUniform(states: usize, state: u32): bool {
  const word = <u64>state * 0x0101010101010101;
  for (let at: usize = 0; at < PAGEBLOCK_PAGES; at += 8) {
    if (load<u64>(states + at) != word) return false;
  }
  return true;
}

function account(entry: usize, zone: u32, state: u32, nrPages: u32): void {
  const pageClass = classOf(state);
  if (isLru(pageClass)) addLruPages(zone, nrPages);
  if (pageClass != PAGE_LRU_PENDING) return;
  addPendingPages(nrPages);
  setFlags(entry, flagsOf(entry) | FLAG_PENDING);
}

/** A wholly free pageblock: an order-9 chunk, or with its free lower half one of order 10. */
function addWhole(pfn: u32, zone: u32, type: u32): void {
  addFreePages(zone, PAGEBLOCK_PAGES);
  const buddyEntry = freeBuddyBlock(pfn, zone);
  if (buddyEntry && typeOf(buddyEntry) <= MIGRATE_RECLAIMABLE && type <= MIGRATE_RECLAIMABLE) {
    const lower = pfn & ~PAGEBLOCK_PAGES;
    removeChunk(zone, pfn ^ PAGEBLOCK_PAGES, PAGEBLOCK_ORDER);
    insertChunk(zone, lower, MAX_ORDER, typeOf(entryOfBlock(lower >> PAGEBLOCK_ORDER)), true);
    return;
  }
  insertChunk(zone, pfn, PAGEBLOCK_ORDER, type, true);
}

/** The chunks of a partly free pageblock: each run of free pages in the largest aligned pieces, ascending. */
function addChunks(pfn: u32, zone: u32, type: u32, states: usize): void {
  let page: u32 = 0;
  while (page < PAGEBLOCK_PAGES) {
    if (load<u8>(states + page) != <u8>PAGE_FREE) {
      ++page;
      continue;
    }
    let end = page + 1;
    while (end < PAGEBLOCK_PAGES && load<u8>(states + end) == <u8>PAGE_FREE) ++end;
    addFreePages(zone, end - page);
    while (page < end) {
      const order = alignedOrder(
        page | PAGEBLOCK_PAGES,
        end | PAGEBLOCK_PAGES,
        PAGEBLOCK_ORDER - 1,
      );
      insertChunk(zone, pfn + page, order, type, true);
      page += 1 << order;
    }
  }
}
