// Migration in batches, from v6.3 on: all targets first, then the moves. A page that answers
// "again" keeps its target over its tries (migrate_pages_batch()). First all pages together,
// asynchronously, then each that has failed by itself (migrate_pages_sync()).

import {
  ENOMEM,
  HOLD_AGAIN,
  HOLD_NONE,
  MM_SPLIT_SHARES_ZEROS,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_KERNEL,
  PAGE_THP,
} from "../abi";
import { NO_CHUNK } from "../mm/free-list";
import { PAGE_MASK, stateAt } from "../mm/page";
import { classOf, holdOf, isUnit } from "../mm/page-class";
import { freePagesAt } from "../mm/page-free";
import { entryOf, zoneOf } from "../mm/pageblock";
import { hasBehaviour } from "../mm/version";
import { nodeOf } from "../mm/zone";
import {
  BATCH,
  MIGRATION_LISTS,
  SPLIT,
  at,
  drop,
  finishMigration,
  forgetSplit,
  keep,
  noteFailure,
  nrSplit,
  put,
  reopenBatch,
  splitUnit,
  takeTarget,
  targetKind,
} from "./migrate";
import { Pfn, ZoneNr } from "../mm/numbers";

/**
 * Base pages of one batch at most; the page that reaches it belongs to it
 * (NR_MAX_BATCHED_MIGRATION).
 */
const MOST_PAGES: u32 = PAGEBLOCK_PAGES;
const ASYNC_PASSES: u32 = 3;
const SYNC_PASSES: u32 = 7;

// More lists of pfns, beside those of migrate.ts.
const SOURCES: usize = MIGRATION_LISTS + 0x1000;
const RETRIED: usize = MIGRATION_LISTS + 0x2000;
const TARGETS: usize = MIGRATION_LISTS + 0x4000;
const INPUT: usize = MIGRATION_LISTS + 0x5000;

/** Pages in RETRIED; they are kept there while all pages are tried together. */
let nrRetried: u32 = 0;
let isTogether: bool = false;

/**
 * Zero-filled pages at the end of each THP: what its users have never written. Nothing in a capture
 * shows them.
 */
let zeroPages: u32 = 0;

export function setZeroPages(pages: u32): void {
  zeroPages = pages;
}

/**
 * Migrates the batch once; survivors stay in it. Returns 0, or -ENOMEM with everything not moved
 * yet among the survivors.
 */
export function migrateInBatches(): i32 {
  const length = reopenBatch();
  for (let index: u32 = 0; index < length; ++index) put(INPUT, index, at(BATCH, index));
  let error: i32 = 0;
  for (let first: u32 = 0; first < length;) {
    const end = endOfBatch(first, length);
    if (error < 0) for (let index = first; index < end; ++index) keep(at(INPUT, index));
    else error = migrateTwice(INPUT + ((<usize>first) << 2), end - first);
    first = end;
  }
  return error;
}

function endOfBatch(first: u32, length: u32): u32 {
  let pages: u32 = 0;
  let end = first;
  while (end < length && pages < MOST_PAGES) {
    pages += isUnit(classOf(stateAt(at(INPUT, end)))) ? PAGEBLOCK_PAGES : 1;
    ++end;
  }
  return end;
}

/**
 * All together, then those that have failed one by one, then the pages of a THP that had to be
 * split, as far as they go at once.
 */
function migrateTwice(list: usize, length: u32): i32 {
  nrRetried = 0;
  forgetSplit();
  isTogether = true;
  let error = migratePart(list, length, ASYNC_PASSES);
  isTogether = false;
  const again = nrRetried;
  for (let index: u32 = 0; index < again; ++index) {
    const one = RETRIED + ((<usize>index) << 2);
    if (error < 0) keep(load<u32>(one));
    else error = migratePart(one, 1, SYNC_PASSES);
  }
  if (nrSplit > 0 && error == 0) {
    // its result does not matter: the next try shows
    migratePart(SPLIT, nrSplit, 1);
  }
  return error;
}

/**
 * Takes targets for a list of pages, then tries the moves up to `passes` times:
 * migrate_pages_batch(). Returns 0 or -ENOMEM.
 */
function migratePart(list: usize, length: u32, passes: u32): i32 {
  // a range lies in one zone
  const zone = zoneOf(entryOf(at(list, 0)));
  let ready: u32 = 0;
  let done: u32 = 0;
  for (; done < length; ++done) {
    const pfn = at(list, done);
    if (list == SPLIT && isZeroFilled(pfn)) {
      drop(pfn);
      continue;
    }
    const target = targetFor(pfn, zone);
    if (target == NO_CHUNK) {
      if (classOf(stateAt(pfn)) != PAGE_THP || nrSplit > 0) break;
      splitUnit(pfn);
      continue;
    }
    put(SOURCES, ready, pfn);
    put(TARGETS, ready++, target);
  }
  move(ready, passes);
  if (done == length) return 0;
  for (; done < length; ++done) stay(at(list, done));
  return -ENOMEM;
}

/** Order of what is migrated at once: a unit is a pageblock, all else a page. */
function orderOfClass(pageClass: u32): u32 {
  return isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
}

function targetFor(pfn: Pfn, zone: ZoneNr): u32 {
  const state = stateAt(pfn);
  const order = orderOfClass(classOf(state));
  const asState = holdOf(state) == HOLD_NONE ? state : PAGE_KERNEL;
  return takeTarget(order, asState, targetKind(zone, order), nodeOf(zone));
}

/**
 * Moves `ready` pages to their targets; those that fail give theirs back, the ones that answer
 * "again" after the last pass.
 */
function move(ready: u32, passes: u32): void {
  for (let pass: u32 = 0; pass < passes && ready > 0; ++pass) {
    let again: u32 = 0;
    for (let index: u32 = 0; index < ready; ++index) {
      const pfn = at(SOURCES, index);
      const target = at(TARGETS, index);
      const state = stateAt(pfn);
      const pageClass = classOf(state);
      const order = orderOfClass(pageClass);
      const hold = holdOf(state);
      if (hold == HOLD_NONE) {
        finishMigration(pfn, target, order, pageClass);
        continue;
      }
      noteFailure(pfn, target, order, pageClass);
      if (hold == HOLD_AGAIN) {
        put(SOURCES, again, pfn);
        put(TARGETS, again++, target);
      } else {
        freePagesAt(target, order);
        stay(pfn);
      }
    }
    ready = again;
  }
  for (let index: u32 = 0; index < ready; ++index) {
    const pfn = at(SOURCES, index);
    freePagesAt(at(TARGETS, index), orderOfClass(classOf(stateAt(pfn))));
    stay(pfn);
  }
}

function stay(pfn: Pfn): void {
  if (isTogether) put(RETRIED, nrRetried++, pfn);
  else keep(pfn);
}

function isZeroFilled(pfn: Pfn): bool {
  return hasBehaviour(MM_SPLIT_SHARES_ZEROS) && (pfn & PAGE_MASK) >= PAGEBLOCK_PAGES - zeroPages;
}
