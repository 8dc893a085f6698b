// What reclaim can give when memory is out: clean file pages, which need no write and no target;
// then anonymous pages that the swap cache has and nothing maps; then anonymous pages and tmpfs, as
// far as swap is free. The order of the LRU lists, by which `shrink_lruvec()` finds them, is in no
// capture: they go by address, from where the last search ended.

import {
  HOLD_NONE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_BUFFER,
  PAGE_FILE_CLEAN,
  PAGE_SHMEM,
  PAGE_SWAP_CACHE,
  PAGE_THP,
  ZONE_NORMAL,
  ZONE_PREFER_MOVABLE,
} from "../abi";
import { bufferDropped } from "./buffer-slab";
import { NO_CHUNK } from "./free-list";
import { JOURNAL_DROPPED, addJournalEntry } from "./journal";
import { tracking } from "./owner";
import { freePagesAt } from "./page-free";
import { stateAt } from "./page";
import { HEAD, TOPS, classOf, countMovable, holdOf, isCleanFile } from "./page-class";
import {
  NO_ZONE,
  blockState,
  countsOf,
  entryOfBlock,
  isIsolated,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "./pageblock";
import { ownerDropped, startTracking } from "./rmap";
import { kindOf } from "./zone";
import { BlockNr, EntryOffset, ZoneNr } from "./numbers";

/** Pages that one call gives back. */
const CLUSTER: u32 = 32;

/** What is looked for, in this order. */
const CLEAN: u32 = 0;
const SWAP_CACHE: u32 = 1;
const SWAP_OUT: u32 = 2;

/** The lowest bit of each byte of a word. */
const ONES: u64 = 0x0101010101010101;

let cursor: u32 = 0;
/** The last search found nothing of the kinds before this one. */
let firstStage: u32 = CLEAN;

/** Pages that still fit into swap. */
let swapFree: u32 = 0;
/**
 * Pages, in thousandths, that a page in swap takes of memory itself: swap in compressed memory
 * (zram).
 */
let swapCost: u32 = 0;
/** What zram still has to take for pages swapped out, in thousandths of a page. */
let owed: u32 = 0;

/**
 * Says how many pages fit into swap, and how much memory each of them takes there, in thousandths
 * of a page.
 */
export function setSwap(freePages: u32, costMilli: u32): void {
  swapFree = freePages;
  swapCost = costMilli;
  firstStage = CLEAN;
}

/** Something has moved: whatever had run out may be there again. */
export function forgetSearches(): void {
  firstStage = CLEAN;
}

/** Frees 32 pages or so of zones up to `kind`. Returns how many; 0 where there are none. */
export function reclaimPages(kind: u32): u32 {
  startTracking();
  for (let stage = firstStage; stage <= SWAP_OUT; ++stage) {
    if (stage == SWAP_OUT && swapFree == 0) break;
    const freed = search(kind, stage);
    if (freed > 0) return freed;
    // without swap a program may read files meanwhile, and every search is for them
    if (swapFree > 0) firstStage = stage + 1;
  }
  return 0;
}

/**
 * Frees 32 clean file pages or so of zones up to `kind`, and nothing else. Returns how many; 0
 * where there are none.
 */
export function reclaimClean(kind: u32): u32 {
  startTracking();
  return search(kind, CLEAN);
}

function search(kind: u32, stage: u32): u32 {
  let freed: u32 = 0;
  for (let looked: u32 = 0; looked < nrPageblocks && freed < CLUSTER; ++looked) {
    if (cursor >= nrPageblocks) cursor = 0;
    freed += reclaimBlock(cursor, kind, CLUSTER - freed, stage);
    if (freed < CLUSTER) ++cursor;
  }
  return freed;
}

/**
 * Is a zone reclaimed for a request up to `kind`? ZONE_PREFER_MOVABLE for the kernel's requests,
 * too.
 */
function isReclaimed(zone: ZoneNr, kind: u32): bool {
  const zoneKind = kindOf(zone);
  return zoneKind <= kind || (zoneKind == ZONE_PREFER_MOVABLE && kind == ZONE_NORMAL);
}

function reclaimBlock(block: BlockNr, kind: u32, wanted: u32, stage: u32): u32 {
  const entry = entryOfBlock(block);
  const zone = zoneOf(entry);
  if (zone == NO_ZONE || !isReclaimed(zone, kind) || isIsolated(entry)) return 0;
  if (countMovable(countsOf(entry)) == 0) return 0;
  if (!hasSought(entry, stage)) return 0;
  const pfn = block << PAGEBLOCK_ORDER;
  let freed: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES && freed < wanted; ++page) {
    const state = stateAt(pfn + page);
    if (state & HEAD || holdOf(state) != HOLD_NONE || !isSought(classOf(state), stage)) continue;
    const isUnit = classOf(state) == PAGE_THP && !recordOf(entry);
    const nrPages: u32 = isUnit ? PAGEBLOCK_PAGES : 1;
    if (stage == SWAP_OUT && !swapOut(nrPages)) break;
    freePagesAt(pfn + page, isUnit ? PAGEBLOCK_ORDER : 0);
    addJournalEntry(pfn + page, NO_CHUNK, JOURNAL_DROPPED, 0, classOf(state));
    if (tracking) ownerDropped(pfn + page);
    freed += nrPages;
    if (stage == CLEAN) bufferDropped();
    if (isUnit) break;
  }
  return freed;
}

/** May a page of this pageblock be sought? A search that finds nothing asks all of the guest. */
function hasSought(entry: EntryOffset, stage: u32): bool {
  const record = recordOf(entry);
  if (!record) return isSought(classOf(blockState(entry)), stage);
  if (stage == SWAP_OUT) return true;
  const first = ONES * <u64>(stage == CLEAN ? PAGE_FILE_CLEAN : PAGE_SWAP_CACHE);
  const second = stage == CLEAN ? ONES * <u64>PAGE_BUFFER : first;
  for (let at = record; at < record + PAGEBLOCK_PAGES; at += 8) {
    const states = load<u64>(at);
    if (hasZeroByte(states ^ first) || hasZeroByte(states ^ second)) return true;
  }
  return false;
}

function hasZeroByte(bytes: u64): bool {
  return ((bytes - ONES) & ~bytes & TOPS) != 0;
}

function isSought(pageClass: u32, stage: u32): bool {
  if (stage == CLEAN) return isCleanFile(pageClass);
  if (stage == SWAP_CACHE) return pageClass == PAGE_SWAP_CACHE;
  return pageClass == PAGE_ANON || pageClass == PAGE_SHMEM || pageClass == PAGE_THP;
}

/** Takes room in swap for `nrPages` pages, if there is. */
function swapOut(nrPages: u32): bool {
  if (swapFree < nrPages) return false;
  swapFree -= nrPages;
  owed += nrPages * swapCost;
  return true;
}

/**
 * Accounts for one more page that zram takes for what was swapped out. Returns false where it has
 * all of them.
 */
export function takeSwapDebt(): bool {
  if (owed < 1000) return false;
  owed -= 1000;
  return true;
}
