// `alloc_contig_range()` (v6.1).

import {
  EBUSY,
  EINTR,
  ENOMEM,
  GOES_ON,
  HOLD_AGAIN,
  MAX_ORDER,
  MM_CONTIG_ENOMEM_EXITS,
  MM_MIGRATES_BATCHES,
  PAGEBLOCK_ORDER,
  PAGE_CONTIG,
  STAGE_DONE,
  STAGE_ISOLATE,
  STAGE_MEMORY,
  STAGE_MIGRATE,
  STAGE_TEST,
} from "../abi";
import {
  abandonEvacuation,
  beginEvacuation,
  endEvacuation,
  firstBlockingPage,
  isOneMixedBlock,
  unlistChunks,
} from "./evacuation";
import { NO_CHUNK, removeChunk } from "../mm/free-list";
import { replaceLeftHuge } from "./hugetlb";
import {
  batchLength,
  collectBatch,
  collectError,
  collectStop,
  dropClean,
  droppedPages,
  migrateBatch,
  movedPages,
  putBackBatch,
  resetMigrationCounts,
} from "./migrate";
import { migrateInBatches } from "./migrate-batched";
import { drainLruBatches } from "../mm/lru-batch";
import { freeAligned } from "../mm/page-free";
import { startTracking } from "../mm/rmap";
import { setRange, stateAt } from "../mm/page";
import { HEAD, holdOf } from "../mm/page-class";
import { entryOf, isIsolated, zoneOf } from "../mm/pageblock";
import { drainZone } from "../mm/per-cpu-cache";
import { isolateRange, refusingPfn, unisolateRange } from "./page-isolation";
import { hasBehaviour } from "../mm/version";
import { Pfn } from "../mm/numbers";

/** Pages that fail to migrate are tried again so often: `__alloc_contig_migrate_range()`, v6.1. */
const RETRIES: u32 = 4;

/** How the last attempt ended. */
export let lastStage: u32 = STAGE_DONE;
/**
 * The blocking page; NO_CHUNK on success and where memory ran out, unless it did so for a certain
 * huge page.
 */
export let lastBlockingPfn: u32 = NO_CHUNK;
/** Its state byte at that moment. */
export let lastBlockingState: u32 = 0;

/**
 * A fatal signal is pending for the caller: the next attempt that has something to move ends with
 * -EINTR.
 */
let signalPending: bool = false;

export function setSignalPending(pending: bool): void {
  signalPending = pending;
}

/** Notes how the attempt ended; the pages that could not move return to their lists. */
function fail(errno: i32, stage: u32, pfn: Pfn): i32 {
  lastStage = stage;
  lastBlockingPfn = pfn;
  lastBlockingState = pfn == NO_CHUNK ? 0 : stateAt(pfn);
  putBackBatch();
  return -errno;
}

/** Ends the isolation. Returns `result`. */
function giveUp(start: Pfn, end: Pfn, result: i32): i32 {
  unisolateRange(start, end);
  return result;
}

/** The attempt that has paused, where `pausedEnd` is not 0. */
let pausedStart: Pfn = 0;
let pausedEnd: Pfn = 0;
/** Where its next batch begins, and how its last one ended. */
let pausedPos: Pfn = 0;
let pausedError: i32 = 0;

/** Is an attempt in its midst? Nothing else may migrate then. */
export function isPaused(): bool {
  return pausedEnd != 0;
}

/** Is it the one of this range? */
export function isPausedAt(start: Pfn, end: Pfn): bool {
  return pausedStart == start && pausedEnd == end;
}

/**
 * Moves everything movable out of [start, end). Returns 0, or -EINTR or -ENOMEM; -EBUSY where a
 * page did not go in 5 tries, which the caller may ignore. What was moved stays moved.
 *
 * Returns GOES_ON after the batch with which `most` pages or more have gone in this call; the next
 * call begins with the next batch.
 */
function evacuate(start: Pfn, end: Pfn, most: u32): i32 {
  const goesOn = pausedEnd != 0;
  const from = goesOn ? pausedPos : start;
  let pos = from;
  let retries: u32 = 0;
  let error: i32 = goesOn ? pausedError : 0;
  pausedEnd = 0;
  const before = movedPages + droppedPages;
  while (pos < end || batchLength > 0) {
    if (signalPending) return -EINTR;
    if (batchLength == 0) {
      if (pos > from && movedPages + droppedPages - before >= most) {
        pausedStart = start;
        pausedEnd = end;
        pausedPos = pos;
        pausedError = error;
        return GOES_ON;
      }
      pos = collectBatch(pos, end);
      if (collectError < 0) return collectError;
      retries = 0;
    } else if (++retries > RETRIES) {
      return error < 0 ? error : -EBUSY;
    }
    dropClean();
    error = hasBehaviour(MM_MIGRATES_BATCHES) ? migrateInBatches() : migrateBatch();
    if (error < 0 && hasBehaviour(MM_CONTIG_ENOMEM_EXITS)) return error;
  }
  return error;
}

/** First pfn of the free chunk that contains `start`, or `start` where none does. */
function outerStart(start: Pfn): Pfn {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    const head = start & ~((1 << order) - 1);
    const state = stateAt(head);
    if (!(state & HEAD)) continue;
    return head + (1 << (state & 15)) > start ? head : start;
  }
  return start;
}

/** First page of [start, end) that is not in a free chunk of an isolated pageblock, or NO_CHUNK. */
function firstNotFree(start: Pfn, end: Pfn): Pfn {
  let pfn = start;
  while (pfn < end) {
    const state = stateAt(pfn);
    if (!(state & HEAD) || !isIsolated(entryOf(pfn))) return pfn;
    pfn += 1 << (state & 15);
  }
  return NO_CHUNK;
}

/** Takes the free chunks of [start, end) off their lists. Returns the end of the last one. */
function takeChunks(start: Pfn, end: Pfn): Pfn {
  let pfn = start;
  while (pfn < end) {
    const order = stateAt(pfn) & 15;
    removeChunk(zoneOf(entryOf(pfn)), pfn, order);
    pfn += 1 << order;
  }
  return pfn;
}

/**
 * Tries to take exactly [start, end) for the caller. All pages lie in one zone and the caller has
 * checked the range.
 *
 * Returns 0 with the pages PAGE_CONTIG, or -EBUSY, -ENOMEM, -EINTR; lastStage, lastBlockingPfn and
 * the counts of migrate.ts then say how far it came. A failed attempt is no rollback: moved pages
 * stay moved, and where the version forgets migratetypes the isolated pageblocks are MOVABLE.
 */
export function allocContig(start: Pfn, end: Pfn): i32 {
  return allocContigPart(start, end, u32.MAX_VALUE);
}

/**
 * The same in parts: returns GOES_ON when `most` pages or more have moved, with the range isolated,
 * and goes on with the next call for the same range. In the end the guest is as after one call.
 */
export function allocContigPart(start: Pfn, end: Pfn, most: u32): i32 {
  let result: i32;
  if (isPaused()) {
    result = evacuateAndTake(start, end, most);
  } else {
    startTracking();
    resetMigrationCounts();
    result = isOneMixedBlock(start, end)
      ? allocMixedBlock(start, end)
      : allocRange(start, end, most);
  }
  if (result != 0) return result;
  lastStage = STAGE_DONE;
  lastBlockingPfn = NO_CHUNK;
  lastBlockingState = 0;
  return 0;
}

function allocRange(start: Pfn, end: Pfn, most: u32): i32 {
  if (!isolateRange(start, end, false)) return fail(EBUSY, STAGE_ISOLATE, refusingPfn);
  drainAll(start);
  return evacuateAndTake(start, end, most);
}

function evacuateAndTake(start: Pfn, end: Pfn, most: u32): i32 {
  const error = evacuate(start, end, most);
  if (error == GOES_ON) return error;
  if (error == -ENOMEM || error == -EINTR) return giveUp(start, end, failToMove(error));
  if (replaceLeftHuge(start, end) < 0) return giveUp(start, end, failToMove(-ENOMEM));
  const outer = outerStart(start);
  const blockingPfn = firstNotFree(outer, end);
  if (blockingPfn != NO_CHUNK) return giveUp(start, end, failBecauseOf(blockingPfn));
  const outerEnd = takeChunks(outer, end);
  setRange(start, end - start, PAGE_CONTIG);
  freeAligned(outer, start, PAGEBLOCK_ORDER, false);
  freeAligned(end, outerEnd, PAGEBLOCK_ORDER, false);
  unisolateRange(start, end);
  return 0;
}

/** allocRange() of one mixed pageblock; see evacuation.ts. */
function allocMixedBlock(start: Pfn, end: Pfn): i32 {
  if (!beginEvacuation(start)) return fail(EBUSY, STAGE_ISOLATE, refusingPfn);
  drainAll(start);
  unlistChunks();
  let result = evacuate(start, end, u32.MAX_VALUE);
  if (result == -ENOMEM || result == -EINTR) {
    result = failToMove(result);
  } else {
    const blockingPfn = firstBlockingPage();
    if (blockingPfn == NO_CHUNK) {
      endEvacuation();
      return 0;
    }
    result = failBecauseOf(blockingPfn);
  }
  abandonEvacuation();
  return result;
}

/** Gives back what caches and LRU batches have of the zone. */
function drainAll(start: Pfn): void {
  drainZone(zoneOf(entryOf(start)));
  drainLruBatches();
}

function failToMove(error: i32): i32 {
  const blockingPfn = collectError < 0 ? collectStop : NO_CHUNK;
  return fail(-error, error == -ENOMEM ? STAGE_MEMORY : STAGE_MIGRATE, blockingPfn);
}

function failBecauseOf(blockingPfn: u32): i32 {
  const tried = holdOf(stateAt(blockingPfn)) >= HOLD_AGAIN;
  return fail(EBUSY, tried ? STAGE_MIGRATE : STAGE_TEST, blockingPfn);
}
