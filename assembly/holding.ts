// A holding: the chunks of one order and class that a workload has, as a double-ended queue of first pfns.
//
//   holding                              directory            slots, 16384 to a segment
//   +-----------+------+------+------    +---------+     -8      -4        0
//   | directory | head | tail | ...  --> | segment | --> | number| holding | pfn | pfn | ...
//   +-----------+------+------+------    | segment |     +-------+---------+-----+-----+---
//                                        +---------+
//
// head, tail  indices of the oldest slot and of the one after the newest; they wrap around.
// A slot's handle, which a page's owner entry holds, is its segment's number and its place in it. A page that is no more (dropped
// by reclaim or migration) leaves GONE in its slot.

import { ALLOC_COMPOUND, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_THP } from "./abi";
import { freeContig } from "./contig-alloc";
import { NO_CHUNK } from "./free-list";
import { reserve } from "./layout";
import { lostOwners, openOwners, ownerOf, reserveMore, setOwner, tracking } from "./owner";
import { setRange } from "./page";
import { ensureRecords } from "./record-slab";
import {
  accountGone,
  freePage,
  freePagesAt,
  lastTakenPages,
  setUsed,
  takeBulk,
  takePage,
  takePages,
} from "./page-alloc";
import { classOf, isLru } from "./page-class";
import { entryOf, nrPageblocks, zoneOf } from "./pageblock";
import { ensureRecords } from "./record-slab";
import { addLruPages } from "./zone";

const GONE: u32 = 0xffffffff;
const SEGMENT_ORDER: u32 = 14;
const SEGMENT_SLOTS: u32 = 1 << SEGMENT_ORDER;
const SEGMENT_MASK: u32 = SEGMENT_SLOTS - 1;
const SEGMENT_HEADER: u32 = 8;
/** Numbers of segments, 1 on: as many as handles of 32 bits can tell apart. */
const MAX_SEGMENTS: u32 = (1 << (32 - SEGMENT_ORDER)) - 1;
/** Records that taking or freeing a chunk may need. */
const SMALL_OPERATION: u32 = 4;

export const HOLDING_BYTES: u32 = 48;
const HEAD_AT: usize = 4;
const TAIL_AT: usize = 8;
const LIVE_AT: usize = 12;
const STATE_AT: usize = 16;
const ORDER_AT: usize = 20;
const TYPE_AT: usize = 24;
const KIND_AT: usize = 28;
const MASK_AT: usize = 32;
const SPLIT_AT: usize = 36;
const NEXT_AT: usize = 40;

/** Addresses of the segments by number. */
let segments: usize = 0;
let nrSegments: u32 = 0;
let pool: usize = 0;
/** The holding made last; they are chained, for startTracking(). */
let newest: usize = 0;
/** 1 for each pageblock that a workload has written to since it was last forgotten. */
let touched: usize = 0;

/** Linear memory could not hold another slot. */
export let slotsExhausted: bool = false;
/** Chunks that are gone for their holders: dropped by reclaim, or on the way of a migration. */
export let droppedChunks: u32 = 0;

/**
 * An empty holding for up to about `capacity` chunks of `order`, of pages in `state`. Requests go to zones up to `kind`.
 * Returns its address, or 0 where linear memory is exhausted.
 */
export function createHolding(capacity: u32, order: u32, state: u32, type: u32, kind: u32): usize {
  if (!segments) {
    segments = reserve((<u64>MAX_SEGMENTS + 1) << 2);
    touched = reserve(nrPageblocks);
    if (!segments || !touched) return 0;
  }
  // up to as many gone chunks again (see compact()); a queue that moves on reaches into one segment more at either end
  let length: u32 = 4;
  while (length < (capacity >> (SEGMENT_ORDER - 1)) + 4) length <<= 1;
  const holding = reserve(HOLDING_BYTES);
  const directory = reserve((<u64>length) << 2);
  if (!holding || !directory) return 0;
  store<u32>(holding, <u32>directory);
  store<u32>(holding, state, STATE_AT);
  store<u32>(holding, order, ORDER_AT);
  store<u32>(holding, type, TYPE_AT);
  store<u32>(holding, kind, KIND_AT);
  store<u32>(holding, length - 1, MASK_AT);
  store<u32>(holding, <u32>newest, NEXT_AT);
  newest = holding;
  return holding;
}

/** The pages of a unit of `holding` that migration splits go to `pages`. */
export function setSplitTarget(holding: usize, pages: usize): void {
  store<u32>(holding, <u32>pages, SPLIT_AT);
}

export function orderOf(holding: usize): u32 {
  return load<u32>(holding, ORDER_AT);
}

/** Chunks that it really has. */
export function liveChunks(holding: usize): u32 {
  return load<u32>(holding, LIVE_AT);
}

export function livePages(holding: usize): u32 {
  return liveChunks(holding) << orderOf(holding);
}

/** Slots, those of gone chunks included. */
export function nrSlots(holding: usize): u32 {
  return load<u32>(holding, TAIL_AT) - load<u32>(holding, HEAD_AT);
}

function addLive(holding: usize, delta: i32): void {
  store<u32>(holding, load<u32>(holding, LIVE_AT) + delta, LIVE_AT);
}

function segmentAt(holding: usize, index: u32): usize {
  const at = (index >> SEGMENT_ORDER) & load<u32>(holding, MASK_AT);
  return <usize>load<u32>(holding) + ((<usize>at) << 2);
}

function slotAt(holding: usize, index: u32): usize {
  return <usize>load<u32>(segmentAt(holding, index)) + ((<usize>(index & SEGMENT_MASK)) << 2);
}

function handleOf(slot: usize, index: u32): u32 {
  const offset = index & SEGMENT_MASK;
  const segment = slot - ((<usize>offset) << 2);
  return (load<u32>(segment - SEGMENT_HEADER) << SEGMENT_ORDER) | offset;
}

function slotOfHandle(handle: u32): usize {
  const segment = <usize>load<u32>(segments + ((<usize>(handle >> SEGMENT_ORDER)) << 2));
  return segment + ((<usize>(handle & SEGMENT_MASK)) << 2);
}

function holdingOfHandle(handle: u32): usize {
  const segment = <usize>load<u32>(segments + ((<usize>(handle >> SEGMENT_ORDER)) << 2));
  return load<u32>(segment - SEGMENT_HEADER, 4);
}

function takeSegment(holding: usize): usize {
  let segment = pool;
  if (segment) {
    pool = load<u32>(segment);
  } else {
    if (nrSegments == MAX_SEGMENTS) return 0;
    segment = reserveMore(SEGMENT_HEADER + (SEGMENT_SLOTS << 2));
    if (!segment) return 0;
    segment += SEGMENT_HEADER;
    ++nrSegments;
    store<u32>(segments + ((<usize>nrSegments) << 2), <u32>segment);
    store<u32>(segment - SEGMENT_HEADER, nrSegments);
  }
  store<u32>(segment - SEGMENT_HEADER, <u32>holding, 4);
  return segment;
}

function releaseSegment(holding: usize, index: u32): void {
  const at = segmentAt(holding, index);
  const segment = <usize>load<u32>(at);
  store<u32>(at, 0);
  store<u32>(segment, <u32>pool);
  pool = segment;
}

/** Makes sure that the slot at the tail exists. */
function hasTailSlot(holding: usize): bool {
  const tail = load<u32>(holding, TAIL_AT);
  const at = segmentAt(holding, tail);
  if (load<u32>(at)) {
    // a segment that begins at the tail is the head's: the directory is full
    if (tail & SEGMENT_MASK || tail == load<u32>(holding, HEAD_AT)) return true;
    slotsExhausted = true;
    return false;
  }
  const segment = takeSegment(holding);
  if (!segment) {
    slotsExhausted = true;
    return false;
  }
  store<u32>(at, <u32>segment);
  return true;
}

/** Appends a chunk; hasTailSlot() has been asked. */
function push(holding: usize, pfn: u32): void {
  const tail = load<u32>(holding, TAIL_AT);
  const slot = slotAt(holding, tail);
  store<u32>(slot, pfn);
  store<u32>(holding, tail + 1, TAIL_AT);
  addLive(holding, 1);
  if (tracking) own(holding, pfn, handleOf(slot, tail));
}

/** Notes the owner of a chunk: at its first page where it can only move as a whole, else at all pages. */
function own(holding: usize, pfn: u32, handle: u32): void {
  const order = orderOf(holding);
  setOwner(pfn, handle);
  if (order == 0 || order >= PAGEBLOCK_ORDER) return;
  for (let page: u32 = 1; page < 1 << order; ++page) setOwner(pfn + page, handle);
}

/** Takes up to `wanted` chunks from the page allocator, which reclaims where it must. Returns how many there were. */
export function take(holding: usize, wanted: u32): u32 {
  if (nrSlots(holding) - liveChunks(holding) > liveChunks(holding) + SEGMENT_SLOTS)
    compact(holding);
  return orderOf(holding) == 0 ? takeSingle(holding, wanted) : takeChunks(holding, wanted);
}

function takeSingle(holding: usize, wanted: u32): u32 {
  const type = load<u32>(holding, TYPE_AT);
  const kind = load<u32>(holding, KIND_AT);
  const state = load<u32>(holding, STATE_AT);
  const isOnLru = isLru(classOf(state));
  let left = wanted;
  while (left > 0) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(holding)) {
      slotsExhausted = true;
      break;
    }
    const room = SEGMENT_SLOTS - (load<u32>(holding, TAIL_AT) & SEGMENT_MASK);
    const pfn = takeBulk(min(left, room), type, kind, 0, 0);
    if (pfn == NO_CHUNK) break;
    const pages = lastTakenPages();
    setRange(pfn, pages, state);
    if (isOnLru) addLruPages(zoneOf(entryOf(pfn)), pages);
    for (let page: u32 = 0; page < pages; ++page) push(holding, pfn + page);
    touch(pfn, pages);
    left -= pages;
  }
  return wanted - left;
}

function takeChunks(holding: usize, wanted: u32): u32 {
  const order = orderOf(holding);
  const state = load<u32>(holding, STATE_AT);
  const flags: u32 = classOf(state) == PAGE_THP ? ALLOC_COMPOUND : 0;
  let got: u32 = 0;
  for (; got < wanted; ++got) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(holding)) {
      slotsExhausted = true;
      break;
    }
    const pfn = takePages(order, load<u32>(holding, TYPE_AT), load<u32>(holding, KIND_AT), 0, 0);
    if (pfn == NO_CHUNK) break;
    setUsed(pfn, order, state, flags);
    push(holding, pfn);
    touch(pfn, 1 << order);
  }
  return got;
}

function touch(pfn: u32, nrPages: u32): void {
  const last = (pfn + nrPages - 1) >> PAGEBLOCK_ORDER;
  for (let block = pfn >> PAGEBLOCK_ORDER; block <= last; ++block) store<u8>(touched + block, 1);
}

/** Pageblocks of [first, first + nr) that were written to; forgets it. */
export function forgetTouched(first: u32, nr: u32): u32 {
  if (!touched) return 0;
  let found: u32 = 0;
  for (let block = first; block < first + nr; ++block) {
    found += load<u8>(touched + block);
    store<u8>(touched + block, 0);
  }
  return found;
}

/** Frees what the slot at `index` names; the slot itself stays. */
function freeSlot(holding: usize, index: u32): void {
  const pfn = load<u32>(slotAt(holding, index));
  if (pfn == GONE) return;
  if (tracking) own(holding, pfn, 0);
  ensureRecords(SMALL_OPERATION);
  const order = orderOf(holding);
  if (order == 0) freePage(pfn);
  else freePagesAt(pfn, order);
  addLive(holding, -1);
}

/**
 * Frees what `count` slots from `first` on name, in their order; the slots stay. Pages that follow each other within a pageblock go
 * together, which comes to the same (lemma L2).
 */
function freeSlots(holding: usize, first: u32, count: u32): void {
  const isSingle = orderOf(holding) == 0;
  for (let done: u32 = 0; done < count;) {
    const index = first + done;
    const length = isSingle ? runLength(holding, index, count - done) : 1;
    if (length == 1) freeSlot(holding, index);
    else freePages(holding, load<u32>(slotAt(holding, index)), length);
    done += length;
  }
}

/** Slots from `index` on, at most `most`, whose pages follow each other in one pageblock. */
function runLength(holding: usize, index: u32, most: u32): u32 {
  const slot = slotAt(holding, index);
  const pfn = load<u32>(slot);
  if (pfn == GONE) return 1;
  most = min(most, SEGMENT_SLOTS - (index & SEGMENT_MASK));
  most = min(most, PAGEBLOCK_PAGES - (pfn & (PAGEBLOCK_PAGES - 1)));
  let length: u32 = 1;
  while (length < most && load<u32>(slot + ((<usize>length) << 2)) == pfn + length) ++length;
  return length;
}

function freePages(holding: usize, pfn: u32, nrPages: u32): void {
  if (tracking) for (let page: u32 = 0; page < nrPages; ++page) setOwner(pfn + page, 0);
  ensureRecords(SMALL_OPERATION);
  accountGone(pfn, nrPages);
  freeContig(pfn, pfn + nrPages);
  addLive(holding, -nrPages);
}

/** Takes the slot at the tail away. */
function popTail(holding: usize): void {
  const tail = load<u32>(holding, TAIL_AT) - 1;
  store<u32>(holding, tail, TAIL_AT);
  if (!(tail & SEGMENT_MASK) || tail == load<u32>(holding, HEAD_AT)) releaseSegment(holding, tail);
}

/** Frees the `count` oldest slots' chunks. */
export function freeOldest(holding: usize, count: u32): void {
  for (let left = min(count, nrSlots(holding)); left > 0;) {
    const head = load<u32>(holding, HEAD_AT);
    const part = min(left, SEGMENT_SLOTS - (head & SEGMENT_MASK));
    freeSlots(holding, head, part);
    store<u32>(holding, head + part, HEAD_AT);
    const isEmpty = head + part == load<u32>(holding, TAIL_AT);
    if (isEmpty || !((head + part) & SEGMENT_MASK)) releaseSegment(holding, head);
    left -= part;
  }
}

/** Frees the `count` newest slots' chunks. */
export function freeNewest(holding: usize, count: u32): void {
  const nr = min(count, nrSlots(holding));
  freeSlots(holding, load<u32>(holding, TAIL_AT) - nr, nr);
  for (let left = nr; left > 0; --left) popTail(holding);
}

export function freeAll(holding: usize): void {
  freeOldest(holding, nrSlots(holding));
}

/**
 * Frees `count` consecutive slots' chunks from the `place`-th of the runs of that length on, counted from the oldest; the newest run takes their
 * slots. Fewer where the holding has fewer.
 */
export function freeRunAt(holding: usize, place: u32, count: u32): void {
  const nr = nrSlots(holding);
  if (nr <= count) return freeAll(holding);
  const first = load<u32>(holding, HEAD_AT) + place * count;
  const length = min(count, load<u32>(holding, TAIL_AT) - first);
  freeSlots(holding, first, length);
  for (let at = length; at > 0; --at) {
    const last = load<u32>(holding, TAIL_AT) - 1;
    if (last != first + at - 1) moveSlot(holding, last, first + at - 1);
    popTail(holding);
  }
}

/** Closes up the slots, whose order stays, where more are gone than are not. */
function compact(holding: usize): void {
  const tail = load<u32>(holding, TAIL_AT);
  let to = load<u32>(holding, HEAD_AT);
  for (let from = to; from != tail; ++from) {
    if (load<u32>(slotAt(holding, from)) == GONE) continue;
    if (from != to) moveSlot(holding, from, to);
    ++to;
  }
  while (load<u32>(holding, TAIL_AT) != to) popTail(holding);
}

function moveSlot(holding: usize, from: u32, to: u32): void {
  const pfn = load<u32>(slotAt(holding, from));
  const slot = slotAt(holding, to);
  store<u32>(slot, pfn);
  if (tracking && pfn != GONE) own(holding, pfn, handleOf(slot, to));
}

// Below: direct access for workloads with an order of their own (workload-frag.ts).

/** First pfn in the slot at `place`, counted from the oldest; GONE where its chunk is gone. */
export function chunkAt(holding: usize, place: u32): u32 {
  return load<u32>(slotAt(holding, load<u32>(holding, HEAD_AT) + place));
}

export function isGone(pfn: u32): bool {
  return pfn == GONE;
}

/** Writes a chunk that the caller has taken or moved between slots. */
export function putChunk(holding: usize, place: u32, pfn: u32): void {
  const index = load<u32>(holding, HEAD_AT) + place;
  const slot = slotAt(holding, index);
  store<u32>(slot, pfn);
  if (tracking && pfn != GONE) own(holding, pfn, handleOf(slot, index));
}

/** Frees the chunk in the slot at `place` and leaves GONE there. */
export function freePlace(holding: usize, place: u32): void {
  const index = load<u32>(holding, HEAD_AT) + place;
  freeSlot(holding, index);
  store<u32>(slotAt(holding, index), GONE);
}

/** Takes a page into the empty slot at `place` of a holding of single pages. Returns false where memory is out. */
export function takePlace(holding: usize, place: u32): bool {
  if (ensureRecords(SMALL_OPERATION) < 0) {
    slotsExhausted = true;
    return false;
  }
  const pfn = takePage(load<u32>(holding, TYPE_AT), load<u32>(holding, KIND_AT), 0, 0);
  if (pfn == NO_CHUNK) return false;
  setUsed(pfn, 0, load<u32>(holding, STATE_AT), 0);
  putChunk(holding, place, pfn);
  touch(pfn, 1);
  addLive(holding, 1);
  return true;
}

// Below: what migration and reclaim report.

/** Keeps owners from now on, if any workload holds pages. To be called before pages move or are dropped. */
export function startTracking(): void {
  if (tracking || !newest) return;
  if (!openOwners()) {
    slotsExhausted = true;
    return;
  }
  for (let holding = newest; holding; holding = load<u32>(holding, NEXT_AT)) {
    const tail = load<u32>(holding, TAIL_AT);
    for (let index = load<u32>(holding, HEAD_AT); index != tail; ++index) {
      const slot = slotAt(holding, index);
      const pfn = load<u32>(slot);
      if (pfn != GONE) own(holding, pfn, handleOf(slot, index));
    }
  }
  if (lostOwners) slotsExhausted = true;
}

/** Does a workload hold any page of [pfn, pfn + nr)? Looks at all that workloads have where owners are not kept. */
export function isHeld(pfn: u32, nr: u32): bool {
  if (tracking) {
    for (let page = pfn; page < pfn + nr; ++page) if (ownerOf(page)) return true;
    return false;
  }
  for (let holding = newest; holding; holding = load<u32>(holding, NEXT_AT)) {
    const tail = load<u32>(holding, TAIL_AT);
    const pages: u32 = 1 << orderOf(holding);
    for (let index = load<u32>(holding, HEAD_AT); index != tail; ++index) {
      const first = load<u32>(slotAt(holding, index));
      if (first != GONE && first < pfn + nr && pfn < first + pages) return true;
    }
  }
  return false;
}

/** A page or unit whose owner had this handle is at `target` now. */
export function chunkMoved(handle: u32, target: u32): void {
  store<u32>(slotOfHandle(handle), target);
  setOwner(target, handle);
  touch(target, 1);
}

/** A page whose owner had this handle was dropped. */
export function chunkDropped(handle: u32): void {
  store<u32>(slotOfHandle(handle), GONE);
  addLive(holdingOfHandle(handle), -1);
  ++droppedChunks;
}

/** A unit whose owner had this handle has become 512 pages from `pfn` on. */
export function unitSplit(handle: u32, pfn: u32): void {
  const pages = <usize>load<u32>(holdingOfHandle(handle), SPLIT_AT);
  store<u32>(slotOfHandle(handle), GONE);
  addLive(holdingOfHandle(handle), -1);
  setOwner(pfn, 0);
  if (!pages) return;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (hasTailSlot(pages)) push(pages, pfn + page);
  }
}
