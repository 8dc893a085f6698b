// The pool of huge pages of 2 MiB (hugetlb). A free page of the pool that blocks an attempt is
// replaced by a fresh one; a page in use moves to a page of the pool, or to a fresh one where the
// pool has none to spare.
//
// A page that was emptied that way goes back to its pool, and so stays where it is. Up to 6.13 the
// pool hands it out again at once, even inside the range that is being emptied: the next page in
// use moves there, and the attempt fails. From 6.14 on (replace_free_hugepage_folios()) the pool
// keeps away from isolated pageblocks, and the pages left in the range are replaced in the end.
//
// Pages of the pool are pageblocks of one state without a record, so the links of their entries are
// free for the list.

import {
  ALLOC_COMPOUND,
  ALLOC_THISNODE,
  ENOMEM,
  MIGRATE_MOVABLE,
  MM_POOL_LEAVES_RANGE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  ZONE_MOVABLE,
} from "../abi";
import { NO_CHUNK } from "../mm/free-list";
import { allocPages } from "../mm/page-alloc";
import { fromZones, pagesOf } from "../mm/request";
import { freeBlock } from "../mm/page-free";
import { makeUniform } from "../mm/page";
import {
  NO_ENTRY,
  blockOfEntry,
  blockState,
  chainAfter,
  chainBefore,
  entryOf,
  entryOfBlock,
  isIsolated,
  nrPageblocks,
  recordOf,
  setChain,
  zoneOf,
} from "../mm/pageblock";
import { hasBehaviour } from "../mm/version";
import { nodeOf } from "../mm/zone";
import { EntryOffset, PageState, Pfn } from "../mm/numbers";

/** First and last page of the list, as entries. */
let first: usize = NO_ENTRY;
let nrFree: u32 = 0;
/** resv_huge_pages, and surplus_huge_pages: pages in use beyond the pool's size. */
let reserved: u32 = 0;
let surplus: u32 = 0;

/** What the last target was taken from. */
export let targetFromPool: bool = false;

/**
 * Says how many of the pool's pages are reserved, and how many pages in use are beyond its size.
 */
export function setPool(reservedPages: u32, surplusPages: u32): void {
  reserved = reservedPages;
  surplus = surplusPages;
}

/** Takes over the free huge pages of a loaded guest; the lowest is handed out first. */
export function adoptPool(): void {
  for (let block = nrPageblocks; block-- > 0;) {
    const entry = entryOfBlock(block);
    if (!recordOf(entry) && blockState(entry) == PAGE_HUGETLB_FREE) push(entry);
  }
}

/** Puts a page at the head. */
function push(entry: EntryOffset): void {
  setChain(entry, NO_ENTRY, first);
  if (first != NO_ENTRY) setChain(first, entry, chainAfter(first));
  first = entry;
  ++nrFree;
}

function remove(entry: EntryOffset): void {
  const before = chainBefore(entry);
  const after = chainAfter(entry);
  if (before == NO_ENTRY) first = after;
  else setChain(before, chainBefore(before), after);
  if (after != NO_ENTRY) setChain(after, before, chainAfter(after));
  --nrFree;
}

/** The page that the pool would hand out, the first of its list that may be; or NO_ENTRY. */
function firstToSpare(): usize {
  if (nrFree <= reserved) return NO_ENTRY;
  let entry = first;
  if (hasBehaviour(MM_POOL_LEAVES_RANGE)) {
    while (entry != NO_ENTRY && isIsolated(entry)) entry = chainAfter(entry);
  }
  return entry;
}

/** A huge page from the buddy allocator, or NO_CHUNK. */
function freshPage(state: PageState, node: u32): u32 {
  const zones = fromZones(ZONE_MOVABLE, node, ALLOC_COMPOUND | ALLOC_THISNODE);
  return allocPages(pagesOf(PAGEBLOCK_ORDER, MIGRATE_MOVABLE, state) | zones);
}

/** Pages for a huge page in use to move to, or NO_CHUNK. */
export function takeHugeTarget(node: u32): u32 {
  const entry = firstToSpare();
  targetFromPool = entry != NO_ENTRY;
  if (entry == NO_ENTRY) return freshPage(PAGE_HUGETLB, node);
  remove(entry);
  makeUniform(entry, PAGE_HUGETLB);
  return blockOfEntry(entry) << PAGEBLOCK_ORDER;
}

/**
 * A huge page has moved to the target that was taken last. Its pages go back to where the target
 * came from.
 */
export function emptyHuge(pfn: Pfn): void {
  if (targetFromPool && surplus == 0) {
    makeUniform(entryOf(pfn), PAGE_HUGETLB_FREE);
    push(entryOf(pfn));
    return;
  }
  if (targetFromPool) --surplus;
  freeBlock(pfn);
}

/** Replaces a free page of the pool by a fresh one. Returns 0 or -ENOMEM with nothing changed. */
export function replaceHuge(pfn: Pfn): i32 {
  const fresh = freshPage(PAGE_HUGETLB_FREE, nodeOf(zoneOf(entryOf(pfn))));
  if (fresh == NO_CHUNK) return -ENOMEM;
  dissolveHuge(pfn);
  push(entryOf(fresh));
  return 0;
}

/** Takes a free page out of the pool for good. */
export function dissolveHuge(pfn: Pfn): void {
  remove(entryOf(pfn));
  freeBlock(pfn);
}

/**
 * Replaces the free pages of the pool in [start, end), in versions that do that in the end. Returns
 * 0 or -ENOMEM.
 */
export function replaceLeftHuge(start: Pfn, end: Pfn): i32 {
  if (nrFree == 0 || !hasBehaviour(MM_POOL_LEAVES_RANGE)) return 0;
  for (let pfn = start; pfn < end; pfn += PAGEBLOCK_PAGES) {
    const entry = entryOf(pfn);
    if (recordOf(entry) || blockState(entry) != PAGE_HUGETLB_FREE) continue;
    const result = replaceHuge(pfn);
    if (result < 0) return result;
  }
  return 0;
}

/**
 * The pool shrinks to nothing: free pages that are not reserved go, those in use go when they are
 * given back. Returns how many base pages that freed.
 */
export function emptyPool(): u32 {
  let freed: u32 = 0;
  while (nrFree > reserved) {
    dissolveHuge(blockOfEntry(first) << PAGEBLOCK_ORDER);
    freed += PAGEBLOCK_PAGES;
  }
  surplus = nrPageblocks;
  return freed;
}
