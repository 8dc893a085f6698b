// The order of free pages as the kernel has it: free lists from head to tail, per-CPU caches, by
// the links of its struct pages (page-links.ts).
//
// A guest lives while it is captured, so a list may have changed between the reads of its head and
// of its pages: it is followed from its head as far as pages are what they should be, and where
// that is not to its end, what can be reached from its tail is its end. All walks are bounded by
// the number of pages that have links.

import {
  ENOBUFS,
  HOLD_FAIL,
  MIGRATE_HIGHATOMIC,
  MIGRATE_ISOLATE,
  MM_LIST_FOLLOWS_BLOCK,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_CACHED,
  PAGE_KERNEL,
  PAGE_LRU_PENDING,
  PAGE_TAIL,
  MIGRATE_RECLAIMABLE,
} from "../abi";
import { addCached, cacheListOf, capacityOf, cpuAt, lengthOf, pushBack } from "../mm/cache-layout";
import { insertChunk, removeChunk } from "../mm/free-list";
import { addPending } from "../mm/lru-batch";
import { BlockNr, Migratetype, Pfn, ZoneNr } from "../mm/numbers";
import { makeUniform, setRange, setStateAt, stateAt } from "../mm/page";
import { HEAD, stateByte } from "../mm/page-class";
import {
  blockState,
  entryOf,
  entryOfBlock,
  markIsolated,
  nrPageblocks,
  recordOf,
  setType,
  typeOf,
  NO_ZONE,
  zoneOf,
} from "../mm/pageblock";
import { ensureRecords, recordsAtHand } from "../mm/record-slab";
import { hasBehaviour } from "../mm/version";
import { addIsolatedBlocks, cacheOf } from "../mm/zone";
import {
  IN_CACHE,
  NO_PAGE,
  isLinked,
  nextFirst,
  nrLinks,
  pageAt,
  pageBefore,
  pageBehind,
} from "./page-links";

/** While lists are followed: the pages are linked as this, and are of that CPU. */
let kind: u32 = 0;
let cacheCpu: u32 = 0;
/** Memory ran out. */
let exhausted: bool = false;

/**
 * Follows a list of a zone, which is order * 8 + type, from head to tail, or as far as it holds.
 * Returns how many chunks it found.
 */
function follow(zone: ZoneNr, list: u32, first: Pfn, last: Pfn): u32 {
  let taken: u32 = 0;
  let pfn = first;
  while (taken < nrLinks && isLinked(pfn, kind) && take(zone, list, pfn)) {
    ++taken;
    pfn = pageBehind(pfn);
  }
  if (pfn == NO_PAGE || taken == nrLinks) return taken;
  // from the tail back as far as it goes, and from there on
  let start = NO_PAGE;
  let steps: u32 = 0;
  for (pfn = last; steps < nrLinks && isLinked(pfn, kind); ++steps) {
    start = pfn;
    pfn = pageBefore(pfn);
  }
  // or all of it as it was when the pages were read, where that is more
  const earlier = kind == IN_CACHE ? NO_PAGE : earlierFirst(zone, list & 7);
  if (earlier != NO_PAGE && lengthFrom(earlier) > steps) {
    start = earlier;
    steps = nrLinks;
  }
  for (pfn = start; steps > 0 && isLinked(pfn, kind); --steps) {
    if (take(zone, list, pfn)) ++taken;
    pfn = pageBehind(pfn);
  }
  return taken;
}

/** The first chunk of a list by its own links, which may not be the first one any more. */
function earlierFirst(zone: ZoneNr, type: Migratetype): Pfn {
  for (let at = nextFirst(0, kind); at < nrLinks; at = nextFirst(at + 1, kind)) {
    const pfn = pageAt(at);
    if (pfn >> PAGEBLOCK_ORDER >= nrPageblocks) break;
    const entry = entryOf(pfn);
    if (zoneOf(entry) == zone && typeOf(entry) == type) return pfn;
  }
  return NO_PAGE;
}

/** How many chunks are linked behind each other from this one on. */
function lengthFrom(pfn: Pfn): u32 {
  let length: u32 = 0;
  for (; length < nrLinks && isLinked(pfn, kind); ++length) pfn = pageBehind(pfn);
  return length;
}

function take(zone: ZoneNr, list: u32, pfn: Pfn): bool {
  return kind == IN_CACHE ? takeCachedOf(zone, list, pfn) : takeChunkOf(zone, list, pfn);
}

/**
 * Puts the chunks of a list in the kernel's order, behind those of the list that are not in it.
 * Returns how many they are.
 */
export function orderList(zone: ZoneNr, order: u32, type: Migratetype, first: Pfn, last: Pfn): u32 {
  kind = order;
  return follow(zone, (order << 3) | type, first, last);
}

function takeChunkOf(zone: ZoneNr, list: u32, pfn: Pfn): bool {
  const order = list >> 3;
  const type: Migratetype = list & 7;
  if (pfn >> PAGEBLOCK_ORDER >= nrPageblocks) return false;
  const entry = entryOf(pfn);
  const state = stateAt(pfn);
  if (!(state & HEAD) || (state & 15) != order || zoneOf(entry) != zone) return false;
  removeChunk(zone, pfn, order);
  const listType = hasBehaviour(MM_LIST_FOLLOWS_BLOCK) ? typeOf(entry) : type;
  insertChunk(zone, pfn, order, listType, true);
  return true;
}

/** A cached page that was found in a cache. */
const ADOPTED: u32 = stateByte(PAGE_CACHED, HOLD_FAIL);

/**
 * Takes over what is on a list of a CPU's cache, from its head to its tail. Returns how many chunks
 * they are, or -ENOBUFS.
 */
export function adoptCacheList(zone: ZoneNr, cpu: u32, cached: u32, first: Pfn, last: Pfn): i32 {
  kind = IN_CACHE;
  cacheCpu = cpu;
  exhausted = false;
  const taken = follow(zone, cached, first, last);
  return exhausted ? -ENOBUFS : taken;
}

function takeCachedOf(zone: ZoneNr, cached: u32, pfn: Pfn): bool {
  const order = cached >> 3;
  const type: Migratetype = cached & 7;
  if ((pfn + (1 << order) - 1) >> PAGEBLOCK_ORDER >= nrPageblocks || pfn & ((1 << order) - 1)) {
    return false;
  }
  const entry = entryOf(pfn);
  if (zoneOf(entry) != zone) return false;
  for (let page: u32 = 0; page < (<u32>1) << order; ++page) {
    if (stateAt(pfn + page) != PAGE_CACHED) return false;
  }
  const cache = cacheOf(zone);
  const cpu = cpuAt(cache, cacheCpu);
  const list = cacheListOf(order, type);
  if (lengthOf(cpu, list) >= capacityOf(cache)) return false;
  if (!recordsAtHand && ensureRecords(4) < 0) {
    exhausted = true;
    return false;
  }
  setRange(pfn, 1 << order, ADOPTED);
  const blockType = typeOf(entry);
  pushBack(cache, cpu, list, pfn, blockType <= MIGRATE_HIGHATOMIC ? blockType : type);
  addCached(cpu, 1 << order);
  return true;
}

/**
 * Ends the taking over of caches: of what looks cached and was found in none, `missing` pages are
 * in the cache of the first CPU, and the others tails of allocations.
 */
export function settleCached(zone: ZoneNr, missing: u32): void {
  cacheCpu = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) != zone) continue;
    if (!recordOf(entry)) {
      const whole = blockState(entry);
      if (whole == PAGE_CACHED) makeUniform(entry, PAGE_TAIL);
      else if (whole == ADOPTED) makeUniform(entry, PAGE_CACHED);
      continue;
    }
    const pfn = block << PAGEBLOCK_ORDER;
    const type = min(typeOf(entry), MIGRATE_RECLAIMABLE);
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      if (stateAt(pfn + page) == PAGE_CACHED) {
        if (missing && cacheOf(zone) && takeCachedOf(zone, type, pfn + page)) --missing;
        else setStateAt(pfn + page, PAGE_TAIL);
      }
      if (stateAt(pfn + page) == ADOPTED) setStateAt(pfn + page, PAGE_CACHED);
    }
  }
}

/**
 * A page of an LRU-add batch: on its way to a list, though its flags may look like the kernel's.
 * True if it was one that its flags do not tell.
 */
export function adoptPending(pfn: Pfn): bool {
  const entry = entryOf(pfn);
  if (zoneOf(entry) == NO_ZONE) return false;
  const state = stateAt(pfn);
  if (state != PAGE_KERNEL) return false;
  setStateAt(pfn, PAGE_LRU_PENDING);
  addPending(entry, 1);
  return true;
}

/** Sets the types of the `nr` pageblocks from `start` on that bytes at `types` say. */
export function adoptTypes(start: BlockNr, nr: u32, types: usize): void {
  for (let block: u32 = 0; block < nr; ++block) {
    const entry = entryOfBlock(start + block);
    const type = <u32>load<u8>(types + block);
    if (type > MIGRATE_ISOLATE || zoneOf(entry) == NO_ZONE) continue;
    if (type != MIGRATE_ISOLATE) setType(entry, type);
    else if (typeOf(entry) != MIGRATE_ISOLATE) {
      markIsolated(entry);
      addIsolatedBlocks(zoneOf(entry), 1);
    }
  }
}
