// One byte for each subblock, and one for each page, for those who draw them.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { STAGING, STAGING2, STAGING_BYTES } from "../mm/layout";
import { BlockNr, EntryOffset, Pfn } from "../mm/numbers";
import { stateAt } from "../mm/page";
import {
  HEAD,
  classOf,
  classOrFree,
  countDelta,
  countFree,
  countHeld,
  countUnmovable,
} from "../mm/page-class";
import {
  CHANGED_SHIFT,
  blockState,
  blockingCounts,
  countsOf,
  entryOfBlock,
  hasChanged,
  hasChangedNear,
  recordOf,
  typeOf,
  zoneOf,
} from "../mm/pageblock";

/** Something blocks: the class is that of the first such page. */
const BLOCKS: u32 = 0x80;
const SHARE_SHIFT: u32 = 5;

/** Where changedSubblocks() leaves its answer. */
const CHANGED_NUMBERS: usize = STAGING;
const CHANGED_LOOKS: usize = STAGING2;
/** Subblocks that it can be asked for. */
export const MOST_CHANGED: u32 = STAGING_BYTES >> 2;

/**
 * `nr` subblocks of `blocksEach` pageblocks, a byte each: bits 0 to 4 the class of the first
 * blocking page, or where nothing blocks of the first page in use; bits 5 and 6 the share in use,
 * in thirds that have begun; bit 7 whether something blocks.
 */
export function lookBySubblock(firstBlock: BlockNr, blocksEach: u32, nr: u32, into: usize): void {
  let block = firstBlock;
  for (let at = into, last = into + nr; at < last; ++at) {
    let used: u32 = 0;
    let seen: u32 = 0;
    for (let end = block + blocksEach; block < end; ++block) {
      const entry = entryOfBlock(block);
      const usedHere = PAGEBLOCK_PAGES - countFree(countsOf(entry));
      used += usedHere;
      if (!usedHere || seen & BLOCKS) continue;
      const blocks = blockingCounts(entry) != 0;
      if (blocks) seen = BLOCKS | classIn(entry, true);
      else if (!seen) seen = classIn(entry, false);
    }
    // of nothing none have begun, and most of a large guest is that
    if (used) seen |= ((used * 3 - 1) / (blocksEach << PAGEBLOCK_ORDER) + 1) << SHARE_SHIFT;
    store<u8>(at, seen);
  }
}

/**
 * Those of `nr` subblocks in which something has changed after look `since`: their numbers, u32
 * each, and the byte of lookBySubblock(). Returns how many.
 */
export function changedSubblocks(firstBlock: BlockNr, blocksEach: u32, nr: u32, since: u32): u32 {
  let found: u32 = 0;
  for (let subblock: u32 = 0; subblock < nr;) {
    const block = firstBlock + subblock * blocksEach;
    const nearEnd = (block | ((1 << CHANGED_SHIFT) - 1)) + 1;
    if (block + blocksEach <= nearEnd && !hasChangedNear(block, since)) {
      subblock += (nearEnd - block) / blocksEach;
      continue;
    }
    if (anyChanged(block, blocksEach, since)) {
      store<u32>(CHANGED_NUMBERS + ((<usize>found) << 2), subblock);
      lookBySubblock(block, blocksEach, 1, CHANGED_LOOKS + found);
      ++found;
    }
    ++subblock;
  }
  return found;
}

function anyChanged(block: BlockNr, nr: u32, since: u32): bool {
  for (const end = block + nr; block < end; ++block) {
    if (hasChanged(entryOfBlock(block), since)) return true;
  }
  return false;
}

/** Class of the first page of a pageblock that blocks, or that is in use; 0 without one. */
function classIn(entry: EntryOffset, blocking: bool): u32 {
  const record = recordOf(entry);
  if (!record) return classOrFree(blockState(entry));
  for (let page: usize = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state: u32 = load<u8>(record + page);
    if (state & HEAD || !classOf(state)) continue;
    const counts = countDelta(state);
    if (!blocking || countUnmovable(counts) + countHeld(counts) > 0) return classOf(state);
  }
  return 0;
}

/**
 * The first pageblock of each subblock: bits 0 to 3 the index of its zone, 15 where no page is
 * online, bits 4 to 6 its migratetype.
 */
export function zonesBySubblock(firstBlock: BlockNr, blocksEach: u32, nr: u32, into: usize): void {
  for (let subblock: u32 = 0; subblock < nr; ++subblock) {
    const entry = entryOfBlock(firstBlock + subblock * blocksEach);
    store<u8>(into + subblock, (typeOf(entry) << 4) | (zoneOf(entry) & 15));
  }
}

/** Pages, a byte each: bits 0 to 4 the class, bits 5 and 6 the hold. */
export function copyStates(start: Pfn, nr: u32, into: usize): void {
  for (let page: u32 = 0; page < nr; ++page) {
    const state = stateAt(start + page);
    store<u8>(into + page, state & HEAD ? 0 : state);
  }
}
