// Allocating pages: `__alloc_pages()` (v6.1).
//
// Nearly every request finds what it needs in the first zone that it may use, far above the
// watermarks, on the lists of its own type. For these there is a fast path, which the build copies
// into its callers; all other requests take the slow path. Both have the same result.

import {
  ALLOC_COMPOUND,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_LRU_PENDING,
  PAGE_TAIL,
} from "../abi";
import { NO_CHUNK, headOfLinks, takeInRecord, takeWhole } from "./free-list";
import { addPending } from "./lru-batch";
import { PAGE_MASK, fillStates, makeUniform } from "./page";
import { ONE_FREE, blockGain, classOf, countDelta, isLru, zoneGain } from "./page-class";
import {
  NO_ENTRY,
  addCounts,
  blockOfEntry,
  entryOf,
  entryOfBlock,
  recordOf,
  setBlockState,
  setCounts,
  zoneOf,
} from "./pageblock";
import { blockOfLinks, pageOfState } from "./record-slab";
import {
  OTHER_NODES,
  Request,
  requestFlags,
  requestKind,
  requestNode,
  requestOrder,
  requestState,
  requestType,
} from "./request";
import { addFreeAndLru, addLruPages, fastPathThreshold, freePages, preferredZone } from "./zone";
import { takePages } from "./zone-walk";
import { EntryOffset, PageState, Pfn } from "./numbers";

/**
 * The pages of a request in use, or NO_CHUNK. The first page carries the state, or all of a
 * compound page; of a larger allocation than a pageblock otherwise the first pageblock.
 */
export function allocPages(request: Request): Pfn {
  const order = requestOrder(request);
  if (requestFlags(request) & OTHER_NODES) return allocSlow(request);
  if (order < PAGEBLOCK_ORDER) return allocBelowBlock(order, request);
  return order == PAGEBLOCK_ORDER ? allocBlock(request) : allocSlow(request);
}

// Below: allocPages() of one page and of one pageblock, copied into loops over many. Never for
// OTHER_NODES.

/** allocPages() of a request of order 0. */
export function allocPage(request: Request): Pfn {
  return allocBelowBlock(0, request);
}

/**
 * allocPages() of a request of this order, which is below 9: loops over single pages know it before
 * they run.
 */
function allocBelowBlock(order: u32, request: Request): Pfn {
  const state = requestState(request);
  if (classOf(state) != PAGE_LRU_PENDING) {
    const kind = requestKind(request);
    const zone = preferredZone(kind, requestNode(request));
    const nrPages: u32 = 1 << order;
    if (freePages(zone) > fastPathThreshold(zone, kind) + (nrPages - 1)) {
      const links = takeInRecord(zone, order, requestType(request));
      if (links) {
        const at = headOfLinks(links);
        const carriers = order > 0 && requestFlags(request) & ALLOC_COMPOUND ? nrPages : 1;
        if (order > 0) fillStates(at, order, carriers == 1 ? PAGE_TAIL : state);
        store<u8>(at, <u8>state);
        const block = blockOfLinks(links);
        // tails count nowhere
        const tails = nrPages - carriers;
        addCounts(entryOfBlock(block), -(blockGain(state) * carriers + ONE_FREE * tails));
        addFreeAndLru(zone, -(zoneGain(state) * carriers + tails));
        return (block << PAGEBLOCK_ORDER) | pageOfState(at);
      }
    }
  }
  return allocSlow(request);
}

/** allocPages() of a request of order 9. */
export function allocBlock(request: Request): Pfn {
  const state = requestState(request);
  if (classOf(state) != PAGE_LRU_PENDING) {
    const kind = requestKind(request);
    const zone = preferredZone(kind, requestNode(request));
    if (freePages(zone) > fastPathThreshold(zone, kind) + (PAGEBLOCK_PAGES - 1)) {
      const entry = takeWhole(zone, PAGEBLOCK_ORDER, requestType(request));
      if (entry != NO_ENTRY) {
        setBlockState(entry, state);
        setCounts(entry, countDelta(state) << PAGEBLOCK_ORDER);
        addFreeAndLru(zone, -(zoneGain(state) << PAGEBLOCK_ORDER));
        return blockOfEntry(entry) << PAGEBLOCK_ORDER;
      }
    }
  }
  return allocSlow(request);
}

/** allocPages(), the slow path. */
function allocSlow(request: Request): Pfn {
  const pfn = takePages(request);
  if (pfn != NO_CHUNK) {
    setUsed(pfn, requestOrder(request), requestState(request), requestFlags(request));
  }
  return pfn;
}

/** Writes the state of pages just taken, see allocPages(), and accounts LRU and pending pages. */
function setUsed(pfn: Pfn, order: u32, state: PageState, flags: u32): void {
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
  else if (pageClass == PAGE_LRU_PENDING) addPendingChunk(pfn, carriers);
}

/**
 * setUsed() below order 9, for pages that are all PAGE_FREE: of `1 << order` pages the first
 * `carriers`, one or all, get the state.
 */
function setUsedInRecord(
  entry: EntryOffset,
  page: u32,
  order: u32,
  state: PageState,
  carriers: u32,
): void {
  const at = recordOf(entry) + page;
  fillStates(at, order, carriers == 1 ? PAGE_TAIL : state);
  store<u8>(at, <u8>state);
  // tails count nowhere
  addCounts(entry, countDelta(state) * carriers - (ONE_FREE << order));
}

function addPendingChunk(pfn: Pfn, carriers: u32): void {
  for (let at = pfn; at < pfn + carriers; at += PAGEBLOCK_PAGES) {
    addPending(entryOf(at), min(pfn + carriers - at, PAGEBLOCK_PAGES));
  }
}
