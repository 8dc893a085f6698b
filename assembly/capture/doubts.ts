// How sure the fate of a pageblock is that a capture was loaded with. Its kind of doubt says what
// could turn out otherwise; how often that does, recordings of guests say
// (src/predict/distributions.ts). A sample of a guest is the guest with the fate of some pageblocks
// turned, each drawn by the chance of its kind.
//
// Everything here happens between the decisions of a load and the building of its free lists, or
// only looks.

import {
  DOUBT_ANON,
  DOUBT_BUFFER_DIRTY,
  DOUBT_BUFFER_FREE,
  DOUBT_BUFFER_HELD,
  DOUBT_BUFFER_OLD,
  DOUBT_CACHED,
  DOUBT_CACHED_SUSPECT,
  DOUBT_FILE,
  DOUBT_FREE,
  DOUBT_HELD,
  DOUBT_KERNEL,
  DOUBT_KINDS,
  DOUBT_MOVABLE_ZONE,
  DOUBT_NONE,
  DOUBT_PINNED,
  DOUBT_SLAB,
  DOUBT_SLAB_FEW,
  DOUBT_SLAB_IDLE,
  DOUBT_TOUCHED,
  DOUBT_UNKNOWN,
  HOLD_AGAIN,
  HOLD_NONE,
  HOLD_PINNED,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_BUFFER,
  PAGE_CACHED,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_FREE,
  PAGE_HUGETLB,
  PAGE_KERNEL,
  PAGE_MEMMAP,
  PAGE_SHMEM,
  PAGE_SLAB,
  PAGE_THP,
  PAGE_UNKNOWN,
  PAGE_WRITEBACK,
  ZONE_MOVABLE,
} from "../abi";
import { setRange, setStateAt, stateAt } from "../mm/page";
import {
  HEAD,
  classOrFree,
  countFree,
  countHeld,
  countUnmovable,
  holdOf,
  isMovable,
  isUnit,
  isWithdrawn,
  stateByte,
} from "../mm/page-class";
import {
  FLAG_CACHED,
  FLAG_DECIDED,
  FLAG_IN_DEVICE,
  FLAG_SUSPECT,
  NO_ZONE,
  blockState,
  countsOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";
import { draw } from "./draws";
import { justSynced, mappedIn } from "./classify";
import { kindOf } from "../mm/zone";
import { BlockNr, EntryOffset, PageState, Pfn } from "../mm/numbers";

/** Slab pages that may be one slab, or a few. */
const FEW_SLAB_PAGES: u32 = 8;
const FILE_CLASSES: u32 =
  (1 << PAGE_FILE_CLEAN) | (1 << PAGE_FILE_DIRTY) | (1 << PAGE_WRITEBACK) | (1 << PAGE_SHMEM);

/**
 * What the pages of a pageblock are: a bit per class of those that nothing holds, and of those that
 * are held.
 */
let loose: u32 = 0;
let held: u32 = 0;
let slabPages: u32 = 0;
/** A slab that is most likely empty. */
let hasIdleSlab: bool = false;

function look(entry: EntryOffset): void {
  loose = 0;
  held = 0;
  slabPages = 0;
  hasIdleSlab = false;
  const record = recordOf(entry);
  if (!record) {
    tallyState(blockState(entry), PAGEBLOCK_PAGES);
    return;
  }
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) tallyState(load<u8>(record + page), 1);
}

function tallyState(state: PageState, nrPages: u32): void {
  const pageClass = classOrFree(state);
  const hold = state & HEAD ? HOLD_NONE : holdOf(state);
  if (pageClass == PAGE_SLAB) {
    slabPages += nrPages;
    if (hold == HOLD_AGAIN) hasIdleSlab = true;
  }
  if (hold != HOLD_NONE) held |= 1 << pageClass;
  else loose |= 1 << pageClass;
}

/** The kind of doubt about a pageblock, DOUBT_*. */
export function doubtOf(block: BlockNr): u32 {
  const entry = entryOfBlock(block);
  const zone = zoneOf(entry);
  if (zone == NO_ZONE) return DOUBT_NONE;
  const counts = countsOf(entry);
  const flags = flagsOf(entry);
  const stays = countUnmovable(counts) > 0 || countHeld(counts) > 0;
  if (!stays && kindOf(zone) == ZONE_MOVABLE) {
    return flags & FLAG_DECIDED ? DOUBT_TOUCHED : DOUBT_MOVABLE_ZONE;
  }
  if (!stays && countFree(counts) == PAGEBLOCK_PAGES) return freeDoubt(flags);
  look(entry);
  return stays ? doubtThatStays(flags) : doubtThatGoes(flags);
}

function freeDoubt(flags: u32): u32 {
  if (flags & FLAG_SUSPECT) return DOUBT_CACHED_SUSPECT;
  return flags & FLAG_CACHED ? DOUBT_CACHED : DOUBT_FREE;
}

function doubtThatGoes(flags: u32): u32 {
  if (flags & FLAG_CACHED) return DOUBT_CACHED;
  if (loose & (1 << PAGE_BUFFER)) return justSynced ? DOUBT_BUFFER_OLD : DOUBT_BUFFER_FREE;
  if (flags & FLAG_DECIDED) return DOUBT_TOUCHED;
  return loose & FILE_CLASSES ? DOUBT_FILE : DOUBT_ANON;
}

function doubtThatStays(flags: u32): u32 {
  let unmovable: u32 = 0;
  for (let at: u32 = 0; at < 32; ++at) {
    const bit = (<u32>1) << at;
    if (!((loose | held) & bit) || at == PAGE_FREE || isMovable(at)) continue;
    if (isWithdrawn(at) || at == PAGE_MEMMAP) return DOUBT_NONE;
    unmovable |= bit;
  }
  const movableHeld = held & ~((<u32>1) << PAGE_SLAB);
  if (unmovable == (<u32>1) << PAGE_SLAB && movableHeld == 0) return slabDoubt();
  if (unmovable == 0) return holdDoubt(movableHeld, flags);
  return unmovable == (<u32>1) << PAGE_UNKNOWN && movableHeld == 0 ? DOUBT_UNKNOWN : DOUBT_KERNEL;
}

function slabDoubt(): u32 {
  if (hasIdleSlab) return DOUBT_SLAB_IDLE;
  return slabPages <= FEW_SLAB_PAGES ? DOUBT_SLAB_FEW : DOUBT_SLAB;
}

function holdDoubt(classes: u32, flags: u32): u32 {
  if (classes == (<u32>1) << PAGE_BUFFER) {
    return flags & FLAG_DECIDED ? DOUBT_BUFFER_HELD : DOUBT_BUFFER_DIRTY;
  }
  return classes == (<u32>1) << PAGE_ANON ? DOUBT_PINNED : DOUBT_HELD;
}

/**
 * The kinds of `nr` subblocks of `blocksEach` pageblocks each, from `firstBlock` on, a byte each:
 * that of the pageblock whose kind has the largest number, so that what stays comes before what
 * goes.
 */
export function doubtsOfSubblocks(
  firstBlock: BlockNr,
  blocksEach: u32,
  nr: u32,
  into: usize,
): void {
  for (let subblock: u32 = 0; subblock < nr; ++subblock) {
    let doubt: u32 = 0;
    for (let block: u32 = 0; block < blocksEach; ++block) {
      doubt = max(doubt, doubtOf(firstBlock + subblock * blocksEach + block));
    }
    store<u8>(into + subblock, <u8>doubt);
  }
}

/** By kind: a pageblock's fate turns if the next random number is below it. u32 each. */
const CHANCES: usize = memory.data(DOUBT_KINDS * 4, 4);

/**
 * Each anonymous page is pinned, though nothing shows it, if the next random number is below it.
 */
let pinChance: u32 = 0;

export function setChance(kind: u32, chance: u32): void {
  store<u32>(CHANCES + ((<usize>kind) << 2), chance);
}

export function setPinChance(chance: u32): void {
  pinChance = chance;
}

/**
 * Turns the fate of pageblocks of the device, as drawn; at most `records` of those without a
 * record.
 */
export function turnFates(records: u32): void {
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (!(flagsOf(entry) & FLAG_IN_DEVICE)) continue;
    const doubt = doubtOf(block);
    let chance = load<u32>(CHANCES + ((<usize>doubt) << 2));
    if (pinChance > 0 && doubt < DOUBT_SLAB_IDLE) chance = withPins(chance, mappedIn(entry));
    if (doubt == DOUBT_NONE || draw() >= chance) continue;
    const needsRecord = recordOf(entry) == 0;
    if (needsRecord && records == 0) continue;
    records -= u32(needsRecord);
    turn(block, doubt);
  }
}

/**
 * With the chance of a pinned page among `pages`: pins are too few for two of them to matter.
 */
function withPins(chance: u32, pages: u32): u32 {
  return <u32>min<u64>(u32.MAX_VALUE, <u64>chance + <u64>pinChance * pages);
}

function turn(block: BlockNr, doubt: u32): void {
  const pfn = block << PAGEBLOCK_ORDER;
  if (doubt < DOUBT_SLAB_IDLE) holdOnePage(pfn);
  else if (doubt == DOUBT_SLAB_IDLE) keepIdleSlabs(pfn);
  else clearObstacles(pfn);
}

/**
 * There is a blocking page: a movable page that is held, or a page of the kernel where all are
 * free.
 */
function holdOnePage(pfn: Pfn): void {
  const first = draw() & (PAGEBLOCK_PAGES - 1);
  for (let step: u32 = 0; step < PAGEBLOCK_PAGES; ++step) {
    const at = pfn + ((first + step) & (PAGEBLOCK_PAGES - 1));
    const pageClass = classOrFree(stateAt(at));
    if (!isMovable(pageClass)) continue;
    if (pageClass == PAGE_HUGETLB) return;
    // a huge page that is held in part is split
    if (pageClass == PAGE_THP) setRange(pfn, PAGEBLOCK_PAGES, PAGE_ANON);
    setStateAt(at, stateByte(pageClass == PAGE_THP ? PAGE_ANON : pageClass, HOLD_PINNED));
    return;
  }
  if (classOrFree(stateAt(pfn + first)) == PAGE_FREE) setStateAt(pfn + first, PAGE_KERNEL);
}

/** Slabs that count as empty are in use. */
function keepIdleSlabs(pfn: Pfn): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (stateAt(pfn + page) == stateByte(PAGE_SLAB, HOLD_AGAIN)) setStateAt(pfn + page, PAGE_SLAB);
  }
}

/** Blocking pages are freed, or released; those in caches are the caches'. */
function clearObstacles(pfn: Pfn): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = stateAt(pfn + page);
    const pageClass = classOrFree(state);
    if (pageClass == PAGE_FREE || pageClass == PAGE_CACHED || isUnit(pageClass)) continue;
    setStateAt(pfn + page, isMovable(pageClass) ? stateByte(pageClass, HOLD_NONE) : PAGE_FREE);
  }
}
