// What each page class means to the allocator and to alloc_contig_range().
//
// The state byte of a page:
//
//   bit   7      6   5   4   3   2   1   0
//       +------+-----------+---------------+
//       | head | list type |     order     |   head = 1: first page of a free chunk
//       +------+---+-------+---------------+
//       |  0   | hold  |       class       |   head = 0: every other page
//       +------+-------+-------------------+

import {
  HOLD_FAIL,
  HOLD_NONE,
  PAGE_ABSENT,
  PAGE_ANON,
  PAGE_BALLOON,
  PAGE_BUFFER,
  PAGE_CACHED,
  PAGE_DRIVER_MOVABLE,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_FREE,
  PAGE_GIGANTIC,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  PAGE_LRU_PENDING,
  PAGE_NEVER_ONLINED,
  PAGE_OFFLINE,
  PAGE_SHMEM,
  PAGE_SWAP_CACHE,
  PAGE_TAIL,
  PAGE_THP,
  PAGE_UNEVICTABLE,
  PAGE_WRITEBACK,
} from "../abi";
import { PageState, StateAddr } from "./numbers";

export const HEAD: u32 = 0x80;
const CLASS_MASK: u32 = 0x1f;
const HOLD_SHIFT: u32 = 5;
const HOLD_MASK: u32 = 3;

const LRU: u32 =
  (1 << PAGE_ANON) |
  (1 << PAGE_SHMEM) |
  (1 << PAGE_FILE_CLEAN) |
  (1 << PAGE_FILE_DIRTY) |
  (1 << PAGE_WRITEBACK) |
  (1 << PAGE_UNEVICTABLE) |
  (1 << PAGE_BUFFER) |
  (1 << PAGE_THP) |
  (1 << PAGE_SWAP_CACHE);
/** Hugetlb pages pass the scan for unmovable pages whether or not they can then be moved. */
const HUGETLB: u32 = (1 << PAGE_HUGETLB) | (1 << PAGE_HUGETLB_FREE) | (1 << PAGE_GIGANTIC);
const MOVABLE: u32 = LRU | (1 << PAGE_DRIVER_MOVABLE) | (1 << PAGE_BALLOON) | HUGETLB;
// Of eight state bytes at once those that are no free head and of certain classes, by their top
// bits. Movable classes, and no others, have bit 4.
export const TOPS: u64 = 0x8080808080808080;

export function movableBytes(states: u64): u64 {
  return (states << 3) & ~states & TOPS;
}

/** Neither free nor movable. */
export function unmovableBytes(states: u64): u64 {
  return unmovableTops(states) & TOPS;
}

/** Is one of the 32 bytes from `at` on neither free nor movable? */
export function hasUnmovableByte(at: StateAddr): bool {
  const lower = unmovableTops(load<u64>(at)) | unmovableTops(load<u64>(at, 8));
  const upper = unmovableTops(load<u64>(at, 16)) | unmovableTops(load<u64>(at, 24));
  return ((lower | upper) & TOPS) != 0;
}

/** unmovableBytes() with something in the other bits. */
function unmovableTops(states: u64): u64 {
  const isClass = (states & 0x0f0f0f0f0f0f0f0f) + 0x7f7f7f7f7f7f7f7f;
  return isClass & ~((states << 3) | states);
}

/** No references: the unmovable scan steps over them. */
const UNREFERENCED: u32 = (1 << PAGE_FREE) | (1 << PAGE_CACHED) | (1 << PAGE_TAIL);
/** Not with the page allocator at all. */
const WITHDRAWN: u32 = (1 << PAGE_ABSENT) | (1 << PAGE_OFFLINE) | (1 << PAGE_NEVER_ONLINED);
const UNIT: u32 = (1 << PAGE_THP) | HUGETLB;

export function headByte(order: u32, listType: u32): PageState {
  return HEAD | (listType << 4) | order;
}

export function classOf(state: PageState): u32 {
  return state & CLASS_MASK;
}

/** The class of any page, also of a free chunk's first one. */
export function classOrFree(state: PageState): u32 {
  return state & HEAD ? PAGE_FREE : state & CLASS_MASK;
}

export function holdOf(state: PageState): u32 {
  return (state >> HOLD_SHIFT) & HOLD_MASK;
}

export function stateByte(pageClass: u32, hold: u32): PageState {
  return pageClass | (hold << HOLD_SHIFT);
}

/**
 * While a capture is loaded: may be held, which only a look at the whole guest can tell
 * (classify.ts). Outside a load HOLD_FAIL on these classes never means that.
 */
export function isUndecided(state: PageState): bool {
  const pageClass = classOf(state);
  return holdOf(state) == HOLD_FAIL && (pageClass == PAGE_ANON || pageClass == PAGE_BUFFER);
}

/** On an LRU list: `__PageMovable()` and `PageLRU()` in `has_unmovable_pages()`. */
export function isLru(pageClass: u32): bool {
  return ((LRU >> pageClass) & 1) != 0;
}

/** On an LRU list, or movable by its driver: can be moved in principle. */
export function isMovable(pageClass: u32): bool {
  return ((MOVABLE >> pageClass) & 1) != 0;
}

const CLEAN_FILE: u32 = (1 << PAGE_FILE_CLEAN) | (1 << PAGE_BUFFER);

/**
 * A page of a file that can be dropped while nothing holds it: a buffer that is not held is clean.
 */
export function isCleanFile(pageClass: u32): bool {
  return hasCleanFile(1 << pageClass);
}

/** The same of several classes, a bit each. */
export function hasCleanFile(classes: u32): bool {
  return (classes & CLEAN_FILE) != 0;
}

/** A 2 MiB page, or 2 MiB of a larger one. */
export function isUnit(pageClass: u32): bool {
  return ((UNIT >> pageClass) & 1) != 0;
}

export function isUnreferenced(pageClass: u32): bool {
  return ((UNREFERENCED >> pageClass) & 1) != 0;
}

export function isWithdrawn(pageClass: u32): bool {
  return ((WITHDRAWN >> pageClass) & 1) != 0;
}

/** In use: neither free, nor cached, nor withdrawn. The tail of an allocation is in use. */
export function isUsed(pageClass: u32): bool {
  return (((WITHDRAWN | (1 << PAGE_FREE) | (1 << PAGE_CACHED)) >> pageClass) & 1) == 0;
}

// Counters of a pageblock, four u16 in one u64:
//   free | movable << 16 | unmovable << 32 | held << 48
// A held page counts as movable as well, a withdrawn one as unmovable. Cached and tail pages count
// nowhere.
/** What a free page adds. */
export const ONE_FREE: u64 = 1;
const ONE_MOVABLE: u64 = 1 << 16;
const ONE_UNMOVABLE: u64 = 1 << 32;
const ONE_HELD: u64 = 1 << 48;

// What every state byte counts, as a table, for it is on the path of each allocation and free. 16
// bytes each: what its pageblock's counters and what its zone's change by when the page is freed;
// they change by as much less when it is taken.
const GAINS: usize = memory.data(256 * 16, 16);

/**
 * Stands in for the zone's gain by a page that is not in use, or is more than a number to its zone.
 * No gain is 0.
 */
export const NO_GAIN: u64 = 0;

for (let state: u32 = 0; state < 256; ++state) {
  store<u64>((<usize>state) << 4, ONE_FREE - deltaOf(state), GAINS);
  store<u64>((<usize>state) << 4, zoneGainOf(state), GAINS + 8);
}

/** What a page in `state` adds to its pageblock's counters by becoming free. */
export function blockGain(state: PageState): u64 {
  return load<u64>((<usize>state) << 4, GAINS);
}

/**
 * What a page in use adds to its zone by becoming free: a free page in the lower half, an LRU page
 * less in the upper one. NO_GAIN for pages on their way to the LRU, and for those not in use.
 */
export function zoneGain(state: PageState): u64 {
  return load<u64>((<usize>state) << 4, GAINS + 8);
}

function zoneGainOf(state: PageState): u64 {
  const pageClass = classOf(state);
  if (state & HEAD || pageClass == PAGE_LRU_PENDING || !isUsed(pageClass)) return NO_GAIN;
  return 1 - ((<u64>isLru(pageClass)) << 32);
}

/** What one page of `state` (head bit clear) adds to its pageblock's counters. */
export function countDelta(state: PageState): u64 {
  return ONE_FREE - blockGain(state);
}

function deltaOf(state: PageState): u64 {
  const pageClass = classOf(state);
  if (pageClass == PAGE_FREE) return ONE_FREE;
  if (isMovable(pageClass)) {
    return holdOf(state) == HOLD_NONE ? ONE_MOVABLE : ONE_MOVABLE | ONE_HELD;
  }
  return isUnreferenced(pageClass) ? 0 : ONE_UNMOVABLE;
}

export function countFree(counts: u64): u32 {
  return (<u32>counts) & 0xffff;
}
export function countMovable(counts: u64): u32 {
  return (<u32>(counts >> 16)) & 0xffff;
}
export function countUnmovable(counts: u64): u32 {
  return (<u32>(counts >> 32)) & 0xffff;
}
export function countHeld(counts: u64): u32 {
  return <u32>(counts >> 48);
}
