// What shrinkers give back on request: slab, and clean pages of files (`drop_slab()`,
// `drop_pagecache_sb()`, v6.1).
//
// Which objects of a slab are in use is in no capture. Slabs of reclaimable caches (dentries,
// inodes) lie in RECLAIMABLE pageblocks; of those a share goes, drawn page by page: a page goes
// when none of its objects is in use.

import {
  MIGRATE_RECLAIMABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_SLAB,
  PAGE_TAIL,
  ZONE_MOVABLE,
} from "../abi";
import { freeIdleSlabs } from "../mm/idle-slab";
import { tracking } from "../mm/owner";
import { freePagesAt } from "../mm/page-free";
import { PAGE_MASK, stateAt } from "../mm/page";
import { HEAD, classOf, countUnmovable, isCleanFile } from "../mm/page-class";
import {
  NO_ZONE,
  baseType,
  blockState,
  countsOf,
  entryOfBlock,
  isIsolated,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { nextRandom } from "../mm/random";
import { reclaimClean } from "../mm/reclaim";
import { ownerDropped, startTracking } from "../mm/rmap";
import { Pfn } from "../mm/numbers";

/** Records that freeing pages out of uniform pageblocks of slab or file cache may need. */
export function recordsForShrinking(): u32 {
  let records: u32 = 4;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || recordOf(entry)) continue;
    const pageClass = classOf(blockState(entry));
    if (pageClass == PAGE_SLAB || isCleanFile(pageClass)) ++records;
  }
  return records;
}

/**
 * Frees empty slabs, and `percent` of the reclaimable ones. Those of a captured guest look like all
 * others: a pageblock there counts as reclaimable by a chance of `shareMilli` thousandths. Returns
 * how many pages.
 */
export function dropSlabPages(percent: u32, shareMilli: u32): u32 {
  startTracking();
  let freed = freeIdleSlabs();
  if (percent == 0) return freed;
  // of a capture it is not known which pages are one slab: those of an aligned eight go together
  const unit: u32 = shareMilli > 0 ? 8 : 1;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || isIsolated(entry)) continue;
    if (countUnmovable(countsOf(entry)) == 0) continue;
    if (baseType(entry) != MIGRATE_RECLAIMABLE) {
      if (shareMilli == 0 || nextRandom() % 1000 >= shareMilli) continue;
    }
    freed += dropSlabOf(block << PAGEBLOCK_ORDER, percent, unit);
  }
  return freed;
}

function dropSlabOf(first: u32, percent: u32, unit: u32): u32 {
  let freed: u32 = 0;
  let isDropped = false;
  for (let pfn = first; pfn < first + PAGEBLOCK_PAGES; ++pfn) {
    if (unit > 1 && pfn % unit == 0) isDropped = nextRandom() % 100 < percent;
    if (!isSinglePage(pfn)) continue;
    if (unit == 1) isDropped = nextRandom() % 100 < percent;
    if (!isDropped) continue;
    freePagesAt(pfn, 0);
    if (tracking) ownerDropped(pfn);
    ++freed;
  }
  return freed;
}

/** A slab page that is freed by itself, not as the first page of a larger allocation. */
function isSinglePage(pfn: Pfn): bool {
  const state = stateAt(pfn);
  if (state & HEAD || classOf(state) != PAGE_SLAB) return false;
  if (((pfn + 1) & PAGE_MASK) == 0) return true;
  const next = stateAt(pfn + 1);
  return (next & HEAD) != 0 || classOf(next) != PAGE_TAIL;
}

/** Drops all clean pages of files. Returns how many. */
export function dropCleanPages(): u32 {
  let freed: u32 = 0;
  for (let part = reclaimClean(ZONE_MOVABLE); part > 0; part = reclaimClean(ZONE_MOVABLE)) {
    freed += part;
  }
  return freed;
}
