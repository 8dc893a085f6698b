// Pages of files that a workload reads: they fill free memory, and the oldest make room for new
// ones before the free memory falls below the low watermark, at which kswapd would be woken.

import { MIGRATE_MOVABLE, PAGE_FILE_CLEAN, PAGE_FILE_DIRTY, ZONE_MOVABLE } from "../abi";
import {
  createPageSet,
  freeOldest,
  isFreed,
  liveChunks,
  nrSlots,
  pageSetClass,
  pfnAt,
} from "./page-set";
import { takeOrFail } from "./oom-killer";
import { setStateAt, stateAt } from "../mm/page";
import { classOf, holdOf, stateByte } from "../mm/page-class";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { freePages, lowWatermark, nrZones, reserveOf } from "../mm/zone";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";

/** A set for up to `capacity` pages of files of one class; 0 where linear memory is exhausted. */
export function createFileCache(capacity: u32, pageClass: u32): PageSetAddr {
  return createPageSet(capacity, 0, pageClass, MIGRATE_MOVABLE, ZONE_MOVABLE);
}

/** Is this a set of pages of files? */
export function isFileCache(pageSet: PageSetAddr): bool {
  const pageClass = pageSetClass(pageSet);
  return pageClass == PAGE_FILE_CLEAN || pageClass == PAGE_FILE_DIRTY;
}

/** What is dirty is written, and can be dropped from then on. */
export function writeBack(cache: PageSetAddr): void {
  for (let place: u32 = 0; place < nrSlots(cache); ++place) {
    const pfn = pfnAt(cache, place);
    if (isFreed(pfn)) continue;
    const state = stateAt(pfn);
    if (classOf(state) != PAGE_FILE_DIRTY) continue;
    ensureRecords(SMALL_OPERATION);
    setStateAt(pfn, stateByte(PAGE_FILE_CLEAN, holdOf(state)));
  }
}

/** Free pages above the low watermarks. */
function spareRoom(): u32 {
  let room: u32 = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) {
    const floor = lowWatermark(zone) + reserveOf(zone, ZONE_MOVABLE);
    if (freePages(zone) > floor) room += freePages(zone) - floor;
  }
  return room;
}

/** Reads `pages` of files into the cache, which never has more than `limit` of them. */
export function readFiles(at: WorkloadAddr, cache: usize, pages: u32, limit: u32): void {
  // one pass over the cache replaces all of it
  pages = min(pages, limit);
  const room = spareRoom();
  const has = liveChunks(cache);
  let tooMany = pages > room ? pages - room : 0;
  if (has + pages > limit) tooMany = max(tooMany, has + pages - limit);
  dropOldest(cache, tooMany);
  takeOrFail(at, cache, min(pages, limit - liveChunks(cache)));
}

/** Drops the `count` oldest pages that are still there. */
function dropOldest(cache: usize, count: u32): void {
  const has = liveChunks(cache);
  const rest = has > count ? has - count : 0;
  while (liveChunks(cache) > rest) {
    freeOldest(cache, min(liveChunks(cache) - rest, nrSlots(cache)));
  }
}
