// Answers about subblocks from the pageblock counters, nearly all without touching pages.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_CLASSES } from "../abi";
import { stateAt, stepFrom } from "../mm/page";
import {
  HEAD,
  ONE_FREE,
  classOrFree,
  countDelta,
  countFree,
  countHeld,
  countMovable,
  countUnmovable,
} from "../mm/page-class";
import {
  ENTRY_BYTES,
  FLAG_IN_DEVICE,
  blockState,
  blockingCounts,
  countsOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { BlockNr, EntryOffset, PageState, Pfn, ZoneNr } from "../mm/numbers";

/**
 * Sum of the four counters of the pageblocks of [start, end), pfns: {free, movable, unmovable,
 * held} as u32 each.
 */
export function sumCounts(start: Pfn, end: Pfn, into: usize): void {
  let free: u32 = 0;
  let movable: u32 = 0;
  let unmovable: u32 = 0;
  let held: u32 = 0;
  for (let block = start >> PAGEBLOCK_ORDER; block < end >> PAGEBLOCK_ORDER; ++block) {
    const counts = countsOf(entryOfBlock(block));
    free += countFree(counts);
    movable += countMovable(counts);
    unmovable += countUnmovable(counts);
    held += countHeld(counts);
  }
  store<u32>(into, free);
  store<u32>(into, movable, 4);
  store<u32>(into, unmovable, 8);
  store<u32>(into, held, 12);
}

/**
 * Number of the `nrSubblocks` subblocks of `blocksEach` pageblocks from `firstBlock` on that could
 * be taken now, as far as their pages go: nothing unmovable, nothing held. Targets not looked at.
 * Sets their bits in `words`, clears the others', unless it is 0.
 */
export function removableSubblocks(
  firstBlock: BlockNr,
  blocksEach: u32,
  nrSubblocks: u32,
  words: usize,
): u32 {
  let count: u32 = 0;
  let entry = entryOfBlock(firstBlock);
  for (let done: u32 = 0; done < nrSubblocks; done += 64) {
    const nr = min(nrSubblocks - done, 64);
    const goes =
      blocksEach == 1 ? removableBlocks(entry, nr) : removableBits(entry, blocksEach, nr);
    entry += <usize>(nr * blocksEach) * ENTRY_BYTES;
    count += <u32>popcnt(goes);
    if (!words) continue;
    const word = words + ((<usize>(done >> 6)) << 3);
    const kept: u64 = nr == 64 ? 0 : load<u64>(word) & (u64.MAX_VALUE << u64(nr));
    store<u64>(word, kept | goes);
  }
  return count;
}

/** A bit for each of up to 64 pageblocks: could it go? */
function removableBlocks(entry: EntryOffset, nr: u32): u64 {
  let goes: u64 = 0;
  for (let bit: u64 = 0; bit < nr; ++bit) {
    goes |= (<u64>(blockingCounts(entry) == 0)) << bit;
    entry += ENTRY_BYTES;
  }
  return goes;
}

/** A bit for each of up to 64 subblocks: could all of its pageblocks go? */
function removableBits(entry: EntryOffset, blocksEach: u32, nr: u32): u64 {
  let goes: u64 = 0;
  for (let bit: u64 = 0; bit < nr; ++bit) {
    let obstacles: u32 = 0;
    for (let block: u32 = 0; block < blocksEach; ++block) {
      obstacles |= blockingCounts(entry);
      entry += ENTRY_BYTES;
    }
    goes |= (<u64>(obstacles == 0)) << bit;
  }
  return goes;
}

/**
 * Pages of `nr` subblocks of `blocksEach` pageblocks each, from `firstBlock` on, as three arrays of
 * u32 behind each other: free, movable and not held, blocking (unmovable or held).
 */
export function sumBySubblock(firstBlock: BlockNr, blocksEach: u32, nr: u32, into: usize): void {
  let block = firstBlock;
  for (let subblock: u32 = 0; subblock < nr; ++subblock) {
    let free: u32 = 0;
    let movable: u32 = 0;
    let blocking: u32 = 0;
    for (let end = block + blocksEach; block < end; ++block) {
      const counts = countsOf(entryOfBlock(block));
      const held = countHeld(counts);
      free += countFree(counts);
      movable += countMovable(counts) - held;
      blocking += countUnmovable(counts) + held;
    }
    const at = into + ((<usize>subblock) << 2);
    store<u32>(at, free);
    store<u32>(at + ((<usize>nr) << 2), movable);
    store<u32>(at + ((<usize>nr) << 3), blocking);
  }
}

/** The first page of [start, end) that sumBySubblock() counts as blocking; `end` without one. */
export function firstBlockingIn(start: Pfn, end: Pfn): Pfn {
  let pfn = start;
  while (pfn < end) {
    const state = stateAt(pfn);
    const counts = state & HEAD ? ONE_FREE : countDelta(state);
    if (countUnmovable(counts) + countHeld(counts) > 0) return pfn;
    pfn += stepFrom(pfn, state);
  }
  return end;
}

/**
 * Pages of a zone by class, a u32 each; `deviceOnly`: only of pageblocks that were loaded as memory
 * of the device. Free pages are counted whether they head a chunk or not.
 */
export function countClasses(zone: ZoneNr, deviceOnly: bool, into: usize): void {
  memory.fill(into, 0, PAGE_CLASSES << 2);
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone || (deviceOnly && !(flagsOf(entry) & FLAG_IN_DEVICE))) continue;
    const record = recordOf(entry);
    if (!record) addToClass(blockState(entry), PAGEBLOCK_PAGES, into);
    for (let page: u32 = record ? 0 : PAGEBLOCK_PAGES; page < PAGEBLOCK_PAGES; ++page) {
      addToClass(load<u8>(record + page), 1, into);
    }
  }
}

function addToClass(state: PageState, nrPages: u32, into: usize): void {
  const at = into + ((<usize>classOrFree(state)) << 2);
  store<u32>(at, load<u32>(at) + nrPages);
}

/** Pageblocks of a zone by free pages, 0 to 512; u32 each. */
const BY_FREE = memory.data(513 * 4, 4);

/**
 * Pages to move so that what is used of the partly used pageblocks of a zone lies in as few of them
 * as can hold it, fullest first.
 */
export function movesToCompact(zone: ZoneNr): u32 {
  memory.fill(BY_FREE, 0, (PAGEBLOCK_PAGES + 1) << 2);
  let used: u64 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone) continue;
    const free = countFree(countsOf(entry));
    const at = BY_FREE + ((<usize>free) << 2);
    store<u32>(at, load<u32>(at) + 1);
    if (free > 0) used += PAGEBLOCK_PAGES - free;
  }
  let kept = (used + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;
  let moves: u64 = 0;
  for (let free: u32 = 1; free < PAGEBLOCK_PAGES; ++free) {
    const blocks = <u64>load<u32>(BY_FREE + ((<usize>free) << 2));
    const full = min(kept, blocks);
    kept -= full;
    moves += (blocks - full) * (PAGEBLOCK_PAGES - free);
  }
  return <u32>moves;
}
