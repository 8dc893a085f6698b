// Allocation over the zone list, and freeing (page-allocator.md sections 6.3, 9.3).

import {
  ALLOC_COMPOUND,
  ALLOC_NO_WATERMARKS,
  ALLOC_THISNODE,
  MAX_ORDER,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_FREE,
  PAGE_LRU_PENDING,
  PAGE_TAIL,
} from "./abi";
import { freeChunk, freeInRecord, freeWhole, hasChunk, takeChunk } from "./buddy";
import { NO_CHUNK, firstOf, insertChunk, removeChunk } from "./free-list";
import { PAGE_MASK, fillStates, makeUniform, recordFor, stateAt } from "./page";
import { ONE_FREE, classOf, countDelta, isLru } from "./page-class";
import {
  FLAG_PENDING,
  addCounts,
  blockState,
  entryOf,
  flagsOf,
  recordOf,
  setFlags,
  typeOf,
  zoneOf,
} from "./pageblock";
import { lookAtState } from "./record-slab";
import { freeCached, takeCached } from "./per-cpu-cache";
import { leaveLruBatch } from "./lru-batch";
import { reclaimClean } from "./reclaim";
import {
  FIRST_NOFRAGMENT,
  NO_FIRST,
  addFreePages,
  addLruPages,
  firstZone,
  freePages,
  isCached,
  lowMark,
  minMark,
  nodeOf,
  reserveOf,
  OVERFLOW,
  isEligible,
  zoneListAt,
  zoneListLength,
} from "./zone";

/** Beside the ALLOC_* flags, inside the core only: no zone of the preferred node. */
export const OTHER_NODES: u32 = 1 << 31;

/** Pages that wait in LRU batches, over all zones. */
export let pendingPages: u32 = 0;

export function addPendingPages(delta: i32): void {
  pendingPages += delta;
}

/** NR_FREE_PAGES that a request of `order` may not go below in this zone (page-allocator.md 9.3). */
function floorOf(zone: u32, order: u32, kind: u32, mark: u32): u32 {
  return mark + reserveOf(zone, kind) + (1 << order) - 1;
}

function watermarkOk(zone: u32, order: u32, kind: u32, mark: u32): bool {
  if (freePages(zone) <= floorOf(zone, order, kind, mark)) return false;
  return order == 0 || hasChunk(zone, order);
}

/** takeFromZone() of walks beyond the first zone: seldom, so one copy of the code is enough. */
function takeFurtherOn(zone: u32, order: u32, type: u32, noFragment: bool): u32 {
  return takeFromZone(zone, order, type, noFragment);
}

/** A chunk of free pages of this zone, through its cache where it has one. */
function takeFromZone(zone: u32, order: u32, type: u32, noFragment: bool): u32 {
  return isCached(zone, order)
    ? takeCached(zone, order, type, noFragment)
    : takeChunk(zone, order, type, noFragment);
}

/** One walk of the zone list. `useMin`: test the min mark in place of low. `tried`: a zone that has just failed so, or -1. */
function walk(
  order: u32,
  type: u32,
  kind: u32,
  node: u32,
  flags: u32,
  useMin: bool,
  noFragment: bool,
  tried: i32,
): u32 {
  const length = zoneListLength();
  for (let index: u32 = 0; index < length; ++index) {
    const place = zoneListAt(node, index);
    const zone = place & ~OVERFLOW;
    if (!isEligible(place, kind) || zone == tried) continue;
    if (noFragment && place & OVERFLOW) break; // better fragments above than kernel pages there
    if (nodeOf(zone) != node && (noFragment || flags & ALLOC_THISNODE)) break;
    if (nodeOf(zone) == node && flags & OTHER_NODES) continue;
    if (!(flags & ALLOC_NO_WATERMARKS)) {
      if (!watermarkOk(zone, order, kind, useMin ? minMark(zone) : lowMark(zone))) continue;
    }
    const pfn = takeFurtherOn(zone, order, type, noFragment);
    if (pfn != NO_CHUNK) return pfn;
  }
  return NO_CHUNK;
}

/**
 * Free pages for a request, or NO_CHUNK: all zones with the low mark (first without fragmenting, where the version's fast
 * path does that), then all with the min mark; single pages then after reclaim of clean file pages, as long as there are
 * any. The pages are PAGE_FREE; the caller sets their state.
 */
export function takePages(order: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  return tryFirstZone(order, type, kind, node, flags);
}

// For loops over many: the compiler makes copies for order 0 and for order 9.

/** takePages() of one page. */
export function takePage(type: u32, kind: u32, node: u32, flags: u32): u32 {
  return tryFirstZone(0, type, kind, node, flags);
}

/** takePages() of one pageblock. */
export function takeBlock(type: u32, kind: u32, node: u32, flags: u32): u32 {
  return tryFirstZone(PAGEBLOCK_ORDER, type, kind, node, flags);
}

/** The head of every walk, made without walking; then the walks. */
function tryFirstZone(order: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  const first = flags & OTHER_NODES ? NO_FIRST : firstZone(kind, node);
  if (first == NO_FIRST) return takeByWalks(order, type, kind, node, flags, -1);
  const zone = first & ~FIRST_NOFRAGMENT;
  const noFragment = first != zone;
  let tried: i32 = -1;
  if (flags & ALLOC_NO_WATERMARKS || watermarkOk(zone, order, kind, lowMark(zone))) {
    const pfn = takeFromZone(zone, order, type, noFragment);
    if (pfn != NO_CHUNK) return pfn;
    tried = zone;
  }
  if (!noFragment) return takeByWalks(order, type, kind, node, flags, tried);
  const pfn = walk(order, type, kind, node, flags, false, true, tried);
  return pfn == NO_CHUNK ? takeByWalks(order, type, kind, node, flags, -1) : pfn;
}

/** takePages() from the first walk on that may fragment. `tried`: see walk(). */
function takeByWalks(order: u32, type: u32, kind: u32, node: u32, flags: u32, tried: i32): u32 {
  const pfn = walk(order, type, kind, node, flags, false, false, tried);
  if (pfn != NO_CHUNK || flags & ALLOC_NO_WATERMARKS) return pfn;
  let last = walk(order, type, kind, node, flags, true, false, -1);
  while (last == NO_CHUNK && order == 0 && reclaimClean(kind) > 0) {
    last = walk(order, type, kind, node, flags, true, false, -1);
  }
  return last;
}

/**
 * Writes the state of pages just taken, and accounts LRU and pending pages. The first page carries it, or all of a compound page; of a
 * larger allocation than a pageblock otherwise the first pageblock.
 */
export function setUsed(pfn: u32, order: u32, state: u32, flags: u32): void {
  setUsedHere(pfn, order, state, flags);
}

/** setUsed(), copied into its callers: for loops over many. */
export function setUsedHere(pfn: u32, order: u32, state: u32, flags: u32): void {
  const entry = entryOf(pfn);
  let carriers: u32 = 1 << order;
  if (order < PAGEBLOCK_ORDER) {
    if (!(flags & ALLOC_COMPOUND)) carriers = 1;
    setUsedInRecord(entry, pfn & PAGE_MASK, order, state, carriers);
  } else {
    makeUniform(entry, state);
    if (order > PAGEBLOCK_ORDER) {
      if (!(flags & ALLOC_COMPOUND)) carriers = PAGEBLOCK_PAGES;
      makeUniform(entryOf(pfn + PAGEBLOCK_PAGES), flags & ALLOC_COMPOUND ? state : PAGE_TAIL);
    }
  }
  const pageClass = classOf(state);
  if (isLru(pageClass)) addLruPages(zoneOf(entry), carriers);
  else if (pageClass == PAGE_LRU_PENDING) addPending(pfn, carriers);
}

/** setUsed() below order 9, for pages that are all PAGE_FREE: of `1 << order` pages the first `carriers`, one or all, get the state. */
function setUsedInRecord(entry: usize, page: u32, order: u32, state: u32, carriers: u32): void {
  const at = recordOf(entry) + page;
  if (order == 0) {
    addCounts(entry, countDelta(state) - ONE_FREE);
  } else {
    fillStates(at, order, carriers == 1 ? PAGE_TAIL : state);
    const used = countDelta(state) * carriers; // tails count nowhere
    addCounts(entry, used - (ONE_FREE << order));
  }
  store<u8>(at, <u8>state);
}

function addPending(pfn: u32, carriers: u32): void {
  pendingPages += carriers;
  for (let at = pfn; at < pfn + carriers; at += PAGEBLOCK_PAGES) {
    setFlags(entryOf(at), flagsOf(entryOf(at)) | FLAG_PENDING);
  }
}

/** Frees a chunk whose pages are PAGE_FREE, through the cache where the zone has one. */
export function releasePages(pfn: u32, order: u32): void {
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  if (isCached(zone, order)) freeCached(zone, pfn, order);
  else freeChunk(zone, pfn, order, typeOf(entry), false);
}

/** Pages on their way to the LRU are gone. */
function forgetPending(pfn: u32, nrPages: u32): void {
  pendingPages -= nrPages;
  leaveLruBatch(pfn, nrPages);
}

/** Makes used pages PAGE_FREE (not yet on a list) and takes them off the LRU accounts. */
function clearUsed(pfn: u32, order: u32): void {
  if (order < PAGEBLOCK_ORDER) {
    const entry = entryOf(pfn);
    clearUsedInRecord(entry, recordFor(entry) + (pfn & PAGE_MASK), pfn, order);
    return;
  }
  for (let at = pfn; at < pfn + (1 << order); at += PAGEBLOCK_PAGES) clearUsedBlock(at);
}

/** clearUsed() of a whole pageblock. */
function clearUsedBlock(pfn: u32): void {
  const entry = entryOf(pfn);
  if (recordOf(entry)) {
    accountGone(pfn, PAGEBLOCK_PAGES);
  } else {
    const pageClass = classOf(blockState(entry));
    if (isLru(pageClass)) addLruPages(zoneOf(entry), -(<i32>PAGEBLOCK_PAGES));
    else if (pageClass == PAGE_LRU_PENDING) forgetPending(pfn, PAGEBLOCK_PAGES);
  }
  makeUniform(entry, PAGE_FREE);
}

/** clearUsed() of a single page whose state is at `at`. */
function clearUsedPage(zone: u32, entry: usize, at: usize, pfn: u32): void {
  const state = <u32>load<u8>(at);
  const pageClass = classOf(state);
  if (isLru(pageClass)) addLruPages(zone, -1);
  else if (pageClass == PAGE_LRU_PENDING) forgetPending(pfn, 1);
  addCounts(entry, ONE_FREE - countDelta(state));
  store<u8>(at, <u8>PAGE_FREE);
}

/** clearUsed() below order 9, where the state of the first page is at `from`. */
function clearUsedInRecord(entry: usize, from: usize, pfn: u32, order: u32): void {
  const end = from + (1 << order);
  let change = ONE_FREE << order;
  let lru: i32 = 0;
  for (let at = from; at < end; ++at) {
    const state = <u32>load<u8>(at);
    const pageClass = classOf(state);
    change -= countDelta(state);
    if (isLru(pageClass)) ++lru;
    else if (pageClass == PAGE_LRU_PENDING) forgetPending(pfn + <u32>(at - from), 1);
  }
  if (lru) addLruPages(zoneOf(entry), -lru);
  addCounts(entry, change);
  fillStates(from, order, PAGE_FREE);
}

/** Takes `nrPages` used pages off the LRU and pending accounts, a uniform pageblock at a time. */
export function accountGone(pfn: u32, nrPages: u32): void {
  const end = pfn + nrPages;
  while (pfn != end) {
    const entry = entryOf(pfn);
    const uniform = !recordOf(entry) && !(pfn & PAGE_MASK) && end - pfn >= 1 << PAGEBLOCK_ORDER;
    const step: u32 = uniform ? 1 << PAGEBLOCK_ORDER : 1;
    const pageClass = classOf(uniform ? blockState(entry) : stateAt(pfn));
    if (isLru(pageClass)) addLruPages(zoneOf(entry), -step);
    else if (pageClass == PAGE_LRU_PENDING) forgetPending(pfn, step);
    pfn += step;
  }
}

/** Frees `1 << order` used pages. */
export function freePagesAt(pfn: u32, order: u32): void {
  if (order == 0) {
    freePage(pfn);
    return;
  }
  clearUsed(pfn, order);
  releasePages(pfn, order);
}

/** freePagesAt() of one page, for loops over many. */
export function freePage(pfn: u32): void {
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  const at = recordFor(entry) + (pfn & PAGE_MASK);
  clearUsedPage(zone, entry, at, pfn);
  if (isCached(zone, 0)) freeCached(zone, pfn, 0);
  else freeInRecord(zone, at, 0, typeOf(entry), false);
}

/**
 * Loads what freeing `pfn` will look at. Frees in random order wait for memory most of the time, one after the other; looking
 * at a group of them first lets their waits overlap.
 */
export function lookAt(pfn: u32): void {
  const record = recordOf(entryOf(pfn));
  if (record) lookAtState(record + (pfn & PAGE_MASK));
}

/** freePagesAt() of one pageblock, for loops over many. */
export function freeBlock(pfn: u32): void {
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  clearUsedBlock(pfn);
  if (isCached(zone, PAGEBLOCK_ORDER)) freeCached(zone, pfn, PAGEBLOCK_ORDER);
  else freeWhole(zone, entry, PAGEBLOCK_ORDER, typeOf(entry), false);
}

/**
 * Frees the pages of [pfn, end), all PAGE_FREE and on no list, as the largest aligned chunks up to `maxOrder`, ascending.
 * With order 9 that equals freeing them one by one (lemma L2), whatever the types of the pageblocks.
 */
export function freeAligned(pfn: u32, end: u32, maxOrder: u32, forceTail: bool): void {
  while (pfn < end) {
    const order = alignedOrder(pfn, end, maxOrder);
    const entry = entryOf(pfn);
    if (order < PAGEBLOCK_ORDER) recordFor(entry);
    freeChunk(zoneOf(entry), pfn, order, typeOf(entry), forceTail);
    pfn += 1 << order;
  }
}

/** Largest order, at most `maxOrder`, of an aligned chunk that starts at `pfn` and ends by `end`. */
export function alignedOrder(pfn: u32, end: u32, maxOrder: u32): u32 {
  let order = min(ctz(pfn), maxOrder);
  while ((<u32>1) << order > end - pfn) --order;
  return order;
}

// Bulk allocation, lemma L1: k requests of order 0 are the first k pages of the chunks in list order.

let takenPages: u32 = 0;

/** Length of the run that takeBulk() returned last. */
export function lastTakenPages(): u32 {
  return takenPages;
}

/** Takes up to `wanted` pages out of the first chunk that an order-0 request would use; NO_CHUNK where the lists of `type` are empty. */
function takeRun(zone: u32, type: u32, wanted: u32): u32 {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    const pfn = firstOf(zone, order, type);
    if (pfn == NO_CHUNK) continue;
    removeChunk(zone, pfn, order);
    takenPages = min(wanted, 1 << order);
    addFreePages(zone, -takenPages);
    restore(zone, pfn + takenPages, pfn + (1 << order), type);
    return pfn;
  }
  return NO_CHUNK;
}

/** Puts [from, end), the rest of a chunk cut at `from`, back at the list heads as its aligned binary decomposition. */
function restore(zone: u32, from: u32, end: u32, type: u32): void {
  while (from < end) {
    const order = min(ctz(from), MAX_ORDER);
    const entry = entryOf(from);
    if (order < PAGEBLOCK_ORDER) recordFor(entry);
    insertChunk(zone, from, order, type, false);
    from += 1 << order;
  }
}

/**
 * Up to `wanted` order-0 pages of `type`, as one run in the order of single requests; caches are off. Returns the run's
 * first pfn and sets lastTakenPages(); NO_CHUNK where not even one page can be had.
 *
 * A run never crosses the point where the next request would go elsewhere: the low mark of its zone, the end
 * of its chunk. Where the first zone above its mark has no chunk of `type`, one ordinary request (with fallback) is made.
 */
export function takeBulk(wanted: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  const length = zoneListLength();
  for (let index: u32 = 0; index < length; ++index) {
    const place = zoneListAt(node, index);
    const zone = place & ~OVERFLOW;
    if (!isEligible(place, kind)) continue;
    if (nodeOf(zone) != node && flags & ALLOC_THISNODE) break;
    let budget = freePages(zone);
    if (!(flags & ALLOC_NO_WATERMARKS)) {
      const floor = floorOf(zone, 0, kind, lowMark(zone));
      budget = budget > floor ? budget - floor : 0;
    }
    if (budget == 0) continue;
    if (isCached(zone, 0)) break;
    const pfn = takeRun(zone, type, min(wanted, budget));
    if (pfn != NO_CHUNK) return pfn;
    break;
  }
  takenPages = 1;
  return takePages(0, type, kind, node, flags);
}
