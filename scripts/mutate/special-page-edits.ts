import type { Edit } from "./edit.js";

/**
 * Edits of what the core knows of pages that are neither a program's nor a file's in the plain way:
 * huge pages and their pool, swap, balloons, zsmalloc, folios.
 */
export const specialPageEdits: readonly Edit[] = [
  // the pool of huge pages
  hugetlb(
    "  if (nrFree <= reserved) return NO_ENTRY;",
    "  if (nrFree < reserved) return NO_ENTRY;",
    "a page that is promised is handed out",
  ),
  hugetlb(
    "    while (entry != NO_ENTRY && isIsolated(entry)) entry = chainAfter(entry);",
    "    while (entry != NO_ENTRY && !isIsolated(entry)) entry = chainAfter(entry);",
    "the pool hands out pages of the range that is emptied",
  ),
  hugetlb(
    "  if (targetFromPool && surplus == 0) {",
    "  if (surplus == 0) {",
    "a page that moved to a fresh one stays in the pool",
  ),
  hugetlb(
    "  remove(entryOf(pfn));\n  freeBlock(pfn);",
    "  freeBlock(pfn);",
    "a page that was dissolved stays on the list of the pool",
  ),
  hugetlb(
    "    if (recordOf(entry) || blockState(entry) != PAGE_HUGETLB_FREE) continue;\n    const result",
    "    if (recordOf(entry) || blockState(entry) == PAGE_HUGETLB_FREE) continue;\n    const result",
    "free pages of the pool that are left in the range are not replaced",
  ),
  hugetlb(
    "  for (let block = nrPageblocks; block-- > 0;) {",
    "  for (let block: u32 = 0; block < nrPageblocks; ++block) {",
    "the highest page of the pool is handed out first",
  ),
  // reclaim and swap
  reclaim(
    "  if (swapFree < nrPages) return false;",
    "  if (swapFree <= nrPages) return false;",
    "the last page of swap is never used",
  ),
  reclaim("  swapFree -= nrPages;", "", "swap never fills"),
  reclaim("  owed -= 1000;", "  owed -= 500;", "compressed swap takes twice its memory"),
  reclaim(
    "  if (stage == SWAP_CACHE) return pageClass == PAGE_SWAP_CACHE;",
    "  if (stage == SWAP_CACHE) return false;",
    "the swap cache stays",
  ),
  reclaim("    if (stage == CLEAN) bufferDropped();", "", "buffer heads stay without their pages"),
  reclaim(
    "    if (stage == SWAP_OUT && swapFree == 0) break;",
    "    if (stage >= SWAP_CACHE && swapFree == 0) break;",
    "the swap cache goes only while swap is free",
  ),
  // balloons
  balloon(
    "    if (stateAt(pfn) == PAGE_OFFLINE) setStateAt(pfn, PAGE_BALLOON);",
    "    if (stateAt(pfn) != PAGE_OFFLINE) setStateAt(pfn, PAGE_BALLOON);",
    "pages beside a balloon become a part of it",
  ),
  balloon(
    "    found += PAGEBLOCK_PAGES;\n",
    "",
    "a balloon takes all unplugged pageblocks, whatever its counter says",
  ),
  balloon(
    "    if (blockState(entry) != PAGE_OFFLINE) continue;",
    "    if (blockState(entry) == PAGE_BALLOON) continue;",
    "a balloon takes pageblocks in use",
  ),
  flags(
    "  if (!(place & IN_DEVICE) || flags & UPTODATE) return PAGE_BALLOON;",
    "  if (!(place & IN_DEVICE)) return PAGE_BALLOON;",
    "the balloon of 7.2 is unplugged memory",
  ),
  // zsmalloc
  zspages(
    "  let left = zspagesOf(zone) - min(zspagesOf(zone), found);",
    "  let left = zspagesOf(zone);",
    "pages that show what they are count twice",
  ),
  flags(
    "  return !(flags & TYPED) && (flags & (MMAP | PRIVATE | UPTODATE)) != 0;",
    "  return !(flags & TYPED) && (flags & (MMAP | UPTODATE)) != 0;",
    "the first page of a group of zsmalloc is kernel memory (6.12)",
  ),
  // folios
  flags(
    "    return flags & SWAPCACHE ? PAGE_SWAP_CACHE : stateByte(PAGE_ANON, HOLD_PINNED);",
    "    return stateByte(PAGE_ANON, HOLD_PINNED);",
    "what only the swap cache keeps is pinned",
  ),
  {
    file: "assembly/capture/load.ts",
    old: "  if (isCompoundTail(word) && folio != NO_FOLIO) {",
    new: "  if (isCompoundTail(word) && folio == NO_FOLIO) {",
    breaks: "later pages of a folio go by their own flags",
  },
];

function hugetlb(old: string, to: string, breaks: string): Edit {
  return { file: "assembly/contig/hugetlb.ts", old, new: to, breaks };
}

function reclaim(old: string, to: string, breaks: string): Edit {
  return { file: "assembly/mm/reclaim.ts", old, new: to, breaks };
}

function balloon(old: string, to: string, breaks: string): Edit {
  return { file: "assembly/capture/balloon.ts", old, new: to, breaks };
}

function zspages(old: string, to: string, breaks: string): Edit {
  return { file: "assembly/capture/zspages.ts", old, new: to, breaks };
}

function flags(old: string, to: string, breaks: string): Edit {
  return { file: "assembly/capture/page-flags.ts", old, new: to, breaks };
}
