// A guest as it would be if the device's memory had come online in ZONE_MOVABLE: what the kernel
// has taken of it, and long-term pins, lie in boot memory instead. Each such page changes places
// with a movable page of boot memory; once there are none, it takes a free page there. So the guest
// holds what it held, and what finds no room stays where it was.

import {
  HOLD_NONE,
  HOLD_PINNED,
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_CONTIG,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_FREE,
  PAGE_KERNEL,
  PAGE_KERNEL_COMPOUND,
  PAGE_MEMMAP,
  PAGE_PAGE_TABLE,
  PAGE_SHMEM,
  PAGE_SLAB,
  PAGE_TAIL,
  PAGE_UNEVICTABLE,
  PAGE_UNKNOWN,
  ZONE_DMA32,
  ZONE_NORMAL,
} from "../abi";
import { NO_CHUNK } from "../mm/free-list";
import { BlockNr, PageState, Pfn } from "../mm/numbers";
import { setRange, setStateAt, stateAt } from "../mm/page";
import {
  classOf,
  countFree,
  countHeld,
  countMovable,
  countUnmovable,
  holdOf,
} from "../mm/page-class";
import {
  NO_ZONE,
  blockState,
  countsOf,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  recordOf,
  setType,
  zoneOf,
} from "../mm/pageblock";
import { recordsAtHand } from "../mm/record-slab";
import { kindOf } from "../mm/zone";

const KERNEL: u32 =
  (1 << PAGE_TAIL) |
  (1 << PAGE_CONTIG) |
  (1 << PAGE_SLAB) |
  (1 << PAGE_PAGE_TABLE) |
  (1 << PAGE_KERNEL) |
  (1 << PAGE_KERNEL_COMPOUND) |
  (1 << PAGE_UNKNOWN);
const PINNABLE: u32 = (1 << PAGE_ANON) | (1 << PAGE_SHMEM) | (1 << PAGE_UNEVICTABLE);
/** What makes room in boot memory. */
const GIVING_WAY: u32 =
  (1 << PAGE_ANON) | (1 << PAGE_SHMEM) | (1 << PAGE_FILE_CLEAN) | (1 << PAGE_FILE_DIRTY);

/** The device's memory; empty where the guest stays as it is. */
let start: Pfn = 0;
let end: Pfn = 0;
/** Where the search for room goes on, and whether it has come to free pages. */
let cursor: Pfn = 0;
let takesFree: bool = false;

/** From now on moveKernelOut() clears [first, last). */
export function setKernelOut(first: Pfn, last: Pfn): void {
  start = first;
  end = last;
  cursor = 0;
  takesFree = false;
}

/** May boot memory's pages in this pageblock be for the kernel? */
function isBootBlock(block: BlockNr): bool {
  const pfn = block << PAGEBLOCK_ORDER;
  if (pfn >= start && pfn < end) return false;
  const zone = zoneOf(entryOfBlock(block));
  if (zone == NO_ZONE) return false;
  const kind = kindOf(zone);
  return kind == ZONE_NORMAL || kind == ZONE_DMA32;
}

/**
 * Changes the places of a pageblock of struct pages and one of boot memory that can move as a
 * whole. Returns the latter, or NO_CHUNK where there is none.
 */
export function moveMemmapOut(block: BlockNr): u32 {
  const entry = entryOfBlock(block);
  if (recordOf(entry) || blockState(entry) != PAGE_MEMMAP) return NO_CHUNK;
  for (let target: u32 = 0; target < nrPageblocks; ++target) {
    if (!isBootBlock(target)) continue;
    const counts = countsOf(entryOfBlock(target));
    const idle = countFree(counts) + countMovable(counts);
    if (idle != PAGEBLOCK_PAGES || countHeld(counts) || !isSingle(target)) continue;
    const from = target << PAGEBLOCK_ORDER;
    const to = block << PAGEBLOCK_ORDER;
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      setStateAt(to + page, stateAt(from + page));
    }
    setRange(from, PAGEBLOCK_PAGES, PAGE_MEMMAP);
    setType(entryOfBlock(target), MIGRATE_UNMOVABLE);
    setType(entry, MIGRATE_MOVABLE);
    return target;
  }
  return NO_CHUNK;
}

/** Nothing but free pages and pages that give way, each by itself? */
function isSingle(block: BlockNr): bool {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = stateAt((block << PAGEBLOCK_ORDER) + page);
    if (!(((GIVING_WAY | (1 << PAGE_FREE)) >> classOf(state)) & 1)) return false;
  }
  return true;
}

/** Clears the range that setKernelOut() gave. After pages are classified, before the free lists. */
export function moveKernelOut(): void {
  for (let pfn = start; pfn < end; pfn += PAGEBLOCK_PAGES) {
    const entry = entryOf(pfn);
    if (zoneOf(entry) == NO_ZONE) continue;
    const counts = countsOf(entry);
    if (countUnmovable(counts) == 0 && countHeld(counts) == 0) continue;
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      const state = stateAt(pfn + page);
      if (!belongsElsewhere(state)) continue;
      const target = nextTarget();
      if (target == NO_CHUNK) return;
      setStateAt(pfn + page, stateAt(target));
      setStateAt(target, alone(state));
      setType(entryOf(target), MIGRATE_UNMOVABLE);
    }
    if (countUnmovable(countsOf(entry)) == 0) setType(entry, MIGRATE_MOVABLE);
  }
}

function belongsElsewhere(state: PageState): bool {
  const bit: u32 = 1 << classOf(state);
  return (bit & KERNEL) != 0 || ((bit & PINNABLE) != 0 && holdOf(state) == HOLD_PINNED);
}

/** The pages of a larger allocation do not stay together. */
function alone(state: PageState): PageState {
  const pageClass = classOf(state);
  return pageClass == PAGE_TAIL || pageClass == PAGE_KERNEL_COMPOUND ? PAGE_KERNEL : state;
}

/** The next page of boot memory that can be had, or NO_CHUNK. */
function nextTarget(): u32 {
  const last = nrPageblocks << PAGEBLOCK_ORDER;
  for (; recordsAtHand > 1; ++cursor) {
    if (cursor >= last) {
      if (takesFree) return NO_CHUNK;
      takesFree = true;
      cursor = 0;
    }
    if (!(cursor & (PAGEBLOCK_PAGES - 1))) skipBlocks(last);
    if (cursor >= last) continue;
    const state = stateAt(cursor);
    if (takesFree ? state == PAGE_FREE : givesWay(state)) return cursor++;
  }
  return NO_CHUNK;
}

function givesWay(state: PageState): bool {
  return ((GIVING_WAY >> classOf(state)) & 1) != 0 && holdOf(state) == HOLD_NONE;
}

/** Steps over pageblocks in which there is nothing. */
function skipBlocks(last: Pfn): void {
  for (; cursor < last; cursor += PAGEBLOCK_PAGES) {
    const block = cursor >> PAGEBLOCK_ORDER;
    if (!isBootBlock(block)) continue;
    const counts = countsOf(entryOfBlock(block));
    if ((takesFree ? countFree(counts) : countMovable(counts)) > 0) return;
  }
}
