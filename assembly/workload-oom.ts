// Taking pages for a workload as Linux does when memory is short: the page allocator reclaims droppable cache; then the OOM
// killer ends the workload that has the most, and the request is tried again (page-allocator.md 9.5).

import { orderOf, take } from "./holding";
import {
  COUNT_FAILED,
  COUNT_KILLS,
  COUNT_TAKEN,
  STATE_KILLED,
  STATE_RUNNING,
  WORKLOAD_ANONYMOUS,
  WORKLOAD_COMPILE,
  WORKLOAD_FUNCTIONS,
  WORKLOAD_PINS,
  addCount,
  freeHoldings,
  heldPages,
  kindOfWorkload,
  nrWorkloads,
  setState,
  stateOf,
  workloadAt,
} from "./workload-table";

/** PAGE_ALLOC_COSTLY_ORDER: larger requests fail without killing. */
const COSTLY_ORDER: u32 = 3;

/** Entries of OOM_EVENTS. */
export const OOM_WORDS: u32 = 4;
const MAX_OOM_EVENTS: u32 = 64;
const EVENTS = memory.data(64 * 16, 8);

/** Kills since the events were last read; those beyond 64 are counted, not kept. */
export let nrOomEvents: u32 = 0;
/** Memory was out and nothing was left to kill: Linux panics. */
export let panicked: bool = false;

export function oomEventsAt(): usize {
  return EVENTS;
}
export function keptOomEvents(): u32 {
  return min(nrOomEvents, MAX_OOM_EVENTS);
}
export function clearOomEvents(): void {
  nrOomEvents = 0;
}

/** Only programs can be killed; the kernel's own memory and the page cache cannot. */
function isKillable(at: usize): bool {
  const kind = kindOfWorkload(at);
  const isProgram =
    kind == WORKLOAD_ANONYMOUS ||
    kind == WORKLOAD_FUNCTIONS ||
    kind == WORKLOAD_COMPILE ||
    kind == WORKLOAD_PINS;
  return isProgram && stateOf(at) == STATE_RUNNING;
}

/** Kills the program with the most pages. Returns false where there is none that has any. */
function killOne(requester: usize, order: u32): bool {
  let victim: u32 = 0;
  let most: u32 = 0;
  for (let workload: u32 = 0; workload < nrWorkloads; ++workload) {
    const at = workloadAt(workload);
    if (!isKillable(at)) continue;
    const pages = heldPages(at);
    if (pages <= most) continue;
    most = pages;
    victim = workload;
  }
  if (most == 0) return false;
  const at = workloadAt(victim);
  freeHoldings(at);
  setState(at, STATE_KILLED);
  addCount(at, COUNT_KILLS, 1);
  if (nrOomEvents < MAX_OOM_EVENTS) {
    const event = EVENTS + ((<usize>nrOomEvents) << 4);
    store<u32>(event, victim);
    store<u32>(event, (<u32>(requester - workloadAt(0))) >> 8, 4);
    store<u32>(event, most, 8);
    store<u32>(event, order, 12);
  }
  ++nrOomEvents;
  return true;
}

/** Takes up to `wanted` chunks; gives up for those that nobody could be killed for. Returns how many there were. */
export function takeOrKill(at: usize, holding: usize, wanted: u32): u32 {
  const order = orderOf(holding);
  let got = take(holding, wanted);
  while (got < wanted && order <= COSTLY_ORDER && stateOf(at) == STATE_RUNNING) {
    if (!killOne(at, order)) {
      panicked = true;
      break;
    }
    if (stateOf(at) != STATE_RUNNING) break;
    got += take(holding, wanted - got);
  }
  addCount(at, COUNT_TAKEN, got);
  addCount(at, COUNT_FAILED, wanted - got);
  return got;
}

/** Takes up to `wanted` chunks, at nobody's cost. Returns how many there were. */
export function takeOrFail(at: usize, holding: usize, wanted: u32): u32 {
  const got = take(holding, wanted);
  addCount(at, COUNT_TAKEN, got);
  return got;
}
