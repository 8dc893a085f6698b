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

import { PAGEBLOCK_ORDER } from "../abi";
import { reserve } from "./reserve";
import { reserveMore, setOwner, tracking } from "./owner";
import { nrPageblocks } from "./pageblock";

export const GONE: u32 = 0xffffffff;
const SEGMENT_ORDER: u32 = 14;
export const SEGMENT_SLOTS: u32 = 1 << SEGMENT_ORDER;
export const SEGMENT_MASK: u32 = SEGMENT_SLOTS - 1;
const SEGMENT_HEADER: u32 = 8;
/** Numbers of segments, 1 on: as many as handles of 32 bits can tell apart. */
const MAX_SEGMENTS: u32 = (1 << (32 - SEGMENT_ORDER)) - 1;

export const HOLDING_BYTES: u32 = 48;
export const HEAD_AT: usize = 4;
export const TAIL_AT: usize = 8;
const LIVE_AT: usize = 12;
export const STATE_AT: usize = 16;
const ORDER_AT: usize = 20;
export const TYPE_AT: usize = 24;
export const KIND_AT: usize = 28;
const MASK_AT: usize = 32;
export const SPLIT_AT: usize = 36;
export const NEXT_AT: usize = 40;

/** Addresses of the segments by number. */
let segments: usize = 0;
let nrSegments: u32 = 0;
let pool: usize = 0;
/** The holding made last; they are chained, for startTracking(). */
export let newest: usize = 0;
/** 1 for each pageblock that a workload has written to since it was last forgotten. */
export let touched: usize = 0;

/** Linear memory could not hold another slot. */
export let slotsExhausted: bool = false;

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

export function addLive(holding: usize, delta: i32): void {
  store<u32>(holding, load<u32>(holding, LIVE_AT) + delta, LIVE_AT);
}

function segmentAt(holding: usize, index: u32): usize {
  const at = (index >> SEGMENT_ORDER) & load<u32>(holding, MASK_AT);
  return <usize>load<u32>(holding) + ((<usize>at) << 2);
}

export function slotAt(holding: usize, index: u32): usize {
  return <usize>load<u32>(segmentAt(holding, index)) + ((<usize>(index & SEGMENT_MASK)) << 2);
}

export function handleOf(slot: usize, index: u32): u32 {
  const offset = index & SEGMENT_MASK;
  const segment = slot - ((<usize>offset) << 2);
  return (load<u32>(segment - SEGMENT_HEADER) << SEGMENT_ORDER) | offset;
}

export function slotOfHandle(handle: u32): usize {
  const segment = <usize>load<u32>(segments + ((<usize>(handle >> SEGMENT_ORDER)) << 2));
  return segment + ((<usize>(handle & SEGMENT_MASK)) << 2);
}

export function holdingOfHandle(handle: u32): usize {
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

export function releaseSegment(holding: usize, index: u32): void {
  const at = segmentAt(holding, index);
  const segment = <usize>load<u32>(at);
  store<u32>(at, 0);
  store<u32>(segment, <u32>pool);
  pool = segment;
}

/** Linear memory could not hold what a workload needs. */
export function exhaustSlots(): void {
  slotsExhausted = true;
}

/** Makes sure that the slot at the tail exists. */
export function hasTailSlot(holding: usize): bool {
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
export function push(holding: usize, pfn: u32): void {
  const tail = load<u32>(holding, TAIL_AT);
  const slot = slotAt(holding, tail);
  store<u32>(slot, pfn);
  store<u32>(holding, tail + 1, TAIL_AT);
  addLive(holding, 1);
  if (tracking) own(holding, pfn, handleOf(slot, tail));
}

/** Notes the owner of a chunk: at its first page where it can only move as a whole, else at all pages. */
export function own(holding: usize, pfn: u32, handle: u32): void {
  const order = orderOf(holding);
  setOwner(pfn, handle);
  if (order == 0 || order >= PAGEBLOCK_ORDER) return;
  for (let page: u32 = 1; page < 1 << order; ++page) setOwner(pfn + page, handle);
}
