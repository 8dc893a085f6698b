// Freeing pages in use: one, a chunk, a range.
//
// Nearly every page that is freed goes straight back to the lists of its type. For these there is a
// fast path, which the build copies into its callers; all other pages take the slow path. Both have
// the same result.

import {
  MAX_ORDER,
  MIGRATE_ISOLATE,
  MM_COALESCED_GIVE_BACK,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_FREE,
  PAGE_LRU_PENDING,
} from "../abi";
import { freeChunk, mergeInRecord, mergeWhole } from "./buddy";
import { forgetPending } from "./lru-batch";
import { PAGE_MASK, fillStates, makeUniform, recordFor, setRange, stateAt } from "./page";
import { NO_GAIN, ONE_FREE, blockGain, classOf, countDelta, isLru, zoneGain } from "./page-class";
import {
  addCounts,
  blockState,
  entryOf,
  recordOf,
  setBlockState,
  setCounts,
  typeOf,
  zoneOf,
} from "./pageblock";
import { freeCached } from "./per-cpu-cache";
import { prefetchState } from "./record-slab";
import { hasBehaviour } from "./version";
import { addFreeAndLru, addFreePages, addLruPages, isCached } from "./zone";
import { EntryOffset, Pfn, StateAddr } from "./numbers";

/** Frees a chunk whose pages are PAGE_FREE, through the cache where the zone has one. */
export function releasePages(pfn: Pfn, order: u32): void {
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  if (isCached(zone, order)) freeCached(zone, pfn, order);
  else freeChunk(zone, pfn, order, typeOf(entry), false);
}

/** Frees `1 << order` pages in use. */
export function freePagesAt(pfn: Pfn, order: u32): void {
  if (order == 0) freePage(pfn);
  else if (order == PAGEBLOCK_ORDER) freeBlock(pfn);
  else freeSlow(pfn, order);
}

/** freePagesAt() of one page. */
export function freePage(pfn: Pfn): void {
  if (!freePageFast(pfn)) freeSlow(pfn, 0);
}

/**
 * Frees one page by the fast path. Returns false, and changes nothing, where it must take the slow
 * path, or is not in use at all.
 */
export function freePageFast(pfn: Pfn): bool {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  if (record) {
    const at = record + (pfn & PAGE_MASK);
    const state = <u32>load<u8>(at);
    const gain = zoneGain(state);
    if (gain != NO_GAIN) {
      const zone = zoneOf(entry);
      if (!isCached(zone, 0)) {
        const type = typeOf(entry);
        addCounts(entry, blockGain(state));
        addFreeAndLru(zone, gain);
        if (type == MIGRATE_ISOLATE) addFreePages(zone, -1);
        mergeInRecord(zone, at, 0, type, false);
        return true;
      }
    }
  }
  return false;
}

/** freePagesAt() of one pageblock. */
export function freeBlock(pfn: Pfn): void {
  const entry = entryOf(pfn);
  if (!recordOf(entry)) {
    const gain = zoneGain(blockState(entry));
    if (gain != NO_GAIN) {
      const zone = zoneOf(entry);
      if (!isCached(zone, PAGEBLOCK_ORDER)) {
        const type = typeOf(entry);
        setBlockState(entry, PAGE_FREE);
        setCounts(entry, ONE_FREE << PAGEBLOCK_ORDER);
        addFreeAndLru(zone, gain << PAGEBLOCK_ORDER);
        if (type == MIGRATE_ISOLATE) addFreePages(zone, -(<i32>PAGEBLOCK_PAGES));
        mergeWhole(zone, entry, PAGEBLOCK_ORDER, type, false);
        return;
      }
    }
  }
  freeSlow(pfn, PAGEBLOCK_ORDER);
}

/** freePagesAt(), the slow path. */
function freeSlow(pfn: Pfn, order: u32): void {
  clearUsed(pfn, order);
  releasePages(pfn, order);
}

/**
 * Loads what freeing `pfn` will look at. Frees in random order wait for memory most of the time,
 * one after the other; looking at a group of them first lets their waits overlap.
 */
export function prefetchPage(pfn: Pfn): void {
  const record = recordOf(entryOf(pfn));
  if (record) prefetchState(record + (pfn & PAGE_MASK));
}

/** Makes used pages PAGE_FREE (not yet on a list) and takes them off the LRU counters. */
function clearUsed(pfn: Pfn, order: u32): void {
  if (order < PAGEBLOCK_ORDER) {
    const entry = entryOf(pfn);
    clearUsedInRecord(entry, recordFor(entry) + (pfn & PAGE_MASK), pfn, order);
    return;
  }
  for (let at = pfn; at < pfn + (1 << order); at += PAGEBLOCK_PAGES) {
    accountGone(at, PAGEBLOCK_PAGES);
    makeUniform(entryOf(at), PAGE_FREE);
  }
}

/** clearUsed() below order 9, where the state of the first page is at `from`. */
function clearUsedInRecord(entry: EntryOffset, from: StateAddr, pfn: Pfn, order: u32): void {
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

/** Takes `nrPages` used pages off the LRU and pending counters, a uniform pageblock at a time. */
export function accountGone(pfn: Pfn, nrPages: u32): void {
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

/**
 * Frees the pages of [pfn, end), all PAGE_FREE and on no list, as the largest aligned chunks up to
 * `maxOrder`, ascending. With order 9 that has the same result as freeing them one by one, whatever
 * the types of the pageblocks (docs/spec/engine-model.md, bulk work).
 */
export function freeAligned(pfn: Pfn, end: Pfn, maxOrder: u32, forceTail: bool): void {
  while (pfn < end) {
    const order = alignedOrder(pfn, end, maxOrder);
    const entry = entryOf(pfn);
    if (order < PAGEBLOCK_ORDER) recordFor(entry);
    freeChunk(zoneOf(entry), pfn, order, typeOf(entry), forceTail);
    pfn += 1 << order;
  }
}

/**
 * Largest order, at most `maxOrder`, of an aligned chunk that starts at `pfn` and ends by `end`.
 */
export function alignedOrder(pfn: Pfn, end: Pfn, maxOrder: u32): u32 {
  let order = min(ctz(pfn), maxOrder);
  while ((<u32>1) << order > end - pfn) --order;
  return order;
}

/**
 * Hands pages of allocContig() back: `free_contig_range()`. Page by page through the caches until
 * 7.0, in naturally aligned chunks since; with caches off freeAligned() gives the same lists.
 */
export function freeContig(start: Pfn, end: Pfn): void {
  setRange(start, end - start, PAGE_FREE);
  const coalesced = hasBehaviour(MM_COALESCED_GIVE_BACK);
  if (!isCached(zoneOf(entryOf(start)), 0)) {
    freeAligned(start, end, coalesced ? MAX_ORDER : PAGEBLOCK_ORDER, false);
    return;
  }
  for (let pfn = start; pfn < end;) {
    const order = coalesced ? alignedOrder(pfn, end, MAX_ORDER) : 0;
    releasePages(pfn, order);
    pfn += 1 << order;
  }
}
