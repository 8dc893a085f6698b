// Taking pages for a workload as Linux does when memory is short: the page allocator reclaims clean
// page cache; then the OOM killer ends the program that has the most, and the request is tried
// again (`__alloc_pages_slowpath()`, `out_of_memory()`, v6.1).

import { OOM_EVENTS, OOM_EVENTS_BYTES } from "../mm/layout";
import { pageSetOrder, takeInto } from "./page-set";
import { PROGRAM_PAGE_SETS, endProgram, programPages } from "./program";
import {
  COUNT_FAILED,
  COUNT_KILLS,
  COUNT_TAKEN,
  STATE_KILLED,
  STATE_RUNNING,
  addCount,
  freePageSets,
  isProgram,
  lifetimeAt,
  nrPageSets,
  nrPrograms,
  nrWorkloads,
  numberOf,
  ownedPages,
  pageSetAt,
  setState,
  stateOf,
  workloadAt,
} from "./table";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";

/** PAGE_ALLOC_COSTLY_ORDER: larger requests fail without killing. */
const COSTLY_ORDER: u32 = 3;

/** u32 that an event has. */
export const OOM_WORDS: u32 = 4;
const MAX_OOM_EVENTS: u32 = 64;
if (MAX_OOM_EVENTS * (OOM_WORDS << 2) > OOM_EVENTS_BYTES) ERROR("OOM_EVENTS is too small");

/** Kills since the events were last read; those beyond 64 are counted, not kept. */
export let nrOomEvents: u32 = 0;
/** Memory was out and nothing was left to kill: Linux panics. */
export let panicked: bool = false;

export function keptOomEvents(): u32 {
  return min(nrOomEvents, MAX_OOM_EVENTS);
}
export function clearOomEvents(): void {
  nrOomEvents = 0;
}

/** The page set whose program was killed while it asked for memory; 0 while none was. */
let killedRequester: usize = 0;

/** Was the program killed whose page set this is, since it last asked? */
export function wasKilled(pageSet: PageSetAddr): bool {
  return killedRequester == pageSet;
}

/**
 * Programs of a workload: only these can be killed, the kernel's own memory and the page cache
 * cannot.
 */
function nrVictims(at: WorkloadAddr): u32 {
  if (stateOf(at) != STATE_RUNNING) return 0;
  if (hasManyPrograms(at)) return nrPrograms(at);
  return isProgram(at) ? 1 : 0;
}

/** Is the workload one of many programs, which goes on when one of them is killed? */
function hasManyPrograms(at: WorkloadAddr): bool {
  return nrPrograms(at) > 0;
}

/** Kills the program with the most pages. Returns false where there is none that has any. */
function killOne(requester: usize, pageSet: PageSetAddr, order: u32): bool {
  let victim: usize = 0;
  let program: u32 = 0;
  let most: u32 = 0;
  for (let workload: u32 = 0; workload < nrWorkloads; ++workload) {
    const at = workloadAt(workload);
    const isMany = hasManyPrograms(at);
    for (let one: u32 = 0; one < nrVictims(at); ++one) {
      const pages = isMany ? programPages(at, one) : ownedPages(at);
      if (pages <= most) continue;
      most = pages;
      victim = at;
      program = one;
    }
  }
  if (most == 0) return false;
  if (isPartOf(victim, program, pageSet)) killedRequester = pageSet;
  if (hasManyPrograms(victim)) {
    endProgram(victim, program);
    store<u32>(lifetimeAt(victim, program), 0);
  } else {
    freePageSets(victim);
    setState(victim, STATE_KILLED);
  }
  addCount(victim, COUNT_KILLS, 1);
  noteKill(victim, requester, most, order);
  return true;
}

function isPartOf(at: WorkloadAddr, program: u32, pageSet: PageSetAddr): bool {
  const first: u32 = hasManyPrograms(at) ? program * PROGRAM_PAGE_SETS : 0;
  const end: u32 = hasManyPrograms(at) ? first + PROGRAM_PAGE_SETS : nrPageSets(at);
  for (let index = first; index < end; ++index) if (pageSetAt(at, index) == pageSet) return true;
  return false;
}

function noteKill(victim: usize, requester: usize, pages: u32, order: u32): void {
  if (nrOomEvents < MAX_OOM_EVENTS) {
    const event = OOM_EVENTS + ((<usize>nrOomEvents) << 4);
    store<u32>(event, numberOf(victim));
    store<u32>(event, numberOf(requester), 4);
    store<u32>(event, pages, 8);
    store<u32>(event, order, 12);
  }
  ++nrOomEvents;
}

/**
 * Takes up to `wanted` chunks; gives up on those for which no program could be killed. Returns how
 * many there were.
 */
export function takeOrKill(at: WorkloadAddr, pageSet: PageSetAddr, wanted: u32): u32 {
  const order = pageSetOrder(pageSet);
  killedRequester = 0;
  let got = takeInto(pageSet, wanted);
  while (got < wanted && order <= COSTLY_ORDER) {
    if (!killOne(at, pageSet, order)) {
      panicked = true;
      break;
    }
    // what it had got is gone with it
    if (wasKilled(pageSet)) break;
    got += takeInto(pageSet, wanted - got);
  }
  addCount(at, COUNT_TAKEN, got);
  addCount(at, COUNT_FAILED, wanted - got);
  return got;
}

/** Takes up to `wanted` chunks without killing. Returns how many there were. */
export function takeOrFail(at: WorkloadAddr, pageSet: PageSetAddr, wanted: u32): u32 {
  const got = takeInto(pageSet, wanted);
  addCount(at, COUNT_TAKEN, got);
  return got;
}
