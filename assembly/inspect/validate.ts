// Walks the whole guest and finds the first broken invariant (docs/spec/engine-model.md). Slow: for
// tests and bug reports.

import {
  MAX_ORDER,
  MIGRATE_ISOLATE,
  MIGRATE_TYPES,
  MM_LIST_FOLLOWS_BLOCK,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CACHED,
  PAGE_FREE,
  PAGE_LRU_PENDING,
} from "../abi";
import {
  NO_CHUNK,
  chunkAfter,
  chunkBefore,
  firstOf,
  linksAreSound,
  listHeadIsSound,
} from "../mm/free-list";
import { stateAt } from "../mm/page";
import { recordsInUse } from "../mm/record-slab";
import { HEAD, classOf, countDelta, isLru } from "../mm/page-class";
import {
  NO_ZONE,
  blockState,
  countsOf,
  entryOf,
  entryOfBlock,
  isIsolated,
  nrPageblocks,
  recordOf,
  typeOf,
  zoneOf,
} from "../mm/pageblock";
import { pendingPages } from "../mm/lru-batch";
import { cachedPages } from "../mm/per-cpu-cache";
import { hasBehaviour } from "../mm/version";
import { freePages, isolatedBlocks, lruPages, nrFreeOf, nrZones } from "../mm/zone";
import { Migratetype, Pfn, ZoneNr } from "../mm/numbers";

// Codes; `src/core/invariants.ts` has the words.
const VALID: u32 = 0;
const CHUNK_MISALIGNED: u32 = 1;
const CHUNK_HEAD_MISSING: u32 = 2;
const CHUNK_OVER_USED: u32 = 3;
const LIST_LINKS_BROKEN: u32 = 4;
const NR_FREE_WRONG: u32 = 5;
const FREE_PAGES_WRONG: u32 = 6;
const BUDDIES_NOT_MERGED: u32 = 7;
const LIST_TYPE_WRONG: u32 = 8;
const COUNTS_WRONG: u32 = 9;
const ISOLATED_WRONG: u32 = 10;
const FREE_PAGE_UNLISTED: u32 = 11;
const LRU_WRONG: u32 = 12;
const RECORDS_WRONG: u32 = 13;
const ZONE_MIXED: u32 = 14;
const CACHED_WRONG: u32 = 15;
const PENDING_WRONG: u32 = 16;
/** One more than the largest code. */
export const NR_INVARIANTS: u32 = 17;

/** Where the last validate() found something: a pfn, or a zone index for counters. */
export let brokenAt: u32 = 0;

function broken(code: u32, at: u32): u32 {
  brokenAt = at;
  return code;
}

/** Walks one list; adds its chunks to the checks of one zone. Returns a code. */
function checkList(zone: ZoneNr, order: u32, type: Migratetype): u32 {
  let length: u32 = 0;
  let previous: u32 = NO_CHUNK;
  if (!listHeadIsSound(zone, order, type)) return broken(LIST_LINKS_BROKEN, zone);
  for (let pfn = firstOf(zone, order, type); pfn != NO_CHUNK; pfn = chunkAfter(pfn)) {
    if (pfn >> PAGEBLOCK_ORDER >= nrPageblocks) return broken(LIST_LINKS_BROKEN, pfn);
    const code = checkChunk(zone, pfn, order, type);
    if (code) return broken(code, pfn);
    if (!linksAreSound(pfn) || chunkBefore(pfn) != previous) return broken(LIST_LINKS_BROKEN, pfn);
    previous = pfn;
    ++length;
    if (length > nrPageblocks << PAGEBLOCK_ORDER) return broken(LIST_LINKS_BROKEN, pfn);
  }
  walkedChunks += length;
  walkedPages += length << order;
  if (type != MIGRATE_ISOLATE) walkedFree += length << order;
  return VALID;
}

let walkedChunks: u32 = 0;
let walkedPages: u32 = 0;
let walkedFree: u32 = 0;

function checkChunk(zone: ZoneNr, pfn: Pfn, order: u32, type: Migratetype): u32 {
  if (pfn & ((1 << order) - 1)) return CHUNK_MISALIGNED;
  if (stateAt(pfn) != (HEAD | (type << 4) | order)) return CHUNK_HEAD_MISSING;
  const entry = entryOf(pfn);
  if (zoneOf(entry) != zone) return ZONE_MIXED;
  if (order >= PAGEBLOCK_ORDER && recordOf(entry)) return RECORDS_WRONG;
  for (let page: u32 = 1; page < 1 << order; ++page) {
    if (stateAt(pfn + page) != PAGE_FREE) return CHUNK_OVER_USED;
  }
  if (order > PAGEBLOCK_ORDER && zoneOf(entryOf(pfn + PAGEBLOCK_PAGES)) != zone) return ZONE_MIXED;
  if ((type == MIGRATE_ISOLATE) != isIsolated(entry)) return LIST_TYPE_WRONG;
  if (hasBehaviour(MM_LIST_FOLLOWS_BLOCK) && type != typeOf(entry)) return LIST_TYPE_WRONG;
  return checkBuddy(zone, pfn, order, type);
}

/**
 * Two free buddies may coexist at order 9 only, and only where isolation or HIGHATOMIC keeps them
 * apart.
 */
function checkBuddy(zone: ZoneNr, pfn: Pfn, order: u32, type: Migratetype): u32 {
  if (order == MAX_ORDER) return VALID;
  const buddy = pfn ^ (1 << order);
  if (buddy >> PAGEBLOCK_ORDER >= nrPageblocks || zoneOf(entryOf(buddy)) != zone) return VALID;
  const state = stateAt(buddy);
  if (!(state & HEAD) || (state & 15) != order) return VALID;
  if (order < PAGEBLOCK_ORDER) return BUDDIES_NOT_MERGED;
  return typeOf(entryOf(buddy)) == typeOf(entryOf(pfn)) && type < 3 ? BUDDIES_NOT_MERGED : VALID;
}

function checkZone(zone: ZoneNr): u32 {
  walkedPages = 0;
  walkedFree = 0;
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    walkedChunks = 0;
    for (let type: u32 = 0; type < MIGRATE_TYPES; ++type) {
      const code = checkList(zone, order, type);
      if (code) return code;
    }
    if (walkedChunks != nrFreeOf(zone, order)) return broken(NR_FREE_WRONG, zone);
  }
  if (walkedFree != freePages(zone)) return broken(FREE_PAGES_WRONG, zone);

  let free: u32 = 0;
  let lru: u32 = 0;
  let cached: u32 = 0;
  let isolated: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone) continue;
    if (isIsolated(entry)) ++isolated;
    let counts: u64 = 0;
    const pfn = block << PAGEBLOCK_ORDER;
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      const state = stateAt(pfn + page);
      const plain = state & HEAD ? PAGE_FREE : state;
      counts += countDelta(plain);
      const pageClass = classOf(plain);
      if (pageClass == PAGE_FREE) ++free;
      if (isLru(pageClass)) ++lru;
      if (pageClass == PAGE_CACHED) ++cached;
      if (pageClass == PAGE_LRU_PENDING) ++walkedPending;
    }
    if (counts != countsOf(entry)) return broken(COUNTS_WRONG, pfn);
    if (recordOf(entry)) ++walkedRecords;
  }
  if (free != walkedPages) return broken(FREE_PAGE_UNLISTED, zone);
  if (lru != lruPages(zone)) return broken(LRU_WRONG, zone);
  if (isolated != isolatedBlocks(zone)) return broken(ISOLATED_WRONG, zone);
  if (cached != cachedPages(zone)) return broken(CACHED_WRONG, zone);
  return VALID;
}

let walkedRecords: u32 = 0;
let walkedPending: u32 = 0;

/** VALID, or the code of the first broken invariant with its place in brokenAt. */
export function validateAll(): u32 {
  walkedRecords = 0;
  walkedPending = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) {
    const code = checkZone(zone);
    if (code) return code;
  }
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE && recordOf(entry))
      return broken(RECORDS_WRONG, block << PAGEBLOCK_ORDER);
    if (!recordOf(entry) && blockState(entry) & HEAD && zoneOf(entry) == NO_ZONE) {
      return broken(ZONE_MIXED, block << PAGEBLOCK_ORDER);
    }
  }
  if (walkedRecords != recordsInUse) return broken(RECORDS_WRONG, walkedRecords);
  if (walkedPending != pendingPages) return broken(PENDING_WRONG, walkedPending);
  return VALID;
}
