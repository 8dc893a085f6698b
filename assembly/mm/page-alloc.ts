// Pages in use: allocating and freeing them (page-allocator.md sections 6.3, 9.3).
//
// Nearly every request finds what it needs in the first zone that it may use, far above the watermarks, on the lists of its own type,
// and nearly every page that is freed goes straight back to these lists. For these there is a short way, written to be copied into
// its callers; whatever is out of the ordinary takes the long one. Both come to the same.

import {
  ALLOC_COMPOUND,
  MIGRATE_ISOLATE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_FREE,
  PAGE_LRU_PENDING,
  PAGE_TAIL,
} from "../abi";
import { freeChunk, mergeInRecord, mergeWhole } from "./buddy";
import { NO_CHUNK, headOfLinks, takeInRecord, takeWhole } from "./free-list";
import { leaveLruBatch } from "./lru-batch";
import { PAGE_MASK, fillStates, makeUniform, recordFor, stateAt } from "./page";
import { ONE_FREE, SPECIAL, blockGain, classOf, countDelta, isLru, zoneGain } from "./page-class";
import {
  FLAG_PENDING,
  NO_ENTRY,
  addCounts,
  blockOfEntry,
  blockState,
  entryOf,
  entryOfBlock,
  flagsOf,
  recordOf,
  setBlockState,
  setCounts,
  setFlags,
  typeOf,
  zoneOf,
} from "./pageblock";
import { freeCached } from "./per-cpu-cache";
import { lookAtState, ownerOfLinks, pageOfState } from "./record-slab";
import {
  addFreeAndLru,
  addFreePages,
  addLruPages,
  easyZone,
  floorOf,
  freePages,
  isCached,
} from "./zone";
import { OTHER_NODES, takePages } from "./zone-walk";

/** Pages that wait in LRU batches, over all zones. */
export let pendingPages: u32 = 0;

export function addPendingPages(delta: i32): void {
  pendingPages += delta;
}

/**
 * `1 << order` pages in `state`, from the zones that `type`, `kind`, `node` and the ALLOC_* flags allow, or NO_CHUNK. The first page
 * carries the state, or all of a compound page; of a larger allocation than a pageblock otherwise the first pageblock.
 */
export function allocPages(
  order: u32,
  state: u32,
  type: u32,
  kind: u32,
  node: u32,
  flags: u32,
): u32 {
  if (flags & OTHER_NODES) return allocSeldom(order, state, type, kind, node, flags);
  if (order < PAGEBLOCK_ORDER) return allocBelowBlock(order, state, type, kind, node, flags);
  if (order == PAGEBLOCK_ORDER) return allocBlock(state, type, kind, node, flags);
  return allocSeldom(order, state, type, kind, node, flags);
}

// Below: allocPages() of one page and of one pageblock, copied into loops over many. Never for OTHER_NODES.

/** allocPages() of one page. */
export function allocPage(state: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  return allocBelowBlock(0, state, type, kind, node, flags);
}

/** allocPages() below order 9. */
function allocBelowBlock(order: u32, state: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  if (classOf(state) != PAGE_LRU_PENDING) {
    const zone = easyZone(kind, node);
    const nrPages: u32 = 1 << order;
    if (freePages(zone) > floorOf(zone, kind) + (nrPages - 1)) {
      const links = takeInRecord(zone, order, type);
      if (links) {
        const at = headOfLinks(links);
        const carriers = order > 0 && flags & ALLOC_COMPOUND ? nrPages : 1;
        if (order > 0) fillStates(at, order, carriers == 1 ? PAGE_TAIL : state);
        store<u8>(at, <u8>state);
        const block = ownerOfLinks(links);
        // tails count nowhere
        const tails = nrPages - carriers;
        addCounts(entryOfBlock(block), -(blockGain(state) * carriers + ONE_FREE * tails));
        addFreeAndLru(zone, -(zoneGain(state) * carriers + tails));
        return (block << PAGEBLOCK_ORDER) | pageOfState(at);
      }
    }
  }
  return allocSeldom(order, state, type, kind, node, flags);
}

/** allocPages() of one pageblock. */
export function allocBlock(state: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  if (classOf(state) != PAGE_LRU_PENDING) {
    const zone = easyZone(kind, node);
    if (freePages(zone) > floorOf(zone, kind) + (PAGEBLOCK_PAGES - 1)) {
      const entry = takeWhole(zone, PAGEBLOCK_ORDER, type);
      if (entry != NO_ENTRY) {
        setBlockState(entry, state);
        setCounts(entry, countDelta(state) << PAGEBLOCK_ORDER);
        addFreeAndLru(zone, -(zoneGain(state) << PAGEBLOCK_ORDER));
        return blockOfEntry(entry) << PAGEBLOCK_ORDER;
      }
    }
  }
  return allocSeldom(PAGEBLOCK_ORDER, state, type, kind, node, flags);
}

/** allocPages(), the long way. */
function allocSeldom(order: u32, state: u32, type: u32, kind: u32, node: u32, flags: u32): u32 {
  const pfn = takePages(order, type, kind, node, flags);
  if (pfn != NO_CHUNK) setUsed(pfn, order, state, flags);
  return pfn;
}

/** Writes the state of pages just taken, see allocPages(), and accounts LRU and pending pages. */
export function setUsed(pfn: u32, order: u32, state: u32, flags: u32): void {
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
  fillStates(at, order, carriers == 1 ? PAGE_TAIL : state);
  store<u8>(at, <u8>state);
  // tails count nowhere
  addCounts(entry, countDelta(state) * carriers - (ONE_FREE << order));
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

/** Frees `1 << order` pages in use. */
export function freePagesAt(pfn: u32, order: u32): void {
  if (order == 0) freePage(pfn);
  else if (order == PAGEBLOCK_ORDER) freeBlock(pfn);
  else freeSeldom(pfn, order);
}

/** freePagesAt() of one page. */
export function freePage(pfn: u32): void {
  if (!freePlain(pfn)) freeSeldom(pfn, 0);
}

/** Frees one page, if it goes the short way. Returns false, and changes nothing, where it does not, or is not in use at all. */
export function freePlain(pfn: u32): bool {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  if (record) {
    const at = record + (pfn & PAGE_MASK);
    const state = <u32>load<u8>(at);
    const gain = zoneGain(state);
    if (gain != SPECIAL) {
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
export function freeBlock(pfn: u32): void {
  const entry = entryOf(pfn);
  if (!recordOf(entry)) {
    const gain = zoneGain(blockState(entry));
    if (gain != SPECIAL) {
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
  freeSeldom(pfn, PAGEBLOCK_ORDER);
}

/** freePagesAt(), the long way. */
function freeSeldom(pfn: u32, order: u32): void {
  clearUsed(pfn, order);
  releasePages(pfn, order);
}

/**
 * Loads what freeing `pfn` will look at. Frees in random order wait for memory most of the time, one after the other; looking
 * at a group of them first lets their waits overlap.
 */
export function lookAt(pfn: u32): void {
  const record = recordOf(entryOf(pfn));
  if (record) lookAtState(record + (pfn & PAGE_MASK));
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
  for (let at = pfn; at < pfn + (1 << order); at += PAGEBLOCK_PAGES) {
    accountGone(at, PAGEBLOCK_PAGES);
    makeUniform(entryOf(at), PAGE_FREE);
  }
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
