// The life of the workloads, whatever their kind: they start, they work for a while, they stop.

import { isFileCache, writeBack } from "./file-cache";
import { askKind } from "./kinds";
import { DROP_CACHES, FITS, IS_ADJUSTABLE, IS_UNKNOWN, OPEN, START, STEP } from "./kind";
import { freeAll } from "./page-set";
import {
  COUNT_STARTS,
  STATE_RUNNING,
  STATE_STOPPED,
  addCount,
  kindOfWorkload,
  nrPageSets,
  pageSetAt,
  setState,
  stateOf,
} from "./table";
import { WorkloadAddr } from "../mm/numbers";

function ask(at: WorkloadAddr, question: u32, elapsedUs: u32 = 0): bool {
  return askKind(kindOfWorkload(at), at, question, elapsedUs);
}

/** Is there a kind of workload with this number? */
export function isKind(kind: u32): bool {
  return !askKind(kind, 0, IS_UNKNOWN, 0);
}

/**
 * Are the settings such that it can start? What sizes its page sets must not change once it has.
 */
export function settingsFit(at: WorkloadAddr): bool {
  return ask(at, FITS);
}

/** May this setting change after the first start? How much it wants, or how fast it is, may. */
export function isAdjustable(at: WorkloadAddr, index: u32): bool {
  return index == 0 && ask(at, IS_ADJUSTABLE);
}

/**
 * Starts a workload that is not running, from its beginning. Returns false where linear memory is
 * exhausted.
 */
export function startWorkload(at: WorkloadAddr): bool {
  if (nrPageSets(at) == 0 && !ask(at, OPEN)) return false;
  ask(at, START);
  setState(at, STATE_RUNNING);
  addCount(at, COUNT_STARTS, 1);
  return true;
}

/** Lets a running workload work for `elapsedUs`. */
export function stepWorkload(at: WorkloadAddr, elapsedUs: u32): void {
  if (stateOf(at) == STATE_RUNNING) ask(at, STEP, elapsedUs);
}

/** Drops the clean pages of files that a workload has left in the page cache. */
export function dropCaches(at: WorkloadAddr): void {
  if (nrPageSets(at) != 0) ask(at, DROP_CACHES);
}

/**
 * The workload ends. What it has is freed, but the page cache outlives who has read and written the
 * files: it is clean then, and is dropped when memory runs short.
 */
export function stopWorkload(at: WorkloadAddr): void {
  for (let index: u32 = 0; index < nrPageSets(at); ++index) {
    const pageSet = pageSetAt(at, index);
    if (!pageSet) continue;
    if (isFileCache(pageSet)) writeBack(pageSet);
    else freeAll(pageSet);
  }
  setState(at, STATE_STOPPED);
}
