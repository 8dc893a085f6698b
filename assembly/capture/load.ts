// Building the guest from a capture. Page states come in a piece at a time (loadPageblock),
// questions that only the whole guest answers are decided afterwards (classify.ts), and last the
// free lists are built (buildFreeLists).
//
// Convention for the lists, whose order no capture has: all chunks ascending, each at the tail; a
// chunk is on the list of its pageblock's type. In a sample of a guest the order is drawn: each
// chunk goes to the head or to the tail.

import {
  ENOBUFS,
  MAX_ORDER,
  MIGRATE_HIGHATOMIC,
  MIGRATE_MOVABLE,
  MIGRATE_RECLAIMABLE,
  MIGRATE_UNMOVABLE,
  MM_LIST_FOLLOWS_BLOCK,
  MM_LONE_SLABS_IDLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ABSENT,
  PAGE_ANON,
  PAGE_BALLOON,
  PAGE_CACHED,
  PAGE_FILE_CLEAN,
  PAGE_FREE,
  PAGE_GIGANTIC,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  PAGE_KERNEL,
  PAGE_KERNEL_COMPOUND,
  PAGE_LRU_PENDING,
  PAGE_MEMMAP,
  PAGE_OFFLINE,
  PAGE_SLAB,
  PAGE_TAIL,
  PAGE_THP,
  PAGE_UNKNOWN,
  ZONE_MOVABLE,
} from "../abi";
import { freeBuddyOf } from "../mm/buddy";
import { insertChunk, insertInRecord, removeChunk } from "../mm/free-list";
import { LOADED_STATES, LOADED_STATES_BYTES, TALLIES, TALLIES_BYTES } from "../mm/layout";
import { BUFFER_SLAB, noteFilePages } from "../mm/buffer-slab";
import { makeUniform, recordFor, releaseZeroed } from "../mm/page";
import { addPending } from "../mm/lru-batch";
import { alignedOrder } from "../mm/page-free";
import { ensureRecords } from "../mm/record-slab";
import {
  HEAD,
  classOf,
  countDelta,
  countFree,
  countUnmovable,
  holdOf,
  isLru,
  isUndecided,
  isUnit,
  stateByte,
} from "../mm/page-class";
import { draw } from "./draws";
import { markIdleSlabs } from "./idle-slab";
import {
  IN_DEVICE,
  IN_MOVABLE,
  WITH_ZSPAGES,
  isCompound,
  hasBuffers,
  isCompoundHead,
  isCompoundTail,
  isHuge,
  mapsOf,
  noteFlags,
  seeAt,
  stateByExtended,
  stateByWord,
  typeByExtended,
} from "./page-flags";
import { zspagesOf } from "./counters";
import {
  FLAG_IN_DEVICE,
  FLAG_SINGLE_SLABS,
  FLAG_UNDECIDED,
  NO_ENTRY,
  NO_ZONE,
  addCounts,
  blockState,
  countsOf,
  entryOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  setFlags,
  setType,
  setZone,
  typeOf,
  zoneOf,
} from "../mm/pageblock";
import { hasBehaviour } from "../mm/version";
import { addFreePages, addLruPages, addPresentPages, kindOf } from "../mm/zone";
import {
  BlockNr,
  EntryOffset,
  Migratetype,
  PageState,
  Pfn,
  RecordAddr,
  StateAddr,
  ZoneNr,
} from "../mm/numbers";

/** loadPageblock(): there is the extended page state as well. */
export const LOAD_EXTENDED: u32 = 1;
/** loadPageblock(): the pages lie in the device's region. */
export const LOAD_IN_DEVICE: u32 = 2;
/**
 * loadPageblock(): cached pages stay cached; adoptCached() must follow for every zone. Needs
 * LOAD_EXTENDED.
 */
export const LOAD_KEEP_CACHED: u32 = 4;

if (PAGEBLOCK_PAGES > LOADED_STATES_BYTES) ERROR("LOADED_STATES is too small");
// How many pages are in each state: a u32 for each state that is no head.
if (HEAD << 2 > TALLIES_BYTES) ERROR("TALLIES is too small");
/** Nothing says the type of the pageblock. */
const NO_TYPE: u32 = 0xff;

/**
 * Loads an absent pageblock from its kpageflags words and, where `extended` is not 0, its extended
 * states. Its free pages are on no list yet. Does nothing where it has no page. Returns 0 or
 * -ENOBUFS.
 */
export function loadPageblock(
  block: BlockNr,
  zone: ZoneNr,
  flags: usize,
  extended: usize,
  mode: u32,
): i32 {
  const inDevice = (mode & LOAD_IN_DEVICE) != 0;
  if (ensureRecords(1) < 0) return -ENOBUFS;
  if (block != nextBlock) folio = NO_FOLIO;
  nextBlock = block + 1;
  const inMovableZone = kindOf(zone) == ZONE_MOVABLE;
  const zspages = zspagesOf(zone);
  const place =
    (inDevice ? IN_DEVICE : 0) |
    (inMovableZone ? IN_MOVABLE : 0) |
    (zspages > 0 ? WITH_ZSPAGES : 0);
  if (isHuge(load<u64>(flags)) && isCompoundTail(load<u64>(flags))) beGigantic(block);
  const present = extended ? readExtended(flags, extended, place) : readFlags(flags, place);
  if (present == 0) return 0;
  if (extended)
    classifyUnreferenced(LOADED_STATES, mode & LOAD_KEEP_CACHED ? PAGE_CACHED : PAGE_FREE);
  if (isAllFolio(flags)) joinUnit();
  if (inDevice) partBalloon();
  if (inDevice && hasBehaviour(MM_LONE_SLABS_IDLE)) markIdleSlabs(LOADED_STATES, flags);
  if (markSingleSlabs(flags)) setFlags(entryOfBlock(block), FLAG_SINGLE_SLABS);
  // with pages of zsmalloc around it takes another look to tell which are free
  if (inMovableZone && (extended || zspages == 0)) turnUnknown(LOADED_STATES, PAGE_FREE);
  if (inDevice) setFlags(entryOfBlock(block), flagsOf(entryOfBlock(block)) | FLAG_IN_DEVICE);
  placeBlock(block, zone, extended ? typeByExtended(load<u64>(extended)) : NO_TYPE, LOADED_STATES);
  return 0;
}

/** No first page of a compound page has been seen that the page at hand could belong to. */
const NO_FOLIO: u32 = 0xffff;
/** State of the compound page that the page before belongs to: that of its first page. */
let folio: u32 = NO_FOLIO;
let folioHasBuffers: bool = false;
/** The pageblock after the one loaded last. */
let nextBlock: u32 = 0;

/** Fills LOADED_STATES from kpageflags words. Returns how many pages there are. */
function readFlags(flags: usize, place: u32): u32 {
  seeAt(place);
  const first = load<u64>(flags);
  if (isRepeated(flags, first)) {
    const state = stateInFolio(first, PAGEBLOCK_PAGES);
    memory.fill(LOADED_STATES, <u8>state, PAGEBLOCK_PAGES);
    return state == PAGE_ABSENT ? 0 : PAGEBLOCK_PAGES;
  }
  let absent: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = stateInFolio(load<u64>(flags + ((<usize>page) << 3)), 1);
    store<u8>(LOADED_STATES + page, <u8>state);
    absent += <u32>(state == PAGE_ABSENT);
  }
  return PAGEBLOCK_PAGES - absent;
}

/** State of `nrPages` pages with the same word: that of the folio for its later pages. */
function stateInFolio(word: u64, nrPages: u32): u32 {
  if (isCompoundTail(word) && folio != NO_FOLIO) {
    if (folio == PAGE_FILE_CLEAN) noteFilePages(nrPages, folioHasBuffers);
    return folio;
  }
  const state = stateByWord(word, nrPages);
  folioHasBuffers = hasBuffers(word);
  folio = isCompoundHead(word) ? state : NO_FOLIO;
  return state;
}

/** Are all words of a pageblock this one? */
function isRepeated(flags: usize, word: u64): bool {
  for (let at = flags; at < flags + (PAGEBLOCK_PAGES << 3); at += 32) {
    const others = (load<u64>(at) ^ word) | (load<u64>(at, 8) ^ word);
    if (others | (load<u64>(at, 16) ^ word) | (load<u64>(at, 24) ^ word)) return false;
  }
  return true;
}

/** The same from kpageflags words and extended states. */
function readExtended(flags: usize, extended: usize, place: u32): u32 {
  let present: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const at = (<usize>page) << 3;
    const word = load<u64>(flags + at);
    let state = folio;
    if (!isCompoundTail(word) || folio == NO_FOLIO) {
      const nrPages = isCompoundHead(word) ? folioPages(flags, page) : 1;
      let maps: u32 = 0;
      for (let part: u32 = 0; part < nrPages; ++part) {
        maps += mapsOf(load<u64>(extended + at + ((<usize>part) << 3)));
      }
      state = stateByExtended(word, load<u64>(extended + at), place, nrPages, maps);
      folio = isCompoundHead(word) ? state : NO_FOLIO;
      folioHasBuffers = hasBuffers(word);
    } else if (folio == PAGE_FILE_CLEAN) {
      noteFilePages(1, folioHasBuffers);
    }
    noteFlags(word, 1);
    store<u8>(LOADED_STATES + page, <u8>state);
    if (state != PAGE_ABSENT) ++present;
  }
  return present;
}

/** Pages of the folio that starts at `page`, as far as they lie in its pageblock. */
function folioPages(flags: usize, page: u32): u32 {
  let end = page + 1;
  while (end < PAGEBLOCK_PAGES && isCompoundTail(load<u64>(flags + ((<usize>end) << 3)))) ++end;
  return end - page;
}

/** Is the pageblock one compound page of 512 pages? */
function isAllFolio(flags: usize): bool {
  return isCompoundHead(load<u64>(flags)) && folioPages(flags, 0) == PAGEBLOCK_PAGES;
}

/** 512 anonymous pages of one folio are a THP; those of a file are dropped or moved like others. */
function joinUnit(): void {
  const state = <u32>load<u8>(LOADED_STATES);
  if (classOf(state) != PAGE_ANON) return;
  memory.fill(LOADED_STATES, <u8>stateByte(PAGE_THP, holdOf(state)), PAGEBLOCK_PAGES);
}

/**
 * Memory is unplugged by whole pageblocks: pages that are offline beside others are in a balloon.
 */
function partBalloon(): void {
  let offline: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    offline += <u32>(load<u8>(LOADED_STATES + page) == <u8>PAGE_OFFLINE);
  }
  if (offline == 0 || offline == PAGEBLOCK_PAGES) return;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(LOADED_STATES + page) == <u8>PAGE_OFFLINE)
      store<u8>(LOADED_STATES + page, <u8>PAGE_BALLOON);
  }
}

/**
 * Marks slabs of one page, which may hold what goes with file pages. Says whether there are any.
 */
function markSingleSlabs(flags: usize): bool {
  let found = false;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(LOADED_STATES + page) != <u8>PAGE_SLAB) continue;
    if (isCompound(load<u64>(flags + ((<usize>page) << 3)))) continue;
    store<u8>(LOADED_STATES + page, <u8>BUFFER_SLAB);
    found = true;
  }
  return found;
}

/** The hugetlb page that the pageblocks before `block` belong to is larger than 2 MiB. */
function beGigantic(block: BlockNr): void {
  if (folio != PAGE_HUGETLB && folio != PAGE_HUGETLB_FREE) return;
  folio = PAGE_GIGANTIC;
  makeUniform(entryOfBlock(block - 1), PAGE_GIGANTIC);
}

/**
 * With the extended state a page without flags is PAGE_UNKNOWN only where it has no reference: the
 * 2nd to last page of a non-compound allocation, or a page in a per-CPU cache. That one counts as
 * free, as the first attempt drains the caches, or stays cached where the caches are to be taken
 * over (`cachedClass`). A memmap shows as one referenced page and 511 without.
 */
function classifyUnreferenced(states: StateAddr, cachedClass: u32): void {
  if (load<u8>(states) == <u8>PAGE_KERNEL) {
    store<u8>(states, <u8>PAGE_UNKNOWN);
    if (isUniform(states, PAGE_UNKNOWN)) {
      memory.fill(states, <u8>PAGE_MEMMAP, PAGEBLOCK_PAGES);
      return;
    }
    store<u8>(states, <u8>PAGE_KERNEL);
  }
  markTails(states);
  turnUnknown(states, cachedClass);
}

/**
 * Unreferenced pages behind a referenced kernel page, as far as an allocation of an aligned power
 * of two would reach, are its tail. A cached page behind a single kernel page looks the same; its
 * pageblock is held by the kernel page anyway.
 */
function markTails(states: StateAddr): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) != <u8>PAGE_KERNEL) continue;
    let end = page + 1;
    while (end < PAGEBLOCK_PAGES && load<u8>(states + end) == <u8>PAGE_UNKNOWN) ++end;
    const pages =
      (<u32>1) << alignedOrder(page | PAGEBLOCK_PAGES, end + PAGEBLOCK_PAGES, PAGEBLOCK_ORDER);
    memory.fill(states + page + 1, <u8>PAGE_TAIL, pages - 1);
  }
}

/**
 * Says what pages without flags are. In ZONE_MOVABLE, where no kernel page lies, they are all in a
 * per-CPU cache.
 */
function turnUnknown(states: StateAddr, pageClass: u32): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (load<u8>(states + page) == <u8>PAGE_UNKNOWN) store<u8>(states + page, <u8>pageClass);
  }
}

/** A guess at the type of a pageblock by its counters: MOVABLE unless it holds kernel pages. */
function typeByContent(counts: u64): u32 {
  return countUnmovable(counts) ? MIGRATE_UNMOVABLE : MIGRATE_MOVABLE;
}

/**
 * Parts of 2 MiB pages, caught while the guest split or freed them: the pages of a THP are
 * anonymous, those of hugetlb stay.
 */
function breakUnits(states: StateAddr): void {
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const pageClass = classOf(load<u8>(states + page));
    if (!isUnit(pageClass)) continue;
    store<u8>(states + page, pageClass == PAGE_THP ? <u8>PAGE_ANON : <u8>PAGE_KERNEL_COMPOUND);
  }
}

/** Gives a pageblock its 512 states, its zone and type; a `type` that is none is guessed. */
function placeBlock(block: BlockNr, zone: ZoneNr, type: Migratetype, states: StateAddr): void {
  const entry = entryOfBlock(block);
  const isTyped = type <= MIGRATE_HIGHATOMIC;
  setZone(entry, zone);
  addPresentPages(zone, PAGEBLOCK_PAGES);
  const first = <u32>load<u8>(states);
  if (isUniform(states, first)) {
    setType(entry, isTyped ? type : typeByContent(countDelta(first)));
    makeUniform(entry, first);
    account(entry, zone, first, PAGEBLOCK_PAGES);
    return;
  }
  tally(states);
  setType(entry, isTyped ? type : typeByContent(talliedCounts));
  if (talliedUnits) {
    breakUnits(states);
    tally(states);
  }
  makeUniform(entry, PAGE_FREE);
  memory.copy(recordFor(entry), states, PAGEBLOCK_PAGES);
  addCounts(entry, talliedCounts - countDelta(PAGE_FREE) * PAGEBLOCK_PAGES);
  for (let state: u32 = 0; state < HEAD; ++state) {
    const nrPages = talliedPages(state);
    if (nrPages) account(entry, zone, state, nrPages);
  }
}

/** The counters of the pageblock that was tallied, and whether it has pages of 2 MiB pages. */
let talliedCounts: u64 = 0;
let talliedUnits: bool = false;

/** Counts the pages of a pageblock by state. */
function tally(states: StateAddr): void {
  memory.fill(TALLIES, 0, HEAD << 2);
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const at = TALLIES + ((<usize>load<u8>(states + page)) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  talliedCounts = 0;
  talliedUnits = false;
  for (let state: u32 = 0; state < HEAD; ++state) {
    const nrPages = talliedPages(state);
    if (nrPages == 0) continue;
    talliedCounts += countDelta(state) * nrPages;
    if (isUnit(classOf(state))) talliedUnits = true;
  }
}

function talliedPages(state: PageState): u32 {
  return load<u32>(TALLIES + ((<usize>state) << 2));
}

function isUniform(states: StateAddr, state: PageState): bool {
  const word = <u64>state * 0x0101010101010101;
  for (let at: usize = 0; at < PAGEBLOCK_PAGES; at += 8) {
    if (load<u64>(states + at) != word) return false;
  }
  return true;
}

function account(entry: EntryOffset, zone: ZoneNr, state: PageState, nrPages: u32): void {
  const pageClass = classOf(state);
  if (isLru(pageClass)) addLruPages(zone, nrPages);
  if (isUndecided(state)) setFlags(entry, flagsOf(entry) | FLAG_UNDECIDED);
  if (pageClass == PAGE_LRU_PENDING) addPending(entry, nrPages);
}

/** The order of the lists is drawn, see draws.ts. */
let isDrawn: bool = false;

/** Does the next chunk go to the tail of its list? */
function atTail(): bool {
  return !isDrawn || (draw() & 1) != 0;
}

/**
 * Puts all free pages of the guest on the free lists, which are empty so far: ascending, or in an
 * order that is drawn.
 */
export function buildFreeLists(drawn: bool): void {
  isDrawn = drawn;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    const zone = zoneOf(entry);
    if (zone == NO_ZONE) continue;
    const pfn = block << PAGEBLOCK_ORDER;
    // what classify.ts left without any other page is one chunk again
    if (countFree(countsOf(entry)) == PAGEBLOCK_PAGES && recordOf(entry)) releaseZeroed(entry);
    const record = recordOf(entry);
    if (record) addChunks(zone, typeOf(entry), record);
    else if (blockState(entry) == PAGE_FREE) addWhole(pfn, zone, typeOf(entry));
  }
}

/** A wholly free pageblock: an order-9 chunk, or with its free lower half one of order 10. */
function addWhole(pfn: Pfn, zone: ZoneNr, type: Migratetype): void {
  addFreePages(zone, PAGEBLOCK_PAGES);
  const upper = pfn & PAGEBLOCK_PAGES;
  const buddyEntry = upper ? freeBuddyOf(entryOf(pfn), zone) : NO_ENTRY;
  const mergeable =
    buddyEntry != NO_ENTRY &&
    typeOf(buddyEntry) <= MIGRATE_RECLAIMABLE &&
    type <= MIGRATE_RECLAIMABLE;
  if (!mergeable) {
    insertChunk(zone, pfn, PAGEBLOCK_ORDER, type, atTail());
    return;
  }
  const lower = pfn - PAGEBLOCK_PAGES;
  removeChunk(zone, lower, PAGEBLOCK_ORDER);
  insertChunk(zone, lower, MAX_ORDER, typeOf(buddyEntry), atTail());
  if (hasBehaviour(MM_LIST_FOLLOWS_BLOCK)) setType(entryOf(pfn), typeOf(buddyEntry));
}

/** The places of the lower one of each pair of bits; of two, of four and so on. */
const LOWER: usize = memory.data<u64>([
  0x5555555555555555, 0x1111111111111111, 0x0101010101010101, 0x0001000100010001,
  0x0000000100000001, 1,
]);

/**
 * The chunks of a partly free pageblock: each run of free pages in the largest aligned pieces.
 * Order by order, and ascending in each: on lists of their own the orders do not meet.
 */
function addChunks(zone: ZoneNr, type: Migratetype, record: RecordAddr): void {
  let free: u32 = 0;
  /** Of the pageblock's 8 words of 64 pages those that are wholly free. */
  let words: u64 = 0;
  for (let word: usize = 0; word < 8; ++word) {
    const states = record + (word << 6);
    const pages = freePagesOf(states);
    free += <u32>popcnt(pages);
    words |= addOrders(zone, type, states, pages, 0) << word;
  }
  const whole = addOrders(zone, type, record, words, WORD_ORDER);
  assert(whole == 0);
  addFreePages(zone, free);
}

/** Which of the 64 pages whose states begin at `states` are free, a bit each. */
function freePagesOf(states: StateAddr): u64 {
  let pages: u64 = 0;
  for (let at: u32 = 0; at < 64; at += 8) {
    // the top bit of each byte that is 0, then one bit after the other
    const eight = load<u64>(states + at);
    const used = ((eight & 0x7f7f7f7f7f7f7f7f) + 0x7f7f7f7f7f7f7f7f) | eight;
    pages |= ((((~used & 0x8080808080808080) >> 7) * 0x0102040810204080) >> 56) << at;
  }
  return pages;
}

/** Pages of a word, a bit each. */
const WORD_ORDER: u32 = 6;

/**
 * Puts chunks from `order` on, 0 or WORD_ORDER, on their lists: of order 0 to 5, or 6 to 8. The
 * smallest are given as bits. What is left whole above those orders is returned as bits of that
 * size.
 */
function addOrders(
  zone: ZoneNr,
  type: Migratetype,
  states: StateAddr,
  chunks: u64,
  order: u32,
): u64 {
  const orders = order < WORD_ORDER ? WORD_ORDER : PAGEBLOCK_ORDER - WORD_ORDER;
  for (let step: u32 = 0; step < orders; ++step) {
    const distance = (<u64>1) << step;
    const pairs = chunks & (chunks >> distance) & load<u64>(LOWER + (step << 3));
    for (let single = chunks & ~(pairs | (pairs << distance)); single; single &= single - 1) {
      insertInRecord(zone, states + ((<usize>ctz(single)) << order), order + step, type, atTail());
    }
    chunks = pairs;
  }
  return chunks;
}
