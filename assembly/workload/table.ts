// What a guest runs: up to 64 workloads, each with settings, page sets and counts.
//
//   byte 0    kind, state, random number, address of the page sets: u32 each
//   byte 16   4 notes, u32: what the kind keeps for itself
//   byte 32   32 settings, u32
//   byte 160  4 remainders, u64: what due() keeps for the next step
//   byte 192  number of page sets, u32
//   byte 200  4 counts, u64: COUNT_*
//   byte 232  number of programs, address of their lifetimes, u32 each: of a workload that goes on
//             when one of its programs is killed
//   byte 240  1 where the workload as a whole is one program, u32
//   byte 244  pages that it has now, and had at most, u32 each
//   byte 252  unused

import { freeAll } from "./page-set";
import { WORKLOADS, WORKLOADS_BYTES } from "../mm/layout";
import { reserve } from "../mm/reserve";
import { joinAccount } from "../mm/slots";
import { xorshift32 } from "../mm/xorshift";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";

export const STATE_NEW: u32 = 0;
export const STATE_RUNNING: u32 = 1;
/** Has no pages and does nothing any more. */
export const STATE_STOPPED: u32 = 2;
export const STATE_KILLED: u32 = 3;

export const MAX_WORKLOADS: u32 = 64;
export const SETTINGS: u32 = 32;
const WORKLOAD_BYTES: u32 = 256;
if (MAX_WORKLOADS * WORKLOAD_BYTES > WORKLOADS_BYTES) ERROR("WORKLOADS is too small");

const STATE_AT: usize = 4;
const RANDOM_AT: usize = 8;
const PAGE_SETS_AT: usize = 12;
const NOTES_AT: usize = 16;
const SETTINGS_AT: usize = 32;
const REMAINDERS_AT: usize = 160;
const NR_PAGE_SETS_AT: usize = 192;
const COUNTS_AT: usize = 200;
const NR_PROGRAMS_AT: usize = 232;
const LIFETIMES_AT: usize = 236;
const IS_PROGRAM_AT: usize = 240;
const PAGES_AT: usize = 244;
const PEAK_AT: usize = 248;

/**
 * The setting that all kinds have: the NUMA node whose memory it prefers. Read when its page sets
 * are made.
 */
export const NODE: u32 = SETTINGS - 1;

export let nrWorkloads: u32 = 0;

/** Adds a workload that has not started. Returns its number; the table has room. */
export function addWorkload(kind: u32, seed: u32): u32 {
  const workload = nrWorkloads++;
  const at = workloadAt(workload);
  store<u32>(at, kind);
  // spread, so that neighbouring seeds have nothing in common, and never 0
  let random = seed + 0x9e3779b9 * (workload + 1);
  random ^= random >> 16;
  random *= 0x7feb352d;
  random ^= random >> 15;
  random *= 0x846ca68b;
  random ^= random >> 16;
  store<u32>(at, random ? random : 1, RANDOM_AT);
  return workload;
}

export function workloadAt(workload: u32): WorkloadAddr {
  return WORKLOADS + <usize>workload * WORKLOAD_BYTES;
}

/** Number of the workload that lies there. */
export function numberOf(at: WorkloadAddr): u32 {
  return <u32>(at - WORKLOADS) / WORKLOAD_BYTES;
}

export function kindOfWorkload(at: WorkloadAddr): u32 {
  return load<u32>(at);
}
export function stateOf(at: WorkloadAddr): u32 {
  return load<u32>(at, STATE_AT);
}
export function setState(at: WorkloadAddr, state: u32): void {
  store<u32>(at, state, STATE_AT);
}

export function setting(at: WorkloadAddr, index: u32): u32 {
  return load<u32>(at + SETTINGS_AT + ((<usize>index) << 2));
}
export function setSetting(at: WorkloadAddr, index: u32, value: u32): void {
  store<u32>(at + SETTINGS_AT + ((<usize>index) << 2), value);
}

/** A number that the kind of workload keeps for itself, 0 to 3. */
export function note(at: WorkloadAddr, index: u32): u32 {
  return load<u32>(at + NOTES_AT + ((<usize>index) << 2));
}
export function setNote(at: WorkloadAddr, index: u32, value: u32): void {
  store<u32>(at + NOTES_AT + ((<usize>index) << 2), value);
}

/** The workload's next random number. */
export function drawNumber(at: WorkloadAddr): u32 {
  const random = xorshift32(load<u32>(at, RANDOM_AT));
  store<u32>(at, random, RANDOM_AT);
  return random;
}

/** A random number below `limit`, which is not 0. */
export function randomBelow(at: WorkloadAddr, limit: u32): u32 {
  return <u32>((<u64>drawNumber(at) * limit) >> 32);
}

/**
 * How many units are due after `elapsedUs` at `rate` units a second; the rest is kept for the next
 * time.
 */
export function due(at: WorkloadAddr, index: u32, rate: u32, elapsedUs: u32): u32 {
  const remainder = at + REMAINDERS_AT + ((<usize>index) << 3);
  const sum = load<u64>(remainder) + <u64>rate * elapsedUs;
  store<u64>(remainder, sum % 1_000_000);
  return <u32>min<u64>(sum / 1_000_000, <u64>u32.MAX_VALUE);
}

/** Gives `units` back to what is due next time. */
export function notYet(at: WorkloadAddr, index: u32, units: u32): void {
  const remainder = at + REMAINDERS_AT + ((<usize>index) << 3);
  store<u64>(remainder, load<u64>(remainder) + <u64>units * 1_000_000);
}

/** Makes room for `count` page sets. Returns false where linear memory is exhausted. */
export function openPageSets(at: WorkloadAddr, count: u32): bool {
  const pageSets = reserve((<u64>count) << 2);
  store<u32>(at, <u32>pageSets, PAGE_SETS_AT);
  store<u32>(at, pageSets ? count : 0, NR_PAGE_SETS_AT);
  return pageSets != 0;
}

export function nrPageSets(at: WorkloadAddr): u32 {
  return load<u32>(at, NR_PAGE_SETS_AT);
}

export function pageSetAt(at: WorkloadAddr, index: u32): PageSetAddr {
  return load<u32>(<usize>load<u32>(at, PAGE_SETS_AT) + ((<usize>index) << 2));
}

/** Returns whether there is such a page set: it is 0 where linear memory was exhausted. */
export function setPageSet(at: WorkloadAddr, index: u32, pageSet: PageSetAddr): bool {
  store<u32>(<usize>load<u32>(at, PAGE_SETS_AT) + ((<usize>index) << 2), <u32>pageSet);
  if (!pageSet) return false;
  joinAccount(pageSet, at + PAGES_AT, setting(at, NODE));
  return true;
}

/**
 * The workload is `count` programs that come and go. `lifetimes`: a u32 for each, not 0 while the
 * program runs. Returns false where `lifetimes` is 0: linear memory was exhausted.
 */
export function setPrograms(at: WorkloadAddr, count: u32, lifetimes: usize): bool {
  store<u32>(at, count, NR_PROGRAMS_AT);
  store<u32>(at, <u32>lifetimes, LIFETIMES_AT);
  return lifetimes != 0;
}

/** The workload as a whole is one program: the OOM killer may end it. */
export function setProgram(at: WorkloadAddr): void {
  store<u32>(at, 1, IS_PROGRAM_AT);
}
export function isProgram(at: WorkloadAddr): bool {
  return load<u32>(at, IS_PROGRAM_AT) != 0;
}

/** Programs that come and go; 0 for a workload of another kind. */
export function nrPrograms(at: WorkloadAddr): u32 {
  return load<u32>(at, NR_PROGRAMS_AT);
}

/** Where the lifetime of a program is. */
export function lifetimeAt(at: WorkloadAddr, program: u32): usize {
  return <usize>load<u32>(at, LIFETIMES_AT) + ((<usize>program) << 2);
}

/** None of the programs runs any more. */
export function clearLifetimes(at: WorkloadAddr): void {
  memory.fill(lifetimeAt(at, 0), 0, (<usize>nrPrograms(at)) << 2);
}

/** Pages that the workload has. */
export function ownedPages(at: WorkloadAddr): u32 {
  return load<u32>(at, PAGES_AT);
}

/** The most pages that it ever had. */
export function peakPages(at: WorkloadAddr): u32 {
  return load<u32>(at, PEAK_AT);
}

/** Frees everything that the workload has. */
export function freePageSets(at: WorkloadAddr): void {
  for (let index: u32 = 0; index < nrPageSets(at); ++index) {
    const pageSet = pageSetAt(at, index);
    if (pageSet) freeAll(pageSet);
  }
}

export const COUNT_TAKEN: u32 = 0;
export const COUNT_FAILED: u32 = 1;
export const COUNT_KILLS: u32 = 2;
export const COUNT_STARTS: u32 = 3;

export function addCount(at: WorkloadAddr, count: u32, by: u32): void {
  const field = at + COUNTS_AT + ((<usize>count) << 3);
  store<u64>(field, load<u64>(field) + by);
}
export function countAt(at: WorkloadAddr, count: u32): u64 {
  return load<u64>(at + COUNTS_AT + ((<usize>count) << 3));
}
