// Pages of files that a workload reads: they fill free memory, and the oldest make room for new
// ones before the free memory falls below the low watermark, at which kswapd would be woken.

import { MIGRATE_MOVABLE, ZONE_MOVABLE } from "../abi";
import { createPageSet, freeOldest, liveChunks, nrSlots } from "./page-set";
import { takeOrFail } from "./oom-killer";
import { freePages, lowWatermark, nrZones, reserveOf } from "../mm/zone";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";

/** A set for up to `capacity` pages of files of one class; 0 where linear memory is exhausted. */
export function createFileCache(capacity: u32, pageClass: u32): PageSetAddr {
  return createPageSet(capacity, 0, pageClass, MIGRATE_MOVABLE, ZONE_MOVABLE);
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
