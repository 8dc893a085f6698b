// From the kernel's own struct pages to the words of /proc/kpageflags: stable_page_flags() of
// fs/proc/page.c (5.10 to 7.2), for guests of which there is a memory dump instead of that file.
// Where fields lie and which bits flags are differs between kernels; the guest says it
// (src/dump/page-flag-layout.ts).

import { EINVAL } from "../abi";
import { SCRATCH, STAGING, STAGING2 } from "../mm/layout";
import {
  ANON,
  BUDDY,
  COMPOUND_HEAD,
  COMPOUND_TAIL,
  HUGE,
  HWPOISON,
  KSM,
  LRU,
  MMAP,
  OFFLINE,
  PGTABLE,
  SLAB,
  SWAPBACKED,
  SWAPCACHE,
  THP,
} from "./kpageflags";

/** What a page that is not the first of its compound page takes over from that one anyway. */
const SHARED: u64 = SLAB | MMAP | ANON | SWAPCACHE | HUGE | KSM | THP;

/** Low bits of page.mapping: of a program; of KSM. */
const MAPPING_ANON: u64 = 1;
const MAPPING_KSM: u64 = 3;

/** Orders of free chunks above this one are damage. */
const MOST_ORDER: u64 = 20;

/** How a hugetlb page is told: not at all, by its type, a bit or a byte of its second page. */
const HUGE_BY_TYPE: u32 = 1;
const HUGE_BY_BIT: u32 = 2;
const HUGE_BY_BYTE: u32 = 3;

// The layout as setFlagLayout() takes it, as u32, by word:
//
//   0  bytes of a struct page             10  how a hugetlb page is told
//   1  offset of flags                    11  its type, bit or byte
//   2  of _refcount                       12  offset of that byte, from the first page on
//   3  of _mapcount, page_type            13  mask of page types
//   4  of mapping                         14  type of free pages
//   5  of private                         15  of offline pages
//   6  of compound_head, compound_info    16  of page tables
//   7  of the map count of the whole      17  of slab; 0: there is a bit for it
//      folio, from its first page on; or 0 18  1: all pages show the flags of the folio (6.10)
//   8  of that of all its pages; or 0      19
//   9  bit of the second page that means   20 to 27: 32 bytes, for each bit of page.flags that
//      THP; 64: those of LRU and programs     of kpageflags; 255: none
const LAYOUT_BYTES: u32 = 28 * 4;
const LAYOUT: usize = memory.data(28 * 4, 8);
const BIT_OF: usize = LAYOUT + 80;
/** Words that are offsets of 8 bytes in a struct page. */
const FIRST_OFFSET: u32 = 1;
const LAST_OFFSET: u32 = 6;

let structSize: u32 = 0;
/** Bits of page.flags that mean anything in kpageflags. */
let knownBits: u64 = 0;

// The page before.
let nextPfn: u32 = 0;
/** Of the first page of the compound page that pages now belong to; 0: none. */
let headWord: u64 = 0;
/** Where the free chunk ends that pages now lie in. */
let freeEnd: u64 = 0;

function word(index: u32): u32 {
  return load<u32>(LAYOUT + (index << 2));
}

/** Takes the layout above from the scratch area. Returns 0 or -EINVAL. */
export function setFlagLayout(): i32 {
  const size = load<u32>(SCRATCH);
  if (size < 32 || size > 256 || size & 7) return -EINVAL;
  for (let index = FIRST_OFFSET; index <= LAST_OFFSET; ++index) {
    const at = load<u32>(SCRATCH + (index << 2));
    if (at > size - 8 || at & 3) return -EINVAL;
  }
  // in the second to fourth struct page of a folio
  for (let index: u32 = 7; index <= 8; ++index) {
    const at = load<u32>(SCRATCH + (index << 2));
    if (at > 4 * size - 4 || at & 3) return -EINVAL;
  }
  if (load<u32>(SCRATCH, 36) > 64 || load<u32>(SCRATCH, 40) > HUGE_BY_BYTE) return -EINVAL;
  if (load<u32>(SCRATCH, 40) == HUGE_BY_BIT && load<u32>(SCRATCH, 44) > 63) return -EINVAL;
  if (load<u32>(SCRATCH, 48) >= 4 * size) return -EINVAL;
  memory.copy(LAYOUT, SCRATCH, LAYOUT_BYTES);
  structSize = size;
  knownBits = 0;
  for (let bit: u32 = 0; bit < 32; ++bit) {
    const shown = load<u8>(BIT_OF + bit);
    if (shown == 255) continue;
    if (shown > 63) return -EINVAL;
    knownBits |= (<u64>1) << bit;
  }
  nextPfn = 0;
  headWord = 0;
  freeEnd = 0;
  return 0;
}

export function hasFlagLayout(): bool {
  return structSize > 0;
}

/** Bytes of `nr` struct pages of that layout. */
export function bytesOf(nr: u32): u64 {
  return <u64>nr * structSize;
}

/**
 * Turns the `nr` struct pages in the staging area, of pages from `start` on, into words of
 * kpageflags in the second one. Ascending; pieces begin at multiples of four pages.
 */
export function describe(start: u32, nr: u32): void {
  if (start != nextPfn) {
    headWord = 0;
    freeEnd = 0;
  }
  nextPfn = start + nr;
  let page = STAGING;
  const end = STAGING + <usize>bytesOf(nr);
  for (let out = STAGING2, pfn = start; page < end; out += 8, ++pfn) {
    store<u64>(out, wordOf(page, end, pfn));
    page += structSize;
  }
}

function wordOf(page: usize, end: usize, pfn: u32): u64 {
  const flags = load<u64>(page + word(1));
  if (load<u64>(page + word(6)) & 1) return tailWord(flags);
  let shown = shownBits(flags);
  const type = load<u32>(page + word(3));
  const isSlab = (shown & SLAB) != 0 || (word(17) != 0 && isOfType(type, 17));
  if (isSlab) shown |= SLAB;
  const mapping = load<u64>(page + word(4));
  if (mapping & MAPPING_ANON) {
    shown |= ANON;
    if ((mapping & MAPPING_KSM) == MAPPING_KSM) shown |= KSM;
  }
  const isHead = (shown & COMPOUND_HEAD) != 0;
  if (isHead) {
    if (isHuge(page, type)) shown |= HUGE;
    else if (isLargeFolio(page, shown)) shown |= THP;
  }
  if (!isSlab && (isHead ? isFolioMapped(page, end, shown) : <i32>type >= 0)) shown |= MMAP;
  if (isOfType(type, 14)) {
    const order = load<u64>(page + word(5));
    freeEnd = order > MOST_ORDER ? 0 : <u64>pfn + ((<u64>1) << order);
    shown |= BUDDY;
  } else if (pfn < freeEnd && load<u32>(page + word(2)) == 0) {
    shown |= BUDDY;
  }
  if (isOfType(type, 15)) shown |= OFFLINE;
  if (isOfType(type, 16)) shown |= PGTABLE;
  headWord = isHead ? shown : 0;
  return shown;
}

/** The bits of page.flags as kpageflags shows them. */
function shownBits(flags: u64): u64 {
  let shown: u64 = 0;
  for (let left = flags & knownBits; left; left &= left - 1) {
    shown |= (<u64>1) << (<u64>load<u8>(BIT_OF + <usize>ctz(left)));
  }
  return shown & SWAPBACKED ? shown : shown & ~SWAPCACHE;
}

/** The word of a page that is not the first of its compound page. */
function tailWord(flags: u64): u64 {
  const own = shownBits(flags);
  const shown = word(18)
    ? (headWord & ~HWPOISON) | (own & HWPOISON)
    : (headWord & SHARED) | (own & ~(SHARED | COMPOUND_HEAD));
  return (shown & ~COMPOUND_HEAD) | COMPOUND_TAIL;
}

function isOfType(type: u32, index: u32): bool {
  return (type & word(13)) == word(index);
}

function isHuge(page: usize, type: u32): bool {
  const value = word(11);
  switch (word(10)) {
    case HUGE_BY_TYPE:
      return isOfType(type, 11);
    case HUGE_BY_BIT:
      return ((load<u64>(page + structSize + word(1)) >> value) & 1) != 0;
    case HUGE_BY_BYTE:
      return load<u8>(page + word(12)) == <u8>value;
    default:
      return false;
  }
}

/** Of a program or a file, and no other compound page. */
function isLargeFolio(page: usize, shown: u64): bool {
  const bit = word(9);
  if (bit > 63) return (shown & (LRU | ANON)) != 0;
  return ((load<u64>(page + structSize + word(1)) >> bit) & 1) != 0;
}

/** Is any page of the folio mapped? Without a count of all, its pages are looked at one by one. */
function isFolioMapped(page: usize, end: usize, shown: u64): bool {
  if (word(7) && load<i32>(page + word(7)) >= 0) return true;
  if (word(8)) return load<i32>(page + word(8)) >= 0;
  if (shown & HUGE) return false;
  if (load<i32>(page + word(3)) >= 0) return true;
  for (page += structSize; page < end && load<u64>(page + word(6)) & 1; page += structSize) {
    if (load<i32>(page + word(3)) >= 0) return true;
  }
  return false;
}
