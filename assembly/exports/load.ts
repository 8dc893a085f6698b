// Loading a captured guest.

import {
  DOUBT_KINDS,
  DOUBT_NONE,
  EINVAL,
  ENOBUFS,
  MAX_ORDER,
  MIGRATE_RECLAIMABLE,
  MIGRATE_TYPES,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CACHED,
  PAGE_CLASSES,
  PAGE_FREE,
  PAGE_MEMMAP,
  PAGE_UNKNOWN,
} from "../abi";
import { adoptPool, setPool } from "../contig/hugetlb";
import { NO_CHUNK } from "../mm/free-list";
import { SCRATCH, STAGING, STAGING2, STAGING_BYTES } from "../mm/layout";
import {
  LOAD_EXTENDED,
  LOAD_IN_DEVICE,
  LOAD_KEEP_CACHED,
  buildFreeLists,
  loadPageblock,
} from "../capture/load";
import { doubtsOfSubblocks, setChance, setPinChance, turnFates } from "../capture/doubts";
import { PAGE_MASK, setRange, stateAt } from "../mm/page";
import { classifyBufferSlabs } from "../mm/buffer-slab";
import { setSwap } from "../mm/reclaim";
import { ensureRecords } from "../mm/record-slab";
import { HEAD, classOf } from "../mm/page-class";
import {
  NO_ZONE,
  blockState,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { endSurvey, surveyFlags, surveyMapCounts } from "../capture/flag-survey";
import { seedDraws } from "../capture/draws";
import { classifyBalloon, markPlugged as markPluggedPages } from "../capture/balloon";
import { moveKernelOut, moveMemmapOut, setKernelOut } from "../capture/kernel-out";
import { setPins, setZspages } from "../capture/counters";
import { dropChanged } from "../capture/page-flags";
import {
  adoptCacheList,
  adoptPending,
  adoptTypes,
  orderList,
  settleCached,
} from "../capture/kernel-lists";
import { areStaged, decode, setLayout } from "../capture/struct-pages";
import { bytesOf, describe, hasFlagLayout, setFlagLayout } from "../capture/kernel-flags";
import { classifyZspages } from "../capture/zspages";
import { adoptCached, cachedPages } from "../mm/per-cpu-cache";
import {
  cachedFound,
  classifyHeldPages,
  classifyUnflaggedPages,
  heldBufferBlocks,
  hiddenMilli,
  hiddenPins,
  openPages,
  pinnedPages,
  releasedBufferBlocks,
  unknownLeft,
} from "../capture/classify";
import { cacheOf, nrZones, presentPages } from "../mm/zone";
import { endPfn, inTable, isBlockAligned } from "./arguments";
import { loading, setLoading } from "./loading";
import { BlockNr, Pfn, ZoneNr } from "../mm/numbers";

/** Pages of a piece: a word for each fits into a staging area. */
const MOST_PAGES: u64 = 0x10000;
if ((<u32>MOST_PAGES) << 3 > STAGING_BYTES) ERROR("STAGING is too small");

/** Pages were loaded that are to stay in caches. */
let keptCached: bool = false;

/**
 * Says how many pages of zsmalloc a zone counts. Before its pages are loaded. Returns 0 or -EINVAL.
 */
export function noteZspages(zone: ZoneNr, nrPages: u32): i32 {
  if (zone >= nrZones || presentPages(zone) > 0) return -EINVAL;
  setZspages(zone, nrPages);
  return 0;
}

/**
 * Says that [start, start + nr) is plugged, so that what is offline there is in a balloon. Returns
 * 0, -EINVAL or -ENOBUFS.
 */
export function markPlugged(start: Pfn, nr: u32): i32 {
  if (!loading || !inTable(start, nr)) return -EINVAL;
  if (ensureRecords(2) < 0) return -ENOBUFS;
  markPluggedPages(start, start + nr);
  return 0;
}

/**
 * Says how many huge pages of 2 MiB are reserved, and how many in use are beyond the
 * pool's size. Returns 0 or -EINVAL.
 */
export function noteHugePool(reserved: u32, surplus: u32): i32 {
  if (!loading && hasMemory()) return -EINVAL;
  setPool(reserved, surplus);
  return 0;
}

/**
 * Says how many pages still fit into swap, and how much memory each takes there, in thousandths of
 * a page (0: on a disk). Returns 0 or -EINVAL.
 */
export function noteSwap(freePages: u32, costMilli: u32): i32 {
  if ((!loading && hasMemory()) || costMilli > 1000) return -EINVAL;
  setSwap(freePages, costMilli);
  return 0;
}

/**
 * Says how many pages of programs are pinned by the guest's counters, and whether REFERENCED on an
 * anonymous page says that something touched it. Returns 0 or -EINVAL.
 */
export function notePins(nrPages: u32, referencedTells: bool): i32 {
  if (!loading && hasMemory()) return -EINVAL;
  setPins(nrPages, referencedTells);
  return 0;
}

/**
 * Says how many pages of the guest are in a balloon. After all pages are loaded. Returns 0 or
 * -EINVAL.
 */
export function noteBalloon(nrPages: u32): i32 {
  if (!loading) return -EINVAL;
  classifyBalloon(nrPages);
  return 0;
}

/**
 * Loads whole absent pageblocks into a zone from the kpageflags words in the staging area (u64 per
 * page, at most 65536 pages), with the extended state in the second one where `mode` has
 * LOAD_EXTENDED. Only into a guest without memory. Pageblocks without any page stay absent. Returns
 * 0, -EINVAL or -ENOBUFS.
 */
export function loadFlags(start: Pfn, nr: u32, zone: ZoneNr, mode: u32): i32 {
  if (zone >= nrZones || !inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  if (!loading && hasMemory()) return -EINVAL;
  if (<u64>nr > MOST_PAGES || mode > (LOAD_EXTENDED | LOAD_IN_DEVICE | LOAD_KEEP_CACHED))
    return -EINVAL;
  const blocks = nr >> PAGEBLOCK_ORDER;
  for (let block: u32 = 0; block < blocks; ++block) {
    if (zoneOf(entryOfBlock((start >> PAGEBLOCK_ORDER) + block)) != NO_ZONE) return -EINVAL;
  }
  if (ensureRecords(blocks) < 0) return -ENOBUFS;
  setLoading(true);
  if (mode & LOAD_KEEP_CACHED) keptCached = true;
  for (let block: u32 = 0; block < blocks; ++block) {
    const at = (start >> PAGEBLOCK_ORDER) + block;
    const flags = STAGING + ((<usize>block) << (PAGEBLOCK_ORDER + 3));
    const extended =
      mode & LOAD_EXTENDED ? STAGING2 + ((<usize>block) << (PAGEBLOCK_ORDER + 3)) : 0;
    const result = loadPageblock(at, zone, flags, extended, mode);
    if (result < 0) return result;
  }
  return 0;
}

/** Takes the layout of a struct page from scratch; see setLayout(). Returns 0 or -EINVAL. */
export function setStructLayout(): i32 {
  return setLayout();
}

/**
 * Turns the `nr` struct pages in the staging area, of the pages from `start` on, into extended
 * states in the second one, from page `at` of the piece on; notes how they are linked, where the
 * layout says it. Ascending. Returns 0, -EINVAL or -ENOBUFS.
 */
export function decodeStructPages(at: u32, nr: u32, start: Pfn): i32 {
  if (!areStaged(nr) || <u64>at + nr > MOST_PAGES || <u64>start + nr > 0xffffffff) return -EINVAL;
  return decode(at, nr, start) ? 0 : -ENOBUFS;
}

/**
 * Sets the types of the `nr` pageblocks from `start` on by the bytes in the staging area; larger
 * ones than MIGRATE_ISOLATE say nothing. After all pages are loaded. Returns 0 or -EINVAL.
 */
export function adoptPageblockTypes(start: BlockNr, nr: u32): i32 {
  if (!loading || nr > STAGING_BYTES || <u64>start + nr > <u64>nrPageblocks) return -EINVAL;
  adoptTypes(start, nr, STAGING);
  return 0;
}

/**
 * Takes from scratch where struct pages have what kpageflags shows; see setFlagLayout(). Returns 0
 * or -EINVAL.
 */
export function setKernelFlags(): i32 {
  return setFlagLayout();
}

/**
 * Turns the `nr` struct pages in the staging area, of the pages from `start` on, into words of
 * kpageflags in the second one. Ascending, each piece from a multiple of four pages on. Returns 0
 * or -EINVAL.
 */
export function describeStructPages(start: Pfn, nr: u32): i32 {
  if (!hasFlagLayout() || start & 3 || nr > <u32>MOST_PAGES) return -EINVAL;
  if (bytesOf(nr) > <u64>STAGING_BYTES || <u64>start + nr > <u64>u32.MAX_VALUE) return -EINVAL;
  describe(start, nr);
  return 0;
}

/**
 * Says that a page waits in an LRU-add batch. After all pages are loaded. Returns whether its flags
 * did not tell, or -EINVAL, -ENOBUFS.
 */
export function adoptPendingPage(pfn: Pfn): i32 {
  if (!loading || !inTable(pfn, 1)) return -EINVAL;
  return ensureRecords(1) < 0 ? -ENOBUFS : <i32>adoptPending(pfn);
}

/**
 * Takes a list of the cache of a CPU of a loaded zone over, whose first and last page these are, by
 * the links of the struct pages; setCache() has switched it on. `orderAndType` is order * 8 + type.
 * Returns how many chunks were found, -EINVAL or -ENOBUFS.
 */
export function adoptCachedList(
  zone: ZoneNr,
  cpu: u32,
  orderAndType: u32,
  first: Pfn,
  last: Pfn,
): i32 {
  const order = orderAndType >> 3;
  if (!loading || zone >= nrZones || !cacheOf(zone) || (orderAndType & 7) > MIGRATE_RECLAIMABLE)
    return -EINVAL;
  if (order > 3 && order != PAGEBLOCK_ORDER) return -EINVAL;
  return adoptCacheList(zone, cpu, orderAndType, first, last);
}

/**
 * After the lists of a zone's caches were taken over: of what looks cached and is in none,
 * `missing` pages are in the cache of the first CPU, the others tails of allocations. Returns 0 or
 * -EINVAL.
 */
export function settleCachedPages(zone: ZoneNr, missing: u32): i32 {
  if (!loading || zone >= nrZones) return -EINVAL;
  settleCached(zone, missing);
  return 0;
}

/**
 * Puts the chunks of a free list of a loaded guest in the order that the kernel has them in, from
 * the first one to the last, by the links of its struct pages. After finishLoad(). Chunks that
 * cannot be reached stay before them. Returns how many were found, or -EINVAL.
 */
export function orderFreeList(zone: ZoneNr, order: u32, type: u32, first: Pfn, last: Pfn): i32 {
  if (loading || zone >= nrZones || order > MAX_ORDER || type >= MIGRATE_TYPES) return -EINVAL;
  return orderList(zone, order, type, first, last);
}

/**
 * Drops the extended states of the `nr` pages in both staging areas whose flags say otherwise: they
 * had changed between the two reads. Returns how many those are, or -EINVAL.
 */
export function dropChangedPages(nr: u32): i32 {
  return <u64>nr > MOST_PAGES ? -EINVAL : dropChanged(STAGING, STAGING2, nr);
}

/**
 * Counts what the `nr` kpageflags words in the staging area, of the pages from `start` on, say by
 * themselves, and where the second area has their map counts compares the two. Ascending; see
 * endFlagSurvey(). Returns 0 or -EINVAL.
 */
export function surveyStaged(start: Pfn, nr: u32, withCounts: bool): i32 {
  if (!inTable(start, nr) || nr > 0x10000) return -EINVAL;
  surveyFlags(start, nr, STAGING);
  if (withCounts) surveyMapCounts(nr, STAGING, STAGING2);
  return 0;
}

/**
 * Ends the survey of the page flags. scratch = u32 {free chunks of orders 0 to 10, mapped anonymous
 * pages, pages with words that no page has, tails of no compound page, pageblocks with objects of
 * the kernel, pages that are mapped by flags or map count but not by both, mapped pages by map
 * count}.
 */
export function endFlagSurvey(): void {
  endSurvey();
}

/**
 * Says that a pageblock loaded without a flag on any page is the memmap of a memory block. Returns
 * 0 or -EINVAL.
 */
export function markMemmap(block: BlockNr): i32 {
  if (block >= nrPageblocks) return -EINVAL;
  const entry = entryOfBlock(block);
  if (!loading || recordOf(entry) || blockState(entry) != PAGE_UNKNOWN) return -EINVAL;
  setRange(block << PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_MEMMAP);
  return 0;
}

/**
 * Decides which pages without flags of a zone are in its per-CPU caches, which hold `cached` pages.
 * After all pages are loaded, before finishLoad(). Returns 0 or -EINVAL, -ENOBUFS.
 */
export function classifyZone(zone: ZoneNr, cached: u32): i32 {
  if (!loading || zone >= nrZones) return -EINVAL;
  if (ensureRecords(nrPageblocks < 4096 ? nrPageblocks : 4096) < 0) return -ENOBUFS;
  classifyZspages(zone);
  classifyUnflaggedPages(zone, cached);
  return 0;
}

/**
 * Takes over the cached pages of a loaded zone into the cache of its first CPU, which setCache()
 * has switched on: whole pageblocks as chunks of order 9, aligned eights as order 3, others singly;
 * ascending. Returns 0 or -EINVAL.
 */
export function adoptCache(zone: ZoneNr): i32 {
  return loading && zone < nrZones && adoptCached(zone) ? 0 : -EINVAL;
}

let takesKernelOut: bool = false;

/**
 * finishLoad() will move what the kernel holds of whole pageblocks [start, start + nr), the
 * device's, into boot memory, as if they had come online in ZONE_MOVABLE. Returns 0 or -EINVAL.
 */
export function takeKernelOut(start: Pfn, nr: u32): i32 {
  if (!loading || !inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  setKernelOut(start, start + nr);
  takesKernelOut = true;
  return 0;
}

/**
 * After takeKernelOut(): moves a pageblock of struct pages into boot memory now. Returns the
 * pageblock that they are in then, or 0xffffffff where there is no room; -EINVAL, -ENOBUFS.
 */
export function takeMemmapOut(block: BlockNr): u32 {
  if (!loading || !takesKernelOut || block >= nrPageblocks) return -EINVAL;
  return ensureRecords(2) < 0 ? -ENOBUFS : moveMemmapOut(block);
}

/** Are all pages that are in a cache known to one? */
function allAdopted(): bool {
  let cached: u32 = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) cached += cachedPages(zone);
  for (let pfn: u32 = 0; pfn < endPfn();) {
    const pages: u32 = recordOf(entryOf(pfn)) ? 1 : PAGEBLOCK_PAGES;
    if (stateAt(pfn) == PAGE_CACHED) cached -= pages;
    pfn += pages;
  }
  return cached == 0;
}

/** Pageblocks without a record that a sample of a guest may give one. */
const MOST_RECORDS: u32 = 4096;

/**
 * How likely the fate of a pageblock of a DOUBT_* kind turns in finishLoad() with a seed: below
 * `chance` / 2^32. Returns 0 or -EINVAL.
 */
export function setDoubtChance(kind: u32, chance: u32): i32 {
  if (kind == DOUBT_NONE || kind >= DOUBT_KINDS) return -EINVAL;
  setChance(kind, chance);
  return 0;
}

/**
 * How likely each anonymous page of a program is pinned in finishLoad() with a seed though nothing
 * shows it: `chance` / 2^32. Returns 0.
 */
export function setHiddenPinChance(chance: u32): i32 {
  setPinChance(chance);
  return 0;
}

/**
 * Kinds of doubt of `nr` subblocks of a loaded guest: see doubtsOfSubblocks(), into the staging
 * area. -EINVAL where they do not fit.
 */
export function doubtsBySubblock(start: Pfn, blocksEach: u32, nr: u32): i32 {
  if (blocksEach == 0 || start & PAGE_MASK || nr > STAGING_BYTES) return -EINVAL;
  const blocks = <u64>blocksEach * nr;
  if (<u64>(start >> PAGEBLOCK_ORDER) + blocks > <u64>nrPageblocks) return -EINVAL;
  doubtsOfSubblocks(start >> PAGEBLOCK_ORDER, blocksEach, nr, STAGING);
  return 0;
}

/**
 * Ends a load: decides which pages are held, and builds the free lists. With a `seed` other than 0
 * it is a sample of the guest: fates of pageblocks turn by the chances that were set, and the order
 * of the free lists is drawn. Returns 0,
 * -ENOBUFS, or -EINVAL where none was begun or pages that were to stay in caches are in none.
 * scratch = u32 {pages taken as cached, pages left unknown, chance in thousandths that kernel pages
 * hide among the cached, pageblocks with clean buffers held, and released, pinned pages, expected
 * number of pinned pages that nothing shows, and pages among which they are}.
 */
export function finishLoad(seed: u32): i32 {
  if (!loading || (keptCached && !allAdopted())) return -EINVAL;
  if ((seed || takesKernelOut) && ensureRecords(MOST_RECORDS) < 0) return -ENOBUFS;
  setLoading(false);
  classifyHeldPages();
  classifyBufferSlabs();
  if (seed) {
    seedDraws(seed);
    turnFates(MOST_RECORDS);
  }
  if (takesKernelOut) moveKernelOut();
  buildFreeLists(seed != 0);
  adoptPool();
  store<u32>(SCRATCH, cachedFound);
  store<u32>(SCRATCH, unknownLeft, 4);
  store<u32>(SCRATCH, hiddenMilli, 8);
  store<u32>(SCRATCH, heldBufferBlocks, 12);
  store<u32>(SCRATCH, releasedBufferBlocks, 16);
  store<u32>(SCRATCH, pinnedPages, 20);
  store<u32>(SCRATCH, hiddenPins, 24);
  store<u32>(SCRATCH, openPages, 28);
  return 0;
}

function hasMemory(): bool {
  for (let zone: u32 = 0; zone < nrZones; ++zone) if (presentPages(zone) > 0) return true;
  return false;
}

/** First pageblock >= `block` whose 512 pages are all of `pageClass`, or 0xffffffff; -EINVAL. */
export function nextUniformBlock(block: BlockNr, pageClass: u32): u32 {
  if (pageClass >= PAGE_CLASSES) return -EINVAL;
  for (; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (recordOf(entry)) continue;
    const state = blockState(entry);
    if ((state & HEAD ? PAGE_FREE : classOf(state)) == pageClass) return block;
  }
  return NO_CHUNK;
}
