// The buddy system of one zone: freeing with merging, allocation by the smallest sufficient chunk,
// fallback between migratetypes (`__free_one_page()`, `__rmqueue()`, v6.1). Pages handed over or
// taken here are PAGE_FREE without a head; the caller sets their states (page-alloc.ts).

import {
  MAX_ORDER,
  MIGRATE_HIGHATOMIC,
  MIGRATE_ISOLATE,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  MM_CLAIM_OR_STEAL,
  MM_LIST_FOLLOWS_BLOCK,
  MM_MERGE_MERGEABLE_ONLY,
  MM_MOVE_TO_TAIL,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_FREE,
} from "../abi";
import {
  NO_CHUNK,
  firstOf,
  hasChunkOf,
  headOfLinks,
  insertChunk,
  insertInRecord,
  insertWhole,
  isEmpty,
  pfnOfState,
  removeChunk,
  removeFromRecord,
  removeWhole,
  splitInRecord,
  takeInRecord,
  takeWhole,
  wholeChunkOrder,
} from "./free-list";
import { PAGE_MASK, recordFor, releaseZeroed } from "./page";
import { HEAD, countFree, countMovable } from "./page-class";
import {
  ENTRY_BYTES,
  NO_ENTRY,
  blockOfEntry,
  blockState,
  countsOf,
  entryOf,
  entryOfBlock,
  recordOf,
  setType,
  typeOf,
  zoneOf,
} from "./pageblock";
import { blockOfState } from "./record-slab";
import { hasBehaviour } from "./version";
import { addFreePages, isolatedBlocks } from "./zone";
import { BlockNr, EntryOffset, Migratetype, Pfn, StateAddr, ZoneNr } from "./numbers";

/** Bits of a head byte that say "free head of this order", whatever list it is on. */
const HEAD_ORDER_MASK: u32 = HEAD | 15;
/** From this order on a fallback may claim the whole pageblock for any type. */
const CLAIM_ORDER: u32 = PAGEBLOCK_ORDER >> 1;

function isMergeable(type: Migratetype): bool {
  return type <= MIGRATE_RECLAIMABLE;
}

/** May chunks of pageblock order merge where their pageblocks have these types? */
function typesMerge(zone: ZoneNr, type: Migratetype, buddyType: Migratetype): bool {
  if (type == buddyType) return true;
  if (hasBehaviour(MM_MERGE_MERGEABLE_ONLY)) return isMergeable(type) && isMergeable(buddyType);
  // `__free_one_page()` of v5.4 looks only while something is isolated, and only for ISOLATE
  return isolatedBlocks(zone) == 0 || (type != MIGRATE_ISOLATE && buddyType != MIGRATE_ISOLATE);
}

/**
 * The entry of the other pageblock of the 4 MiB pair if it heads a free chunk of order 9 in `zone`,
 * else NO_ENTRY.
 */
export function freeBuddyOf(entry: EntryOffset, zone: ZoneNr): EntryOffset {
  const buddy = entry ^ ENTRY_BYTES;
  if (recordOf(buddy) || zoneOf(buddy) != zone) return NO_ENTRY;
  return (blockState(buddy) & HEAD_ORDER_MASK) == (HEAD | PAGEBLOCK_ORDER) ? buddy : NO_ENTRY;
}

/**
 * Is the buddy of this chunk's parent free as one chunk? Then the parent may soon merge: the chunk
 * waits at the tail. The state of its first page is at `at`, and its order is below 8.
 */
function parentWillMerge(at: StateAddr, order: u32): bool {
  const size: usize = 1 << order;
  const other = (at & ~size) ^ (size << 1);
  return isHead(other, order + 1);
}

function blockWillMerge(zone: ZoneNr, at: StateAddr): bool {
  return freeBuddyOf(entryOfBlock(blockOfState(at)), zone) != NO_ENTRY;
}

/**
 * Gives a chunk back: merges it upwards and puts it on the list of `type`, the type of the freed
 * page. Where nothing forces the tail, `buddy_merge_likely()` decides the end. Counts NR_FREE_PAGES
 * unless `type` is ISOLATE.
 */
export function freeChunk(
  zone: ZoneNr,
  pfn: Pfn,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  if (order > PAGEBLOCK_ORDER && hasBehaviour(MM_LIST_FOLLOWS_BLOCK)) {
    // pageblock by pageblock: their types may differ
    const upper = pfn + PAGEBLOCK_PAGES;
    mergeAndInsert(zone, pfn, PAGEBLOCK_ORDER, type, forceTail);
    mergeAndInsert(zone, upper, PAGEBLOCK_ORDER, typeOf(entryOf(upper)), forceTail);
    return;
  }
  mergeAndInsert(zone, pfn, order, type, forceTail);
}

function mergeAndInsert(
  zone: ZoneNr,
  pfn: Pfn,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  const entry = entryOf(pfn);
  if (type != MIGRATE_ISOLATE) addFreePages(zone, 1 << order);
  if (order >= PAGEBLOCK_ORDER) mergeWhole(zone, entry, order, type, forceTail);
  else mergeInRecord(zone, recordOf(entry) + (pfn & PAGE_MASK), order, type, forceTail);
}

/**
 * Merges a chunk below order 9 upwards and puts it on the list of `type`. The state of its first
 * page is at `at` and may be anything still, those of the others are PAGE_FREE. NR_FREE_PAGES is
 * the caller's.
 */
export function mergeInRecord(
  zone: ZoneNr,
  at: StateAddr,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  if (isHead(at ^ (1 << order), order)) mergeFurther(zone, at, order, type, forceTail);
  else insertMerged(zone, at, order, type, forceTail);
}

/** mergeInRecord() where the first step is known to succeed. */
function mergeFurther(
  zone: ZoneNr,
  at: StateAddr,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  store<u8>(at, <u8>PAGE_FREE);
  let size: usize = 1 << order;
  let buddy = at ^ size;
  do {
    removeFromRecord(zone, buddy, order);
    at &= buddy;
    if (++order == PAGEBLOCK_ORDER) return mergeBlock(zone, blockOfState(at), type, forceTail);
    size <<= 1;
    buddy = at ^ size;
  } while (isHead(buddy, order));
  insertMerged(zone, at, order, type, forceTail);
}

/** Puts a chunk below order 9 whose buddy is not free on the list of `type`. */
function insertMerged(
  zone: ZoneNr,
  at: StateAddr,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  const likely =
    order < PAGEBLOCK_ORDER - 1 ? parentWillMerge(at, order) : blockWillMerge(zone, at);
  insertInRecord(zone, at, order, type, forceTail || likely);
}

function isHead(at: StateAddr, order: u32): bool {
  return (load<u8>(at) & HEAD_ORDER_MASK) == (HEAD | order);
}

/** The end of mergeInRecord() where it has merged a whole pageblock. */
function mergeBlock(zone: ZoneNr, block: BlockNr, type: Migratetype, forceTail: bool): void {
  const entry = entryOfBlock(block);
  releaseZeroed(entry);
  mergeWhole(zone, entry, PAGEBLOCK_ORDER, type, forceTail);
}

/**
 * Merges a chunk of order 9, whose pageblock is PAGE_FREE, with its buddy where their types allow
 * it, and puts it, or one of order 10, on a list. NR_FREE_PAGES is the caller's.
 */
export function mergeWhole(
  zone: ZoneNr,
  entry: EntryOffset,
  order: u32,
  type: Migratetype,
  forceTail: bool,
): void {
  if (order == PAGEBLOCK_ORDER) {
    const buddy = freeBuddyOf(entry, zone);
    if (buddy != NO_ENTRY && typesMerge(zone, type, typeOf(buddy))) {
      removeWhole(zone, buddy, PAGEBLOCK_ORDER);
      if (hasBehaviour(MM_LIST_FOLLOWS_BLOCK) && typeOf(buddy) != type) setType(buddy, type);
      entry &= buddy;
      ++order;
    }
  }
  insertWhole(zone, entry, order, type, forceTail);
}

/**
 * Cuts a chunk just taken off its list down to `order`; the upper halves go to the lists of `type`,
 * which are empty.
 */
function expand(zone: ZoneNr, pfn: Pfn, from: u32, order: u32, type: Migratetype): void {
  const entry = entryOf(pfn);
  if (from > PAGEBLOCK_ORDER && from > order) {
    --from;
    insertWhole(zone, entry + ENTRY_BYTES, PAGEBLOCK_ORDER, type, false);
  }
  if (from == order) return;
  const record = recordFor(entry);
  splitInRecord(zone, record + (pfn & PAGE_MASK), from, order, type);
}

/**
 * The lowest part of the first chunk of the smallest sufficient order on the lists of `type`, or
 * NO_CHUNK.
 */
function takeSmallest(zone: ZoneNr, order: u32, type: Migratetype): Pfn {
  if (order >= PAGEBLOCK_ORDER) {
    const entry = takeWhole(zone, order, type);
    return entry == NO_ENTRY ? NO_CHUNK : blockOfEntry(entry) << PAGEBLOCK_ORDER;
  }
  const links = takeInRecord(zone, order, type);
  if (!links) return NO_CHUNK;
  const at = headOfLinks(links);
  store<u8>(at, <u8>PAGE_FREE);
  return pfnOfState(at);
}

/**
 * Moves every free chunk headed in a pageblock to the lists of `type`, ascending. An order-10 chunk
 * moves with its head. Returns the pages moved. Neither the pageblock's type nor NR_FREE_PAGES
 * changes.
 */
export function moveChunksOfBlock(
  zone: ZoneNr,
  entry: EntryOffset,
  pfn: Pfn,
  type: Migratetype,
): u32 {
  const tail = hasBehaviour(MM_MOVE_TO_TAIL);
  const whole = wholeChunkOrder(entry);
  if (whole) {
    removeWhole(zone, entry, whole);
    insertWhole(zone, entry, whole, type, tail);
    return 1 << whole;
  }
  const record = recordOf(entry);
  if (!record) return 0;
  let moved: u32 = 0;
  for (let at: u32 = 0; at < PAGEBLOCK_PAGES;) {
    const state = <u32>load<u8>(record + at);
    if (!(state & HEAD)) {
      ++at;
      continue;
    }
    const order = state & 15;
    removeChunk(zone, pfn + at, order);
    insertChunk(zone, pfn + at, order, type, tail);
    moved += 1 << order;
    at += 1 << order;
  }
  return moved;
}

/** First non-empty list of order `order` among the fallback types of `type`; its type, or -1. */
function fallbackTypeAt(zone: ZoneNr, order: u32, type: Migratetype): i32 {
  const first = type == MIGRATE_RECLAIMABLE ? MIGRATE_UNMOVABLE : MIGRATE_RECLAIMABLE;
  if (!isEmpty(zone, order, first)) return first;
  const second = type == MIGRATE_MOVABLE ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
  return isEmpty(zone, order, second) ? -1 : second;
}

function mayClaim(order: u32, type: Migratetype): bool {
  return order >= CLAIM_ORDER || type != MIGRATE_MOVABLE;
}

/**
 * Is at least half of the pageblock free or used by pages compatible with `type`?
 * (`steal_suitable_fallback()`, v6.1)
 */
function halfCompatible(entry: EntryOffset, type: Migratetype, oldType: Migratetype): bool {
  const counts = countsOf(entry);
  const free = countFree(counts);
  const movable = countMovable(counts);
  let alike: u32 = 0;
  if (type == MIGRATE_MOVABLE) alike = movable;
  else if (oldType == MIGRATE_MOVABLE) alike = PAGEBLOCK_PAGES - free - movable;
  return free + alike >= PAGEBLOCK_PAGES >> 1;
}

function setTypeOfChunk(pfn: Pfn, order: u32, type: Migratetype): void {
  setType(entryOf(pfn), type);
  if (order > PAGEBLOCK_ORDER) setType(entryOf(pfn + PAGEBLOCK_PAGES), type);
}

function moveChunk(zone: ZoneNr, pfn: Pfn, order: u32, type: Migratetype): void {
  removeChunk(zone, pfn, order);
  insertChunk(zone, pfn, order, type, hasBehaviour(MM_MOVE_TO_TAIL));
}

/**
 * Until v6.14: moves memory of another type to the lists of `type` (`__rmqueue_fallback()`, v6.1).
 * Below half a block the free chunks stay moved while the pageblock keeps its type. Returns false
 * where there is nothing to move.
 */
function stealSuitableFallback(zone: ZoneNr, order: u32, type: Migratetype, minOrder: u32): bool {
  let found: i32 = -1;
  let at = MAX_ORDER;
  for (; at >= minOrder; --at) {
    found = fallbackTypeAt(zone, at, type);
    if (found >= 0 || at == 0) break;
  }
  if (found < 0) return false;
  if (!mayClaim(at, type) && at > order) {
    for (at = order; (found = fallbackTypeAt(zone, at, type)) < 0;) ++at;
  }
  const pfn = firstOf(zone, at, found);
  const entry = entryOf(pfn);
  const oldType = typeOf(entry);
  if (oldType == MIGRATE_HIGHATOMIC) {
    moveChunk(zone, pfn, at, type);
  } else if (at >= PAGEBLOCK_ORDER) {
    setTypeOfChunk(pfn, at, type);
    moveChunk(zone, pfn, at, type);
  } else if (mayClaim(at, type)) {
    moveChunksOfBlock(zone, entry, pfn & ~PAGE_MASK, type);
    if (halfCompatible(entry, type, oldType)) setType(entry, type);
  } else {
    moveChunk(zone, pfn, at, type);
  }
  return true;
}

/**
 * From v6.15: claims a pageblock for `type` and takes a chunk of it, or NO_CHUNK
 * (`__rmqueue_claim()`).
 */
function claim(zone: ZoneNr, order: u32, type: Migratetype, minOrder: u32): Pfn {
  for (let at: i32 = MAX_ORDER; at >= <i32>minOrder && mayClaim(at, type); --at) {
    const found = fallbackTypeAt(zone, at, type);
    if (found < 0) continue;
    const pfn = firstOf(zone, at, found);
    const entry = entryOf(pfn);
    if (at >= <i32>PAGEBLOCK_ORDER) {
      removeChunk(zone, pfn, at);
      setTypeOfChunk(pfn, at, type);
      expand(zone, pfn, at, order, type);
      return pfn;
    }
    if (halfCompatible(entry, type, typeOf(entry))) {
      moveChunksOfBlock(zone, entry, pfn & ~PAGE_MASK, type);
      setType(entry, type);
      return takeSmallest(zone, order, type);
    }
  }
  return NO_CHUNK;
}

/**
 * From v6.15: takes one chunk of another type, the smallest, and leaves the rest to its type, or
 * NO_CHUNK (`__rmqueue_steal()`).
 */
function steal(zone: ZoneNr, order: u32, type: Migratetype): Pfn {
  for (let at = order; at <= MAX_ORDER; ++at) {
    const found = fallbackTypeAt(zone, at, type);
    if (found < 0) continue;
    const pfn = firstOf(zone, at, found);
    removeChunk(zone, pfn, at);
    expand(zone, pfn, at, order, found);
    return pfn;
  }
  return NO_CHUNK;
}

// A refill of a per-CPU cache takes many chunks under one hold of the zone's lock. Once it has had
// to steal one, it steals the others, too, without a look at its own lists (rmqueue_bulk(), 6.15
// on).

let isBulk: bool = false;
let bulkSteals: bool = false;

/** From here on to endBulk() takeChunk() serves one refill. */
export function beginBulk(): void {
  isBulk = hasBehaviour(MM_CLAIM_OR_STEAL);
  bulkSteals = false;
}

export function endBulk(): void {
  isBulk = false;
  bulkSteals = false;
}

/** A fallback since 6.15; with `noFragment` nothing is stolen. */
function claimOrSteal(zone: ZoneNr, order: u32, type: Migratetype, noFragment: bool): Pfn {
  const claimed = claim(zone, order, type, noFragment ? max(order, PAGEBLOCK_ORDER) : order);
  if (claimed != NO_CHUNK || noFragment) return claimed;
  const stolen = steal(zone, order, type);
  if (stolen != NO_CHUNK) bulkSteals = isBulk;
  return stolen;
}

/**
 * One chunk of `order` for `type` from this zone, with fallback, or NO_CHUNK. With `noFragment` no
 * chunk below pageblock order changes its type. No watermark is looked at. Lowers NR_FREE_PAGES.
 */
export function takeChunk(zone: ZoneNr, order: u32, type: Migratetype, noFragment: bool): Pfn {
  let pfn = bulkSteals ? steal(zone, order, type) : takeSmallest(zone, order, type);
  if (pfn == NO_CHUNK && !bulkSteals) pfn = takeFallback(zone, order, type, noFragment);
  if (pfn != NO_CHUNK) addFreePages(zone, -(1 << order));
  return pfn;
}

/** takeChunk() where the lists of `type` have nothing. */
function takeFallback(zone: ZoneNr, order: u32, type: Migratetype, noFragment: bool): Pfn {
  if (hasBehaviour(MM_CLAIM_OR_STEAL)) return claimOrSteal(zone, order, type, noFragment);
  const minOrder = noFragment ? max(order, PAGEBLOCK_ORDER) : order;
  let pfn = NO_CHUNK;
  while (pfn == NO_CHUNK && stealSuitableFallback(zone, order, type, minOrder)) {
    pfn = takeSmallest(zone, order, type);
  }
  return pfn;
}

/** Does a list of order >= `order` hold a chunk that an ordinary request may take? */
export function hasChunk(zone: ZoneNr, order: u32): bool {
  return (
    hasChunkOf(zone, order, MIGRATE_MOVABLE) ||
    hasChunkOf(zone, order, MIGRATE_UNMOVABLE) ||
    hasChunkOf(zone, order, MIGRATE_RECLAIMABLE)
  );
}
