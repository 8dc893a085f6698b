// Taking pages for a workload as Linux does when memory is short: the page allocator reclaims droppable cache; then the OOM
// killer ends the program that has the most, and the request is tried again (page-allocator.md 9.5).

import { OOM_EVENTS, OOM_EVENTS_BYTES } from "../mm/layout";
import { orderOf, take } from "./page-set";
import { PROGRAM_HOLDINGS, endProgram, programPages } from "./program";
import {
  COUNT_FAILED,
  COUNT_KILLS,
  COUNT_TAKEN,
  STATE_KILLED,
  STATE_RUNNING,
  WORKLOAD_ANONYMOUS,
  WORKLOAD_PINS,
  addCount,
  freeHoldings,
  heldPages,
  holdingAt,
  kindOfWorkload,
  lifetimeAt,
  nrHoldings,
  nrPrograms,
  nrWorkloads,
  numberOf,
  setState,
  stateOf,
  workloadAt,
} from "./table";

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

/** The holding whose program was killed while it asked for memory; 0 while none was. */
let bereft: usize = 0;

/** Was the program killed whose holding this is, since it last asked? */
export function wasKilled(holding: usize): bool {
  return bereft == holding;
}

/** Programs of a workload: only these can be killed, the kernel's own memory and the page cache cannot. */
function nrVictims(at: usize): u32 {
  if (stateOf(at) != STATE_RUNNING) return 0;
  if (hasManyPrograms(at)) return nrPrograms(at);
  const kind = kindOfWorkload(at);
  return kind == WORKLOAD_ANONYMOUS || kind == WORKLOAD_PINS ? 1 : 0;
}

/** Is the workload one of many programs, which goes on when one of them is killed? */
function hasManyPrograms(at: usize): bool {
  return nrPrograms(at) > 0;
}

/** Kills the program with the most pages. Returns false where there is none that has any. */
function killOne(requester: usize, holding: usize, order: u32): bool {
  let victim: usize = 0;
  let program: u32 = 0;
  let most: u32 = 0;
  for (let workload: u32 = 0; workload < nrWorkloads; ++workload) {
    const at = workloadAt(workload);
    const isMany = hasManyPrograms(at);
    for (let one: u32 = 0; one < nrVictims(at); ++one) {
      const pages = isMany ? programPages(at, one) : heldPages(at);
      if (pages <= most) continue;
      most = pages;
      victim = at;
      program = one;
    }
  }
  if (most == 0) return false;
  if (isPartOf(victim, program, holding)) bereft = holding;
  if (hasManyPrograms(victim)) {
    endProgram(victim, program);
    store<u32>(lifetimeAt(victim, program), 0);
  } else {
    freeHoldings(victim);
    setState(victim, STATE_KILLED);
  }
  addCount(victim, COUNT_KILLS, 1);
  noteKill(victim, requester, most, order);
  return true;
}

function isPartOf(at: usize, program: u32, holding: usize): bool {
  const first: u32 = hasManyPrograms(at) ? program * PROGRAM_HOLDINGS : 0;
  const end: u32 = hasManyPrograms(at) ? first + PROGRAM_HOLDINGS : nrHoldings(at);
  for (let index = first; index < end; ++index) if (holdingAt(at, index) == holding) return true;
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

/** Takes up to `wanted` chunks; gives up for those that nobody could be killed for. Returns how many there were. */
export function takeOrKill(at: usize, holding: usize, wanted: u32): u32 {
  const order = orderOf(holding);
  bereft = 0;
  let got = take(holding, wanted);
  while (got < wanted && order <= COSTLY_ORDER) {
    if (!killOne(at, holding, order)) {
      panicked = true;
      break;
    }
    // what it had got is gone with it
    if (wasKilled(holding)) break;
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
