// A program that lives: it faults pages in up to a size, and gives old ones back in chunks for new
// ones (an allocator that unmaps, a heap with churn).

import { faultIn, shrinkProgram } from "./page-fault";
import { PROGRAM_PAGE_SETS, freeSomewhere, openProgram, programSize } from "./program";
import { STATE_RUNNING, due, notYet, openPageSets, setProgram, setting, stateOf } from "./table";
import { WorkloadAddr } from "../mm/numbers";
import { FITS, IS_ADJUSTABLE, OPEN, STEP } from "./kind";

export const WORKLOAD_ANONYMOUS: u32 = 0;

/** Pages that it wants to have. */
export const TARGET: u32 = 0;
/** Pages a second that it faults in at most. */
export const FAULT_RATE: u32 = 1;
/** Pages a second that it gives back and faults in again once it has its size. */
export const CHURN_RATE: u32 = 2;
/** Pages that it gives back together. */
export const CHUNK: u32 = 3;
/** Of 1000 aligned 2 MiB, how many ask for a THP. */
export const THP_SHARE: u32 = 4;
/** Pages that it may ever have. */
export const CAPACITY: u32 = 5;

const FAULTS: u32 = 0;
const CHURN: u32 = 1;

/** Answers the questions of kind.ts. */
export function anonymous(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
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
  return setting(at, CHUNK) > 0 && setting(at, TARGET) <= setting(at, CAPACITY);
}

function open(at: WorkloadAddr): bool {
  setProgram(at);
  return openPageSets(at, PROGRAM_PAGE_SETS) && openProgram(at, 0, setting(at, CAPACITY));
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const target = setting(at, TARGET);
  const has = programSize(at, 0);
  const mayFault = due(at, FAULTS, setting(at, FAULT_RATE), elapsedUs);
  const mayChurn = due(at, CHURN, setting(at, CHURN_RATE), elapsedUs);
  if (has > target) {
    shrinkProgram(at, 0, has - target);
  } else if (has < target) {
    const pages = min(mayFault, target - has);
    notYet(at, FAULTS, faultIn(at, 0, pages, setting(at, THP_SHARE), has + pages == target));
  } else {
    // more than all of it in one step means nothing
    churn(at, min(mayChurn, has));
  }
}

/** Gives chunks back and faults as much in. */
function churn(at: WorkloadAddr, pages: u32): void {
  const chunk = setting(at, CHUNK);
  while (pages >= chunk && stateOf(at) == STATE_RUNNING) {
    const before = programSize(at, 0);
    freeSomewhere(at, 0, chunk);
    faultIn(at, 0, before - programSize(at, 0), setting(at, THP_SHARE), true);
    pages -= chunk;
  }
  notYet(at, CHURN, pages);
}
