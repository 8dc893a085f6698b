// Looking, without changing anything.

import * as bits from "../inspect/bitmap";
import { checksumOfMemory } from "../inspect/checksum";
import { EINVAL, MAX_ORDER, MIGRATE_TYPES, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { NO_CHUNK, chunkAfter, firstOf } from "../mm/free-list";
import { SCRATCH, STAGING, STAGING2, STAGING_BYTES } from "../mm/layout";
import { usedBytes } from "../mm/reserve";
import { PAGE_MASK, stateAt } from "../mm/page";
import { recordsInUse } from "../mm/record-slab";
import { classOrFree, countFree, headByte } from "../mm/page-class";
import {
  NO_ZONE,
  countsOf,
  entryOf,
  entryOfBlock,
  nrPageblocks,
  typeOf,
  zoneOf,
} from "../mm/pageblock";
import { cachedPages } from "../mm/per-cpu-cache";
import {
  countClasses,
  firstBlockingIn,
  movesToCompact,
  removableSubblocks,
  sumBySubblock,
  sumCounts,
} from "../inspect/summary";
import { brokenAt, validateAll } from "../inspect/validate";
import { freePages, isolatedBlocks, lruPages, nrFreeOf, nrZones, presentPages } from "../mm/zone";
import { endPfn, inTable, isBlockAligned } from "./arguments";
import { BlockNr, Migratetype, Pfn, ZoneNr } from "../mm/numbers";

export function freePagesOfZone(zone: ZoneNr): u32 {
  return zone < nrZones ? freePages(zone) : -EINVAL;
}
export function nrFreeChunks(zone: ZoneNr, order: u32): u32 {
  return zone < nrZones && order <= MAX_ORDER ? nrFreeOf(zone, order) : -EINVAL;
}
export function presentPagesOfZone(zone: ZoneNr): u32 {
  return zone < nrZones ? presentPages(zone) : -EINVAL;
}
export function isolatedBlocksOfZone(zone: ZoneNr): u32 {
  return zone < nrZones ? isolatedBlocks(zone) : -EINVAL;
}
export function lruPagesOfZone(zone: ZoneNr): u32 {
  return zone < nrZones ? lruPages(zone) : -EINVAL;
}
export function cachedPagesOfZone(zone: ZoneNr): u32 {
  return zone < nrZones ? cachedPages(zone) : -EINVAL;
}

/**
 * Copies a free list, from head to tail, into the staging area: u32 pfns, at most `max`, beginning
 * after the chunk `after` (0xffffffff: at the head). Returns how many.
 */
export function readFreeList(
  zone: ZoneNr,
  order: u32,
  type: Migratetype,
  after: u32,
  max: u32,
): u32 {
  if (zone >= nrZones || order > MAX_ORDER || type >= MIGRATE_TYPES || max > 0x20000)
    return -EINVAL;
  if (after != NO_CHUNK && !isListed(after, zone, order, type)) return -EINVAL;
  let count: u32 = 0;
  let pfn = after == NO_CHUNK ? firstOf(zone, order, type) : chunkAfter(after);
  for (; pfn != NO_CHUNK && count < max; pfn = chunkAfter(pfn)) {
    store<u32>(STAGING + ((<usize>count) << 2), pfn);
    ++count;
  }
  return count;
}

function isListed(pfn: Pfn, zone: ZoneNr, order: u32, type: Migratetype): bool {
  if (pfn >= endPfn() || zoneOf(entryOf(pfn)) != zone) return false;
  return stateAt(pfn) == headByte(order, type);
}

/**
 * Migratetype of a pageblock (MIGRATE_ISOLATE while isolated), or -EINVAL where no page is online.
 */
export function pageblockType(block: BlockNr): i32 {
  if (block >= nrPageblocks || zoneOf(entryOfBlock(block)) == NO_ZONE) return -EINVAL;
  return typeOf(entryOfBlock(block));
}

/** Zone index of a pageblock, or -EINVAL where no page is online. */
export function pageblockZone(block: BlockNr): i32 {
  if (block >= nrPageblocks || zoneOf(entryOfBlock(block)) == NO_ZONE) return -EINVAL;
  return zoneOf(entryOfBlock(block));
}

/**
 * How many of `nr` pages from `start` on have the class of the first, as far as looking at every
 * `step`-th page tells; a multiple of `step` unless it is `nr`. For ranges whose units of `step`
 * pages are of one class: subblocks, device blocks. -EINVAL.
 */
export function runOfClass(start: Pfn, nr: u32, step: u32): u32 {
  if (!inTable(start, nr) || step == 0) return -EINVAL;
  const pageClass = classOrFree(stateAt(start));
  let length: u32 = 0;
  while (nr - length > step) {
    length += step;
    if (classOrFree(stateAt(start + length)) != pageClass) return length;
  }
  return nr;
}

/**
 * What it would take to empty as many pageblocks of a zone as possible: pages to move out of the
 * emptiest into the fullest (LLFree's measure). Pageblocks without a free page count for nothing.
 * -EINVAL.
 */
export function compactionMoves(zone: ZoneNr): u32 {
  return zone < nrZones ? movesToCompact(zone) : -EINVAL;
}

/** Pageblocks of the longest run of neighbours that are online and wholly free. */
export function longestFreeRun(): u32 {
  let longest: u32 = 0;
  let length: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    const isFree = zoneOf(entry) != NO_ZONE && countFree(countsOf(entry)) == PAGEBLOCK_PAGES;
    length = isFree ? length + 1 : 0;
    longest = max(longest, length);
  }
  return longest;
}

/**
 * Counters of [start, start + nr), whole pageblocks: scratch = u32 {free, movable, unmovable,
 * held}.
 */
export function countPages(start: Pfn, nr: u32): i32 {
  if (!inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  sumCounts(start, start + nr, SCRATCH);
  return 0;
}

/**
 * Which subblocks could go: see removableSubblocks(). `bitmap` 0 or a bitmap of at least `nr` bits.
 */
export function countRemovable(start: Pfn, blocksEach: u32, nr: u32, bitmap: u32): u32 {
  if (blocksEach == 0 || start & PAGE_MASK) return -EINVAL;
  const blocks = <u64>blocksEach * nr;
  if (<u64>(start >> PAGEBLOCK_ORDER) + blocks > <u64>nrPageblocks) return -EINVAL;
  if (bitmap && (!bits.isBitmap(bitmap) || bits.bitsOf(bitmap) < nr)) return -EINVAL;
  return removableSubblocks(
    start >> PAGEBLOCK_ORDER,
    blocksEach,
    nr,
    bitmap ? bits.wordsOf(bitmap) : 0,
  );
}

/**
 * Pages of `nr` subblocks: see sumBySubblock(), into the staging area. -EINVAL where they do not
 * fit.
 */
export function countBySubblock(start: Pfn, blocksEach: u32, nr: u32): i32 {
  if (blocksEach == 0 || start & PAGE_MASK || nr > STAGING_BYTES / 12) return -EINVAL;
  const blocks = <u64>blocksEach * nr;
  if (<u64>(start >> PAGEBLOCK_ORDER) + blocks > <u64>nrPageblocks) return -EINVAL;
  sumBySubblock(start >> PAGEBLOCK_ORDER, blocksEach, nr, STAGING);
  return 0;
}

/**
 * See firstBlockingIn(); 0xffffffff if there is none. -EINVAL for a range that is not in the pfn
 * space.
 */
export function firstBlocking(start: Pfn, nrPages: u32): u32 {
  if (!inTable(start, nrPages)) return -EINVAL;
  const pfn = firstBlockingIn(start, start + nrPages);
  return pfn == start + nrPages ? NO_CHUNK : pfn;
}

/**
 * Pages of a zone by class: see countClasses(). scratch = u32 by PAGE_* class. Also during a load.
 * Returns 0 or -EINVAL.
 */
export function countByClass(zone: ZoneNr, deviceOnly: u32): i32 {
  if (zone >= nrZones) return -EINVAL;
  countClasses(zone, deviceOnly != 0, SCRATCH);
  return 0;
}

/** 0, or the code of the first broken invariant; scratch[0] = where. */
export function validate(): u32 {
  const code = validateAll();
  store<u32>(SCRATCH, brokenAt);
  return code;
}

export function usedMemory(): u32 {
  return usedBytes();
}
/** The checksum of the memory in use: equal for equal contents. */
export function memoryChecksum(): u64 {
  return checksumOfMemory();
}
export function mixedPageblocks(): u32 {
  return recordsInUse;
}
export function scratch(): u32 {
  return <u32>SCRATCH;
}
export function staging(): u32 {
  return <u32>STAGING;
}
export function staging2(): u32 {
  return <u32>STAGING2;
}
