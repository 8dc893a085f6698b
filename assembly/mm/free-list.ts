// Free lists [zone][order][type]: circular, doubly linked, with one sentinel each.
//
// A link is the address of a link pair {u32 next, u32 prev}. Where the pair of a chunk lies tells
// what it is:
//
//   below TABLE              a sentinel, in its zone (zone.ts)
//   below tableEnd           in the entry of the chunk's first pageblock, which has no record:
//                            order 9 or 10
//   from tableEnd on         in the record of its pageblock: below order 9
//
// So unlinking a chunk touches its two neighbours and nothing else. Nothing says which lists have
// chunks but the lists themselves: a look costs less than a note that nearly every allocation and
// free would have to change.

import { MAX_ORDER, MIGRATE_TYPES, PAGEBLOCK_ORDER, PAGE_FREE } from "../abi";
import { TABLE, ZONES } from "./layout";
import { tableEnd, usedBytes } from "./reserve";
import { PAGE_MASK, recordFor } from "./page";
import { HEAD, headByte } from "./page-class";
import {
  ENTRY_BYTES,
  ENTRY_LINKS,
  NO_ENTRY,
  blockOfEntry,
  blockState,
  entryOf,
  recordOf,
  setBlockState,
} from "./pageblock";
import { blockOfState, linksOfState, pageOfState, stateOfLinks } from "./record-slab";
import { ORDER_BYTES, addNrFree, addNrFreeOf, listOf } from "./zone";
import { EntryOffset, LinkAddr, Migratetype, Pfn, StateAddr, ZoneNr } from "./numbers";

/** Stands for "no chunk". No chunk starts there: the last pfns are never modelled. */
export const NO_CHUNK: u32 = 0xffffffff;

// The two sides of a link pair.

function nextOf(links: LinkAddr): LinkAddr {
  return load<u32>(links);
}
function prevOf(links: LinkAddr): LinkAddr {
  return load<u32>(links, 4);
}
function setNext(links: LinkAddr, to: LinkAddr): void {
  store<u32>(links, <u32>to);
}
function setPrev(links: LinkAddr, to: LinkAddr): void {
  store<u32>(links, <u32>to, 4);
}

function linksOf(pfn: Pfn): LinkAddr {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  return record ? linksOfState(record + (pfn & PAGE_MASK)) : entry + ENTRY_LINKS;
}

/**
 * State of the head whose link pair this is: the odd page of the two where the even one is no head.
 */
export function headOfLinks(links: LinkAddr): StateAddr {
  const even = stateOfLinks(links);
  return even + 1 - (load<u8>(even) >> 7);
}

/** The page whose state is at `at`. */
export function pfnOfState(at: StateAddr): Pfn {
  return (blockOfState(at) << PAGEBLOCK_ORDER) | pageOfState(at);
}

/** First pfn of the chunk whose links these are; NO_CHUNK for a sentinel. */
function chunkOfLinks(links: LinkAddr): Pfn {
  if (links < TABLE) return NO_CHUNK;
  if (links < tableEnd) return blockOfEntry(links - ENTRY_LINKS) << PAGEBLOCK_ORDER;
  return pfnOfState(headOfLinks(links));
}

/** Empties all lists of a new zone. */
export function initLists(zone: ZoneNr): void {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    for (let type: u32 = 0; type < MIGRATE_TYPES; ++type) {
      const list = listOf(zone, order, type);
      setNext(list, list);
      setPrev(list, list);
    }
  }
}

/** First pfn of the chunk at the head of a list, or NO_CHUNK. */
export function firstOf(zone: ZoneNr, order: u32, type: Migratetype): Pfn {
  return chunkOfLinks(nextOf(listOf(zone, order, type)));
}

/** The chunk after the one at `pfn` on its list, or NO_CHUNK. */
export function chunkAfter(pfn: Pfn): Pfn {
  return chunkOfLinks(nextOf(linksOf(pfn)));
}

/** The chunk before the one at `pfn` on its list, or NO_CHUNK. */
export function chunkBefore(pfn: Pfn): Pfn {
  return chunkOfLinks(prevOf(linksOf(pfn)));
}

/** Can this be the address of a link pair? For validate(), which trusts nothing. */
function isSound(links: LinkAddr): bool {
  return links >= ZONES && links <= <usize>(usedBytes() - 8) && !(links & 3);
}

export function linksAreSound(pfn: Pfn): bool {
  return isSound(nextOf(linksOf(pfn))) && isSound(prevOf(linksOf(pfn)));
}

export function listHeadIsSound(zone: ZoneNr, order: u32, type: Migratetype): bool {
  const list = listOf(zone, order, type);
  return isSound(nextOf(list)) && isSound(prevOf(list));
}

/**
 * Puts a link pair at one end of a list. Which end is a coin toss after random frees, so it takes
 * no branch, which would be mispredicted.
 */
function link(zone: ZoneNr, links: LinkAddr, order: u32, type: Migratetype, tail: bool): void {
  const list = listOf(zone, order, type);
  const first = nextOf(list);
  const last = prevOf(list);
  const before = tail ? last : list;
  const after = tail ? list : first;
  setNext(links, after);
  setPrev(links, before);
  setNext(before, links);
  setPrev(after, links);
  addNrFree(zone, order, 1);
}

function unlink(zone: ZoneNr, links: LinkAddr, order: u32): void {
  const next = nextOf(links);
  const prev = prevOf(links);
  setNext(prev, next);
  setPrev(next, prev);
  addNrFree(zone, order, -1);
}

/** Does a list of this type, of `order` or larger, have a chunk? */
export function hasChunkOf(zone: ZoneNr, order: u32, type: Migratetype): bool {
  for (; order <= MAX_ORDER; ++order) if (!isEmpty(zone, order, type)) return true;
  return false;
}

export function isEmpty(zone: ZoneNr, order: u32, type: Migratetype): bool {
  const list = listOf(zone, order, type);
  return nextOf(list) == list;
}

/** insertChunk() below order 9, where the state of the chunk's first page is at `at`. */
export function insertInRecord(
  zone: ZoneNr,
  at: StateAddr,
  order: u32,
  type: Migratetype,
  tail: bool,
): void {
  store<u8>(at, <u8>headByte(order, type));
  link(zone, linksOfState(at), order, type, tail);
}

/** removeChunk() below order 9, where the state of the chunk's first page is at `at`. */
export function removeFromRecord(zone: ZoneNr, at: StateAddr, order: u32): void {
  store<u8>(at, <u8>PAGE_FREE);
  unlink(zone, linksOfState(at), order);
}

/**
 * Takes the first chunk of the smallest sufficient order off the lists of `type` and cuts it down
 * to `order`, which is below 9. Returns its link pair, or 0 where these lists have none. The head
 * byte is still there.
 */
export function takeInRecord(zone: ZoneNr, order: u32, type: Migratetype): LinkAddr {
  const list = listOf(zone, order, type);
  const links = nextOf(list);
  if (links == list) return takeLarger(zone, list, order, type);
  takeFirst(zone, list, links, order);
  return links;
}

/** takeInRecord() where the list of `order` itself is empty. */
function takeLarger(zone: ZoneNr, list: LinkAddr, order: u32, type: Migratetype): LinkAddr {
  let from = order;
  let links: usize;
  do {
    if (++from == PAGEBLOCK_ORDER) return cutBlock(zone, order, type);
    list += ORDER_BYTES;
    links = nextOf(list);
  } while (links == list);
  takeFirst(zone, list, links, from);
  splitAt(links, list, from, order, type);
  return links;
}

/** takeInRecord() out of a chunk of order 9 or 10, whose first pageblock gets a record. */
function cutBlock(zone: ZoneNr, order: u32, type: Migratetype): LinkAddr {
  const entry = takeWhole(zone, PAGEBLOCK_ORDER, type);
  if (entry == NO_ENTRY) return 0;
  const record = recordFor(entry);
  const links = linksOfState(record);
  store<u8>(record, <u8>headByte(PAGEBLOCK_ORDER, type));
  splitAt(links, listOf(zone, PAGEBLOCK_ORDER, type), PAGEBLOCK_ORDER, order, type);
  return links;
}

/** Takes the first link pair off a list. */
function takeFirst(zone: ZoneNr, list: LinkAddr, first: LinkAddr, order: u32): void {
  const next = nextOf(first);
  setNext(list, next);
  setPrev(next, list);
  addNrFree(zone, order, -1);
}

/**
 * Cuts a chunk of order `from`, at most 9, that was just taken off its list, down to `order`. The
 * upper halves go to the lists of `type`, which are empty: the caller has found no chunk that needs
 * less cutting. The state of its first page is at `at`.
 */
export function splitInRecord(
  zone: ZoneNr,
  at: StateAddr,
  from: u32,
  order: u32,
  type: Migratetype,
): void {
  splitAt(linksOfState(at), listOf(zone, from, type), from, order, type);
}

/** splitInRecord() by the chunk's links and the list that it was on. */
function splitAt(links: LinkAddr, list: LinkAddr, from: u32, order: u32, type: Migratetype): void {
  const at = stateOfLinks(links);
  let size: usize = 1 << from;
  do {
    --from;
    size >>= 1;
    list -= ORDER_BYTES;
    store<u8>(at + size, <u8>headByte(from, type));
    putOnly(list, links + ((size >> 1) << 3));
    addNrFreeOf(list, 1);
  } while (from > order);
}

/** Puts a link pair on an empty list. */
function putOnly(list: LinkAddr, links: LinkAddr): void {
  // without assertions the compiler would leave the load that this one needs
  if (!ASC_NO_ASSERT) assert(nextOf(list) == list);
  setNext(links, list);
  setPrev(links, list);
  setNext(list, links);
  setPrev(list, links);
}

/**
 * Takes the first chunk of the smallest sufficient order of 9 and 10 off the lists of `type` and
 * cuts it down to `order`. Returns its first entry, or NO_ENTRY where these lists have none.
 */
export function takeWhole(zone: ZoneNr, order: u32, type: Migratetype): EntryOffset {
  const list = listOf(zone, order, type);
  let links = nextOf(list);
  if (links != list) {
    takeFirst(zone, list, links, order);
  } else {
    if (order == MAX_ORDER) return NO_ENTRY;
    const largest = list + ORDER_BYTES;
    links = nextOf(largest);
    if (links == largest) return NO_ENTRY;
    takeFirst(zone, largest, links, MAX_ORDER);
    setBlockState(links - ENTRY_LINKS + ENTRY_BYTES, headByte(PAGEBLOCK_ORDER, type));
    putOnly(list, links + ENTRY_BYTES);
    addNrFree(zone, PAGEBLOCK_ORDER, 1);
  }
  const entry = links - ENTRY_LINKS;
  setBlockState(entry, PAGE_FREE);
  return entry;
}

/** insertChunk() from order 9 on, where the first pageblock has this entry. */
export function insertWhole(
  zone: ZoneNr,
  entry: EntryOffset,
  order: u32,
  type: Migratetype,
  tail: bool,
): void {
  setBlockState(entry, headByte(order, type));
  link(zone, entry + ENTRY_LINKS, order, type, tail);
}

/** removeChunk() from order 9 on, where the first pageblock has this entry. */
export function removeWhole(zone: ZoneNr, entry: EntryOffset, order: u32): void {
  setBlockState(entry, PAGE_FREE);
  unlink(zone, entry + ENTRY_LINKS, order);
}

/**
 * Makes `pfn` the head of a free chunk and puts it on a list. The chunk's pages are PAGE_FREE;
 * below order 9 its pageblock has a record, from order 9 on it has none.
 */
export function insertChunk(
  zone: ZoneNr,
  pfn: Pfn,
  order: u32,
  type: Migratetype,
  tail: bool,
): void {
  const entry = entryOf(pfn);
  if (order >= PAGEBLOCK_ORDER) insertWhole(zone, entry, order, type, tail);
  else insertInRecord(zone, recordOf(entry) + (pfn & PAGE_MASK), order, type, tail);
}

/** Takes the chunk at `pfn` off its list; its pages stay PAGE_FREE, without a head. */
export function removeChunk(zone: ZoneNr, pfn: Pfn, order: u32): void {
  const entry = entryOf(pfn);
  if (order >= PAGEBLOCK_ORDER) removeWhole(zone, entry, order);
  else removeFromRecord(zone, recordOf(entry) + (pfn & PAGE_MASK), order);
}

/** Type of the list that the chunk of order 9 or 10 at this pageblock is on. */
export function listTypeOf(entry: EntryOffset): Migratetype {
  return (blockState(entry) >> 4) & 7;
}

/** Is a free chunk of order 9 or 10 headed at this pageblock? Its order, or 0. */
export function wholeChunkOrder(entry: EntryOffset): u32 {
  if (recordOf(entry)) return 0;
  const state = blockState(entry);
  return state & HEAD ? state & 15 : 0;
}
