// What reclaim can give when memory is out: clean file pages, which need no write and no target.
// The order of the LRU lists, by which `shrink_lruvec()` finds them, is in no capture: they go by
// address, from where the last search ended.

import {
  HOLD_NONE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  ZONE_NORMAL,
  ZONE_PREFER_MOVABLE,
} from "../abi";
import { NO_CHUNK } from "./free-list";
import { JOURNAL_DROPPED, addJournalEntry } from "./journal";
import { tracking } from "./owner";
import { freePagesAt } from "./page-free";
import { stateAt } from "./page";
import { HEAD, classOf, countMovable, holdOf, isCleanFile } from "./page-class";
import { NO_ZONE, countsOf, entryOfBlock, isIsolated, nrPageblocks, zoneOf } from "./pageblock";
import { ownerDropped, startTracking } from "./rmap";
import { kindOf } from "./zone";
import { BlockNr, ZoneNr } from "./numbers";

/** Pages that one call gives back. */
const CLUSTER: u32 = 32;

let cursor: u32 = 0;

/**
 * Frees up to 32 clean file pages of zones up to `kind`. Returns how many; 0 where there are none.
 */
export function reclaimClean(kind: u32): u32 {
  startTracking();
  let freed: u32 = 0;
  for (let looked: u32 = 0; looked < nrPageblocks && freed < CLUSTER; ++looked) {
    if (cursor >= nrPageblocks) cursor = 0;
    freed += reclaimBlock(cursor, kind, CLUSTER - freed);
    if (freed < CLUSTER) ++cursor;
  }
  return freed;
}

/**
 * Is a zone reclaimed for a request up to `kind`? ZONE_PREFER_MOVABLE for the kernel's requests,
 * too.
 */
function isReclaimed(zone: ZoneNr, kind: u32): bool {
  const zoneKind = kindOf(zone);
  return zoneKind <= kind || (zoneKind == ZONE_PREFER_MOVABLE && kind == ZONE_NORMAL);
}

function reclaimBlock(block: BlockNr, kind: u32, wanted: u32): u32 {
  const entry = entryOfBlock(block);
  const zone = zoneOf(entry);
  if (zone == NO_ZONE || !isReclaimed(zone, kind) || isIsolated(entry)) return 0;
  if (countMovable(countsOf(entry)) == 0) return 0;
  const pfn = block << PAGEBLOCK_ORDER;
  let freed: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES && freed < wanted; ++page) {
    const state = stateAt(pfn + page);
    if (state & HEAD || !isCleanFile(classOf(state)) || holdOf(state) != HOLD_NONE) continue;
    freePagesAt(pfn + page, 0);
    addJournalEntry(pfn + page, NO_CHUNK, JOURNAL_DROPPED, 0, classOf(state));
    if (tracking) ownerDropped(pfn + page);
    ++freed;
  }
  return freed;
}
