// A set of pages: the chunks of one order and class that a workload has, as a double-ended queue of
// first pfns.
//
//   page set                             directory            slots, 16384 to a segment
//   +-----------+------+------+------    +---------+     -8      -4        0
//   | directory | head | tail | ...  --> | segment | --> | number| page set| pfn | pfn | ...
//   +-----------+------+------+------    | segment |     +-------+---------+-----+-----+---
//                                        +---------+
//
// head, tail indices of the oldest slot and of the one after the newest; they wrap around. A slot's
// id, which a page's owner entry holds, is its segment's number and its place in it. A page that
// was freed by reclaim or migration leaves FREED in its slot.

import { PAGEBLOCK_ORDER } from "../abi";
import { reserve } from "./reserve";
import { reserveMore, setOwner, tracking } from "./owner";
import { nrPageblocks } from "./pageblock";
import { PageSetAddr, PageState, Pfn, SlotAddr, SlotId } from "./numbers";

export const FREED: u32 = 0xffffffff;
const SEGMENT_ORDER: u32 = 14;
export const SEGMENT_SLOTS: u32 = 1 << SEGMENT_ORDER;
export const SEGMENT_MASK: u32 = SEGMENT_SLOTS - 1;
const SEGMENT_HEADER: u32 = 8;
/** Numbers of segments, 1 on: as many as ids of 32 bits can tell apart. */
const MAX_SEGMENTS: u32 = (1 << (32 - SEGMENT_ORDER)) - 1;

const PAGE_SET_BYTES: u32 = 56;
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
const ACCOUNT_AT: usize = 44;
export const NODE_AT: usize = 48;

/** Addresses of the segments by number. */
let segments: usize = 0;
let nrSegments: u32 = 0;
let pool: usize = 0;
/** The page set made last; they are chained, for startTracking(). */
export let newest: usize = 0;
/** 1 for each pageblock that a workload has written to since it was last forgotten. */
export let touched: usize = 0;

/** Linear memory could not hold another slot. */
export let slotsExhausted: bool = false;

/**
 * An empty page set for up to about `capacity` chunks of `order`, of pages in `state`. Requests go
 * to zones up to `kind`. Returns its address, or 0 where linear memory is exhausted.
 */
export function createPageSet(
  capacity: u32,
  order: u32,
  state: PageState,
  type: u32,
  kind: u32,
): PageSetAddr {
  if (!segments) {
    segments = reserve((<u64>MAX_SEGMENTS + 1) << 2);
    touched = reserve(nrPageblocks);
    if (!segments || !touched) return 0;
  }
  // up to as many freed chunks again (see compact()); a queue that moves on reaches into one
  // segment more at either end
  let length: u32 = 4;
  while (length < (capacity >> (SEGMENT_ORDER - 1)) + 4) length <<= 1;
  const pageSet = reserve(PAGE_SET_BYTES);
  const directory = reserve((<u64>length) << 2);
  if (!pageSet || !directory) return 0;
  store<u32>(pageSet, <u32>directory);
  store<u32>(pageSet, state, STATE_AT);
  store<u32>(pageSet, order, ORDER_AT);
  store<u32>(pageSet, type, TYPE_AT);
  store<u32>(pageSet, kind, KIND_AT);
  store<u32>(pageSet, length - 1, MASK_AT);
  store<u32>(pageSet, <u32>newest, NEXT_AT);
  newest = pageSet;
  return pageSet;
}

/**
 * The page set is one of several whose pages are counted together at `account`, as u32 {now, most
 * that there were}; its requests go to `node` first. To be called once, before it has pages.
 */
export function joinAccount(pageSet: PageSetAddr, account: usize, node: u32): void {
  store<u32>(pageSet, <u32>account, ACCOUNT_AT);
  store<u32>(pageSet, node, NODE_AT);
}

/** The pages of a unit of `pageSet` that migration splits go to the set `pages`. */
export function setSplitTarget(pageSet: PageSetAddr, pages: usize): void {
  store<u32>(pageSet, <u32>pages, SPLIT_AT);
}

export function pageSetOrder(pageSet: PageSetAddr): u32 {
  return load<u32>(pageSet, ORDER_AT);
}

/** Chunks that it really has. */
export function liveChunks(pageSet: PageSetAddr): u32 {
  return load<u32>(pageSet, LIVE_AT);
}

export function livePages(pageSet: PageSetAddr): u32 {
  return liveChunks(pageSet) << pageSetOrder(pageSet);
}

/** Slots, those of freed chunks included. */
export function nrSlots(pageSet: PageSetAddr): u32 {
  return load<u32>(pageSet, TAIL_AT) - load<u32>(pageSet, HEAD_AT);
}

export function addLive(pageSet: PageSetAddr, delta: i32): void {
  store<u32>(pageSet, load<u32>(pageSet, LIVE_AT) + delta, LIVE_AT);
  const account = <usize>load<u32>(pageSet, ACCOUNT_AT);
  const pages = load<u32>(account) + (delta << pageSetOrder(pageSet));
  store<u32>(account, pages);
  if (pages > load<u32>(account, 4)) store<u32>(account, pages, 4);
}

function segmentAt(pageSet: PageSetAddr, index: u32): usize {
  const at = (index >> SEGMENT_ORDER) & load<u32>(pageSet, MASK_AT);
  return <usize>load<u32>(pageSet) + ((<usize>at) << 2);
}

export function slotAt(pageSet: PageSetAddr, index: u32): SlotAddr {
  return <usize>load<u32>(segmentAt(pageSet, index)) + ((<usize>(index & SEGMENT_MASK)) << 2);
}

export function slotIdOf(slot: SlotAddr, index: u32): SlotId {
  const offset = index & SEGMENT_MASK;
  const segment = slot - ((<usize>offset) << 2);
  return (load<u32>(segment - SEGMENT_HEADER) << SEGMENT_ORDER) | offset;
}

export function slotOfId(slotId: SlotId): SlotAddr {
  const segment = <usize>load<u32>(segments + ((<usize>(slotId >> SEGMENT_ORDER)) << 2));
  return segment + ((<usize>(slotId & SEGMENT_MASK)) << 2);
}

export function pageSetOfSlot(slotId: SlotId): PageSetAddr {
  const segment = <usize>load<u32>(segments + ((<usize>(slotId >> SEGMENT_ORDER)) << 2));
  return load<u32>(segment - SEGMENT_HEADER, 4);
}

function takeSegment(pageSet: PageSetAddr): usize {
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
  store<u32>(segment - SEGMENT_HEADER, <u32>pageSet, 4);
  return segment;
}

export function freeSegment(pageSet: PageSetAddr, index: u32): void {
  const at = segmentAt(pageSet, index);
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
export function hasTailSlot(pageSet: PageSetAddr): bool {
  const tail = load<u32>(pageSet, TAIL_AT);
  const at = segmentAt(pageSet, tail);
  if (load<u32>(at)) {
    // a segment that begins at the tail is the head's: the directory is full
    if (tail & SEGMENT_MASK || tail == load<u32>(pageSet, HEAD_AT)) return true;
    slotsExhausted = true;
    return false;
  }
  const segment = takeSegment(pageSet);
  if (!segment) {
    slotsExhausted = true;
    return false;
  }
  store<u32>(at, <u32>segment);
  return true;
}

/** Appends a chunk; hasTailSlot() has been asked. */
export function push(pageSet: PageSetAddr, pfn: Pfn): void {
  const tail = load<u32>(pageSet, TAIL_AT);
  const slot = slotAt(pageSet, tail);
  store<u32>(slot, pfn);
  store<u32>(pageSet, tail + 1, TAIL_AT);
  addLive(pageSet, 1);
  if (tracking) own(pageSet, pfn, slotIdOf(slot, tail));
}

/**
 * Notes the owner of a chunk: at its first page where it can only move as a whole, else at all
 * pages.
 */
export function own(pageSet: PageSetAddr, pfn: Pfn, slotId: SlotId): void {
  const order = pageSetOrder(pageSet);
  setOwner(pfn, slotId);
  if (order == 0 || order >= PAGEBLOCK_ORDER) return;
  for (let page: u32 = 1; page < 1 << order; ++page) setOwner(pfn + page, slotId);
}
