// After a capture has been loaded: what only a look at the whole guest can tell. The free lists are
// not built yet.
//
// Two questions are open. Which pages are held in place though their flags are those of movable
// pages? And which pages without any flag are free pages in a per-CPU cache, which an attempt
// drains, and which are kernel memory? The rules come from recorded guests, where both answers are
// known.

import {
  HOLD_AGAIN,
  HOLD_FAIL,
  HOLD_NONE,
  HOLD_PINNED,
  MIGRATE_MOVABLE,
  MIGRATE_UNMOVABLE,
  MM_JOURNAL_KEEPS_CLEAN,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_BUFFER,
  PAGE_CACHED,
  PAGE_FREE,
  PAGE_LRU_PENDING,
  PAGE_TAIL,
  PAGE_UNKNOWN,
} from "../abi";
import { CACHED_RUNS, CACHED_RUNS_BYTES } from "../mm/layout";
import { setRange, setStateAt, stateAt } from "../mm/page";
import {
  classOrFree,
  countFree,
  countHeld,
  countMovable,
  countUnmovable,
  holdOf,
  stateByte,
} from "../mm/page-class";
import { countedPins, referencedTells } from "./counters";
import {
  dirtyDataPages,
  noteSeen,
  recentBuffers,
  touchedAnonPages,
  unmappedAnonPages,
} from "./page-flags";
import { filePages } from "../mm/buffer-slab";
import { hasBehaviour } from "../mm/version";
import {
  FLAG_CACHED,
  FLAG_DECIDED,
  FLAG_IN_DEVICE,
  FLAG_SUSPECT,
  FLAG_UNDECIDED,
  NO_ZONE,
  addFlags,
  blockState,
  countsOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  setBlockState,
  setFlags,
  setType,
  zoneOf,
} from "../mm/pageblock";
import { BlockNr, EntryOffset, Pfn, ZoneNr } from "../mm/numbers";

/**
 * Fewer touched metadata pages for a thousand clean pages of files: the files were written in bulk,
 * over many transactions, and the journal has released all but the last of them. In recorded
 * guests loads of many small files have 4 and more, bulk loads 1.4 at most.
 */
const LEAST_METADATA_MILLI: u32 = 2;
/** So many changed buffers that lie above a clean one are no stray. */
const CHANGED_ABOVE: u32 = 8;
/**
 * So many transactions fit between a change of metadata and its release: it is written back after
 * 30 s (dirty_expire_centisecs), and the journal commits every 5 s.
 */
const HELD_TRANSACTIONS: u32 = 6;
/**
 * A commit takes two pages for the journal's own blocks, one after the other, its descriptor and
 * its commit block; or three, with revoked blocks.
 */
const LEAST_LOG_PAGES: u32 = 2;
const MOST_LOG_PAGES: u32 = 3;
/**
 * Undecided anonymous pages count as pinned while they are at most this many times those that are
 * pinned for sure.
 */
const TOUCHED_PER_PIN: u32 = 4;

/**
 * Pageblocks of the device with clean buffers that count as held, or as released: for the
 * uncertainty of an answer.
 */
export let heldBufferBlocks: u32 = 0;
export let releasedBufferBlocks: u32 = 0;
/** Anonymous pages that count as pinned by their flags alone. */
export let pinnedPages: u32 = 0;
/**
 * How many pages are pinned, most likely, that look like any other anonymous page of a program; and
 * how many there are of these.
 */
export let hiddenPins: u32 = 0;
export let openPages: u32 = 0;

/** All file data was written before the capture, in a kernel whose journal keeps clean metadata. */
export let justSynced: bool = false;
/** Transactions that have left their blocks above what is being classified. */
let transactions: u32 = 0;

/**
 * Decides the undecided pages.
 *
 * Clean buffers of file system metadata are held by the journal until its next commit has been
 * checkpointed. A guest without any dirty file data has just been synced: there the recent ones are
 * held. A guest that is simply running has released them. Dirty buffers in a synced guest tell of a
 * commit since the sync, which releases the metadata of old transactions first. Memory was filled
 * from the bottom up, so what lies below the changed metadata is as old and has been released; and
 * so is what lies below the log blocks of the last few transactions. Log blocks are buffers that
 * look like the others, two or three in a row, and are held by nothing.
 *
 * Pinning a page also touches it, and plain anonymous memory is not touched in that sense; so where
 * some pages are pinned for sure, because nothing maps them or because the guest counts them, the
 * touched ones are likely their companions. A kernel that shows every anonymous page as touched
 * (7.2) leaves open which they are (countHiddenPins()).
 */
export function classifyHeldPages(): void {
  noteSeen();
  justSynced = dirtyDataPages == 0 && hasBehaviour(MM_JOURNAL_KEEPS_CLEAN);
  const synced = justSynced && recentBuffers * 1000 >= LEAST_METADATA_MILLI * filePages;
  const pinsForSure = max(unmappedAnonPages, countedPins);
  const pinsTouched = pinsForSure > 0 && touchedAnonPages <= TOUCHED_PER_PIN * pinsForSure;
  pinnedPages = unmappedAnonPages;
  let changed: u32 = 0;
  transactions = 0;
  for (let block = nrPageblocks; block-- > 0;) {
    const entry = entryOfBlock(block);
    if (!countHeld(countsOf(entry))) continue;
    const pfn = block << PAGEBLOCK_ORDER;
    const holdsBuffers = synced && changed < CHANGED_ABOVE;
    changed += changedBuffers(pfn);
    if (!(flagsOf(entry) & FLAG_UNDECIDED)) continue;
    setFlags(entry, (flagsOf(entry) & ~FLAG_UNDECIDED) | FLAG_DECIDED);
    classifyAnon(pfn, pinsTouched ? HOLD_PINNED : HOLD_NONE);
    const decided = classifyBuffers(pfn, holdsBuffers);
    if (!(flagsOf(entry) & FLAG_IN_DEVICE)) continue;
    if (decided & HELD_BUFFERS) ++heldBufferBlocks;
    else if (decided & RELEASED_BUFFERS) ++releasedBufferBlocks;
  }
  if (pinsForSure > 0 && !(pinsTouched && referencedTells)) countHiddenPins();
}

/**
 * How many pins do not show. The guest may count them. Else: what pins pages of a program does not
 * know which of them the program will free, so that of those still mapped the same share is pinned
 * as of those freed, which are the free pages beside anonymous ones.
 */
function countHiddenPins(): void {
  openPages = 0;
  let freed: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || countMovable(countsOf(entry)) == 0) continue;
    const mapped = mappedIn(entry);
    if (mapped > 0) freed += countFree(countsOf(entry));
    openPages += mapped;
  }
  const most = unmappedAnonPages * TOUCHED_PER_PIN;
  const alike = <u64>unmappedAnonPages * openPages;
  const asFreed = freed > 0 ? <u32>min<u64>(most, alike / freed) : most;
  hiddenPins = countedPins > unmappedAnonPages ? countedPins - unmappedAnonPages : asFreed;
  hiddenPins = min(hiddenPins, openPages);
}

/** Anonymous pages of a pageblock that nothing is known to hold. */
export function mappedIn(entry: EntryOffset): u32 {
  const record = recordOf(entry);
  if (!record) return blockState(entry) == PAGE_ANON ? PAGEBLOCK_PAGES : 0;
  let mapped: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    mapped += <u32>(load<u8>(record + page) == <u8>PAGE_ANON);
  }
  return mapped;
}

/** Dirty buffers in a pageblock that has not been classified. */
function changedBuffers(pfn: Pfn): u32 {
  const dirty = stateByte(PAGE_BUFFER, HOLD_AGAIN);
  let found: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) == dirty) ++found;
  }
  return found;
}

/** Decides the undecided anonymous pages of a pageblock. */
function classifyAnon(pfn: Pfn, hold: u32): void {
  const undecided = stateByte(PAGE_ANON, HOLD_FAIL);
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) != undecided) continue;
    setStateAt(pfn + page, stateByte(PAGE_ANON, hold));
    if (hold == HOLD_PINNED) ++pinnedPages;
  }
}

const HELD_BUFFERS: u32 = 1;
const RELEASED_BUFFERS: u32 = 2;

/**
 * Decides the undecided buffers of a pageblock, from the top down; counts the transactions whose
 * log blocks lie there. Says what it has decided.
 */
function classifyBuffers(pfn: Pfn, mayHold: bool): u32 {
  let decided: u32 = 0;
  for (let end = pfn + PAGEBLOCK_PAGES; end > pfn; --end) {
    let first = end;
    let isChanged = false;
    while (first > pfn && classOrFree(stateAt(first - 1)) == PAGE_BUFFER) {
      --first;
      if (holdOf(stateAt(first)) == HOLD_AGAIN) isChanged = true;
    }
    if (first == end) continue;
    const pages = end - first;
    const isLog = pages >= LEAST_LOG_PAGES && pages <= MOST_LOG_PAGES && !isChanged;
    if (isLog) ++transactions;
    const holds = mayHold && !isLog && transactions <= HELD_TRANSACTIONS;
    decided |= decideRun(first, end, holds);
    end = first + 1;
  }
  return decided;
}

function decideRun(first: Pfn, end: Pfn, holds: bool): u32 {
  let decided: u32 = 0;
  for (let pfn = first; pfn < end; ++pfn) {
    if (stateAt(pfn) != stateByte(PAGE_BUFFER, HOLD_FAIL)) continue;
    setStateAt(pfn, stateByte(PAGE_BUFFER, holds ? HOLD_AGAIN : HOLD_NONE));
    decided = holds ? HELD_BUFFERS : RELEASED_BUFFERS;
  }
  return decided;
}

// Pages without flags.

/** Shorter runs of flag-less pages among free memory are kernel pages. */
const SHORTEST_CACHED_RUN: u32 = 24;
/** Runs are counted by length up to this one. */
const LONGEST: u32 = 8191;
// u32 per length: how many runs of that length there are, then how many of them are still to be
// taken as cached.
if ((LONGEST + 1) << 2 > CACHED_RUNS_BYTES) ERROR("CACHED_RUNS is too small");
/**
 * What the caches hold is read a moment before the pages: this much more, in pages, may be found.
 */
const TOLERANCE_PAGES: u32 = 64;
const TOLERANCE_SHARE: u32 = 50;

/** Neighbours that tell how likely a kernel page hides in a pageblock without any flag. */
const NEIGHBOURS: u32 = 64;
const NEIGHBOUR_REACH: u32 = 160;
const NEIGHBOUR_PRIOR: u32 = 4;
const LEAST_MILLI: u32 = 10;
const MOST_MILLI: u32 = 900;
/** From here on a pageblock is told apart from others whose pages count as cached. */
const SUSPECT_MILLI: u32 = 40;

/**
 * Pages that count as free because they are most likely cached, and such that stay kernel memory.
 */
export let cachedFound: u32 = 0;
export let unknownLeft: u32 = 0;
/**
 * Pageblocks of the device taken as cached, in which a kernel page may hide: the sum of the
 * probabilities, in thousandths.
 */
export let hiddenMilli: u32 = 0;

/**
 * Pages of the pageblock without flags, if it is one of `zone` that holds no certain kernel page;
 * else 0. Pages in an LRU-add batch are none: an attempt drains the batches first. They lie where
 * the running process allocates, as what is in its CPU's cache does.
 */
function unknownIn(block: BlockNr, zone: ZoneNr): u32 {
  const entry = entryOfBlock(block);
  if (zoneOf(entry) != zone) return 0;
  const unmovable = countUnmovable(countsOf(entry));
  if (unmovable == 0) return 0;
  const record = recordOf(entry);
  if (!record) return blockState(entry) == PAGE_UNKNOWN ? PAGEBLOCK_PAGES : 0;
  let unknown: u32 = 0;
  let pending: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = load<u8>(record + page);
    unknown += <u32>(state == <u8>PAGE_UNKNOWN);
    pending += <u32>(state == <u8>PAGE_LRU_PENDING);
  }
  return unknown + pending == unmovable ? unknown : 0;
}

/** Nothing but free pages and pages without flags? */
function isRest(block: BlockNr, zone: ZoneNr): bool {
  const entry = entryOfBlock(block);
  if (zoneOf(entry) != zone) return false;
  const counts = countsOf(entry);
  if (countMovable(counts) > 0) return false;
  return countUnmovable(counts) == 0
    ? countFree(counts) == PAGEBLOCK_PAGES
    : unknownIn(block, zone) > 0;
}

/** Turns the pages without flags of a pageblock into `pageClass`. */
function setUnflagged(block: BlockNr, pageClass: u32): void {
  const pfn = block << PAGEBLOCK_ORDER;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) == PAGE_UNKNOWN) setStateAt(pfn + page, pageClass);
  }
}

/**
 * Decides which pages without flags of a zone are in per-CPU caches. `cached` is how many pages the
 * caches hold in all.
 *
 * In a pageblock with movable pages but no certain kernel page they are. Among otherwise free
 * memory caches leave long runs and kernel pages short ones: the longest runs are cached, up to
 * what the caches hold. A pageblock without any flag may hide a kernel page; how likely that is,
 * its neighbours tell.
 */
export function classifyUnflaggedPages(zone: ZoneNr, cached: u32): void {
  let left = cached;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const unknown = unknownIn(block, zone);
    if (unknown == 0 || countMovable(countsOf(entryOfBlock(block))) == 0) continue;
    setUnflagged(block, PAGE_CACHED);
    left -= min(left, unknown);
  }
  left += max(TOLERANCE_PAGES, cached / TOLERANCE_SHARE);
  memory.fill(CACHED_RUNS, 0, (LONGEST + 1) << 2);
  walkRuns(zone, false);
  for (let length = LONGEST; length >= SHORTEST_CACHED_RUN; --length) {
    const bucket = CACHED_RUNS + ((<usize>length) << 2);
    const taken = min(load<u32>(bucket), left / length);
    store<u32>(bucket, taken);
    left -= taken * length;
  }
  walkRuns(zone, true);
  releaseCached(zone);
}

/**
 * Goes over the runs of pages without flags in the rest of the zone; counts them, or takes those
 * that classifyUnflaggedPages() chose.
 */
function walkRuns(zone: ZoneNr, take: bool): void {
  let start: u32 = 0;
  let length: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const rest = isRest(block, zone);
    const pfn = block << PAGEBLOCK_ORDER;
    const entry = entryOfBlock(block);
    if (!rest || (!recordOf(entry) && blockState(entry) != PAGE_UNKNOWN)) {
      endRun(start, length, take);
      length = 0;
      continue;
    }
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      if (stateAt(pfn + page) == PAGE_UNKNOWN) {
        if (length++ == 0) start = pfn + page;
        continue;
      }
      endRun(start, length, take);
      length = 0;
    }
  }
  endRun(start, length, take);
}

function endRun(start: Pfn, length: u32, take: bool): void {
  if (length < SHORTEST_CACHED_RUN) return;
  const bucket = CACHED_RUNS + ((<usize>min(length, LONGEST)) << 2);
  const count = load<u32>(bucket);
  if (!take) {
    store<u32>(bucket, count + 1);
    return;
  }
  if (count == 0) return;
  store<u32>(bucket, count - 1);
  setRange(start, length, PAGE_CACHED);
}

/**
 * Makes cached pages free, but for pageblocks in which a kernel page more likely hides than not.
 */
function releaseCached(zone: ZoneNr): void {
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone || recordOf(entry) || blockState(entry) != PAGE_CACHED) continue;
    const milli = hiddenProbability(block, zone);
    if (milli >= SUSPECT_MILLI) addFlags(entry, FLAG_SUSPECT);
    // a class that a load never finds, until all pageblocks have been looked at
    if (milli >= 500) setBlockState(entry, PAGE_TAIL);
    else if (flagsOf(entry) & FLAG_IN_DEVICE) hiddenMilli += milli;
  }
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone) continue;
    const pfn = block << PAGEBLOCK_ORDER;
    const record = recordOf(entry);
    if (!record) {
      releaseWhole(pfn, entry);
      continue;
    }
    const counts = countsOf(entry);
    // pages without flags count as unmovable, cached ones nowhere
    const hasNeither = countFree(counts) + countMovable(counts) == PAGEBLOCK_PAGES;
    for (let page: u32 = hasNeither ? PAGEBLOCK_PAGES : 0; page < PAGEBLOCK_PAGES; ++page) {
      const state = load<u8>(record + page);
      if (state == <u8>PAGE_UNKNOWN) ++unknownLeft;
      if (state != <u8>PAGE_CACHED) continue;
      setStateAt(pfn + page, PAGE_FREE);
      addFlags(entry, FLAG_CACHED);
      ++cachedFound;
    }
    setType(entry, countUnmovable(countsOf(entry)) ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE);
  }
}

function releaseWhole(pfn: Pfn, entry: EntryOffset): void {
  const state = blockState(entry);
  if (state == PAGE_TAIL) setRange(pfn, PAGEBLOCK_PAGES, PAGE_UNKNOWN);
  if (state == PAGE_TAIL || state == PAGE_UNKNOWN) unknownLeft += PAGEBLOCK_PAGES;
  if (state != PAGE_CACHED) return;
  setRange(pfn, PAGEBLOCK_PAGES, PAGE_FREE);
  setType(entry, MIGRATE_MOVABLE);
  addFlags(entry, FLAG_CACHED);
  cachedFound += PAGEBLOCK_PAGES;
}

/** Chance in thousandths that a kernel page hides in this pageblock: the worse of its two sides. */
function hiddenProbability(block: BlockNr, zone: ZoneNr): u32 {
  const milli = max(visibleShare(block, zone, -1), visibleShare(block, zone, 1));
  return min(max(milli, LEAST_MILLI), MOST_MILLI);
}

/** Share, in thousandths, of the nearest free pageblocks on one side that show a kernel page. */
function visibleShare(block: BlockNr, zone: ZoneNr, step: i32): u32 {
  let looked: u32 = 0;
  let visible: u32 = 0;
  for (let reach: i32 = 1; reach <= <i32>NEIGHBOUR_REACH && looked < NEIGHBOURS; ++reach) {
    const other = <i32>block + step * reach;
    if (other < 0 || other >= <i32>nrPageblocks) break;
    const entry = entryOfBlock(other);
    if (zoneOf(entry) != zone) continue;
    const counts = countsOf(entry);
    if (countFree(counts) == PAGEBLOCK_PAGES) ++looked;
    else if (countMovable(counts) == 0 && unknownIn(other, zone) > 0) {
      ++looked;
      ++visible;
    }
  }
  return (visible * 1000) / (looked + NEIGHBOUR_PRIOR);
}
