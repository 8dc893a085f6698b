// The fast path of `alloc_contig_range()`: the range is exactly one mixed pageblock.
//
// While it is isolated no request takes its free pages, and none sees how they are listed. So they
// leave the lists at the beginning, what moves away joins them without merging, and what is free in
// the end comes back, if the attempt fails, as the chunks that merging one by one would have made:
// below order 9 two free buddies are one chunk, always. Linux keeps the chunks on its
// MIGRATE_ISOLATE lists meanwhile, and puts them back by address, too.

import {
  MIGRATE_ISOLATE,
  MM_ISOLATE_PAGEBLOCK,
  MM_MOVE_TO_TAIL,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CONTIG,
  PAGE_FREE,
} from "../abi";
import { NO_CHUNK, insertInRecord, insertWhole, removeFromRecord } from "../mm/free-list";
import { PAGE_MASK, releaseZeroed } from "../mm/page";
import { NO_GAIN, blockGain, countDelta, countFree, zoneGain } from "../mm/page-class";
import {
  clearIsolated,
  mayIsolate,
  setIsolated,
  typeAfterwards,
  unisolateBlock,
} from "./page-isolation";
import {
  ENTRY_BYTES,
  NO_ENTRY,
  addCounts,
  blockOfEntry,
  countsOf,
  entryOf,
  isIsolated,
  recordOf,
  setBlockState,
  setCounts,
  zoneOf,
} from "../mm/pageblock";
import { alignedOrder } from "../mm/page-free";
import { hasBehaviour } from "../mm/version";
import { addFreeAndLru, addFreePages } from "../mm/zone";
import { Migratetype, Pfn, RecordAddr, ZoneNr } from "../mm/numbers";

const HEADS: u64 = 0x8080808080808080;

/** The pageblock that is being emptied, or NO_ENTRY. */
let evacuatingEntry: usize = NO_ENTRY;

/**
 * Can this range take the fast path? It is one mixed pageblock, isolated by itself in this version,
 * and no isolated neighbour could merge with it. Where no page counts, all may be in caches: once
 * drained they would merge to a whole chunk under way.
 */
export function isOneMixedBlock(start: Pfn, end: Pfn): bool {
  if (start & PAGE_MASK || end - start != PAGEBLOCK_PAGES) return false;
  if (!hasBehaviour(MM_ISOLATE_PAGEBLOCK)) return false;
  const entry = entryOf(start);
  return recordOf(entry) != 0 && countsOf(entry) != 0 && !isIsolated(entry ^ ENTRY_BYTES);
}

/**
 * Isolates the pageblock at `start`. Returns false, with refusingPfn set and nothing changed, where
 * a page forbids it.
 */
export function beginEvacuation(start: Pfn): bool {
  const entry = entryOf(start);
  if (!mayIsolate(entry, false)) return false;
  setIsolated(entry);
  const zone = zoneOf(entry);
  addFreePages(zone, -(<i32>countFree(countsOf(entry))));
  evacuatingEntry = entry;
  unlistChunks();
  return true;
}

/**
 * Takes the chunks of the pageblock off their lists: at the beginning, and those that came out of
 * caches since.
 */
export function unlistChunks(): void {
  const zone = zoneOf(evacuatingEntry);
  const record = recordOf(evacuatingEntry);
  for (let at = record; at < record + PAGEBLOCK_PAGES; at += 8) {
    for (let heads = load<u64>(at) & HEADS; heads; heads &= heads - 1) {
      const head = at + ((<usize>ctz(heads)) >> 3);
      removeFromRecord(zone, head, load<u8>(head) & 15);
    }
  }
}

/**
 * Frees a page, if it is one of the pageblock. Returns false, and changes nothing, where it is not.
 */
export function freeIsolatedPage(pfn: Pfn): bool {
  const entry = entryOf(pfn);
  if (entry != evacuatingEntry) return false;
  const at = recordOf(entry) + (pfn & PAGE_MASK);
  const state = <u32>load<u8>(at);
  const gain = zoneGain(state);
  if (!ASC_NO_ASSERT) assert(gain != NO_GAIN);
  addCounts(entry, blockGain(state));
  // free, but isolated
  addFreeAndLru(zoneOf(entry), gain - 1);
  store<u8>(at, <u8>PAGE_FREE);
  return true;
}

/** First page of the pageblock that is not free, or NO_CHUNK. */
export function firstBlockingPage(): Pfn {
  const record = recordOf(evacuatingEntry);
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; page += 8) {
    const states = load<u64>(record + page);
    if (states) {
      return (blockOfEntry(evacuatingEntry) << PAGEBLOCK_ORDER) + page + ((<u32>ctz(states)) >> 3);
    }
  }
  return NO_CHUNK;
}

/** All of its pages are free: they become PAGE_CONTIG, and the isolation ends. */
export function endEvacuation(): void {
  const entry = evacuatingEntry;
  evacuatingEntry = NO_ENTRY;
  releaseZeroed(entry);
  setBlockState(entry, PAGE_CONTIG);
  setCounts(entry, countDelta(PAGE_CONTIG) << PAGEBLOCK_ORDER);
  clearIsolated(entry, typeAfterwards(entry));
}

/** The attempt has failed: what is free comes back to the lists, and the isolation ends. */
export function abandonEvacuation(): void {
  const entry = evacuatingEntry;
  const zone = zoneOf(entry);
  const free = countFree(countsOf(entry));
  evacuatingEntry = NO_ENTRY;
  if (free == PAGEBLOCK_PAGES) {
    releaseZeroed(entry);
    insertWhole(zone, entry, PAGEBLOCK_ORDER, MIGRATE_ISOLATE, false);
    unisolateBlock(blockOfEntry(entry));
    return;
  }
  const type = typeAfterwards(entry);
  listChunks(zone, recordOf(entry), type);
  addFreePages(zone, free);
  clearIsolated(entry, type);
}

/** Lists the free pages of a record in the largest aligned chunks, ascending. */
function listChunks(zone: ZoneNr, record: RecordAddr, type: Migratetype): void {
  const tail = hasBehaviour(MM_MOVE_TO_TAIL);
  let page: u32 = 0;
  while (page < PAGEBLOCK_PAGES) {
    let end = page;
    while (end < PAGEBLOCK_PAGES && load<u8>(record + end) == <u8>PAGE_FREE) ++end;
    while (page < end) {
      const order = alignedOrder(page, end, PAGEBLOCK_ORDER - 1);
      insertInRecord(zone, record + page, order, type, tail);
      page += 1 << order;
    }
    ++page;
  }
}
