// The memory of per-CPU caches (per-cpu-cache.ts). One block of it per zone:
//
//   +-----+-------+------+----------+------+---------------------+---------------------+---
//   | nr  | batch | high | capacity | high | cpu 0: its numbers, | cpu 1: ...          |
//   | cpus|       | min  | of rings | max  | 14 rings            |                     |
//   +-----+-------+------+----------+------+---------------------+---------------------+---
//
// numbers of a CPU  u32 each: pages cached; free count, or the shift of the doubling before v6.7;
//                   from v6.7 on also its high, how often the next refill doubles, and whether the
//                   last free was of orders 1 to 3.
// ring              {u32 pfn, u32 type}, used from both ends: frees push at the front, refills
//                   append at the back, allocations take the front, drains take the back. The type
//                   is that of the pageblock for a page that was freed, and the requested one for a
//                   page of a refill. With MM_LIST_FOLLOWS_BLOCK it is looked up again.
//
// Lists 0..11 are order * 3 + type for orders 0..3; 12 is order 9 not movable, 13 order 9 movable.

import { MIGRATE_MOVABLE, PAGEBLOCK_ORDER } from "../abi";
import { Migratetype, Pfn, SlotAddr } from "./numbers";

/** 8-byte aligned. */
export const HEADER_BYTES: u32 = 24;
export const NR_LISTS: u32 = 14;
const LIST_BLOCK9: u32 = 12;
/** Numbers of a CPU; then {u32 first, u32 length} per ring. */
const NUMBER_BYTES: u32 = 24;
export const CPU_HEADER_BYTES: u32 = NUMBER_BYTES + NR_LISTS * 8;

export function batchOf(cache: usize): u32 {
  return load<u32>(cache, 4);
}
export function highMinOf(cache: usize): u32 {
  return load<u32>(cache, 8);
}
export function highMaxOf(cache: usize): u32 {
  return load<u32>(cache, 16);
}
export function capacityOf(cache: usize): u32 {
  return load<u32>(cache, 12);
}

export function cpuAt(cache: usize, cpu: u32): usize {
  const bytes = CPU_HEADER_BYTES + NR_LISTS * capacityOf(cache) * 8;
  return cache + HEADER_BYTES + <usize>(cpu % load<u32>(cache)) * bytes;
}

export function cachedOf(cpu: usize): u32 {
  return load<u32>(cpu);
}
/** pcp->free_factor before v6.7, pcp->free_count since. */
export function freeCountOf(cpu: usize): u32 {
  return load<u32>(cpu, 4);
}
export function setFreeCount(cpu: usize, count: u32): void {
  store<u32>(cpu, count, 4);
}
export function highOf(cpu: usize): u32 {
  return load<u32>(cpu, 8);
}
export function setHigh(cpu: usize, high: u32): void {
  store<u32>(cpu, high, 8);
}
export function allocFactorOf(cpu: usize): u32 {
  return load<u32>(cpu, 12);
}
export function setAllocFactor(cpu: usize, factor: u32): void {
  store<u32>(cpu, factor, 12);
}
export function freedHighOrder(cpu: usize): bool {
  return load<u32>(cpu, 16) != 0;
}
export function setFreedHighOrder(cpu: usize, did: bool): void {
  store<u32>(cpu, did ? 1 : 0, 16);
}
/** Caches of a zone: their limits. Everything else is zero. */
export function initCache(cache: usize, cpus: u32, batch: u32, highMin: u32, highMax: u32): void {
  store<u32>(cache, cpus);
  store<u32>(cache, batch, 4);
  store<u32>(cache, highMin, 8);
  store<u32>(cache, highMax, 16);
  store<u32>(cache, capacityFor(batch, highMax), 12);
}

/** Slots of a ring, a power of two, so that no list can overflow. */
export function capacityFor(batch: u32, highMax: u32): u32 {
  let capacity: u32 = 64;
  while (capacity < highMax + 2 * batch + 2) capacity <<= 1;
  return capacity;
}

export function addCached(cpu: usize, delta: i32): void {
  store<u32>(cpu, load<u32>(cpu) + delta);
}

export function ringHeader(cpu: usize, list: u32): usize {
  return cpu + NUMBER_BYTES + ((<usize>list) << 3);
}
export function lengthOf(cpu: usize, list: u32): u32 {
  return load<u32>(ringHeader(cpu, list), 4);
}
export function ringSlot(cache: usize, cpu: usize, list: u32, index: u32): SlotAddr {
  const capacity = capacityOf(cache);
  const at = (load<u32>(ringHeader(cpu, list)) + index) & (capacity - 1);
  return cpu + CPU_HEADER_BYTES + ((<usize>(list * capacity + at)) << 3);
}

export function pushFront(cache: usize, cpu: usize, list: u32, pfn: Pfn, type: Migratetype): void {
  const header = ringHeader(cpu, list);
  store<u32>(header, (load<u32>(header) - 1) & (capacityOf(cache) - 1));
  store<u32>(header, load<u32>(header, 4) + 1, 4);
  const slot = ringSlot(cache, cpu, list, 0);
  store<u32>(slot, pfn);
  store<u32>(slot, type, 4);
}

export function pushBack(cache: usize, cpu: usize, list: u32, pfn: Pfn, type: Migratetype): void {
  const header = ringHeader(cpu, list);
  const slot = ringSlot(cache, cpu, list, load<u32>(header, 4));
  store<u32>(header, load<u32>(header, 4) + 1, 4);
  store<u32>(slot, pfn);
  store<u32>(slot, type, 4);
}

export function popFront(cache: usize, cpu: usize, list: u32): Pfn {
  const pfn = load<u32>(ringSlot(cache, cpu, list, 0));
  const header = ringHeader(cpu, list);
  store<u32>(header, (load<u32>(header) + 1) & (capacityOf(cache) - 1));
  store<u32>(header, load<u32>(header, 4) - 1, 4);
  return pfn;
}

export function orderOfList(list: u32): u32 {
  return list < LIST_BLOCK9 ? list / 3 : PAGEBLOCK_ORDER;
}

export function cacheListOf(order: u32, type: Migratetype): u32 {
  if (order == PAGEBLOCK_ORDER) return type == MIGRATE_MOVABLE ? LIST_BLOCK9 + 1 : LIST_BLOCK9;
  // types in list order: UNMOVABLE, MOVABLE, RECLAIMABLE
  return order * 3 + type;
}
