// What the checks of the boundary have in common.

import {
  ALLOC_COMPOUND,
  ALLOC_NO_WATERMARKS,
  ALLOC_THISNODE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CLASSES,
} from "../abi";
import { PAGE_MASK, stateAt } from "../mm/page";
import { isUsed } from "../mm/page-class";
import {
  NO_ZONE,
  blockState,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { Pfn } from "../mm/numbers";

/** Flags that an allocation may have. */
export const ALLOC_FLAGS: u32 = ALLOC_NO_WATERMARKS | ALLOC_THISNODE | ALLOC_COMPOUND;

export function endPfn(): Pfn {
  return nrPageblocks << PAGEBLOCK_ORDER;
}

/** Is [start, start + nr) inside the table, not empty? */
export function inTable(start: Pfn, nr: u32): bool {
  return nr > 0 && start < endPfn() && nr <= endPfn() - start;
}

export function isBlockAligned(start: Pfn, nr: u32): bool {
  return ((start | nr) & PAGE_MASK) == 0;
}

/** Does the whole range belong to one online zone? */
export function inOneZone(start: Pfn, nr: u32): bool {
  const zone = zoneOf(entryOf(start));
  if (zone == NO_ZONE) return false;
  const last = (start + nr - 1) >> PAGEBLOCK_ORDER;
  for (let block = start >> PAGEBLOCK_ORDER; block <= last; ++block) {
    if (zoneOf(entryOfBlock(block)) != zone) return false;
  }
  return true;
}

/** Can pages of this class be allocated? */
export function isAllocatable(pageClass: u32): bool {
  return pageClass < PAGE_CLASSES && isUsed(pageClass);
}

/** Are all pages of [start, start + nr) of this class? */
export function allOfClass(start: Pfn, nr: u32, pageClass: u32): bool {
  const end = start + nr;
  for (let pfn = start; pfn < end;) {
    const entry = entryOf(pfn);
    if (!recordOf(entry) && !(pfn & PAGE_MASK) && end - pfn >= PAGEBLOCK_PAGES) {
      if (blockState(entry) != pageClass) return false;
      pfn += PAGEBLOCK_PAGES;
    } else {
      if (stateAt(pfn) != pageClass) return false;
      ++pfn;
    }
  }
  return true;
}
