// Free lists [zone][order][type]: circular, doubly linked, with one sentinel each.
//
// A link is the address of a link pair {u32 next, u32 prev}. Where the pair of a chunk lies tells what it is:
//
//   below TABLE              a sentinel: LISTS + zone * 1024 + order * 64 + type * 8
//   below recordsBase        in the entry of the chunk's first pageblock, which has no record: order 9 or 10
//   from recordsBase on      in the record of its pageblock: below order 9
//
// So unlinking a chunk touches its two neighbours and nothing else. A mask per zone and type says which orders have chunks.

import { MAX_ORDER, MIGRATE_TYPES, PAGE_FREE, PAGEBLOCK_ORDER } from "./abi";
import { LISTS, TABLE, recordsBase, usedBytes } from "./layout";
import { PAGE_MASK, RECORD_LINKS, pfnOfRecordLinks } from "./page";
import { HEAD, headByte } from "./page-class";
import {
  ENTRY_LINKS,
  blockOfEntry,
  blockState,
  entryOf,
  recordOf,
  setBlockState,
} from "./pageblock";
import { addNrFree, clearOrder, markOrder } from "./zone";

/** Stands for "no chunk". No chunk starts there: the last pfns are never modelled. */
export const NO_CHUNK: u32 = 0xffffffff;

function listOf(zone: u32, order: u32, type: u32): usize {
  return LISTS + <usize>((zone << 10) | (order << 6) | (type << 3));
}

function nextOf(links: usize): usize {
  return load<u32>(links);
}
function prevOf(links: usize): usize {
  return load<u32>(links, 4);
}
function setNext(links: usize, to: usize): void {
  store<u32>(links, <u32>to);
}
function setPrev(links: usize, to: usize): void {
  store<u32>(links, <u32>to, 4);
}

/** Link pair of a chunk that starts at page `page` of the record's pageblock. */
function linksIn(record: usize, page: u32): usize {
  return record + RECORD_LINKS + ((<usize>(page >> 1)) << 3);
}

function linksOf(pfn: u32): usize {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  return record ? linksIn(record, pfn & PAGE_MASK) : entry + ENTRY_LINKS;
}

/** First pfn of the chunk whose links these are; NO_CHUNK for a sentinel. */
function chunkAt(links: usize): u32 {
  if (links < TABLE) return NO_CHUNK;
  return links < recordsBase
    ? blockOfEntry(links - ENTRY_LINKS) << PAGEBLOCK_ORDER
    : pfnOfRecordLinks(links);
}

/** Empties all lists of a new zone. */
export function initLists(zone: u32): void {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    for (let type: u32 = 0; type < MIGRATE_TYPES; ++type) {
      const list = listOf(zone, order, type);
      setNext(list, list);
      setPrev(list, list);
    }
  }
}

/** First pfn of the chunk at the head of a list, or NO_CHUNK. */
export function firstOf(zone: u32, order: u32, type: u32): u32 {
  return chunkAt(nextOf(listOf(zone, order, type)));
}

/** The chunk after the one at `pfn` on its list, or NO_CHUNK. */
export function chunkAfter(pfn: u32): u32 {
  return chunkAt(nextOf(linksOf(pfn)));
}

/** The chunk before the one at `pfn` on its list, or NO_CHUNK. */
export function chunkBefore(pfn: u32): u32 {
  return chunkAt(prevOf(linksOf(pfn)));
}

/** Can this be the address of a link pair? For validate(), which trusts nothing. */
function isSound(links: usize): bool {
  return links >= LISTS && links <= <usize>(usedBytes() - 8) && !(links & 3);
}

export function linksAreSound(pfn: u32): bool {
  return isSound(nextOf(linksOf(pfn))) && isSound(prevOf(linksOf(pfn)));
}

export function listHeadIsSound(zone: u32, order: u32, type: u32): bool {
  const list = listOf(zone, order, type);
  return isSound(nextOf(list)) && isSound(prevOf(list));
}

function link(zone: u32, links: usize, order: u32, type: u32, tail: bool): void {
  const list = listOf(zone, order, type);
  if (tail) {
    const last = prevOf(list);
    setNext(links, list);
    setPrev(links, last);
    setNext(last, links);
    setPrev(list, links);
  } else {
    const first = nextOf(list);
    setNext(links, first);
    setPrev(links, list);
    setPrev(first, links);
    setNext(list, links);
  }
  addNrFree(zone, order, 1);
  markOrder(zone, order, type);
}

function unlink(zone: u32, links: usize, order: u32): void {
  const next = nextOf(links);
  const prev = prevOf(links);
  setNext(prev, next);
  setPrev(next, prev);
  addNrFree(zone, order, -1);
  // both neighbours are the list itself: it is empty now
  if (next == prev && next < TABLE) clearOrder(zone, order, (<u32>(next >> 3)) & 7);
}

/** insertChunk() below order 9, where the record is known: `page` is the chunk's first page in the pageblock. */
export function insertInRecord(
  zone: u32,
  record: usize,
  page: u32,
  order: u32,
  type: u32,
  tail: bool,
): void {
  store<u8>(record + page, <u8>headByte(order, type));
  link(zone, linksIn(record, page), order, type, tail);
}

/** removeChunk() below order 9, where the record is known. */
export function removeFromRecord(zone: u32, record: usize, page: u32, order: u32): void {
  store<u8>(record + page, <u8>PAGE_FREE);
  unlink(zone, linksIn(record, page), order);
}

/**
 * Makes `pfn` the head of a free chunk and puts it on a list. The chunk's pages are PAGE_FREE; below order 9 its pageblock
 * has a record, from order 9 on it has none.
 */
export function insertChunk(zone: u32, pfn: u32, order: u32, type: u32, tail: bool): void {
  const entry = entryOf(pfn);
  if (order < PAGEBLOCK_ORDER) {
    insertInRecord(zone, recordOf(entry), pfn & PAGE_MASK, order, type, tail);
    return;
  }
  setBlockState(entry, headByte(order, type));
  link(zone, entry + ENTRY_LINKS, order, type, tail);
}

/** Takes the chunk at `pfn` off its list; its pages stay PAGE_FREE, without a head. */
export function removeChunk(zone: u32, pfn: u32, order: u32): void {
  const entry = entryOf(pfn);
  if (order < PAGEBLOCK_ORDER) {
    removeFromRecord(zone, recordOf(entry), pfn & PAGE_MASK, order);
    return;
  }
  setBlockState(entry, PAGE_FREE);
  unlink(zone, entry + ENTRY_LINKS, order);
}

/** Type of the list that the chunk of order 9 or 10 at this pageblock is on. */
export function listTypeOf(entry: usize): u32 {
  return (blockState(entry) >> 4) & 7;
}

/** Is a free chunk of order 9 or 10 headed at this pageblock? Its order, or 0. */
export function wholeChunkOrder(entry: usize): u32 {
  if (recordOf(entry)) return 0;
  const state = blockState(entry);
  return state & HEAD ? state & 15 : 0;
}
