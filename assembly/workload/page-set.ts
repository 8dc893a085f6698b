// Taking pages into holdings and freeing them; what holdings are is in slots.ts.

import { ALLOC_COMPOUND, PAGEBLOCK_PAGES, PAGE_THP } from "../abi";
import { lastTakenPages, takeBulk } from "../mm/bulk";
import { NO_CHUNK } from "../mm/free-list";
import { setOwner, tracking } from "../mm/owner";
import { setRange } from "../mm/page";
import { allocPages } from "../mm/page-alloc";
import { accountGone, freeContig, freePagesAt } from "../mm/page-free";
import { classOf, isLru } from "../mm/page-class";
import { entryOf, zoneOf } from "../mm/pageblock";
import { ensureRecords } from "../mm/record-slab";
import { Request, fromZones, pagesOf } from "../mm/request";
import { touch } from "../mm/rmap";
import { addLruPages } from "../mm/zone";
import {
  GONE,
  HEAD_AT,
  KIND_AT,
  SEGMENT_MASK,
  SEGMENT_SLOTS,
  STATE_AT,
  TAIL_AT,
  TYPE_AT,
  addLive,
  exhaustSlots,
  handleOf,
  hasTailSlot,
  liveChunks,
  nrSlots,
  orderOf,
  own,
  push,
  releaseSegment,
  slotAt,
} from "../mm/slots";

export {
  createHolding,
  liveChunks,
  livePages,
  nrSlots,
  orderOf,
  setSplitTarget,
} from "../mm/slots";

/** Records that taking or freeing a chunk may need. */
const SMALL_OPERATION: u32 = 4;

/** Takes up to `wanted` chunks from the page allocator, which reclaims where it must. Returns how many there were. */
export function take(holding: usize, wanted: u32): u32 {
  if (nrSlots(holding) - liveChunks(holding) > liveChunks(holding) + SEGMENT_SLOTS)
    compact(holding);
  return orderOf(holding) == 0 ? takeSingle(holding, wanted) : takeChunks(holding, wanted);
}

/** What the holding asks the page allocator for. */
function requestOf(holding: usize, flags: u32): Request {
  const pages = pagesOf(
    orderOf(holding),
    load<u32>(holding, TYPE_AT),
    load<u32>(holding, STATE_AT),
  );
  return pages | fromZones(load<u32>(holding, KIND_AT), 0, flags);
}

function takeSingle(holding: usize, wanted: u32): u32 {
  const request = requestOf(holding, 0);
  const state = load<u32>(holding, STATE_AT);
  const isOnLru = isLru(classOf(state));
  let left = wanted;
  while (left > 0) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(holding)) {
      exhaustSlots();
      break;
    }
    const room = SEGMENT_SLOTS - (load<u32>(holding, TAIL_AT) & SEGMENT_MASK);
    const pfn = takeBulk(min(left, room), request);
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
  const request = requestOf(holding, classOf(state) == PAGE_THP ? ALLOC_COMPOUND : 0);
  let got: u32 = 0;
  for (; got < wanted; ++got) {
    if (ensureRecords(SMALL_OPERATION) < 0 || !hasTailSlot(holding)) {
      exhaustSlots();
      break;
    }
    const pfn = allocPages(request);
    if (pfn == NO_CHUNK) break;
    push(holding, pfn);
    touch(pfn, 1 << order);
  }
  return got;
}

/** Frees what the slot at `index` names; the slot itself stays. */
function freeSlot(holding: usize, index: u32): void {
  const pfn = load<u32>(slotAt(holding, index));
  if (pfn == GONE) return;
  if (tracking) own(holding, pfn, 0);
  ensureRecords(SMALL_OPERATION);
  const order = orderOf(holding);
  freePagesAt(pfn, order);
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

// Below: direct access for workloads with an order of their own (frag.ts).

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
    exhaustSlots();
    return false;
  }
  const pfn = allocPages(requestOf(holding, 0));
  if (pfn == NO_CHUNK) return false;
  putChunk(holding, place, pfn);
  touch(pfn, 1);
  addLive(holding, 1);
  return true;
}
