// Taking pages into sets and freeing them; what a set of pages is: slots.ts.

import { ALLOC_COMPOUND, PAGEBLOCK_PAGES, PAGE_THP } from "../abi";
import { lastTakenPages, takeBulk } from "../mm/bulk";
import { NO_CHUNK } from "../mm/free-list";
import { setOwner, tracking } from "../mm/owner";
import { setRange } from "../mm/page";
import { allocPages } from "../mm/page-alloc";
import { accountGone, freeContig, freePagesAt } from "../mm/page-free";
import { classOf, isLru } from "../mm/page-class";
import { entryOf, zoneOf } from "../mm/pageblock";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { Request, fromZones, pagesOf } from "../mm/request";
import { touch } from "../mm/rmap";
import { addLruPages } from "../mm/zone";
import {
  FREED,
  HEAD_AT,
  KIND_AT,
  NODE_AT,
  SEGMENT_MASK,
  SEGMENT_SLOTS,
  STATE_AT,
  TAIL_AT,
  TYPE_AT,
  addLive,
  exhaustSlots,
  freeSegment,
  hasTailSlot,
  liveChunks,
  nrSlots,
  own,
  pageSetOrder,
  push,
  slotAt,
  slotIdOf,
} from "../mm/slots";

export {
  createPageSet,
  liveChunks,
  livePages,
  nrSlots,
  pageSetOrder,
  setSplitTarget,
} from "../mm/slots";
import { PageSetAddr, Pfn } from "../mm/numbers";

/**
 * Takes up to `wanted` chunks from the page allocator, which reclaims where it must. Returns how
 * many there were.
 */
export function takeInto(pageSet: PageSetAddr, wanted: u32): u32 {
  if (nrSlots(pageSet) - liveChunks(pageSet) > liveChunks(pageSet) + SEGMENT_SLOTS)
    compact(pageSet);
  return pageSetOrder(pageSet) == 0 ? takeSingle(pageSet, wanted) : takeChunksInto(pageSet, wanted);
}

/** What the page set asks the page allocator for. */
function requestOf(pageSet: PageSetAddr, flags: u32): Request {
  const pages = pagesOf(
    pageSetOrder(pageSet),
    load<u32>(pageSet, TYPE_AT),
    load<u32>(pageSet, STATE_AT),
  );
  return pages | fromZones(load<u32>(pageSet, KIND_AT), load<u32>(pageSet, NODE_AT), flags);
}

function takeSingle(pageSet: PageSetAddr, wanted: u32): u32 {
  const request = requestOf(pageSet, 0);
  const state = load<u32>(pageSet, STATE_AT);
  const isOnLru = isLru(classOf(state));
  let left = wanted;
  while (left > 0) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(pageSet)) {
      exhaustSlots();
      break;
    }
    const room = SEGMENT_SLOTS - (load<u32>(pageSet, TAIL_AT) & SEGMENT_MASK);
    const pfn = takeBulk(min(left, room), request);
    if (pfn == NO_CHUNK) break;
    const pages = lastTakenPages();
    setRange(pfn, pages, state);
    if (isOnLru) addLruPages(zoneOf(entryOf(pfn)), pages);
    for (let page: u32 = 0; page < pages; ++page) push(pageSet, pfn + page);
    touch(pfn, pages);
    left -= pages;
  }
  return wanted - left;
}

function takeChunksInto(pageSet: PageSetAddr, wanted: u32): u32 {
  const order = pageSetOrder(pageSet);
  const state = load<u32>(pageSet, STATE_AT);
  const request = requestOf(pageSet, classOf(state) == PAGE_THP ? ALLOC_COMPOUND : 0);
  let got: u32 = 0;
  for (; got < wanted; ++got) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(pageSet)) {
      exhaustSlots();
      break;
    }
    const pfn = allocPages(request);
    if (pfn == NO_CHUNK) break;
    push(pageSet, pfn);
    touch(pfn, 1 << order);
  }
  return got;
}

/** Frees what the slot at `index` names; the slot itself stays. */
function freeSlot(pageSet: PageSetAddr, index: u32): void {
  const pfn = load<u32>(slotAt(pageSet, index));
  if (pfn == FREED) return;
  if (tracking) own(pageSet, pfn, 0);
  ensureRecords(SMALL_OPERATION);
  const order = pageSetOrder(pageSet);
  freePagesAt(pfn, order);
  addLive(pageSet, -1);
}

/**
 * Frees what `count` slots from `first` on name, in their order; the slots stay. Pages that follow
 * each other within a pageblock go together, which has the same result (freeAligned()).
 */
function freeSlots(pageSet: PageSetAddr, first: u32, count: u32): void {
  const isSingle = pageSetOrder(pageSet) == 0;
  for (let done: u32 = 0; done < count;) {
    const index = first + done;
    const length = isSingle ? consecutiveSlots(pageSet, index, count - done) : 1;
    if (length == 1) freeSlot(pageSet, index);
    else freePageRun(pageSet, load<u32>(slotAt(pageSet, index)), length);
    done += length;
  }
}

/** Slots from `index` on, at most `most`, whose pages follow each other in one pageblock. */
function consecutiveSlots(pageSet: PageSetAddr, index: u32, most: u32): u32 {
  const slot = slotAt(pageSet, index);
  const pfn = load<u32>(slot);
  if (pfn == FREED) return 1;
  most = min(most, SEGMENT_SLOTS - (index & SEGMENT_MASK));
  most = min(most, PAGEBLOCK_PAGES - (pfn & (PAGEBLOCK_PAGES - 1)));
  let length: u32 = 1;
  while (length < most && load<u32>(slot + ((<usize>length) << 2)) == pfn + length) ++length;
  return length;
}

function freePageRun(pageSet: PageSetAddr, pfn: Pfn, nrPages: u32): void {
  if (tracking) for (let page: u32 = 0; page < nrPages; ++page) setOwner(pfn + page, 0);
  ensureRecords(SMALL_OPERATION);
  accountGone(pfn, nrPages);
  freeContig(pfn, pfn + nrPages);
  addLive(pageSet, -nrPages);
}

/** Class of the pages that it takes. */
export function pageSetClass(pageSet: PageSetAddr): u32 {
  return classOf(load<u32>(pageSet, STATE_AT));
}

/** Takes the slot at the tail away. */
function popTail(pageSet: PageSetAddr): void {
  const tail = load<u32>(pageSet, TAIL_AT) - 1;
  store<u32>(pageSet, tail, TAIL_AT);
  if (!(tail & SEGMENT_MASK) || tail == load<u32>(pageSet, HEAD_AT)) freeSegment(pageSet, tail);
}

/** Frees the `count` oldest slots' chunks. */
export function freeOldest(pageSet: PageSetAddr, count: u32): void {
  for (let left = min(count, nrSlots(pageSet)); left > 0;) {
    const head = load<u32>(pageSet, HEAD_AT);
    const part = min(left, SEGMENT_SLOTS - (head & SEGMENT_MASK));
    freeSlots(pageSet, head, part);
    store<u32>(pageSet, head + part, HEAD_AT);
    const isEmpty = head + part == load<u32>(pageSet, TAIL_AT);
    if (isEmpty || !((head + part) & SEGMENT_MASK)) freeSegment(pageSet, head);
    left -= part;
  }
}

/** Frees the `count` newest slots' chunks. */
export function freeNewest(pageSet: PageSetAddr, count: u32): void {
  const nr = min(count, nrSlots(pageSet));
  freeSlots(pageSet, load<u32>(pageSet, TAIL_AT) - nr, nr);
  for (let left = nr; left > 0; --left) popTail(pageSet);
}

export function freeAll(pageSet: PageSetAddr): void {
  freeOldest(pageSet, nrSlots(pageSet));
}

/**
 * Frees `count` consecutive slots' chunks from the `place`-th of the runs of that length on,
 * counted from the oldest; the newest run takes their slots. Fewer where the set has fewer.
 */
export function freeRunAt(pageSet: PageSetAddr, place: u32, count: u32): void {
  const nr = nrSlots(pageSet);
  if (nr <= count) return freeAll(pageSet);
  const first = load<u32>(pageSet, HEAD_AT) + place * count;
  const length = min(count, load<u32>(pageSet, TAIL_AT) - first);
  freeSlots(pageSet, first, length);
  for (let at = length; at > 0; --at) {
    const last = load<u32>(pageSet, TAIL_AT) - 1;
    if (last != first + at - 1) moveSlot(pageSet, last, first + at - 1);
    popTail(pageSet);
  }
}

/** Closes up the slots, whose order stays, where more are FREED than are not. */
function compact(pageSet: PageSetAddr): void {
  const tail = load<u32>(pageSet, TAIL_AT);
  let to = load<u32>(pageSet, HEAD_AT);
  for (let from = to; from != tail; ++from) {
    if (load<u32>(slotAt(pageSet, from)) == FREED) continue;
    if (from != to) moveSlot(pageSet, from, to);
    ++to;
  }
  while (load<u32>(pageSet, TAIL_AT) != to) popTail(pageSet);
}

function moveSlot(pageSet: PageSetAddr, from: u32, to: u32): void {
  const pfn = load<u32>(slotAt(pageSet, from));
  const slot = slotAt(pageSet, to);
  store<u32>(slot, pfn);
  if (tracking && pfn != FREED) own(pageSet, pfn, slotIdOf(slot, to));
}

// Below: direct access for workloads with an order of their own (frag.ts).

/** First pfn in the slot at `place`, counted from the oldest; FREED where its chunk was freed. */
export function pfnAt(pageSet: PageSetAddr, place: u32): Pfn {
  return load<u32>(slotAt(pageSet, load<u32>(pageSet, HEAD_AT) + place));
}

export function isFreed(pfn: Pfn): bool {
  return pfn == FREED;
}

/** Writes a chunk that the caller has taken or moved between slots. */
export function putChunk(pageSet: PageSetAddr, place: u32, pfn: Pfn): void {
  const index = load<u32>(pageSet, HEAD_AT) + place;
  const slot = slotAt(pageSet, index);
  store<u32>(slot, pfn);
  if (tracking && pfn != FREED) own(pageSet, pfn, slotIdOf(slot, index));
}

/** Frees the chunk in the slot at `place` and leaves GONE there. */
export function freePlace(pageSet: PageSetAddr, place: u32): void {
  const index = load<u32>(pageSet, HEAD_AT) + place;
  freeSlot(pageSet, index);
  store<u32>(slotAt(pageSet, index), FREED);
}

/**
 * Takes a page into the empty slot at `place` of a set of single pages. Returns false where memory
 * is out.
 */
export function takePlace(pageSet: PageSetAddr, place: u32): bool {
  if (ensureRecords(SMALL_OPERATION) < 0) {
    exhaustSlots();
    return false;
  }
  const pfn = allocPages(requestOf(pageSet, 0));
  if (pfn == NO_CHUNK) return false;
  putChunk(pageSet, place, pfn);
  touch(pfn, 1);
  addLive(pageSet, 1);
  return true;
}
