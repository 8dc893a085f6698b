// The links of pages on the kernel's own lists, as its struct pages have them: of the first pages
// of free chunks, and of pages that may be in a per-CPU cache. Ascending by pfn, in parts of a
// fixed size, as their number is known last:
//
//   byte 0      4      8      12
//       +------+------+------+------+     next, prev: pfn; NO_PAGE: what is linked is no page, but
//       | pfn  | next | prev | kind |                 the head of the list
//       +------+------+------+------+     kind: order of a free chunk, or IN_CACHE

import { LINK_PARTS, LINK_PARTS_BYTES } from "../mm/layout";
import { Pfn } from "../mm/numbers";
import { reserve } from "../mm/reserve";

const ENTRY_SHIFT: u32 = 4;
const PART_SHIFT: u32 = 12;
const PART_ENTRIES: u32 = 1 << PART_SHIFT;
const PART_BYTES: u64 = (<u64>PART_ENTRIES) << ENTRY_SHIFT;
const MOST_LINKS: u32 = (LINK_PARTS_BYTES >> 2) << PART_SHIFT;

/** No page: the end of a list. */
export const NO_PAGE: u32 = 0xffffffff;
/** A page that may be in a per-CPU cache. */
export const IN_CACHE: u32 = 0x100;

/** How many pages have links. No list is longer. */
export let nrLinks: u32 = 0;

function linkAt(index: u32): usize {
  const part: usize = load<u32>(LINK_PARTS + ((<usize>(index >> PART_SHIFT)) << 2));
  return part + ((<usize>(index & (PART_ENTRIES - 1))) << ENTRY_SHIFT);
}

/** Adds a page behind all others. False where memory is exhausted. */
export function addLink(pfn: Pfn, next: Pfn, prev: Pfn, kind: u32): bool {
  if (nrLinks == MOST_LINKS) return false;
  if (!(nrLinks & (PART_ENTRIES - 1))) {
    const part = reserve(PART_BYTES);
    if (!part) return false;
    store<u32>(LINK_PARTS + ((<usize>(nrLinks >> PART_SHIFT)) << 2), <u32>part);
  }
  const at = linkAt(nrLinks++);
  store<u32>(at, pfn);
  store<u32>(at, next, 4);
  store<u32>(at, prev, 8);
  store<u32>(at, kind, 12);
  return true;
}

/** The links of a page; 0 where none are known. */
function linksOfPage(pfn: Pfn): usize {
  let low: u32 = 0;
  let high = nrLinks;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = linkAt(middle);
    const found = load<u32>(at);
    if (found == pfn) return at;
    if (found < pfn) low = middle + 1;
    else high = middle;
  }
  return 0;
}

/** Is the page linked as one of this kind? */
export function isLinked(pfn: Pfn, kind: u32): bool {
  const at: usize = pfn == NO_PAGE ? 0 : linksOfPage(pfn);
  return at != 0 && load<u32>(at, 12) == kind;
}

/** The page behind one that is linked. */
export function pageBehind(pfn: Pfn): Pfn {
  return load<u32>(linksOfPage(pfn), 4);
}

/** The page before one that is linked. */
export function pageBefore(pfn: Pfn): Pfn {
  return load<u32>(linksOfPage(pfn), 8);
}

/** The pages that are linked as of this kind and have nothing before them: from `index` on. */
export function nextFirst(index: u32, kind: u32): u32 {
  for (; index < nrLinks; ++index) {
    const at = linkAt(index);
    if (load<u32>(at, 12) == kind && load<u32>(at, 8) == NO_PAGE) break;
  }
  return index;
}

/** The page with these links. */
export function pageAt(index: u32): Pfn {
  return load<u32>(linkAt(index));
}
