// Isolating pageblocks from the allocator, and un-isolating them (mm/page_isolation.c, v6.1).

import {
  MAX_ORDER,
  MAX_ORDER_PAGES,
  MIGRATE_ISOLATE,
  MIGRATE_MOVABLE,
  MM_ISOLATE_KEEPS_TYPE,
  MM_ISOLATE_PAGEBLOCK,
  MM_LIST_FOLLOWS_BLOCK,
  MM_MOVE_TO_TAIL,
  MM_SLAB_UNREFERENCED,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_NEVER_ONLINED,
  PAGE_OFFLINE,
  PAGE_POISONED,
  PAGE_RESERVED,
  PAGE_SLAB,
  ZONE_MOVABLE,
} from "../abi";
import { freeBuddyOf, freeChunk, moveChunksOfBlock } from "../mm/buddy";
import { NO_CHUNK, insertChunk, listTypeOf, removeChunk, wholeChunkOrder } from "../mm/free-list";
import {
  classOf,
  countUnmovable,
  hasUnmovableByte,
  isMovable,
  isUnreferenced,
  unmovableBytes,
} from "../mm/page-class";
import {
  NO_ENTRY,
  NO_ZONE,
  baseType,
  blockOfEntry,
  blockState,
  countsOf,
  entryOfBlock,
  isIsolated,
  markIsolated,
  nrPageblocks,
  recordOf,
  setType,
  typeOf,
  zoneOf,
} from "../mm/pageblock";
import { drainZone } from "../mm/per-cpu-cache";
import { prefetchRecord } from "../mm/record-slab";
import { hasBehaviour } from "../mm/version";
import { addFreePages, addIsolatedBlocks, kindOf } from "../mm/zone";
import { BlockNr, EntryOffset, Migratetype, Pfn } from "../mm/numbers";

/** The page that refused the last isolation; NO_CHUNK where the pageblock was isolated already. */
export let refusingPfn: u32 = NO_CHUNK;

/**
 * Does a used page of this class block the isolation of its pageblock? The rules of
 * `has_unmovable_pages()`, page by page.
 */
function blocksIsolation(pageClass: u32, inMovableZone: bool, offlining: bool): bool {
  if (pageClass == PAGE_RESERVED) return true;
  if (inMovableZone || isUnreferenced(pageClass) || isMovable(pageClass)) return false;
  if (pageClass == PAGE_SLAB && hasBehaviour(MM_SLAB_UNREFERENCED)) return false;
  if (!offlining) return true;
  return pageClass != PAGE_POISONED && pageClass != PAGE_OFFLINE && pageClass != PAGE_NEVER_ONLINED;
}

/**
 * First page of the pageblock that forbids isolating it, or NO_CHUNK (`has_unmovable_pages()`). The
 * counters answer for most pageblocks without touching their pages.
 */
function findUnmovable(entry: EntryOffset, offlining: bool): Pfn {
  if (countUnmovable(countsOf(entry)) == 0) return NO_CHUNK;
  const inMovableZone = kindOf(zoneOf(entry)) == ZONE_MOVABLE;
  const pfn = blockOfEntry(entry) << PAGEBLOCK_ORDER;
  const record = recordOf(entry);
  if (!record) {
    const state = blockState(entry);
    return blocksIsolation(classOf(state), inMovableZone, offlining) ? pfn : NO_CHUNK;
  }
  prefetchRecord(record);
  // inside a free chunk there are only zeros
  for (let group: u32 = 0; group < PAGEBLOCK_PAGES; group += 32) {
    if (!hasUnmovableByte(record + group)) continue;
    for (let at = group; at < group + 32; at += 8) {
      for (let left = unmovableBytes(load<u64>(record + at)); left; left &= left - 1) {
        const page = at + ((<u32>ctz(left)) >> 3);
        if (blocksIsolation(classOf(load<u8>(record + page)), inMovableZone, offlining)) {
          return pfn + page;
        }
      }
    }
  }
  return NO_CHUNK;
}

/** Could this pageblock be isolated? Sets refusingPfn where it could not. */
export function mayIsolate(entry: EntryOffset, offlining: bool): bool {
  refusingPfn = NO_CHUNK;
  if (isIsolated(entry)) return false;
  refusingPfn = findUnmovable(entry, offlining);
  return refusingPfn == NO_CHUNK;
}

/** Makes a pageblock isolated; its chunks are the caller's. */
export function setIsolated(entry: EntryOffset): void {
  markIsolated(entry);
  addIsolatedBlocks(zoneOf(entry), 1);
}

/** Ends the isolation of a pageblock, whose chunks are on the lists of `type`. */
export function clearIsolated(entry: EntryOffset, type: Migratetype): void {
  setType(entry, type);
  addIsolatedBlocks(zoneOf(entry), -1);
}

/** The migratetype that an isolated pageblock will have. */
export function typeAfterwards(entry: EntryOffset): Migratetype {
  return hasBehaviour(MM_ISOLATE_KEEPS_TYPE) ? baseType(entry) : MIGRATE_MOVABLE;
}

/**
 * Isolates one pageblock. Returns false, with refusingPfn set and nothing changed, where a page
 * forbids it.
 */
function isolateBlock(block: BlockNr, offlining: bool): bool {
  const entry = entryOfBlock(block);
  if (!mayIsolate(entry, offlining)) return false;
  setIsolated(entry);
  // move_freepages_block_isolate() splits a chunk of two pageblocks (from v6.10)
  if (hasBehaviour(MM_LIST_FOLLOWS_BLOCK) && splitOrder10(block & ~1)) return true;
  const zone = zoneOf(entry);
  const moved = moveChunksOfBlock(zone, entry, block << PAGEBLOCK_ORDER, MIGRATE_ISOLATE);
  addFreePages(zone, -moved);
  return true;
}

/**
 * Splits the order-10 chunk that starts at pageblock `block`, if one does: each half goes to its
 * own pageblock's list.
 */
function splitOrder10(block: BlockNr): bool {
  const entry = entryOfBlock(block);
  if (wholeChunkOrder(entry) != MAX_ORDER) return false;
  const zone = zoneOf(entry);
  const pfn = block << PAGEBLOCK_ORDER;
  if (listTypeOf(entry) != MIGRATE_ISOLATE) addFreePages(zone, -(<i32>MAX_ORDER_PAGES));
  removeChunk(zone, pfn, MAX_ORDER);
  freeChunk(zone, pfn, PAGEBLOCK_ORDER, typeOf(entry), false);
  freeChunk(zone, pfn + PAGEBLOCK_PAGES, PAGEBLOCK_ORDER, typeOf(entryOfBlock(block + 1)), false);
  return true;
}

/** Splits an order-10 chunk that crosses `boundary`, a pageblock border. */
function splitCrossing(boundary: Pfn): void {
  if (boundary % MAX_ORDER_PAGES != 0) splitOrder10((boundary >> PAGEBLOCK_ORDER) - 1);
}

/**
 * Splits a free chunk of two isolated pageblocks at the border between them. The halves do not
 * merge again.
 */
export function splitAtPageblock(boundary: Pfn): void {
  if (boundary % MAX_ORDER_PAGES == 0) return;
  const lower = boundary - PAGEBLOCK_PAGES;
  const entry = entryOfBlock(lower >> PAGEBLOCK_ORDER);
  if (wholeChunkOrder(entry) != MAX_ORDER) return;
  const zone = zoneOf(entry);
  removeChunk(zone, lower, MAX_ORDER);
  insertChunk(zone, lower, PAGEBLOCK_ORDER, MIGRATE_ISOLATE, false);
  insertChunk(zone, boundary, PAGEBLOCK_ORDER, MIGRATE_ISOLATE, false);
}

/**
 * Pageblocks that isolating [start, end) covers in this version: single ones, or 4 MiB units before
 * 5.19, of which some may not be online.
 */
function firstIsolatedBlock(start: Pfn): BlockNr {
  const block = start >> PAGEBLOCK_ORDER;
  return hasBehaviour(MM_ISOLATE_PAGEBLOCK) ? block : block & ~1;
}
function endIsolatedBlock(end: Pfn): BlockNr {
  const block = ((end - 1) >> PAGEBLOCK_ORDER) + 1;
  return hasBehaviour(MM_ISOLATE_PAGEBLOCK) ? block : min((block + 1) & ~1, nrPageblocks);
}

/**
 * Isolates the pageblocks of [start, end), rounded as the version does. Free pages stay free but
 * are not handed out.
 *
 * All or nothing: returns false, with refusingPfn set and every pageblock given back, where one
 * refuses. As in Linux the pageblocks isolated before the refusing one are MOVABLE afterwards, in
 * versions that forget the type, and their free chunks have moved in their lists.
 */
export function isolateRange(start: Pfn, end: Pfn, offlining: bool): bool {
  const first = firstIsolatedBlock(start);
  const endBlock = endIsolatedBlock(end);
  if (!hasBehaviour(MM_ISOLATE_PAGEBLOCK)) return isolateAscending(first, endBlock, offlining);

  const last = endBlock - 1;
  if (!isolateBlock(first, offlining)) return false;
  splitCrossing(first << PAGEBLOCK_ORDER);
  if (last != first && !isolateBlock(last, offlining)) {
    unisolateBlock(first);
    return false;
  }
  splitCrossing(endBlock << PAGEBLOCK_ORDER);
  for (let block = first + 1; block < last; ++block) {
    if (isolateBlock(block, offlining)) continue;
    for (let undo = first; undo < block; ++undo) unisolateBlock(undo);
    unisolateBlock(last);
    return false;
  }
  return true;
}

/** `start_isolate_page_range()` until v5.18: ascending, the caches drained after each pageblock. */
function isolateAscending(first: u32, endBlock: BlockNr, offlining: bool): bool {
  for (let block = first; block < endBlock; ++block) {
    const zone = zoneOf(entryOfBlock(block));
    if (zone == NO_ZONE) continue;
    if (isolateBlock(block, offlining)) {
      drainZone(zone);
      continue;
    }
    for (let undo = first; undo < block; ++undo) unisolateBlock(undo);
    return false;
  }
  return true;
}

/**
 * Gives one isolated pageblock back to the allocator, `unset_migratetype_isolate()`: an order-9
 * chunk that can merge with its free other half is freed again, any other free chunk moves to the
 * type's lists.
 */
export function unisolateBlock(block: BlockNr): void {
  const entry = entryOfBlock(block);
  if (!isIsolated(entry)) return;
  const zone = zoneOf(entry);
  const pfn = block << PAGEBLOCK_ORDER;
  const type = typeAfterwards(entry);
  if (wholeChunkOrder(entry) == PAGEBLOCK_ORDER) {
    const buddyEntry = freeBuddyOf(entry, zone);
    if (buddyEntry != NO_ENTRY && !isIsolated(buddyEntry)) {
      removeChunk(zone, pfn, PAGEBLOCK_ORDER);
      clearIsolated(entry, type);
      freeChunk(zone, pfn, PAGEBLOCK_ORDER, type, hasBehaviour(MM_MOVE_TO_TAIL));
      return;
    }
  }
  addFreePages(zone, moveChunksOfBlock(zone, entry, pfn, type));
  clearIsolated(entry, type);
}

/**
 * Gives the isolated pageblocks of [start, end), rounded as isolateRange() does, back; ascending.
 */
export function unisolateRange(start: Pfn, end: Pfn): void {
  const endBlock = endIsolatedBlock(end);
  for (let block = firstIsolatedBlock(start); block < endBlock; ++block) unisolateBlock(block);
}
