// The life of the workloads, whatever their kind: they start, they work for a while, they stop.

import { anonymousFits, openAnonymous, stepAnonymous } from "./anonymous";
import { burstsFit, openBursts, stepBursts } from "./network";
import { compileFits, dropBuilt, forgetCompile, openCompile, stepCompile } from "./compile";
import { forgetFrag, fragFits, openFrag, stepFrag } from "./frag";
import { forgetFunctions, functionsFit, openFunctions, stepFunctions } from "./functions";
import { kernelFits, openKernel, stepKernel } from "./kernel";
import { dropPageCache, openPageCache, pageCacheFits, stepPageCache } from "./page-cache";
import { openPins, pinsFit, stepPins } from "./pins";
import {
  COUNT_STARTS,
  STATE_RUNNING,
  STATE_STOPPED,
  WORKLOAD_ANONYMOUS,
  WORKLOAD_COMPILE,
  WORKLOAD_FRAG,
  WORKLOAD_FUNCTIONS,
  WORKLOAD_KERNEL,
  WORKLOAD_NETWORK,
  WORKLOAD_PAGE_CACHE,
  WORKLOAD_PINS,
  addCount,
  freePageSets,
  kindOfWorkload,
  nrPageSets,
  setState,
  stateOf,
} from "./table";
import { WorkloadAddr } from "../mm/numbers";

/**
 * Are the settings such that it can start? What sizes its page sets must not change once it has.
 */
export function settingsFit(at: WorkloadAddr): bool {
  switch (kindOfWorkload(at)) {
    case WORKLOAD_ANONYMOUS:
      return anonymousFits(at);
    case WORKLOAD_PAGE_CACHE:
      return pageCacheFits(at);
    case WORKLOAD_KERNEL:
      return kernelFits(at);
    case WORKLOAD_NETWORK:
      return burstsFit(at);
    case WORKLOAD_PINS:
      return pinsFit(at);
    case WORKLOAD_FUNCTIONS:
      return functionsFit(at);
    case WORKLOAD_COMPILE:
      return compileFits(at);
    default:
      return fragFits(at);
  }
}

function open(at: WorkloadAddr): bool {
  switch (kindOfWorkload(at)) {
    case WORKLOAD_ANONYMOUS:
      return openAnonymous(at);
    case WORKLOAD_PAGE_CACHE:
      return openPageCache(at);
    case WORKLOAD_KERNEL:
      return openKernel(at);
    case WORKLOAD_NETWORK:
      return openBursts(at);
    case WORKLOAD_PINS:
      return openPins(at);
    case WORKLOAD_FUNCTIONS:
      return openFunctions(at);
    case WORKLOAD_COMPILE:
      return openCompile(at);
    default:
      return openFrag(at);
  }
}

/**
 * Starts a workload that is not running, from its beginning. Returns false where linear memory is
 * exhausted.
 */
export function startWorkload(at: WorkloadAddr): bool {
  if (nrPageSets(at) == 0 && !open(at)) return false;
  const kind = kindOfWorkload(at);
  if (kind == WORKLOAD_FUNCTIONS) forgetFunctions(at);
  else if (kind == WORKLOAD_COMPILE) forgetCompile(at);
  else if (kind == WORKLOAD_FRAG) forgetFrag(at);
  setState(at, STATE_RUNNING);
  addCount(at, COUNT_STARTS, 1);
  return true;
}

/** Lets a running workload work for `elapsedUs`. */
export function stepWorkload(at: WorkloadAddr, elapsedUs: u32): void {
  if (stateOf(at) != STATE_RUNNING) return;
  switch (kindOfWorkload(at)) {
    case WORKLOAD_ANONYMOUS:
      return stepAnonymous(at, elapsedUs);
    case WORKLOAD_PAGE_CACHE:
      return stepPageCache(at, elapsedUs);
    case WORKLOAD_KERNEL:
      return stepKernel(at, elapsedUs);
    case WORKLOAD_NETWORK:
      return stepBursts(at, elapsedUs);
    case WORKLOAD_PINS:
      return stepPins(at, elapsedUs);
    case WORKLOAD_FUNCTIONS:
      return stepFunctions(at, elapsedUs);
    case WORKLOAD_COMPILE:
      return stepCompile(at, elapsedUs);
    default:
      return stepFrag(at, elapsedUs);
  }
}

/** Drops the clean pages of files that a workload has left in the page cache. */
export function dropCaches(at: WorkloadAddr): void {
  if (nrPageSets(at) == 0) return;
  const kind = kindOfWorkload(at);
  if (kind == WORKLOAD_PAGE_CACHE) dropPageCache(at);
  else if (kind == WORKLOAD_COMPILE) dropBuilt(at);
}

/** The workload ends; what it has is freed. */
export function stopWorkload(at: WorkloadAddr): void {
  freePageSets(at);
  setState(at, STATE_STOPPED);
}
