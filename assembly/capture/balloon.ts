// Pages of a balloon (virtio-balloon and the like) in the device. They are PG_offline, as unplugged
// memory is, but page by page; the driver takes and gives whole subblocks. Where the host's side is
// known it says what is plugged; else the balloon's counter does.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_BALLOON, PAGE_OFFLINE } from "../abi";
import { makeUniform, setStateAt, stateAt } from "../mm/page";
import {
  NO_ZONE,
  blockState,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { BlockNr, Pfn } from "../mm/numbers";

/** [start, end) is plugged: what is offline there is in a balloon. */
export function markPlugged(start: Pfn, end: Pfn): void {
  for (let pfn = start; pfn < end;) {
    const entry = entryOf(pfn);
    if (!recordOf(entry) && blockState(entry) != PAGE_OFFLINE) {
      pfn = ((pfn >> PAGEBLOCK_ORDER) + 1) << PAGEBLOCK_ORDER;
      continue;
    }
    const isWhole = !(pfn & (PAGEBLOCK_PAGES - 1)) && end - pfn >= PAGEBLOCK_PAGES;
    if (!recordOf(entry) && isWhole) {
      makeUniform(entry, PAGE_BALLOON);
      pfn += PAGEBLOCK_PAGES;
      continue;
    }
    if (stateAt(pfn) == PAGE_OFFLINE) setStateAt(pfn, PAGE_BALLOON);
    ++pfn;
  }
}

/**
 * A balloon holds `expected` pages. Those that lie apart have been found; where they are fewer, the
 * rest are whole pageblocks, which look like unplugged ones. The lowest count as such: a balloon
 * takes what the allocator hands out first.
 */
export function classifyBalloon(expected: u32): void {
  let found: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) found += balloonPages(block);
  const least = PAGEBLOCK_PAGES >> 1;
  for (let block: u32 = 0; block < nrPageblocks && expected > found + least; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || recordOf(entry)) continue;
    if (blockState(entry) != PAGE_OFFLINE) continue;
    makeUniform(entry, PAGE_BALLOON);
    found += PAGEBLOCK_PAGES;
  }
}

function balloonPages(block: BlockNr): u32 {
  const entry = entryOfBlock(block);
  const record = recordOf(entry);
  if (!record) return blockState(entry) == PAGE_BALLOON ? PAGEBLOCK_PAGES : 0;
  let pages: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    pages += <u32>(load<u8>(record + page) == <u8>PAGE_BALLOON);
  }
  return pages;
}
