// Workloads of a guest; see table.ts. All of them: u32 counts of pages, microseconds.

import { EINVAL, ENOBUFS, HOLD_FAIL, HOLD_NONE, HOLD_PINNED, MAX_ZONES } from "../abi";
import {
  dropCaches,
  isAdjustable,
  isKind,
  settingsFit,
  startWorkload,
  stepWorkload,
  stopWorkload,
} from "../workload/workload";
import { OOM_EVENTS, OOM_EVENTS_BYTES, SCRATCH, SCRATCH_BYTES } from "../mm/layout";
import { nrPageblocks } from "../mm/pageblock";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { forgetTouched } from "../mm/rmap";
import { slotsExhausted } from "../mm/slots";
import { holdPages, releaseHolds } from "../workload/pin-fault";
import { WORKLOAD_FRAG, fragRounds } from "../workload/frag";
import {
  OOM_WORDS,
  clearOomEvents,
  keptOomEvents,
  nrOomEvents,
  panicked,
} from "../workload/oom-killer";
import {
  COUNT_FAILED,
  COUNT_KILLS,
  COUNT_STARTS,
  COUNT_TAKEN,
  MAX_WORKLOADS,
  NODE,
  SETTINGS,
  STATE_RUNNING,
  addWorkload as add,
  countAt,
  kindOfWorkload,
  nrPageSets,
  nrWorkloads,
  ownedPages,
  peakPages,
  setSetting,
  setting,
  stateOf,
  workloadAt,
} from "../workload/table";
import { loading } from "./loading";

/** A step of a workload, at most: a minute. */
const MAX_STEP_US: u32 = 60_000_000;

/**
 * Adds a workload of a WORKLOAD_* kind. Returns its number, -EINVAL, or -ENOBUFS where 64 exist.
 */
export function addWorkload(kind: u32, seed: u32): i32 {
  if (nrPageblocks == 0 || !isKind(kind)) return -EINVAL;
  if (nrWorkloads == MAX_WORKLOADS) return -ENOBUFS;
  return add(kind, seed);
}

/** Sets a setting, whose numbers the kind of workload defines. Returns 0 or -EINVAL. */
export function setWorkload(workload: u32, index: u32, value: u32): i32 {
  if (workload >= nrWorkloads || index >= SETTINGS) return -EINVAL;
  const at = workloadAt(workload);
  if (index == NODE && value >= MAX_ZONES) return -EINVAL;
  const old = setting(at, index);
  setSetting(at, index, value);
  if (nrPageSets(at) == 0 || (isAdjustable(at, index) && settingsFit(at))) return 0;
  setSetting(at, index, old);
  return -EINVAL;
}

/** Returns 0, -EINVAL (running, or with settings that do not fit) or -ENOBUFS. */
export function beginWorkload(workload: u32): i32 {
  if (loading || workload >= nrWorkloads) return -EINVAL;
  const at = workloadAt(workload);
  if (stateOf(at) == STATE_RUNNING || !settingsFit(at)) return -EINVAL;
  return startWorkload(at) ? 0 : -ENOBUFS;
}

/** Returns 0, -EINVAL, or -ENOBUFS: linear memory is exhausted, and workloads cannot go on. */
export function runWorkload(workload: u32, elapsedUs: u32): i32 {
  if (loading || workload >= nrWorkloads || elapsedUs > MAX_STEP_US) return -EINVAL;
  stepWorkload(workloadAt(workload), elapsedUs);
  return slotsExhausted ? -ENOBUFS : 0;
}

/** Ends a workload, which frees what it has but for page cache. Returns 0 or -EINVAL. */
export function endWorkload(workload: u32): i32 {
  if (loading || workload >= nrWorkloads) return -EINVAL;
  stopWorkload(workloadAt(workload));
  return 0;
}

/**
 * `drop_caches`: the clean pages of files that a workload has left in the page cache go. Returns 0
 * or -EINVAL.
 */
export function dropWorkloadCaches(workload: u32): i32 {
  if (loading || workload >= nrWorkloads) return -EINVAL;
  dropCaches(workloadAt(workload));
  return 0;
}

/**
 * Gives up to `pages` random movable pages of a workload a HOLD_*; with HOLD_NONE lets all go that
 * are pinned. Returns how many it took hold of, -EINVAL or -ENOBUFS.
 */
export function holdWorkload(workload: u32, pages: u32, hold: u32): u32 {
  if (loading || workload >= nrWorkloads || hold > HOLD_FAIL || pages > 1 << 28) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  if (hold != HOLD_NONE) return holdPages(workloadAt(workload), pages, hold);
  releaseHolds(workloadAt(workload), HOLD_PINNED);
  return 0;
}

/** Rounds that a workload of WORKLOAD_FRAG has finished, or -EINVAL. */
export function workloadRounds(workload: u32): u32 {
  if (workload >= nrWorkloads || kindOfWorkload(workloadAt(workload)) != WORKLOAD_FRAG) {
    return -EINVAL;
  }
  return fragRounds(workloadAt(workload));
}

/**
 * State STATE_* of a workload, or -EINVAL; scratch = u32 {pages held, starts, kills, most pages
 * held}, u64 {chunks taken, chunks not to be had}.
 */
export function lookAtWorkload(workload: u32): i32 {
  if (workload >= nrWorkloads) return -EINVAL;
  const at = workloadAt(workload);
  store<u32>(SCRATCH, ownedPages(at));
  store<u32>(SCRATCH, <u32>countAt(at, COUNT_STARTS), 4);
  store<u32>(SCRATCH, <u32>countAt(at, COUNT_KILLS), 8);
  store<u32>(SCRATCH, peakPages(at), 12);
  store<u64>(SCRATCH, countAt(at, COUNT_TAKEN), 16);
  store<u64>(SCRATCH, countAt(at, COUNT_FAILED), 24);
  return stateOf(at);
}

if (OOM_EVENTS_BYTES > SCRATCH_BYTES) ERROR("OOM events do not fit into the scratch area");

/**
 * Takes what the OOM killer has done since the last call: returns how many it has killed; scratch =
 * for each of the first 64 u32 {victim, who asked, pages freed, order asked for}.
 */
export function takeOomEvents(): u32 {
  const nr = nrOomEvents;
  memory.copy(SCRATCH, OOM_EVENTS, (<usize>(keptOomEvents() * OOM_WORDS)) << 2);
  clearOomEvents();
  return nr;
}

/** 1 where memory was out and there were no killable processes (out_of_memory(), v6.1). */
export function hasPanicked(): u32 {
  return panicked ? 1 : 0;
}

/**
 * Pageblocks of [first, first + nr) that workloads have written to since this was last asked;
 * -EINVAL.
 */
export function takeTouched(first: u32, nr: u32): u32 {
  if (first >= nrPageblocks || nr > nrPageblocks - first) return -EINVAL;
  return forgetTouched(first, nr);
}
