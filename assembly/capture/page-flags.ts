// From what a guest says of a page to its class (docs/spec/kpageflags.md).
//
// The pages of a compound page are all what its first page says: up to 6.9 only that one carries
// the flags of the folio, from 6.10 on /proc/kpageflags shows them on each. load.ts goes by the
// first page in both.

import {
  HOLD_AGAIN,
  HOLD_FAIL,
  HOLD_NONE,
  HOLD_PINNED,
  PAGE_ABSENT,
  PAGE_ANON,
  PAGE_BALLOON,
  PAGE_BUFFER,
  PAGE_DRIVER_MOVABLE,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_FREE,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  PAGE_KERNEL,
  PAGE_KERNEL_COMPOUND,
  PAGE_LRU_PENDING,
  PAGE_NEVER_ONLINED,
  PAGE_OFFLINE,
  PAGE_PAGE_TABLE,
  PAGE_POISONED,
  PAGE_RESERVED,
  PAGE_SHMEM,
  PAGE_SLAB,
  PAGE_SWAP_CACHE,
  PAGE_UNEVICTABLE,
  PAGE_UNKNOWN,
  PAGE_WRITEBACK,
} from "../abi";
import { referencedTells } from "./counters";
import {
  ACTIVE,
  ANON,
  BUDDY,
  COMPOUND,
  COMPOUND_HEAD,
  COMPOUND_TAIL,
  DIRTY,
  HUGE,
  HWPOISON,
  KSM,
  LRU,
  MLOCKED,
  MMAP,
  NOPAGE,
  OFFLINE,
  PGTABLE,
  PRIVATE,
  REFERENCED,
  RESERVED,
  SLAB,
  SWAPBACKED,
  SWAPCACHE,
  THP,
  UNEVICTABLE,
  UPTODATE,
  WRITEBACK,
  ZERO_PAGE,
} from "./kpageflags";
import { noteFilePages } from "../mm/buffer-slab";
import { classOf, holdOf, isLru, stateByte } from "../mm/page-class";
import { PageState } from "../mm/numbers";

/** Any of these: a page of a program, a file or a list that ages, or one with a type of its own. */
const TYPED: u64 =
  DIRTY | LRU | SLAB | WRITEBACK | ANON | SWAPCACHE | SWAPBACKED | COMPOUND | UNEVICTABLE;

export function isCompound(flags: u64): bool {
  return (flags & COMPOUND) != 0;
}

export function isCompoundHead(flags: u64): bool {
  return (flags & COMPOUND_HEAD) != 0;
}

export function isCompoundTail(flags: u64): bool {
  return (flags & COMPOUND_TAIL) != 0;
}

/** A file page with buffers. */
export function hasBuffers(flags: u64): bool {
  return (flags & PRIVATE) != 0;
}

/** Part of a hugetlb page. */
export function isHuge(flags: u64): bool {
  return (flags & HUGE) != 0;
}

// What the word of a page says by itself; for the survey of all of them (flag-survey.ts).

/** A page is of one of these kinds: free, offline, a page table, slab, on an LRU list and so on. */
const KINDS: u64 = BUDDY | OFFLINE | PGTABLE | SLAB | RESERVED | LRU | HUGE | NOPAGE;
/** No page that is free, offline or none has any of these. */
const USED: u64 =
  ACTIVE | WRITEBACK | MMAP | ANON | SWAPCACHE | SWAPBACKED | COMPOUND | UNEVICTABLE | MLOCKED;

/**
 * Is that a word that no page has? Bits that are not known here are newer than this file, and do
 * not count.
 */
export function isImpossible(flags: u64): bool {
  if (popcnt(flags & KINDS) > 1 || (flags & COMPOUND) == COMPOUND) return true;
  if (flags & (HUGE | THP) && !(flags & COMPOUND)) return true;
  if (flags & KSM && !(flags & ANON)) return true;
  return (flags & (BUDDY | OFFLINE | NOPAGE)) != 0 && (flags & USED) != 0;
}

export function isFreeByFlags(flags: u64): bool {
  return (flags & BUDDY) != 0;
}

export function isMapped(flags: u64): bool {
  return (flags & MMAP) != 0;
}

/** A page of NR_ANON_MAPPED: hugetlb pages are not. */
export function isMappedAnon(flags: u64): bool {
  return (flags & (MMAP | ANON | HUGE)) == (MMAP | ANON);
}

/** The first page of an object of the kernel: slab, a page table, or a compound page of its own. */
export function isKernelObject(flags: u64): bool {
  if (flags & (COMPOUND_TAIL | BUDDY | NOPAGE | RESERVED | OFFLINE)) return false;
  if (flags & (SLAB | PGTABLE)) return true;
  return (flags & COMPOUND_HEAD) != 0 && !(flags & (LRU | ANON | HUGE | THP));
}

// Where a page lies, which decides between what looks alike.
/** In the device's region: PG_offline there means unplugged. */
export const IN_DEVICE: u32 = 1;
/** In ZONE_MOVABLE, where no kernel page lies. */
export const IN_MOVABLE: u32 = 2;
/** In a zone that counts pages of zsmalloc. */
export const WITH_ZSPAGES: u32 = 4;

/**
 * State byte of a page, of a folio by its first page, by the kpageflags word. `place`: where it
 * lies, the bits above.
 */
function stateByFlags(flags: u64, place: u32): PageState {
  if (flags & NOPAGE) return PAGE_ABSENT;
  if (flags & BUDDY) return PAGE_FREE;
  if (flags & OFFLINE) return offlineState(flags, place);
  if (flags & HWPOISON) return PAGE_POISONED;
  if (flags & (RESERVED | ZERO_PAGE)) return PAGE_RESERVED;
  if (flags & SLAB) return PAGE_SLAB;
  if (flags & PGTABLE) return PAGE_PAGE_TABLE;
  if (flags & HUGE) return flags & (MMAP | ANON | UPTODATE) ? PAGE_HUGETLB : PAGE_HUGETLB_FREE;
  if (flags & LRU) return lruState(flags);
  if (flags & COMPOUND && !(flags & ANON)) return PAGE_KERNEL_COMPOUND;
  if (flags & (ANON | SWAPBACKED)) return PAGE_LRU_PENDING;
  if (flags & MMAP && flags & UPTODATE) return PAGE_LRU_PENDING;
  if (flags == 0) return PAGE_UNKNOWN;
  if (place & WITH_ZSPAGES && isZsmalloc(flags)) return PAGE_DRIVER_MOVABLE;
  return place & IN_MOVABLE ? PAGE_DRIVER_MOVABLE : PAGE_KERNEL;
}

/**
 * Pages of zsmalloc, which is movable in any zone. Up to 6.11 a field of the struct page that it
 * uses looks like a map count, so its pages count as mapped; from 6.12 on only the first of a group
 * has a flag (private), and from about 7.0 on all are up to date.
 */
function isZsmalloc(flags: u64): bool {
  return !(flags & TYPED) && (flags & (MMAP | PRIVATE | UPTODATE)) != 0;
}

/**
 * Unplugged or in a balloon. Newer balloons (7.2) leave their pages up to date; a hole never was.
 */
function offlineState(flags: u64, place: u32): u32 {
  if (!(place & IN_DEVICE) || flags & UPTODATE) return PAGE_BALLOON;
  return flags & (DIRTY | RESERVED) ? PAGE_NEVER_ONLINED : PAGE_OFFLINE;
}

/**
 * What a page on an LRU list is. Undecided (HOLD_FAIL) until the whole guest has been seen are
 * anonymous pages that were touched though nothing ages them, and clean buffers; see classify.ts.
 */
function lruState(flags: u64): PageState {
  if (flags & WRITEBACK) return PAGE_WRITEBACK;
  if (flags & ANON) return anonState(flags);
  if (flags & UNEVICTABLE) {
    return isSecret(flags) ? stateByte(PAGE_UNEVICTABLE, HOLD_FAIL) : PAGE_UNEVICTABLE;
  }
  if (flags & SWAPBACKED) return PAGE_SHMEM;
  // not up to date as a page, but with buffers: page cache of a block device, that is file system
  // metadata
  if (flags & PRIVATE && !(flags & UPTODATE)) {
    if (flags & DIRTY) return stateByte(PAGE_BUFFER, HOLD_AGAIN);
    return flags & REFERENCED ? stateByte(PAGE_BUFFER, HOLD_FAIL) : PAGE_BUFFER;
  }
  return flags & DIRTY ? PAGE_FILE_DIRTY : PAGE_FILE_CLEAN;
}

/**
 * A page of memfd_secret(): locked, mapped and dirty, but of no file with buffers. It refuses to be
 * migrated.
 */
function isSecret(flags: u64): bool {
  const marks = MLOCKED | MMAP | DIRTY;
  return (flags & marks) == marks && !(flags & (SWAPBACKED | PRIVATE));
}

/**
 * An anonymous page that nothing maps, and that is not in the swap cache, is kept by something
 * else: an extra reference. Pinning a page also marks it as touched, where the mark tells anything.
 */
function anonState(flags: u64): PageState {
  if (!(flags & MMAP)) {
    return flags & SWAPCACHE ? PAGE_SWAP_CACHE : stateByte(PAGE_ANON, HOLD_PINNED);
  }
  if (flags & UNEVICTABLE) return PAGE_UNEVICTABLE;
  const touched = flags & REFERENCED && !(flags & (ACTIVE | MLOCKED | COMPOUND));
  return touched && referencedTells ? stateByte(PAGE_ANON, HOLD_FAIL) : PAGE_ANON;
}

// What the pages loaded so far say about the guest as a whole.

/** Dirty pages of files, as opposed to file system metadata. */
export let dirtyDataPages: u32 = 0;
/** Clean pages of file system metadata that were touched lately. */
export let recentBuffers: u32 = 0;
/** Anonymous pages that nothing maps, and such that are undecided. */
export let unmappedAnonPages: u32 = 0;
export let touchedAnonPages: u32 = 0;

/** Counts `nrPages` pages with these flags for classify.ts. */
export function noteFlags(flags: u64, nrPages: u32): void {
  if (!(flags & LRU) || flags & COMPOUND_TAIL) return;
  if (!(flags & (ANON | SWAPBACKED))) {
    if (!(flags & DIRTY) && flags & UPTODATE) noteFilePages(nrPages, (flags & PRIVATE) != 0);
    if (flags & DIRTY && flags & UPTODATE) dirtyDataPages += nrPages;
    if (lruState(flags) == stateByte(PAGE_BUFFER, HOLD_FAIL)) recentBuffers += nrPages;
    return;
  }
  if (!(flags & ANON)) return;
  const state = anonState(flags);
  if (holdOf(state) == HOLD_PINNED) unmappedAnonPages += nrPages;
  else if (holdOf(state) == HOLD_FAIL) touchedAnonPages += nrPages;
}

// The words seen lately, each with the state that it means and how many pages had it since
// noteSeen(). A guest's pages have a few dozen different words, in any order; a word's place is its
// hash.
//
//   byte 0        8       12      16
//        +--------+-------+-------+
//        | word   | state | pages |     state: SEEN | state byte; 0 in a place that was never used
//        +--------+-------+-------+
const WORDS: usize = memory.data(64 * 16, 8);
const WORDS_END: usize = WORDS + 64 * 16;
const SEEN: u32 = 0x100;
const STATE: usize = 8;
const PAGES: usize = 12;

/** Where the words seen lie. */
let seenPlace: u32 = 0;

/**
 * stateByFlags(), and noteFlags() by the next noteSeen(), for `nrPages` pages with the same word.
 */
export function stateByWord(word: u64, nrPages: u32): PageState {
  const at = WORDS + ((<usize>((word * 0x9e3779b97f4a7c15) >> 58)) << 4);
  if (load<u64>(at) != word || load<u32>(at, STATE) == 0) see(at, word);
  store<u32>(at, load<u32>(at, PAGES) + nrPages, PAGES);
  return load<u8>(at, STATE);
}

function see(at: usize, word: u64): void {
  noteFlags(load<u64>(at), load<u32>(at, PAGES));
  store<u64>(at, word);
  store<u32>(at, SEEN | stateByFlags(word, seenPlace), STATE);
  store<u32>(at, 0, PAGES);
}

/** From now on words are those of pages that lie there. */
export function seeAt(place: u32): void {
  if (place != seenPlace) noteSeen();
  seenPlace = place;
}

/** Notes the flags of all pages seen, and forgets their words. */
export function noteSeen(): void {
  for (let at = WORDS; at < WORDS_END; at += 16) {
    noteFlags(load<u64>(at), load<u32>(at, PAGES));
    store<u64>(at, 0, STATE);
  }
}

// Bits of the extended page state: of the recordings ("pgx"), and made of struct pages
// (struct-pages.ts).
export const X_COUNT: u64 = 0xfff;
export const X_MAPS_SHIFT: u64 = 12;
/** The migratetype of its pageblock is not known. */
export const X_NO_TYPE: u64 = 15 << 28;
export const X_ONLINE: u64 = 1 << 32;
export const X_LRU: u64 = 1 << 34;
export const X_MOVABLE_OPS: u64 = 1 << 37;
export const X_ANON: u64 = 1 << 42;
/** Only of struct pages: which pages are free is said by the kernel's own chunks. */
export const X_KNOWN: u64 = 1 << 60;
/** In such a chunk. */
export const X_IN_CHUNK: u64 = 1 << 61;

/**
 * State byte of a page by flags and extended state: references tell pins and cached pages, so
 * nothing about anonymous pages stays undecided. `nrPages` and `maps` are those of its whole folio.
 *
 * A file page has a reference for the cache, one for its buffers and one for each mapping. One more
 * on a single page is no pin but a batch or read-ahead; a folio of several pages does not wait in
 * batches.
 */
export function stateByExtended(
  flags: u64,
  extended: u64,
  place: u32,
  nrPages: u32,
  maps: u32,
): PageState {
  const state = stateByFlags(flags, place);
  if (!(extended & X_ONLINE)) return state;
  // a slab's field at the same place may look like it
  if (extended & X_MOVABLE_OPS && state != PAGE_SLAB) return PAGE_DRIVER_MOVABLE;
  const refs = <u32>(extended & X_COUNT);
  if (state == PAGE_UNKNOWN && refs > 0)
    return place & IN_MOVABLE ? PAGE_DRIVER_MOVABLE : PAGE_KERNEL;
  const pageClass = classOf(state);
  if (!(extended & X_LRU) || !isLru(pageClass)) return state;
  // mapped as a whole, the folio has one reference for all of its pages; a count at its end says
  // nothing
  const held = refs < maps && refs < <u32>X_COUNT ? mapsOf(extended) : maps;
  if (flags & ANON) {
    const expected = held + (flags & SWAPCACHE ? nrPages : 0);
    return stateByte(pageClass, refs > expected ? HOLD_PINNED : HOLD_NONE);
  }
  const expected = held + nrPages + (flags & PRIVATE ? 1 : 0) + (nrPages == 1 ? 1 : 0);
  return refs > expected ? stateByte(pageClass, HOLD_PINNED) : state;
}

/**
 * Drops the extended states in `words` of pages that are another's by their flags: they were read a
 * moment apart. Where struct pages say which pages are free, the flags follow them instead, so that
 * free lists and pages are of one moment. Returns how many those are.
 */
export function dropChanged(flags: usize, words: usize, nr: u32): u32 {
  let changed: u32 = 0;
  for (let end = flags + ((<usize>nr) << 3); flags < end; flags += 8, words += 8) {
    const word = load<u64>(flags);
    const extended = load<u64>(words);
    const isFree = (word & BUDDY) != 0;
    if (extended & X_IN_CHUNK) {
      if (isFree || word & (NOPAGE | OFFLINE | RESERVED)) continue;
      store<u64>(flags, BUDDY);
    } else if (extended & X_KNOWN && isFree) {
      store<u64>(flags, flagsBefore(extended));
    } else {
      if (!isChanged(word, extended)) continue;
      store<u64>(words, 0);
    }
    ++changed;
  }
  return changed;
}

/** The flags of a page that is free now, as far as its struct page told them before. */
function flagsBefore(extended: u64): u64 {
  if (!(extended & X_LRU)) return 0;
  const flags = LRU | UPTODATE | (mapsOf(extended) > 0 ? MMAP : 0);
  return extended & X_ANON ? flags | ANON | SWAPBACKED : flags;
}

function isChanged(flags: u64, extended: u64): bool {
  if (!(extended & X_ONLINE) || flags & (NOPAGE | COMPOUND_TAIL)) return false;
  const isUsed = (extended & X_COUNT) != 0;
  if (flags & BUDDY) return isUsed;
  if (!(flags & LRU) == ((extended & X_LRU) != 0)) return true;
  if (!(flags & LRU)) return false;
  return !isUsed || (!(flags & COMPOUND) && !(flags & MMAP) == mapsOf(extended) > 0);
}

/** How often a page is mapped, by its extended state. */
export function mapsOf(extended: u64): u32 {
  return <u32>((extended >> X_MAPS_SHIFT) & X_COUNT);
}

/** Migratetype of the page's pageblock by its extended state, or one that is none. */
export function typeByExtended(extended: u64): u32 {
  return <u32>(((extended & X_ONLINE ? extended : X_NO_TYPE) >> 28) & 15);
}
