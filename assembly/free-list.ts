// Free lists [zone][order][type]: circular, doubly linked, with one sentinel each.
//
// A link names a slot: the chunk's first pfn >> 1, or a sentinel (top bit set). Where a slot's link pair lies:
//
//   sentinel                     LISTS + id * 8
//   chunk below order 9          in the record of its pageblock
//   chunk of order 9 or 10       in the entry of its first pageblock, which has no record

import { MAX_ORDER, MIGRATE_TYPES, PAGE_FREE, PAGEBLOCK_ORDER } from "./abi";
import { LISTS } from "./layout";
import { PAGE_MASK, RECORD_LINKS } from "./page";
import { HEAD, headByte } from "./page-class";
import {
  ENTRY_LINKS,
  blockState,
  entryOf,
  entryOfBlock,
  recordOf,
  setBlockState,
} from "./pageblock";
import { addNrFree } from "./zone";

const SENTINEL: u32 = 0x80000000;
const SLOT_MASK: u32 = 255;
/** Returned by firstOf() for an empty list. No chunk starts at it: the last pfns are never modelled. */
export const NO_CHUNK: u32 = 0xffffffff;

function sentinelOf(zone: u32, order: u32, type: u32): u32 {
  return SENTINEL | (zone << 7) | (order << 3) | type;
}

function linksOf(slot: u32): usize {
  if (slot & SENTINEL) return LISTS + ((<usize>(slot & ~SENTINEL)) << 3);
  const entry = entryOfBlock(slot >> 8);
  const record = recordOf(entry);
  return record ? record + RECORD_LINKS + ((<usize>(slot & SLOT_MASK)) << 3) : entry + ENTRY_LINKS;
}

function nextOf(links: usize): u32 {
  return load<u32>(links);
}
function prevOf(links: usize): u32 {
  return load<u32>(links, 4);
}
function setNext(links: usize, slot: u32): void {
  store<u32>(links, slot);
}
function setPrev(links: usize, slot: u32): void {
  store<u32>(links, slot, 4);
}

/** Empties all lists of a new zone. */
export function initLists(zone: u32): void {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    for (let type: u32 = 0; type < MIGRATE_TYPES; ++type) {
      const sentinel = sentinelOf(zone, order, type);
      setNext(linksOf(sentinel), sentinel);
      setPrev(linksOf(sentinel), sentinel);
    }
  }
}

/** First pfn of the chunk whose links are in `slot`: the odd page of the pair where the even one is no head. NO_CHUNK for a sentinel. */
function chunkIn(slot: u32): u32 {
  if (slot & SENTINEL) return NO_CHUNK;
  const pfn = slot << 1;
  const record = recordOf(entryOf(pfn));
  return record && !(load<u8>(record + (pfn & PAGE_MASK)) & (<u8>HEAD)) ? pfn | 1 : pfn;
}

/** First pfn of the chunk at the head of a list, or NO_CHUNK. */
export function firstOf(zone: u32, order: u32, type: u32): u32 {
  const next = nextOf(linksOf(sentinelOf(zone, order, type)));
  if (order == 0) return chunkIn(next);
  return next & SENTINEL ? NO_CHUNK : next << 1;
}

/** The chunk after the one at `pfn` on its list, or NO_CHUNK. */
export function chunkAfter(pfn: u32): u32 {
  return chunkIn(nextOf(linksOf(pfn >> 1)));
}

/** The chunk before the one at `pfn` on its list, or NO_CHUNK. */
export function chunkBefore(pfn: u32): u32 {
  return chunkIn(prevOf(linksOf(pfn >> 1)));
}

/**
 * Makes `pfn` the head of a free chunk and puts it on a list. The chunk's pages are PAGE_FREE; below order 9 its pageblock
 * has a record, from order 9 on it has none.
 */
export function insertChunk(zone: u32, pfn: u32, order: u32, type: u32, tail: bool): void {
  const slot = pfn >> 1;
  const sentinel = sentinelOf(zone, order, type);
  const ends = linksOf(sentinel);
  const entry = entryOf(pfn);
  const head = headByte(order, type);
  let links: usize;
  if (order < PAGEBLOCK_ORDER) {
    const record = recordOf(entry);
    store<u8>(record + (pfn & PAGE_MASK), <u8>head);
    links = record + RECORD_LINKS + ((<usize>(slot & SLOT_MASK)) << 3);
  } else {
    setBlockState(entry, head);
    links = entry + ENTRY_LINKS;
  }
  if (tail) {
    const last = prevOf(ends);
    setNext(links, sentinel);
    setPrev(links, last);
    setNext(linksOf(last), slot);
    setPrev(ends, slot);
  } else {
    const first = nextOf(ends);
    setNext(links, first);
    setPrev(links, sentinel);
    setPrev(linksOf(first), slot);
    setNext(ends, slot);
  }
  addNrFree(zone, order, 1);
}

/** Takes the chunk at `pfn` off its list; its pages stay PAGE_FREE, without a head. */
export function removeChunk(zone: u32, pfn: u32, order: u32): void {
  const entry = entryOf(pfn);
  let links: usize;
  if (order < PAGEBLOCK_ORDER) {
    const record = recordOf(entry);
    store<u8>(record + (pfn & PAGE_MASK), <u8>PAGE_FREE);
    links = record + RECORD_LINKS + ((<usize>((pfn >> 1) & SLOT_MASK)) << 3);
  } else {
    setBlockState(entry, PAGE_FREE);
    links = entry + ENTRY_LINKS;
  }
  const next = nextOf(links);
  const prev = prevOf(links);
  setNext(linksOf(prev), next);
  setPrev(linksOf(next), prev);
  addNrFree(zone, order, -1);
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
