// What a benchmark does without crossing the boundary for each page: loops of allocations and
// frees. Handles are first pfns in an array of the core's memory.

import {
  ENOBUFS,
  MAX_ORDER,
  MIGRATE_MOVABLE,
  PAGEBLOCK_ORDER,
  PAGE_ANON,
  PAGE_KERNEL,
  ZONE_NORMAL,
} from "../abi";
import { NO_CHUNK } from "../mm/free-list";
import { reserve } from "../mm/reserve";
import { ensureRecords, hasRecords, recordsAtHand } from "../mm/record-slab";
import { allocBlock, allocPage, allocPages } from "../mm/page-alloc";
import { freeBlock, freePage, freePagesAt, prefetchPage } from "../mm/page-free";
import { Request, fromZones, pagesOf } from "../mm/request";
import { xorshift32 } from "../mm/xorshift";
import { Pfn } from "../mm/numbers";

/** Records that one allocation may need. */
const RECORDS: u32 = 2;

let handles: usize = 0;
let capacity: u32 = 0;

/** What the handles hold: chunks of one order, or those of churn(). */
export const CHURNED: u32 = 0xff;
let heldKind: u32 = 0;
let nrHeld: u32 = 0;

/** Are the handles empty, or do they hold chunks of this order (CHURNED: of churn())? */
export function mayHold(kind: u32): bool {
  return (kind <= MAX_ORDER || kind == CHURNED) && (nrHeld == 0 || heldKind == kind);
}

/** Makes room for `count` handles, all empty. Returns 0 or -ENOBUFS. */
export function openHandles(count: u32): i32 {
  if (count > capacity) {
    const at = reserve((<u64>count) << 2);
    if (!at) return -ENOBUFS;
    handles = at;
    capacity = count;
  }
  memory.fill(handles, 0xff, (<usize>capacity) << 2);
  nrHeld = 0;
  return 0;
}

export function handleCapacity(): u32 {
  return capacity;
}

function at(index: u32): usize {
  return handles + ((<usize>index) << 2);
}

// The requests of the loops: single pages are anonymous, chunks the kernel's.

function single(): Request {
  return pagesOf(0, MIGRATE_MOVABLE, PAGE_ANON) | fromZones(ZONE_NORMAL, 0, 0);
}

function chunk(order: u32): Request {
  return pagesOf(order, MIGRATE_MOVABLE, PAGE_KERNEL) | fromZones(ZONE_NORMAL, 0, 0);
}

function allocChunk(order: u32): Pfn {
  if (!hasRecords(RECORDS)) return NO_CHUNK;
  return allocPages(order == 0 ? single() : chunk(order));
}

// For the loops over single pages and over pageblocks, which have the fast paths of page-alloc.ts
// copied into them.

function allocOnePage(): Pfn {
  if (recordsAtHand < RECORDS) {
    if (ensureRecords(RECORDS) < 0) return NO_CHUNK;
  }
  return allocPage(single());
}

function allocOneBlock(): Pfn {
  return allocBlock(chunk(PAGEBLOCK_ORDER));
}

/** Allocates into handles 0 to `count` - 1. Returns a checksum of the pfns in order. */
export function fill(order: u32, count: u32): u32 {
  heldKind = order;
  return order == 0 ? fillPages(count) : fillChunks(order, count);
}

function fillPages(count: u32): u32 {
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) sum = keep(index, allocOnePage(), sum);
  return sum;
}

function fillChunks(order: u32, count: u32): u32 {
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) sum = keep(index, allocChunk(order), sum);
  return sum;
}

/** Puts a chunk into a handle. Returns the checksum with it. */
function keep(index: u32, pfn: Pfn, sum: u32): u32 {
  if (pfn != NO_CHUNK && load<u32>(at(index)) == NO_CHUNK) ++nrHeld;
  store<u32>(at(index), pfn);
  return rotl(sum, 5) ^ pfn;
}

/** How many handles a loop looks at before it works on them; see prefetchPage(). */
const GROUP: u32 = 16;

function prefetchHandle(index: u32): void {
  const pfn = load<u32>(at(index));
  if (pfn != NO_CHUNK) prefetchPage(pfn);
}

/**
 * Looks at handles of single pages, unless they follow each other: then the processor sees for
 * itself what comes next.
 */
function prefetchHandles(from: u32, end: u32): void {
  if (load<u32>(at(end - 1)) - load<u32>(at(from)) == end - 1 - from) return;
  for (let index = from; index < end; ++index) prefetchHandle(index);
}

/** Looks at the slots that churn() will toggle next. */
function prefetchSlots(slots: u32, random: u32): void {
  for (let step: u32 = 0; step < GROUP; ++step) {
    random = xorshift32(random);
    prefetchHandle(slotOf(random, slots));
  }
}

function slotOf(random: u32, slots: u32): u32 {
  return (random >> 3) & (slots - 1);
}

/** Frees handles 0 to `count` - 1, in order. */
export function drainHandles(order: u32, count: u32): void {
  for (let index: u32 = 0; index < count; index += GROUP) {
    const end = min(index + GROUP, count);
    if (order == 0) drainPages(index, end);
    else drainChunks(order, index, end);
  }
}

function drainPages(from: u32, end: u32): void {
  prefetchHandles(from, end);
  for (let index = from; index < end; ++index) {
    const pfn = empty(index);
    if (pfn != NO_CHUNK) freePage(pfn);
  }
}

function drainChunks(order: u32, from: u32, end: u32): void {
  for (let index = from; index < end; ++index) {
    const pfn = empty(index);
    if (pfn != NO_CHUNK) freePagesAt(pfn, order);
  }
}

/** Empties a handle. Returns what it held, or NO_CHUNK. */
function empty(index: u32): u32 {
  const pfn = load<u32>(at(index));
  store<u32>(at(index), NO_CHUNK);
  if (pfn != NO_CHUNK) --nrHeld;
  return pfn;
}

/** Allocates and frees one chunk `count` times. Returns the sum of the pfns. */
export function repeat(order: u32, count: u32): u32 {
  if (order == 0) return repeatPage(count);
  return order == PAGEBLOCK_ORDER ? repeatBlock(count) : repeatChunk(order, count);
}

function repeatPage(count: u32): u32 {
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const pfn = allocOnePage();
    sum += pfn;
    if (pfn != NO_CHUNK) freePage(pfn);
  }
  return sum;
}

function repeatBlock(count: u32): u32 {
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const pfn = allocOneBlock();
    sum += pfn;
    if (pfn != NO_CHUNK) freeBlock(pfn);
  }
  return sum;
}

function repeatChunk(order: u32, count: u32): u32 {
  let sum: u32 = 0;
  for (let index: u32 = 0; index < count; ++index) {
    const pfn = allocChunk(order);
    sum += pfn;
    if (pfn != NO_CHUNK) freePagesAt(pfn, order);
  }
  return sum;
}

/**
 * Makes the first `count` of `all` handles a random subset in random order: a partial Fisher-Yates
 * shuffle.
 */
export function shuffle(count: u32, all: u32, seed: u32): void {
  let random = seed;
  for (let index: u32 = 0; index < count; ++index) {
    random = xorshift32(random);
    const other = index + (random % (all - index));
    const pfn = load<u32>(at(index));
    store<u32>(at(index), load<u32>(at(other)));
    store<u32>(at(other), pfn);
  }
}

/**
 * Order that a slot of churn() asks for: of 64 slots 40 ask for order 0, 8 for 1, 6 for 2, 4 for 3,
 * 3 for 4, 2 for 5, 1 for 9.
 */
function slotOrder(slot: u32): u32 {
  const index = slot & 63;
  if (index < 40) return 0;
  if (index < 48) return 1;
  if (index < 54) return 2;
  if (index < 58) return 3;
  if (index < 61) return 4;
  return index < 63 ? 5 : 9;
}

/** Allocations of churn() that failed since openHandles(). */
export let failedSteps: u32 = 0;

/**
 * Toggles a random one of `slots` (a power of two) handles `count` times: empty ones are allocated,
 * full ones freed.
 */
export function churn(slots: u32, count: u32, seed: u32): u32 {
  let random = seed;
  let sum: u32 = 0;
  heldKind = CHURNED;
  for (let step: u32 = 0; step < count; ++step) {
    if (step % GROUP == 0) prefetchSlots(slots, random);
    random = xorshift32(random);
    const slot = slotOf(random, slots);
    const order = slotOrder(slot);
    const pfn = load<u32>(at(slot));
    if (pfn != NO_CHUNK) {
      freePagesAt(pfn, order);
      store<u32>(at(slot), NO_CHUNK);
      --nrHeld;
      continue;
    }
    const taken = allocChunk(order);
    store<u32>(at(slot), taken);
    sum = sum * 31 + taken;
    if (taken == NO_CHUNK) ++failedSteps;
    else ++nrHeld;
  }
  return sum;
}
