// Moving used pages away: `isolate_migratepages_range()`, `reclaim_clean_pages_from_list()`,
// `migrate_pages()` (v6.1).

import {
  ALLOC_COMPOUND,
  ENOMEM,
  HOLD_AGAIN,
  HOLD_NONE,
  HOLD_PINNED,
  MIGRATE_MOVABLE,
  MM_BATCH_ENDS_EARLY,
  MM_CONTIG_MOVES_HUGETLB,
  MM_CONTIG_MOVES_THP,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_GIGANTIC,
  PAGE_HUGETLB,
  PAGE_HUGETLB_FREE,
  PAGE_THP,
  ZONE_MOVABLE,
  ZONE_NORMAL,
  ZONE_PREFER_MOVABLE,
} from "../abi";
import { freeIsolatedPage } from "./evacuation";
import { emptyHuge, replaceHuge, takeHugeTarget } from "./hugetlb";
import { bufferDropped } from "../mm/buffer-slab";
import { NO_CHUNK } from "../mm/free-list";
import { MIGRATION, MIGRATION_BYTES } from "../mm/layout";
import {
  JOURNAL_DROPPED,
  JOURNAL_FAILED,
  JOURNAL_MOVED,
  JOURNAL_SPLIT,
  addJournalEntry,
} from "../mm/journal";
import { PAGE_MASK, makeUniform, stateAt } from "../mm/page";
import {
  HEAD,
  classOf,
  hasCleanFile,
  holdOf,
  isCleanFile,
  isLru,
  isMovable,
  isUnit,
  movableBytes,
  stateByte,
} from "../mm/page-class";
import { blockState, entryOf, recordOf, zoneOf } from "../mm/pageblock";
import { allocPage, allocPages } from "../mm/page-alloc";
import { freePagesAt, releasePages } from "../mm/page-free";
import { fromZones, pagesOf } from "../mm/request";
import { ownerDropped, ownerMoved, ownerSplit } from "../mm/rmap";
import { takePages } from "../mm/zone-walk";
import { putBack } from "../mm/lru-batch";
import { tracking } from "../mm/owner";
import { forgetSearches } from "../mm/reclaim";
import { heldByChance } from "../mm/random";
import { hasBehaviour } from "../mm/version";
import { kindOf, lruOfNode, nodeOf } from "../mm/zone";
import { PageState, Pfn, RecordAddr, ZoneNr } from "../mm/numbers";

/** Pages of one batch: migration goes in batches of 32 base pages. */
const BATCH_PAGES: u32 = 32;
const PASSES: u32 = 10;

// Lists of pfns, in processing order. A batch holds 32 pages at most; splitting a THP makes 512 of
// one.
const LIST_BYTES: u32 = 0x1000;
/** Lists of this file and of migrate-batched.ts, 4 KiB each. */
export const MIGRATION_LISTS: usize = MIGRATION;
export const BATCH: usize = MIGRATION;
const FAILED: usize = MIGRATION + LIST_BYTES;
const AGAIN: usize = MIGRATION + 2 * LIST_BYTES;
export const SPLIT: usize = MIGRATION + 3 * LIST_BYTES;
if (PAGEBLOCK_PAGES << 2 > LIST_BYTES) ERROR("a list of migration is too small");
if (LIST_BYTES * 6 > MIGRATION_BYTES) ERROR("MIGRATION is too small");

export let batchLength: u32 = 0;
// What was collected into it: base pages, and their classes, a bit each.
let batchPages: u32 = 0;
let batchClasses: u32 = 0;
let nrFailed: u32 = 0;
/** Pages of the 2 MiB page that was split last. */
export let nrSplit: u32 = 0;

/**
 * Why the last collection ended early: -ENOMEM at a huge page that cannot be replaced; 0 otherwise.
 */
export let collectError: i32 = 0;
/** That huge page. */
export let collectStop: u32 = NO_CHUNK;

/** What the current attempt has done so far, in base pages. */
export let movedPages: u32 = 0;
export let droppedPages: u32 = 0;
/** Single tries that took a target and gave it back. */
export let failedTries: u32 = 0;

/** ALLOC_* flags for targets; 0 is what Linux does. */
let targetFlags: u32 = 0;

export function setTargetFlags(flags: u32): void {
  targetFlags = flags;
}

export function resetMigrationCounts(): void {
  forgetSearches();
  batchLength = 0;
  collectError = 0;
  movedPages = 0;
  droppedPages = 0;
  failedTries = 0;
}

export function at(list: usize, index: u32): u32 {
  return load<u32>(list + ((<usize>index) << 2));
}
export function put(list: usize, index: u32, pfn: Pfn): void {
  store<u32>(list + ((<usize>index) << 2), pfn);
}

/**
 * A batch of more than half of the node's remaining LRU pages ends at a pageblock border:
 * `too_many_isolated()`.
 */
function tooManyIsolated(pfn: Pfn): bool {
  if (!hasBehaviour(MM_BATCH_ENDS_EARLY)) return false;
  // no 2 MiB page is among them: it would have filled the batch
  let nrLru: u32 = 0;
  for (let index: u32 = 0; index < batchLength; ++index) {
    nrLru += <u32>isLru(classOf(stateAt(at(BATCH, index))));
  }
  return nrLru > (lruOfNode(nodeOf(zoneOf(entryOf(pfn)))) - nrLru) >> 1;
}

/**
 * Collects the next batch, which is empty, from [pos, end): up to 32 pages, or up to and including
 * one 2 MiB unit. Leaves it in the batch list in descending order, as Linux processes it. Returns
 * where the next collection starts.
 */
export function collectBatch(pos: u32, end: Pfn): Pfn {
  batchPages = 0;
  batchClasses = 0;
  collectError = 0;
  while (pos < end && batchPages < BATCH_PAGES && collectError == 0) {
    if (!(pos & PAGE_MASK) && batchLength > 0 && tooManyIsolated(pos)) break;
    const blockEnd = min(end, (pos | PAGE_MASK) + 1);
    const entry = entryOf(pos);
    const record = recordOf(entry);
    pos = record
      ? collectInRecord(pos, blockEnd, record)
      : collectAlike(pos, blockEnd, blockState(entry));
  }
  reverseBatch(batchLength);
  return pos;
}

/** Do 2 MiB pages of this class migrate as a whole in this version? */
function movesUnits(pageClass: u32): bool {
  return hasBehaviour(pageClass == PAGE_HUGETLB ? MM_CONTIG_MOVES_HUGETLB : MM_CONTIG_MOVES_THP);
}

/**
 * Collects from [pos, end) inside a pageblock whose pages all have this state. Returns where it has
 * stopped.
 */
function collectAlike(pos: u32, end: Pfn, state: PageState): Pfn {
  const pageClass = classOf(state);
  if (state & HEAD || !isMovable(pageClass) || holdOf(state) == HOLD_PINNED) return end;
  if (isUnit(pageClass)) {
    // found by its first page only
    if (!(pos & PAGE_MASK) && movesUnits(pageClass)) collectUnit(pos, pageClass);
    return collectError < 0 ? pos : end;
  }
  for (; pos < end && batchPages < BATCH_PAGES; ++pos) {
    if (!heldByChance(pageClass)) addToBatch(pos, 1, pageClass);
  }
  return pos;
}

/**
 * Collects from [pos, end) inside a pageblock with this record, which has no 2 MiB page. Returns
 * where it has stopped.
 */
function collectInRecord(pos: u32, end: Pfn, record: RecordAddr): Pfn {
  const first = pos & ~PAGE_MASK;
  const last = record + (end - first);
  const full = batchLength + BATCH_PAGES - batchPages;
  let length = batchLength;
  let classes: u32 = 0;
  let word = record + (pos & PAGE_MASK & ~7);
  let movable = movableBytes(load<u64>(word)) & (u64.MAX_VALUE << ((pos & 7) << 3));
  while (length < full) {
    if (!movable) {
      word += 8;
      if (word >= last) break;
      movable = movableBytes(load<u64>(word));
      continue;
    }
    const found = word + <usize>(ctz(movable) >> 3);
    if (found >= last) break;
    movable &= movable - 1;
    const state = <u32>load<u8>(found);
    const pageClass = classOf(state);
    if (holdOf(state) == HOLD_PINNED || heldByChance(pageClass)) continue;
    put(BATCH, length++, first + <u32>(found - record));
    classes |= 1 << pageClass;
  }
  batchPages += length - batchLength;
  batchLength = length;
  batchClasses |= classes;
  return length < full ? end : at(BATCH, length - 1) + 1;
}

/** Collects a 2 MiB page, or has it replaced where it is free in its pool. */
function collectUnit(pos: u32, pageClass: u32): void {
  collectStop = pos;
  if (pageClass == PAGE_GIGANTIC) collectError = -ENOMEM;
  else if (pageClass == PAGE_HUGETLB_FREE) collectError = replaceHuge(pos);
  else if (!heldByChance(pageClass)) addToBatch(pos, PAGEBLOCK_PAGES, pageClass);
}

function addToBatch(pfn: Pfn, nrPages: u32, pageClass: u32): void {
  put(BATCH, batchLength++, pfn);
  batchPages += nrPages;
  batchClasses |= 1 << pageClass;
}

function reverseBatch(length: u32): void {
  for (let low: u32 = 0; low < length >> 1; ++low) {
    const high = length - 1 - low;
    const pfn = at(BATCH, low);
    put(BATCH, low, at(BATCH, high));
    put(BATCH, high, pfn);
  }
}

/**
 * Drops the clean file pages of the batch: they need no target (`reclaim_clean_pages_from_list()`).
 */
export function dropClean(): void {
  if (!hasCleanFile(batchClasses)) return;
  let kept: u32 = 0;
  for (let index: u32 = 0; index < batchLength; ++index) {
    const pfn = at(BATCH, index);
    const state = stateAt(pfn);
    if (!isCleanFile(classOf(state)) || holdOf(state) != HOLD_NONE) {
      put(BATCH, kept++, pfn);
      continue;
    }
    drop(pfn);
    ++droppedPages;
    bufferDropped();
  }
  batchLength = kept;
}

/** Drops a page: it is freed, and nothing is migrated. */
export function drop(pfn: Pfn): void {
  const pageClass = classOf(stateAt(pfn));
  if (!freeIsolatedPage(pfn)) freePagesAt(pfn, 0);
  addJournalEntry(pfn, NO_CHUNK, JOURNAL_DROPPED, 0, pageClass);
  if (tracking) ownerDropped(pfn);
}

/** Puts the pages that are left in the batch back, through the LRU-add batch. */
export function putBackBatch(): void {
  for (let index: u32 = 0; index < batchLength; ++index) putBack(at(BATCH, index));
  batchLength = 0;
}

/**
 * Highest zone for the target of a page of `zone`: a base page outside ZONE_MOVABLE may not enter
 * it, a THP may (`alloc_migration_target()`).
 */
export function targetKind(zone: ZoneNr, order: u32): u32 {
  return kindOf(zone) >= ZONE_PREFER_MOVABLE || order > 0 ? ZONE_MOVABLE : ZONE_NORMAL;
}

/** A page or unit has moved to `target`, which carries its class already: the source is freed. */
export function finishMigration(pfn: Pfn, target: Pfn, order: u32, pageClass: u32): void {
  if (pageClass == PAGE_HUGETLB) emptyHuge(pfn);
  else if (!freeIsolatedPage(pfn)) freePagesAt(pfn, order);
  addJournalEntry(pfn, target, JOURNAL_MOVED, order, pageClass);
  if (tracking) ownerMoved(pfn, target);
  movedPages += 1 << order;
}

/** Turns a THP into 512 pages that follow it one by one, in descending order: `try_split_thp()`. */
export function splitUnit(pfn: Pfn): void {
  const entry = entryOf(pfn);
  const hold = holdOf(stateAt(pfn));
  makeUniform(entry, stateByte(PAGE_ANON, hold));
  addJournalEntry(pfn, NO_CHUNK, JOURNAL_SPLIT, PAGEBLOCK_ORDER, PAGE_THP);
  if (tracking) ownerSplit(pfn);
  for (let page: u32 = PAGEBLOCK_PAGES; page > 0; --page) put(SPLIT, nrSplit++, pfn + page - 1);
}

/**
 * Pages for a page or unit in `state` to move to, or NO_CHUNK. They carry the state already, unless
 * something holds it back.
 */
export function takeTarget(order: u32, state: PageState, kind: u32, node: u32): Pfn {
  if (state == PAGE_HUGETLB) return takeHugeTarget(node);
  const zones = fromZones(kind, node, targetFlags | ALLOC_COMPOUND);
  if (holdOf(state) != HOLD_NONE) return takePages(pagesOf(order, MIGRATE_MOVABLE, state) | zones);
  if (order == 0) return allocPage(pagesOf(0, MIGRATE_MOVABLE, state) | zones);
  return allocPages(pagesOf(order, MIGRATE_MOVABLE, state) | zones);
}

/**
 * One call of migrate over a list of `length` pages: up to 10 passes over those that answer
 * "again". Afterwards the survivors stand in the batch list, the failed ones first. Returns 0, or
 * -ENOMEM with everything not moved yet among the survivors.
 */
function migrateList(list: usize, length: u32): i32 {
  let rest = length;
  // a range lies in one zone
  const zone = zoneOf(entryOf(at(list, 0)));
  const node = nodeOf(zone);
  const pageKind = targetKind(zone, 0);
  for (let pass: u32 = 0; pass < PASSES && rest > 0; ++pass) {
    let again: u32 = 0;
    for (let index: u32 = 0; index < rest; ++index) {
      const pfn = at(list, index);
      const state = stateAt(pfn);
      const pageClass = classOf(state);
      const order: u32 = isUnit(pageClass) ? PAGEBLOCK_ORDER : 0;
      const hold = holdOf(state);
      const kind = order == 0 ? pageKind : targetKind(zone, order);
      const target = takeTarget(order, state, kind, node);
      if (target == NO_CHUNK) {
        if (pageClass == PAGE_THP && nrSplit == 0) {
          splitUnit(pfn);
          continue;
        }
        for (; index < rest; ++index) put(AGAIN, again++, at(list, index));
        keepSurvivors(again);
        return -ENOMEM;
      }
      if (hold == HOLD_NONE) {
        finishMigration(pfn, target, order, pageClass);
        continue;
      }
      releasePages(target, order);
      noteFailure(pfn, target, order, pageClass);
      if (hold == HOLD_AGAIN) put(AGAIN, again++, pfn);
      else put(FAILED, nrFailed++, pfn);
    }
    for (let index: u32 = 0; index < again; ++index) put(list, index, at(AGAIN, index));
    rest = again;
  }
  for (let index: u32 = 0; index < rest; ++index) put(AGAIN, index, at(list, index));
  keepSurvivors(rest);
  return 0;
}

/** Appends the failed pages, then `again` others, to the batch list. */
function keepSurvivors(again: u32): void {
  for (let index: u32 = 0; index < nrFailed; ++index) put(BATCH, batchLength++, at(FAILED, index));
  for (let index: u32 = 0; index < again; ++index) put(BATCH, batchLength++, at(AGAIN, index));
}

/** Empties the batch, for the pages that could not move. Returns how many it had. */
export function reopenBatch(): u32 {
  const length = batchLength;
  batchLength = 0;
  return length;
}

/** A list of pages is migrated by itself: what was split for another does not belong to it. */
export function forgetSplit(): void {
  nrSplit = 0;
}

/** Adds a page that has not moved to the batch of the next try. */
export function keep(pfn: Pfn): void {
  put(BATCH, batchLength++, pfn);
}

/** A try took a target and gives it back. */
export function noteFailure(pfn: Pfn, target: Pfn, order: u32, pageClass: u32): void {
  addJournalEntry(pfn, target, JOURNAL_FAILED, order, pageClass);
  ++failedTries;
}

/** Migrates the batch once; survivors stay in it. Returns 0 or -ENOMEM. */
export function migrateBatch(): i32 {
  const length = batchLength;
  if (length == 0) return 0;
  batchLength = 0;
  nrFailed = 0;
  nrSplit = 0;
  const result = migrateList(BATCH, length);
  if (result < 0 || nrSplit == 0) return result;
  nrFailed = 0;
  const pages = nrSplit;
  return migrateList(SPLIT, pages);
}
