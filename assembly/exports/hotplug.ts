// Memory that comes online and goes offline.

import {
  EBUSY,
  EINVAL,
  ENOBUFS,
  MAX_ORDER_PAGES,
  MM_ISOLATE_PAGEBLOCK,
  PAGEBLOCK_ORDER,
  PAGE_NEVER_ONLINED,
} from "../abi";
import { NO_CHUNK } from "../mm/free-list";
import { SCRATCH } from "../mm/layout";
import {
  beginOnline,
  finishOnline,
  offlineBlockingPfn,
  offlineRange,
  onlineRun,
} from "../contig/memory-hotplug";
import { isPaused } from "../contig/contig-alloc";
import { movedPages } from "../contig/migrate";
import { recordsForRange, stateAt } from "../mm/page";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { NO_ZONE, entryOfBlock, zoneOf } from "../mm/pageblock";
import { hasBehaviour } from "../mm/version";
import { nrZones } from "../mm/zone";
import { allOfClass, inOneZone, inTable, isBlockAligned } from "./arguments";
import { loading } from "./loading";
import { Pfn, ZoneNr } from "../mm/numbers";

/**
 * Begins to online whole absent pageblocks; then onlinePages() per plugged run, then endOnline().
 */
export function startOnline(zone: ZoneNr, start: Pfn, nr: u32): i32 {
  if (loading || zone >= nrZones) return -EINVAL;
  if (!inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  const end = (start + nr) >> PAGEBLOCK_ORDER;
  for (let block = start >> PAGEBLOCK_ORDER; block < end; ++block) {
    if (zoneOf(entryOfBlock(block)) != NO_ZONE) return -EINVAL;
  }
  beginOnline(zone, start, start + nr);
  return 0;
}

/** Hands never-onlined pages to the allocator. Returns 0, -EINVAL or -ENOBUFS. */
export function onlinePages(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (!allOfClass(start, nr, PAGE_NEVER_ONLINED)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  onlineRun(start, start + nr);
  return 0;
}

export function endOnline(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !isBlockAligned(start, nr) || !inOneZone(start, nr))
    return -EINVAL;
  finishOnline(start, start + nr);
  return 0;
}

/**
 * See offlineRange(). Before v5.19 whole 4 MiB units only. -EBUSY while an attempt of allocContig()
 * has paused. scratch = u32 {blocking pfn or
 * 0xffffffff, its state, pages moved}.
 */
export function offlinePages(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  if (!inOneZone(start, nr)) return -EINVAL;
  // isolation works in units of 4 MiB before 5.19
  if (!hasBehaviour(MM_ISOLATE_PAGEBLOCK) && (start | nr) % MAX_ORDER_PAGES != 0) return -EINVAL;
  if (ensureRecords(recordsForRange(nr) * 2 + SMALL_OPERATION) < 0) return -ENOBUFS;
  // an attempt that has paused holds the lock that this would wait for
  if (isPaused()) return -EBUSY;
  const result = offlineRange(start, start + nr);
  store<u32>(SCRATCH, offlineBlockingPfn);
  store<u32>(SCRATCH, offlineBlockingPfn == NO_CHUNK ? 0 : stateAt(offlineBlockingPfn), 4);
  store<u32>(SCRATCH, movedPages, 8);
  return result;
}
