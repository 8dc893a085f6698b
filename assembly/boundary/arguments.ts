// What the checks of the boundary have in common.

import {
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CLASSES,
  ALLOC_NO_WATERMARKS,
  ALLOC_THISNODE,
  ALLOC_COMPOUND,
} from "../abi";
import { PAGE_MASK, stateAt } from "../page";
import { isUsed } from "../page-class";
import { NO_ZONE, entryOf, entryOfBlock, nrPageblocks, recordOf, zoneOf } from "../pageblock";

/** Flags that an allocation may have. */
export const ALLOC_FLAGS: u32 = ALLOC_NO_WATERMARKS | ALLOC_THISNODE | ALLOC_COMPOUND;
/** Records that one allocation, free or migrated page may need. */
export const SMALL_OPERATION: u32 = 4;

export function endPfn(): u32 {
  return nrPageblocks << PAGEBLOCK_ORDER;
}

/** Is [start, start + nr) inside the table, not empty? */
export function inTable(start: u32, nr: u32): bool {
  return nr > 0 && start < endPfn() && nr <= endPfn() - start;
}

export function isBlockAligned(start: u32, nr: u32): bool {
  return ((start | nr) & PAGE_MASK) == 0;
}

/** Does the whole range belong to one online zone? */
export function inOneZone(start: u32, nr: u32): bool {
  const zone = zoneOf(entryOf(start));
  if (zone == NO_ZONE) return false;
  for (
    let block = start >> PAGEBLOCK_ORDER;
    block <= (start + nr - 1) >> PAGEBLOCK_ORDER;
    ++block
  ) {
    if (zoneOf(entryOfBlock(block)) != zone) return false;
  }
  return true;
}

/** Can pages of this class be allocated? */
export function isAllocatable(pageClass: u32): bool {
  return pageClass < PAGE_CLASSES && isUsed(pageClass);
}

/** Are all pages of [start, start + nr) of this class? */
export function allOfClass(start: u32, nr: u32, pageClass: u32): bool {
  for (let pfn = start; pfn < start + nr;) {
    if (stateAt(pfn) != pageClass) return false;
    const entry = entryOf(pfn);
    const whole = !recordOf(entry) && !(pfn & PAGE_MASK) && start + nr - pfn >= PAGEBLOCK_PAGES;
    pfn += whole ? PAGEBLOCK_PAGES : 1;
  }
  return true;
}
