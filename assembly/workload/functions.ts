// Serverless functions: many small programs that start, live a while and end, side by side in one
// guest.

import { reserve } from "../mm/reserve";
import { faultIn } from "./page-fault";
import { PROGRAM_PAGE_SETS, endProgram, openProgram, programSize } from "./program";
import {
  COUNT_FAILED,
  STATE_RUNNING,
  addCount,
  clearLifetimes,
  due,
  lifetimeAt,
  note,
  openPageSets,
  randomBelow,
  setNote,
  setPrograms,
  setting,
  stateOf,
} from "./table";
import { WorkloadAddr } from "../mm/numbers";
import { FITS, IS_ADJUSTABLE, OPEN, START, STEP } from "./kind";

export const WORKLOAD_FUNCTIONS: u32 = 5;

/** Mean milliseconds from start to start. */
export const INTERVAL: u32 = 0;
/** Pages of a function. */
export const SIZE: u32 = 1;
/** Mean milliseconds that a function lives. */
export const LIFE: u32 = 2;
/** Functions at a time, at most. */
export const MOST: u32 = 3;
export const THP_SHARE: u32 = 4;

const MAX_FUNCTIONS: u32 = 1024;

/** Milliseconds until the next start. A function's lifetime is what it has left. */
const UNTIL_START: u32 = 0;

/** Answers the questions of kind.ts. */
export function functions(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
    case START:
      forget(at);
      return true;
    case STEP:
      step(at, elapsedUs);
      return true;
    case IS_ADJUSTABLE:
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  const most = setting(at, MOST);
  if (most == 0 || most > MAX_FUNCTIONS) return false;
  if (setting(at, INTERVAL) == 0 || setting(at, LIFE) == 0) return false;
  return setting(at, INTERVAL) < 1 << 30 && setting(at, LIFE) < 1 << 30;
}

function open(at: WorkloadAddr): bool {
  const most = setting(at, MOST);
  if (!setPrograms(at, most, reserve((<u64>most) << 2))) return false;
  if (!openPageSets(at, most * PROGRAM_PAGE_SETS)) return false;
  for (let place: u32 = 0; place < most; ++place) {
    if (!openProgram(at, place, setting(at, SIZE))) return false;
  }
  return true;
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  let elapsedMs = due(at, 0, 1000, elapsedUs);
  for (let place: u32 = 0; place < setting(at, MOST); ++place) {
    const left = load<u32>(lifetimeAt(at, place));
    if (left == 0) continue;
    store<u32>(lifetimeAt(at, place), left - min(left, elapsedMs));
    if (left <= elapsedMs) endProgram(at, place);
  }
  while (stateOf(at) == STATE_RUNNING) {
    const until = note(at, UNTIL_START);
    if (until > elapsedMs) {
      setNote(at, UNTIL_START, until - elapsedMs);
      return;
    }
    elapsedMs -= until;
    // from nothing to twice the mean
    setNote(at, UNTIL_START, 1 + randomBelow(at, 2 * setting(at, INTERVAL)));
    start(at);
  }
}

/** Starts a function where there is a place for one; else it counts as failed. */
function start(at: WorkloadAddr): void {
  for (let place: u32 = 0; place < setting(at, MOST); ++place) {
    if (load<u32>(lifetimeAt(at, place)) != 0) continue;
    const life = setting(at, LIFE);
    store<u32>(lifetimeAt(at, place), 1 + (life >> 1) + randomBelow(at, life));
    faultIn(at, place, setting(at, SIZE) - programSize(at, place), setting(at, THP_SHARE), true);
    return;
  }
  addCount(at, COUNT_FAILED, 1);
}

/** Nothing runs any more. */
function forget(at: WorkloadAddr): void {
  clearLifetimes(at);
  setNote(at, UNTIL_START, 0);
}
