// How much a per-CPU cache takes from the buddy at once, and how much it gives back: page_alloc.c
// until v6.6, and since v6.7, where caches tune themselves.

import { MM_CACHE_FLUSHES_LATE, MM_CACHE_SPILLS_IN_BATCHES, MM_CACHE_TUNES } from "../abi";
import {
  allocFactorOf,
  batchOf,
  cachedOf,
  freeCountOf,
  freedHighOrder,
  highMaxOf,
  highMinOf,
  highOf,
  setAllocFactor,
  setFreeCount,
  setFreedHighOrder,
  setHigh,
} from "./cache-layout";
import { hasBehaviour } from "./version";

/** Doublings of a batch at most (PCP_BATCH_SCALE_MAX). */
const MAX_SHIFT: u32 = 5;
/** Orders from 1 to this one are limited where they are freed one after the other. */
const COSTLY_ORDER: u32 = 3;

/** An allocation goes through the cache: the next overflow gives back less. */
export function noteAllocation(cpu: usize): void {
  setFreeCount(cpu, freeCountOf(cpu) >> 1);
}

/** Chunks of `order` that a refill of an empty list takes: nr_pcp_alloc(). */
export function refillCount(cache: usize, cpu: usize, order: u32): u32 {
  const base = batchOf(cache);
  const batch = hasBehaviour(MM_CACHE_TUNES) ? tunedBatch(cache, cpu, order) : base;
  if (batch <= 1) return 1;
  const chunks = batch >> order;
  return chunks < 2 ? 2 : chunks;
}

function tunedBatch(cache: usize, cpu: usize, order: u32): u32 {
  const base = batchOf(cache);
  const high = boundHigh(cache, cpu);
  if (high < base) return 1;
  const batch = order == 0 ? base << allocFactorOf(cpu) : base;
  const raised = highMinOf(cache) == highMaxOf(cache) ? high : min(high + batch, highMaxOf(cache));
  setHigh(cpu, raised);
  if (order > 0) return batch;
  const room = <i32>raised - <i32>cachedOf(cpu) - <i32>base;
  const most = <u32>max(room, <i32>base);
  if (batch <= most && allocFactorOf(cpu) < MAX_SHIFT) setAllocFactor(cpu, allocFactorOf(cpu) + 1);
  return min(batch, most);
}

/** pcp->high between its limits; stored so. */
function boundHigh(cache: usize, cpu: usize): u32 {
  const high = max(highMinOf(cache), min(highOf(cpu), highMaxOf(cache)));
  setHigh(cpu, high);
  return high;
}

/**
 * Pages to give back after a free of `order` that is counted as cached already; 0 where there is
 * room: free_unref_page_commit().
 */
export function spillCount(cache: usize, cpu: usize, order: u32): u32 {
  return hasBehaviour(MM_CACHE_TUNES)
    ? tunedSpillCount(cache, cpu, order)
    : doublingSpillCount(cache, cpu, order);
}

/**
 * Until v6.6: each overflow in a row gives back twice as much; high orders in a row empty the
 * cache.
 */
function doublingSpillCount(cache: usize, cpu: usize, order: u32): u32 {
  const batch = batchOf(cache);
  const high = highMinOf(cache);
  const shift = freeCountOf(cpu);
  if (shift > 0 && order > 0 && order <= COSTLY_ORDER) return cachedOf(cpu);
  if (cachedOf(cpu) < high) return 0;
  if (high < batch) return 1;
  const amount = batch << shift;
  const most = high - batch;
  if (amount < most && shift < MAX_SHIFT) setFreeCount(cpu, shift + 1);
  return max(batch, min(amount, most));
}

/** Since v6.7: as much as was freed lately; high orders in a row give a large batch back. */
function tunedSpillCount(cache: usize, cpu: usize, order: u32): u32 {
  const batch = batchOf(cache);
  const freed = freeCountOf(cpu);
  const isHigh = order > 0 && order <= COSTLY_ORDER;
  const enough = hasBehaviour(MM_CACHE_FLUSHES_LATE) ? batch + (highMinOf(cache) >> 1) : batch;
  const many = isHigh && freed >= enough && freedHighOrder(cpu);
  setAllocFactor(cpu, allocFactorOf(cpu) >> 1);
  setFreedHighOrder(cpu, isHigh);
  const recently = freed < batch << MAX_SHIFT ? freed + (1 << order) : freed;
  setFreeCount(cpu, recently);
  const high = boundHigh(cache, cpu);
  const large = batch << MAX_SHIFT;
  if (many) {
    setHigh(cpu, <u32>max(<i32>high - <i32>large, <i32>highMinOf(cache)));
    return min(cachedOf(cpu), large);
  }
  if (cachedOf(cpu) < high) return 0;
  const wanted = recently + batch;
  if (high < wanted) setHigh(cpu, max(highMinOf(cache), min(wanted, highMaxOf(cache))));
  if (high < batch) return 1;
  return max(batch, min(recently, high - batch));
}

/** Pages that go back under one hold of the zone's lock. */
export function spillPart(cache: usize, nrPages: u32): u32 {
  return hasBehaviour(MM_CACHE_SPILLS_IN_BATCHES) ? min(nrPages, batchOf(cache)) : nrPages;
}
