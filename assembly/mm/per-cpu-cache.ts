// Per-CPU caches of free chunks: per_cpu_pages (v6.1). Off by default. cache-layout.ts says what
// lies where, cache-limits.ts how much goes in and out at once.

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
import { beginBulk, endBulk, freeChunk, takeChunk } from "./buddy";
import {
  CPU_HEADER_BYTES,
  HEADER_BYTES,
  NR_LISTS,
  addCached,
  cacheListOf,
  cachedOf,
  capacityFor,
  capacityOf,
  cpuAt,
  initCache,
  lengthOf,
  orderOfList,
  popFront,
  pushBack,
  pushFront,
  ringHeader,
  ringSlot,
} from "./cache-layout";
import { noteAllocation, refillCount, spillCount, spillPart } from "./cache-limits";
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
import { ensureRecords, recordsAtHand } from "./record-slab";
import { hasBehaviour } from "./version";
import { cacheOf, isolatedBlocks, setCache } from "./zone";
import { Migratetype, Pfn, ZoneNr } from "./numbers";

/** Records to have at hand where a refill has used up those of its operation. */
const REFILL_RECORDS: u32 = 4;

let currentCpu: u32 = 0;

/** CPU that allocations and frees run on from now on; taken modulo the zone's number of CPUs. */
export function setCurrentCpu(cpu: u32): void {
  currentCpu = cpu;
}

/** Orders that go through the cache in this version, a bit each: `pcp_allowed_order()`. */
function cachedOrders(): u32 {
  return hasBehaviour(MM_CACHE_HIGH_ORDERS) ? 0xf | (1 << PAGEBLOCK_ORDER) : 1;
}

/**
 * Switches the zone's caches on for `cpus` CPUs, or off with `high` 0. Cached chunks go back to the
 * buddy first. From v6.7 on a cache tunes its limit between `high` and `highMax`. Returns 0,
 * -EINVAL or -ENOBUFS.
 */
export function configureCache(zone: ZoneNr, cpus: u32, batch: u32, high: u32, highMax: u32): i32 {
  if (cpus > 1024 || batch > 4096 || highMax > 1 << 20 || high > highMax) return -EINVAL;
  if (high == 0 || cpus == 0) {
    drainZone(zone);
    setCache(zone, 0, 0);
    return 0;
  }
  if (batch == 0) return -EINVAL;
  const perCpu = CPU_HEADER_BYTES + NR_LISTS * capacityFor(batch, highMax) * 8;
  const cache = reserve(<u64>HEADER_BYTES + <u64>perCpu * cpus);
  if (!cache) return -ENOBUFS;
  drainZone(zone);
  initCache(cache, cpus, batch, high, highMax);
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
  noteAllocation(cpu);
  const list = cacheListOf(order, type);
  if (lengthOf(cpu, list) == 0) {
    beginBulk();
    for (let wanted = refillCount(cache, cpu, order); wanted > 0; --wanted) {
      if (recordsAtHand == 0 && ensureRecords(REFILL_RECORDS) < 0) break;
      const pfn = takeChunk(zone, order, type, noFragment);
      if (pfn == NO_CHUNK) break;
      setRange(pfn, 1 << order, PAGE_CACHED);
      pushBack(cache, cpu, list, pfn, type);
      addCached(cpu, 1 << order);
    }
    endBulk();
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

  let left = spillCount(cache, cpu, order);
  while (left > 0 && cachedOf(cpu) > 0) {
    const part = spillPart(cache, left);
    freePcppagesBulk(zone, cache, cpu, part, list);
    left -= part;
  }
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
