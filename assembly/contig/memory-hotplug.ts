// Bringing memory online and offline, a memory block or less at a time: `online_pages()`,
// `offline_pages()` (v6.1).

import {
  ALLOC_COMPOUND,
  EBUSY,
  HOLD_NONE,
  MAX_ORDER,
  MIGRATE_MOVABLE,
  MM_MOVE_TO_TAIL,
  MM_OFFLINE_SHRINKS_SLAB,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ABSENT,
  PAGE_FREE,
  PAGE_GIGANTIC,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  PAGE_NEVER_ONLINED,
} from "../abi";
import { NO_CHUNK, removeChunk } from "../mm/free-list";
import { dissolveHuge, takeHugeTarget } from "./hugetlb";
import { freeIdleSlabs } from "../mm/idle-slab";
import { finishMigration, resetMigrationCounts, targetKind } from "./migrate";
import { drainLruBatches } from "../mm/lru-batch";
import { allocPages } from "../mm/page-alloc";
import { freeAligned } from "../mm/page-free";
import { OTHER_NODES, fromZones, pagesOf } from "../mm/request";
import { startTracking } from "../mm/rmap";
import { makeUniform, setRange, stateAt, stepFrom } from "../mm/page";
import {
  HEAD,
  classOf,
  holdOf,
  isMovable,
  isUnit,
  isUnreferenced,
  isWithdrawn,
} from "../mm/page-class";
import { NO_ZONE, entryOf, markIsolated, setType, setZone, zoneOf } from "../mm/pageblock";
import { drainZone } from "../mm/per-cpu-cache";
import { isolateRange, refusingPfn, splitAtPageblock, unisolateRange } from "./page-isolation";
import { hasBehaviour } from "../mm/version";
import { addIsolatedBlocks, addPresentPages, nodeOf, nrZones, presentPages } from "../mm/zone";
import { PageState, Pfn, ZoneNr } from "../mm/numbers";

/** Page that kept the last offlining from succeeding. */
export let offlineBlockingPfn: u32 = NO_CHUNK;

/**
 * Starts to bring whole pageblocks online in `zone`: they get a zone and a type, their pages are
 * PAGE_NEVER_ONLINED. From v5.10 on they are isolated until finishOnline().
 */
export function beginOnline(zone: ZoneNr, start: Pfn, end: Pfn): void {
  const isolated = hasBehaviour(MM_MOVE_TO_TAIL);
  for (let pfn = start; pfn < end; pfn += PAGEBLOCK_PAGES) {
    const entry = entryOf(pfn);
    setZone(entry, zone);
    setType(entry, MIGRATE_MOVABLE);
    if (isolated) markIsolated(entry);
    makeUniform(entry, PAGE_NEVER_ONLINED);
  }
  if (isolated) addIsolatedBlocks(zone, (end - start) >> PAGEBLOCK_ORDER);
  addPresentPages(zone, end - start);
}

/**
 * Hands a run of pages that were never online to the allocator: the generic online path, also for
 * single subblocks later.
 */
export function onlineRun(start: Pfn, end: Pfn): void {
  setRange(start, end - start, PAGE_FREE);
  freeAligned(start, end, MAX_ORDER, hasBehaviour(MM_MOVE_TO_TAIL));
}

/** Ends beginOnline(): what went online becomes available. */
export function finishOnline(start: Pfn, end: Pfn): void {
  if (hasBehaviour(MM_MOVE_TO_TAIL)) unisolateRange(start, end);
}

/**
 * Targets of offlining, in `state`: other nodes where any has memory, else the own one:
 * `do_migrate_range()`.
 */
function offlineTarget(order: u32, state: PageState, zone: ZoneNr): Pfn {
  const flags = hasOtherNode(zone) ? OTHER_NODES : 0;
  const zones = fromZones(targetKind(zone, order), nodeOf(zone), flags | ALLOC_COMPOUND);
  return allocPages(pagesOf(order, MIGRATE_MOVABLE, state) | zones);
}

function hasOtherNode(zone: ZoneNr): bool {
  for (let other: u32 = 0; other < nrZones; ++other) {
    if (nodeOf(other) != nodeOf(zone) && presentPages(other) > 0) return true;
  }
  return false;
}

/**
 * Moves every movable page out of [start, end), ascending. Stops at the first that does not go;
 * returns it or NO_CHUNK.
 */
function evacuateAscending(start: Pfn, end: Pfn): Pfn {
  let pfn = start;
  while (pfn < end) {
    const state = stateAt(pfn);
    const pageClass = classOf(state);
    if (state & HEAD || isWithdrawn(pageClass) || isUnreferenced(pageClass)) {
      pfn += stepFrom(pfn, state);
      continue;
    }
    if (!isMovable(pageClass) || holdOf(state) != HOLD_NONE) return pfn;
    if (pageClass == PAGE_GIGANTIC) return pfn;
    if (pageClass == PAGE_HUGETLB_FREE) {
      dissolveHuge(pfn);
      pfn += PAGEBLOCK_PAGES;
      continue;
    }
    const order: u32 = isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
    const zone = zoneOf(entryOf(pfn));
    const target =
      pageClass == PAGE_HUGETLB ? takeHugeTarget(nodeOf(zone)) : offlineTarget(order, state, zone);
    if (target == NO_CHUNK) return pfn;
    finishMigration(pfn, target, order, pageClass);
    pfn += 1 << order;
    // an emptied page of the pool is dissolved at once
    if (pageClass == PAGE_HUGETLB && stateAt(pfn - PAGEBLOCK_PAGES) == PAGE_HUGETLB_FREE) {
      dissolveHuge(pfn - PAGEBLOCK_PAGES);
    }
  }
  return NO_CHUNK;
}

/** First page of [start, end) that is neither free nor withdrawn, or NO_CHUNK. */
function firstLeft(start: Pfn, end: Pfn): Pfn {
  let pfn = start;
  while (pfn < end) {
    const state = stateAt(pfn);
    if (!(state & HEAD) && !isWithdrawn(classOf(state))) return pfn;
    pfn += stepFrom(pfn, state);
  }
  return NO_CHUNK;
}

/**
 * Takes whole pageblocks offline: `offline_pages()`. Pages that are withdrawn count as gone. Where
 * Linux would retry a stuck page for ever, this answers -EBUSY after one pass.
 *
 * All or nothing for the pageblocks, except that moved pages stay moved. Returns 0 or -EBUSY with
 * offlineBlockingPfn.
 */
export function offlineRange(start: Pfn, end: Pfn): i32 {
  const zone = zoneOf(entryOf(start));
  startTracking();
  resetMigrationCounts();
  drainZone(zone);
  drainLruBatches();
  if (!isolateRange(start, end, true)) {
    offlineBlockingPfn = refusingPfn;
    return -EBUSY;
  }
  if (hasBehaviour(MM_OFFLINE_SHRINKS_SLAB)) freeIdleSlabs();
  offlineBlockingPfn = evacuateAscending(start, end);
  // neighbours that another caller has isolated may have merged with the range; they stay
  splitAtPageblock(start);
  splitAtPageblock(end);
  if (offlineBlockingPfn == NO_CHUNK) offlineBlockingPfn = firstLeft(start, end);
  if (offlineBlockingPfn != NO_CHUNK) {
    unisolateRange(start, end);
    return -EBUSY;
  }
  withdraw(zone, start, end);
  return 0;
}

/** Takes all free chunks of isolated pageblocks off their lists and makes every page absent. */
function withdraw(zone: ZoneNr, start: Pfn, end: Pfn): void {
  for (let pfn = start; pfn < end;) {
    const state = stateAt(pfn);
    if (state & HEAD) removeChunk(zone, pfn, state & 15);
    pfn += stepFrom(pfn, state);
  }
  for (let pfn = start; pfn < end; pfn += PAGEBLOCK_PAGES) {
    const entry = entryOf(pfn);
    makeUniform(entry, PAGE_ABSENT);
    setType(entry, MIGRATE_MOVABLE);
    setZone(entry, NO_ZONE);
  }
  addIsolatedBlocks(zone, -((end - start) >> PAGEBLOCK_ORDER));
  addPresentPages(zone, start - end);
}
