// Pages of zsmalloc (zram, zswap) without a flag. From 6.12 on only the first page of a group has
// one, so the others look like free pages in a per-CPU cache, or like kernel memory. The zone's
// counter says how many there are, and groups lie beside each other.

import {
  MIGRATE_MOVABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_DRIVER_MOVABLE,
  PAGE_FREE,
  PAGE_UNKNOWN,
  ZONE_MOVABLE,
} from "../abi";
import { setStateAt, stateAt } from "../mm/page";
import { countUnmovable } from "../mm/page-class";
import { countsOf, entryOfBlock, nrPageblocks, recordOf, setType, zoneOf } from "../mm/pageblock";
import { kindOf } from "../mm/zone";
import { zspagesOf } from "./counters";
import { BlockNr, PageState, RecordAddr, ZoneNr } from "../mm/numbers";

/**
 * Decides which pages without flags of a zone belong to zsmalloc. In ZONE_MOVABLE the others are
 * free: no kernel page lies there.
 */
export function classifyZspages(zone: ZoneNr): void {
  if (zspagesOf(zone) == 0) return;
  const found = turnAll(zone, true, 0);
  let left = zspagesOf(zone) - min(zspagesOf(zone), found);
  left -= turnAll(zone, false, left);
  if (kindOf(zone) != ZONE_MOVABLE) return;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    if (zoneOf(entryOfBlock(block)) != zone) continue;
    left -= turnUnknown(block, left, PAGE_DRIVER_MOVABLE);
    turnUnknown(block, PAGEBLOCK_PAGES, PAGE_FREE);
  }
}

/**
 * Counts the pages that show what they are; or turns up to `left` that do not, in their pageblocks,
 * and returns how many.
 */
function turnAll(zone: ZoneNr, count: bool, left: u32): u32 {
  let done: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone || !recordOf(entry)) continue;
    const shown = pagesOf(recordOf(entry), PAGE_DRIVER_MOVABLE);
    if (count) done += shown;
    else if (shown > 0) done += turnUnknown(block, left - done, PAGE_DRIVER_MOVABLE);
  }
  return done;
}

function pagesOf(record: RecordAddr, state: PageState): u32 {
  let pages: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    pages += <u32>(load<u8>(record + page) == <u8>state);
  }
  return pages;
}

/** Turns up to `most` pages without flags of a mixed pageblock into `state`. Returns how many. */
function turnUnknown(block: BlockNr, most: u32, state: PageState): u32 {
  const entry = entryOfBlock(block);
  const pfn = block << PAGEBLOCK_ORDER;
  let turned: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES && turned < most; ++page) {
    if (stateAt(pfn + page) != PAGE_UNKNOWN) continue;
    setStateAt(pfn + page, state);
    ++turned;
  }
  if (turned > 0 && countUnmovable(countsOf(entry)) == 0) setType(entry, MIGRATE_MOVABLE);
  return turned;
}
