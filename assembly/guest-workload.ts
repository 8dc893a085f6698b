// The life of the workloads: they start, they work for a while, they stop.

import { ANONYMOUS_CHUNK, startAnonymous, stepAnonymous } from "./workload-anonymous";
import {
  COUNT_STARTS,
  STATE_RUNNING,
  STATE_STOPPED,
  WORKLOAD_ANONYMOUS,
  addCount,
  freeHoldings,
  kindOfWorkload,
  nrHoldings,
  setState,
  setting,
  stateOf,
} from "./workload-table";

/** Starts a workload that is not running. Returns false where linear memory is exhausted. */
export function startWorkload(at: usize): bool {
  const kind = kindOfWorkload(at);
  if (nrHoldings(at) == 0) {
    if (kind == WORKLOAD_ANONYMOUS && !startAnonymous(at)) return false;
  }
  setState(at, STATE_RUNNING);
  addCount(at, COUNT_STARTS, 1);
  return true;
}

/** Lets a running workload work for `elapsedUs`. */
export function stepWorkload(at: usize, elapsedUs: u32): void {
  if (stateOf(at) != STATE_RUNNING) return;
  const kind = kindOfWorkload(at);
  if (kind == WORKLOAD_ANONYMOUS) stepAnonymous(at, elapsedUs);
}

/** The workload ends; what it has is freed. */
export function stopWorkload(at: usize): void {
  freeHoldings(at);
  setState(at, STATE_STOPPED);
}

/** Are the settings such that it can start? */
export function settingsFit(at: usize): bool {
  const kind = kindOfWorkload(at);
  if (kind == WORKLOAD_ANONYMOUS) return setting(at, ANONYMOUS_CHUNK) > 0;
  return true;
}
