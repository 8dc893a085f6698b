// Building the guest from a capture. Page states come in a piece at a time (loadPageblock), questions that only the whole guest answers
// are settled afterwards (settle.ts), and last the free lists are built (buildFreeLists).
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
  MM_LIST_FOLLOWS_BLOCK,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ABSENT,
  PAGE_ANON,
  PAGE_CACHED,
  PAGE_FREE,
  PAGE_KERNEL,
  PAGE_KERNEL_COMPOUND,
  PAGE_LRU_PENDING,
  PAGE_MEMMAP,
  PAGE_TAIL,
  PAGE_THP,
  PAGE_UNKNOWN,
  ZONE_MOVABLE,
} from "./abi";
import { freeBuddyOf } from "./buddy";
import { alignedOrder } from "./bulk";
import { insertChunk, removeChunk } from "./free-list";
import { markIdleSlabs } from "./idle-slab";
import { SCRATCH } from "./layout";
import { makeUniform, recordFor, releaseZeroed } from "./page";
import { ensureRecords } from "./record-slab";
import { addPendingPages } from "./page-alloc";
import {
  classOf,
  countDelta,
  countFree,
  countUnmovable,
  isLru,
  isUndecided,
  isUnit,
} from "./page-class";
import { noteFlags, stateByExtended, stateByFlags, typeByExtended } from "./page-flags";
import {
  FLAG_IN_DEVICE,
  FLAG_PENDING,
  FLAG_UNDECIDED,
  NO_ENTRY,
  NO_ZONE,
  addCounts,
  blockState,
  countsOf,
  entryOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  setFlags,
  setType,
  setZone,
  typeOf,
  zoneOf,
} from "./pageblock";
import { hasBehaviour } from "./version";
import { addFreePages, addLruPages, addPresentPages, kindOf } from "./zone";

/** The states of the pageblock being loaded. */
const STATES: usize = SCRATCH + 0x400;

/**
 * Loads an absent pageblock from its kpageflags words and, where `extended` is not 0, its extended states. Its free pages are on
 * no list yet. Does nothing where it has no page. Returns 0 or -ENOBUFS.
 */
export function loadPageblock(
  block: u32,
  zone: u32,
  flags: usize,
  extended: usize,
  inDevice: bool,
  keepCached: bool,
): i32 {
  if (ensureRecords(1) < 0) return -ENOBUFS;
  const present = extended ? readExtended(flags, extended, inDevice) : readFlags(flags, inDevice);
  if (present == 0) return 0;
  if (extended) settleReferenced(STATES, keepCached ? PAGE_CACHED : PAGE_FREE);
  if (inDevice) markIdleSlabs(STATES, flags);
  const inMovableZone = kindOf(zone) == ZONE_MOVABLE;
  if (inMovableZone) turnUnknown(STATES, PAGE_FREE);
  if (inDevice) setFlags(entryOfBlock(block), FLAG_IN_DEVICE);
  const type = extended ? typeByExtended(load<u64>(extended)) : 0xff;
  place(block, zone, type <= MIGRATE_HIGHATOMIC ? type : typeByContent(STATES), STATES);
  return 0;
}

/** Fills STATES from kpageflags words. Returns how many pages there are. */
function readFlags(flags: usize, inDevice: bool): u32 {
  let present: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES;) {
    // most pages are what the page before is
    const word = load<u64>(flags + ((<usize>page) << 3));
    const state = stateByFlags(word, inDevice);
    const first = page;
    do {
      store<u8>(STATES + page, <u8>state);
      ++page;
    } while (page < PAGEBLOCK_PAGES && load<u64>(flags + ((<usize>page) << 3)) == word);
    noteFlags(word, page - first);
    if (state != PAGE_ABSENT) present += page - first;
  }
  return present;
}

/** The same from kpageflags words and extended states. */
function readExtended(flags: usize, extended: usize, inDevice: bool): u32 {
  let present: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const at = (<usize>page) << 3;
    const word = load<u64>(flags + at);
    const state = stateByExtended(word, load<u64>(extended + at), inDevice);
    noteFlags(word, 1);
    store<u8>(STATES + page, <u8>state);
    if (state != PAGE_ABSENT) ++present;
  }
  return present;
}

/**
 * With the extended state a page without flags is PAGE_UNKNOWN only where nobody holds a reference: the 2nd to last page of a
 * non-compound allocation, or a page in a per-CPU cache. That one counts as free, as the first attempt drains the caches, or stays
 * cached where the caches are to be taken over (`cachedClass`). A memmap shows as one referenced page and 511 without.
 */
function settleReferenced(states: usize, cachedClass: u32): void {
  if (load<u8>(states) == <u8>PAGE_KERNEL) {
    store<u8>(states, <u8>PAGE_UNKNOWN);
    if (isUniform(states, PAGE_UNKNOWN)) {
      memory.fill(states, <u8>PAGE_MEMMAP, PAGEBLOCK_PAGES);
      return;
    }
    store<u8>(states, <u8>PAGE_KERNEL);
  }
  markTails(states);
  turnUnknown(states, cachedClass);
}

/**
 * Unreferenced pages behind a referenced kernel page, as far as an allocation of an aligned power of two would reach, are its tail.
 * A cached page behind a single kernel page looks the same; its pageblock is held by the kernel page anyway.
 */
function markTails(states: usize): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) != <u8>PAGE_KERNEL) continue;
    let end = page + 1;
    while (end < PAGEBLOCK_PAGES && load<u8>(states + end) == <u8>PAGE_UNKNOWN) ++end;
    const pages =
      (<u32>1) << alignedOrder(page | PAGEBLOCK_PAGES, end + PAGEBLOCK_PAGES, PAGEBLOCK_ORDER);
    memory.fill(states + page + 1, <u8>PAGE_TAIL, pages - 1);
  }
}

/** Says what pages without flags are. In ZONE_MOVABLE, where no kernel page lies, they are all in a per-CPU cache. */
function turnUnknown(states: usize, pageClass: u32): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) == <u8>PAGE_UNKNOWN) store<u8>(states + page, <u8>pageClass);
  }
}

/** A guess at the type of a pageblock: MOVABLE unless it holds kernel pages. */
function typeByContent(states: usize): u32 {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (countUnmovable(countDelta(load<u8>(states + page)))) return MIGRATE_UNMOVABLE;
  }
  return MIGRATE_MOVABLE;
}

/** Parts of 2 MiB pages, caught while the guest split or freed them: the pages of a THP are anonymous, those of hugetlb stay. */
function breakUnits(states: usize): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const pageClass = classOf(load<u8>(states + page));
    if (!isUnit(pageClass)) continue;
    store<u8>(states + page, pageClass == PAGE_THP ? <u8>PAGE_ANON : <u8>PAGE_KERNEL_COMPOUND);
  }
}

/** Gives a pageblock its 512 states, its zone and type. */
function place(block: u32, zone: u32, type: u32, states: usize): void {
  const entry = entryOfBlock(block);
  setZone(entry, zone);
  setType(entry, type);
  addPresentPages(zone, PAGEBLOCK_PAGES);
  const first = <u32>load<u8>(states);
  if (isUniform(states, first)) {
    makeUniform(entry, first);
    account(entry, zone, first, PAGEBLOCK_PAGES);
    return;
  }
  breakUnits(states);
  makeUniform(entry, PAGE_FREE);
  memory.copy(recordFor(entry), states, PAGEBLOCK_PAGES);
  let counts: u64 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = <u32>load<u8>(states + page);
    counts += countDelta(state);
    account(entry, zone, state, 1);
  }
  addCounts(entry, counts - countDelta(PAGE_FREE) * PAGEBLOCK_PAGES);
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
  if (isUndecided(state)) setFlags(entry, flagsOf(entry) | FLAG_UNDECIDED);
  if (pageClass != PAGE_LRU_PENDING) return;
  addPendingPages(nrPages);
  setFlags(entry, flagsOf(entry) | FLAG_PENDING);
}

/** Puts all free pages of the guest on the free lists, which are empty so far; ascending. */
export function buildFreeLists(): void {
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    const zone = zoneOf(entry);
    if (zone == NO_ZONE) continue;
    const pfn = block << PAGEBLOCK_ORDER;
    // what settling left without any other page is one chunk again
    if (countFree(countsOf(entry)) == PAGEBLOCK_PAGES && recordOf(entry)) releaseZeroed(entry);
    const record = recordOf(entry);
    if (record) addChunks(pfn, zone, typeOf(entry), record);
    else if (blockState(entry) == PAGE_FREE) addWhole(pfn, zone, typeOf(entry));
  }
}

/** A wholly free pageblock: an order-9 chunk, or with its free lower half one of order 10. */
function addWhole(pfn: u32, zone: u32, type: u32): void {
  addFreePages(zone, PAGEBLOCK_PAGES);
  const upper = pfn & PAGEBLOCK_PAGES;
  const buddyEntry = upper ? freeBuddyOf(entryOf(pfn), zone) : NO_ENTRY;
  const mergeable =
    buddyEntry != NO_ENTRY &&
    typeOf(buddyEntry) <= MIGRATE_RECLAIMABLE &&
    type <= MIGRATE_RECLAIMABLE;
  if (!mergeable) {
    insertChunk(zone, pfn, PAGEBLOCK_ORDER, type, true);
    return;
  }
  const lower = pfn - PAGEBLOCK_PAGES;
  removeChunk(zone, lower, PAGEBLOCK_ORDER);
  insertChunk(zone, lower, MAX_ORDER, typeOf(buddyEntry), true);
  if (hasBehaviour(MM_LIST_FOLLOWS_BLOCK)) setType(entryOf(pfn), typeOf(buddyEntry));
}

/** The chunks of a partly free pageblock: each run of free pages in the largest aligned pieces, ascending. */
function addChunks(pfn: u32, zone: u32, type: u32, record: usize): void {
  let page: u32 = 0;
  while (page < PAGEBLOCK_PAGES) {
    if (load<u8>(record + page) != <u8>PAGE_FREE) {
      ++page;
      continue;
    }
    let end = page + 1;
    while (end < PAGEBLOCK_PAGES && load<u8>(record + end) == <u8>PAGE_FREE) ++end;
    addFreePages(zone, end - page);
    while (page < end) {
      const order = alignedOrder(pfn + page, pfn + end, PAGEBLOCK_ORDER - 1);
      insertChunk(zone, pfn + page, order, type, true);
      page += 1 << order;
    }
  }
}
