// Per-CPU caches of free chunks: per_cpu_pages (v6.1).
//
// Off by default. One block of memory per zone:
//
//   +-----+-------+------+----------+----------------------+----------------------+---
//   | nr  | batch | high | capacity | cpu 0: count, shift, | cpu 1: ...           |
//   | cpus|       |      |          | 14 rings             |                      |
//   +-----+-------+------+----------+----------------------+----------------------+---
//
// A ring holds {u32 pfn, u32 type} and is used from both ends: frees push at the front, refills
// append at the back, allocations take the front, drains take the back. The type is that of the
// pageblock for a page that was freed, and the requested one for a page of a refill
// (`rmqueue_bulk()`). With MM_LIST_FOLLOWS_BLOCK it is looked up again.
//
// Lists 0..11 are order * 3 + type for orders 0..3; 12 is order 9 not movable, 13 order 9 movable.

import {
  EINVAL,
  ENOBUFS,
  MIGRATE_ISOLATE,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  MM_CACHE_HIGH_ORDERS,
  MM_LIST_FOLLOWS_BLOCK,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CACHED,
  PAGE_FREE,
} from "../abi";
import { freeChunk, takeChunk } from "./buddy";
import { NO_CHUNK } from "./free-list";
import { reserve } from "./reserve";
import { recordFor, setRange } from "./page";
import {
  blockState,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  recordOf,
  typeOf,
  zoneOf,
} from "./pageblock";
import { hasBehaviour } from "./version";
import { cacheOf, isolatedBlocks, setCache } from "./zone";
import { Migratetype, Pfn, ZoneNr } from "./numbers";

const HEADER_BYTES: u32 = 16;
const NR_LISTS: u32 = 14;
const LIST_BLOCK9: u32 = 12;
/** Per CPU: u32 pages cached, u32 shift of the doubling, then {u32 first, u32 length} per ring. */
const CPU_HEADER_BYTES: u32 = 8 + NR_LISTS * 8;
const MAX_SHIFT: u32 = 5;

let currentCpu: u32 = 0;

/** CPU that allocations and frees run on from now on; taken modulo the zone's number of CPUs. */
export function setCurrentCpu(cpu: u32): void {
  currentCpu = cpu;
}

function batchOf(cache: usize): u32 {
  return load<u32>(cache, 4);
}
function highOf(cache: usize): u32 {
  return load<u32>(cache, 8);
}
function capacityOf(cache: usize): u32 {
  return load<u32>(cache, 12);
}

function cpuAt(cache: usize, cpu: u32): usize {
  const bytes = CPU_HEADER_BYTES + NR_LISTS * capacityOf(cache) * 8;
  return cache + HEADER_BYTES + <usize>(cpu % load<u32>(cache)) * bytes;
}

function cachedOf(cpu: usize): u32 {
  return load<u32>(cpu);
}
function shiftOf(cpu: usize): u32 {
  return load<u32>(cpu, 4);
}
function setShift(cpu: usize, shift: u32): void {
  store<u32>(cpu, shift, 4);
}
function addCached(cpu: usize, delta: i32): void {
  store<u32>(cpu, load<u32>(cpu) + delta);
}

function ringHeader(cpu: usize, list: u32): usize {
  return cpu + 8 + ((<usize>list) << 3);
}
function lengthOf(cpu: usize, list: u32): u32 {
  return load<u32>(ringHeader(cpu, list), 4);
}
function ringSlot(cache: usize, cpu: usize, list: u32, index: u32): usize {
  const capacity = capacityOf(cache);
  const at = (load<u32>(ringHeader(cpu, list)) + index) & (capacity - 1);
  return cpu + CPU_HEADER_BYTES + ((<usize>(list * capacity + at)) << 3);
}

function pushFront(cache: usize, cpu: usize, list: u32, pfn: Pfn, type: Migratetype): void {
  const header = ringHeader(cpu, list);
  store<u32>(header, (load<u32>(header) - 1) & (capacityOf(cache) - 1));
  store<u32>(header, load<u32>(header, 4) + 1, 4);
  const slot = ringSlot(cache, cpu, list, 0);
  store<u32>(slot, pfn);
  store<u32>(slot, type, 4);
}

function pushBack(cache: usize, cpu: usize, list: u32, pfn: Pfn, type: Migratetype): void {
  const header = ringHeader(cpu, list);
  const slot = ringSlot(cache, cpu, list, load<u32>(header, 4));
  store<u32>(header, load<u32>(header, 4) + 1, 4);
  store<u32>(slot, pfn);
  store<u32>(slot, type, 4);
}

function popFront(cache: usize, cpu: usize, list: u32): Pfn {
  const pfn = load<u32>(ringSlot(cache, cpu, list, 0));
  const header = ringHeader(cpu, list);
  store<u32>(header, (load<u32>(header) + 1) & (capacityOf(cache) - 1));
  store<u32>(header, load<u32>(header, 4) - 1, 4);
  return pfn;
}

function orderOfList(list: u32): u32 {
  return list < LIST_BLOCK9 ? list / 3 : PAGEBLOCK_ORDER;
}

function cacheListOf(order: u32, type: Migratetype): u32 {
  if (order == PAGEBLOCK_ORDER) return type == MIGRATE_MOVABLE ? LIST_BLOCK9 + 1 : LIST_BLOCK9;
  // types in list order: UNMOVABLE, MOVABLE, RECLAIMABLE
  return order * 3 + type;
}

/** Orders that pass the cache in this version, a bit each: `pcp_allowed_order()`. */
function cachedOrders(): u32 {
  return hasBehaviour(MM_CACHE_HIGH_ORDERS) ? 0xf | (1 << PAGEBLOCK_ORDER) : 1;
}

/**
 * Switches the zone's caches on for `cpus` CPUs, or off with `high` 0. Cached chunks go back to the
 * buddy first. Returns 0, -EINVAL or -ENOBUFS.
 */
export function configureCache(zone: ZoneNr, cpus: u32, batch: u32, high: u32): i32 {
  if (cpus > 1024 || batch > 4096 || high > 1 << 20) return -EINVAL;
  if (high == 0 || cpus == 0) {
    drainZone(zone);
    setCache(zone, 0, 0);
    return 0;
  }
  if (batch == 0) return -EINVAL;
  let capacity: u32 = 64;
  while (capacity < high + 2 * batch + 2) capacity <<= 1;
  const perCpu = CPU_HEADER_BYTES + NR_LISTS * capacity * 8;
  const cache = reserve(<u64>HEADER_BYTES + <u64>perCpu * cpus);
  if (!cache) return -ENOBUFS;
  drainZone(zone);
  store<u32>(cache, cpus);
  store<u32>(cache, batch, 4);
  store<u32>(cache, high, 8);
  store<u32>(cache, capacity, 12);
  setCache(zone, cache, cachedOrders());
  return 0;
}

/**
 * One chunk out of the current CPU's cache, refilled from the buddy where empty; NO_CHUNK where the
 * buddy has none.
 */
export function takeCached(zone: ZoneNr, order: u32, type: Migratetype, noFragment: bool): Pfn {
  const cache = cacheOf(zone);
  const cpu = cpuAt(cache, currentCpu);
  setShift(cpu, shiftOf(cpu) >> 1);
  const list = cacheListOf(order, type);
  if (lengthOf(cpu, list) == 0) {
    const batch = batchOf(cache);
    let wanted = batch >> order;
    if (wanted < 2) wanted = 2;
    if (batch == 1) wanted = 1;
    for (; wanted > 0; --wanted) {
      const pfn = takeChunk(zone, order, type, noFragment);
      if (pfn == NO_CHUNK) break;
      setRange(pfn, 1 << order, PAGE_CACHED);
      pushBack(cache, cpu, list, pfn, type);
      addCached(cpu, 1 << order);
    }
  }
  if (lengthOf(cpu, list) == 0) return NO_CHUNK;
  addCached(cpu, -(1 << order));
  const pfn = popFront(cache, cpu, list);
  setRange(pfn, 1 << order, PAGE_FREE);
  return pfn;
}

/**
 * Frees at least `nrPages` cached pages, the oldest first, going round the lists from `list` on:
 * `free_pcppages_bulk()`.
 */
function freePcppagesBulk(zone: ZoneNr, cache: usize, cpu: usize, nrPages: u32, list: u32): void {
  let left: i32 = min(nrPages, cachedOf(cpu));
  const reread = hasBehaviour(MM_LIST_FOLLOWS_BLOCK);
  while (left > 0) {
    const order = orderOfList(list);
    while (left > 0 && lengthOf(cpu, list) > 0) {
      const length = lengthOf(cpu, list) - 1;
      const slot = ringSlot(cache, cpu, list, length);
      const pfn = load<u32>(slot);
      let type = load<u32>(slot, 4);
      store<u32>(ringHeader(cpu, list), length, 4);
      addCached(cpu, -(1 << order));
      left -= 1 << order;
      setRange(pfn, 1 << order, PAGE_FREE);
      if (reread || isolatedBlocks(zone)) type = typeOf(entryOf(pfn));
      freeChunk(zone, pfn, order, type, false);
    }
    list = (list + 1) % NR_LISTS;
  }
}

/**
 * Frees a chunk into the current CPU's cache and shrinks the cache where it is above `high`:
 * `free_unref_page_commit()`. Its pages are PAGE_FREE. The caller has checked isCached(); pages of
 * isolated pageblocks go past the cache, to the buddy.
 */
export function freeCached(zone: ZoneNr, pfn: Pfn, order: u32): void {
  const pageblockType = typeOf(entryOf(pfn));
  if (pageblockType == MIGRATE_ISOLATE) {
    if (order < PAGEBLOCK_ORDER) recordFor(entryOf(pfn));
    freeChunk(zone, pfn, order, pageblockType, false);
    return;
  }
  const cache = cacheOf(zone);
  const cpu = cpuAt(cache, currentCpu);
  const list = cacheListOf(
    order,
    pageblockType <= MIGRATE_RECLAIMABLE ? pageblockType : MIGRATE_MOVABLE,
  );
  setRange(pfn, 1 << order, PAGE_CACHED);
  pushFront(cache, cpu, list, pfn, pageblockType);
  addCached(cpu, 1 << order);

  const batch = batchOf(cache);
  const high = highOf(cache);
  if (shiftOf(cpu) > 0 && order > 0 && order <= 3) {
    freePcppagesBulk(zone, cache, cpu, cachedOf(cpu), list);
    return;
  }
  if (cachedOf(cpu) < high) return;
  if (high < batch) {
    freePcppagesBulk(zone, cache, cpu, 1, list);
    return;
  }
  let amount = batch << shiftOf(cpu);
  const most = high - batch;
  if (amount < most && shiftOf(cpu) < MAX_SHIFT) setShift(cpu, shiftOf(cpu) + 1);
  amount = max(batch, min(amount, most));
  freePcppagesBulk(zone, cache, cpu, amount, list);
}

/** Gives all cached chunks of the zone back to the buddy: `drain_all_pages()`. */
export function drainZone(zone: ZoneNr): void {
  const cache = cacheOf(zone);
  if (!cache) return;
  for (let cpu: u32 = 0; cpu < load<u32>(cache); ++cpu) {
    const at = cpuAt(cache, cpu);
    freePcppagesBulk(zone, cache, at, cachedOf(at), cacheListOf(0, MIGRATE_UNMOVABLE));
  }
}

/** Pages in the zone's caches, over all CPUs. */
export function cachedPages(zone: ZoneNr): u32 {
  const cache = cacheOf(zone);
  if (!cache) return 0;
  let sum: u32 = 0;
  for (let cpu: u32 = 0; cpu < load<u32>(cache); ++cpu) sum += cachedOf(cpuAt(cache, cpu));
  return sum;
}

/** Chunks that a cached page may be part of, apart from whole pageblocks. */
const ADOPTED_ORDER: u32 = 3;

/**
 * Puts the pages of a loaded zone that are PAGE_CACHED into the cache of its first CPU, ascending;
 * see adoptCache(). False where the zone has no cache or one in use, or they do not fit; it is as
 * before then.
 */
export function adoptCached(zone: ZoneNr): bool {
  const cache = cacheOf(zone);
  if (!cache || cachedPages(zone) > 0) return false;
  const cpu = cpuAt(cache, 0);
  if (adoptInto(zone, cache, cpu)) return true;
  memory.fill(cpu, 0, CPU_HEADER_BYTES);
  return false;
}

function adoptInto(zone: ZoneNr, cache: usize, cpu: usize): bool {
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone) continue;
    const record = recordOf(entry);
    const pfn = block << PAGEBLOCK_ORDER;
    if (!record) {
      if (blockState(entry) != PAGE_CACHED) continue;
      if (!adoptChunk(cache, cpu, pfn, PAGEBLOCK_ORDER)) return false;
      continue;
    }
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES;) {
      if (load<u8>(record + page) != <u8>PAGE_CACHED) {
        ++page;
        continue;
      }
      const eight =
        page % 8 == 0 && load<u64>(record + page) == <u64>PAGE_CACHED * 0x0101010101010101;
      const order = eight ? ADOPTED_ORDER : 0;
      if (!adoptChunk(cache, cpu, pfn + page, order)) return false;
      page += 1 << order;
    }
  }
  return true;
}

function adoptChunk(cache: usize, cpu: usize, pfn: Pfn, order: u32): bool {
  const type = typeOf(entryOf(pfn));
  const list = cacheListOf(order, type <= MIGRATE_RECLAIMABLE ? type : MIGRATE_MOVABLE);
  if (lengthOf(cpu, list) >= capacityOf(cache)) return false;
  pushBack(cache, cpu, list, pfn, type);
  addCached(cpu, 1 << order);
  return true;
}
