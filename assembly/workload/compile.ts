// A build: jobs side by side, each a program that grows until it ends and leaves what it has read
// and written in the page cache; then the next one starts, as long as there are any.

import { PAGE_FILE_CLEAN } from "../abi";
import { createFileCache, readFiles } from "./file-cache";
import { freeAll } from "./page-set";
import { reserve } from "../mm/reserve";
import { faultIn } from "./page-fault";
import { PROGRAM_PAGE_SETS, endProgram, openProgram, programSize } from "./program";
import {
  STATE_RUNNING,
  clearLifetimes,
  due,
  lifetimeAt,
  note,
  openPageSets,
  pageSetAt,
  randomBelow,
  setNote,
  setPageSet,
  setPrograms,
  setting,
  stateOf,
} from "./table";
import { WorkloadAddr } from "../mm/numbers";
import { DROP_CACHES, FITS, OPEN, START, STEP } from "./kind";

export const WORKLOAD_COMPILE: u32 = 6;

/** Jobs side by side. */
export const JOBS: u32 = 0;
/** Pages of the largest job; the smallest has a quarter. */
export const SIZE: u32 = 1;
/** Mean milliseconds of a job. */
export const LIFE: u32 = 2;
/** Pages that a job leaves in the page cache. */
export const CACHE: u32 = 3;
/** Jobs in all. */
export const TOTAL: u32 = 4;
/** Pages that the cache may have. */
export const CACHE_LIMIT: u32 = 5;

const MAX_JOBS: u32 = 256;

/** Where {milliseconds lived, pages at the end} of each job are; and jobs started so far. */
const JOBS_AT: u32 = 0;
const STARTED: u32 = 1;
const JOB_BYTES: u32 = 8;

/** Answers the questions of kind.ts. */
export function compile(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
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
    case DROP_CACHES:
      dropCaches(at);
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  const jobs = setting(at, JOBS);
  if (jobs == 0 || jobs > MAX_JOBS || setting(at, SIZE) < 4) return false;
  return setting(at, LIFE) >= 2 && setting(at, LIFE) < 1 << 30;
}

function fileCacheOf(at: WorkloadAddr): usize {
  return pageSetAt(at, setting(at, JOBS) * PROGRAM_PAGE_SETS);
}

function open(at: WorkloadAddr): bool {
  const jobs = setting(at, JOBS);
  const lifetimes = reserve(<u64>jobs * (4 + JOB_BYTES));
  if (!setPrograms(at, jobs, lifetimes)) return false;
  if (!openPageSets(at, jobs * PROGRAM_PAGE_SETS + 1)) return false;
  setNote(at, JOBS_AT, <u32>lifetimes + (jobs << 2));
  for (let job: u32 = 0; job < jobs; ++job) {
    if (!openProgram(at, job, setting(at, SIZE))) return false;
  }
  const cache = createFileCache(setting(at, CACHE_LIMIT), PAGE_FILE_CLEAN);
  return setPageSet(at, jobs * PROGRAM_PAGE_SETS, cache);
}

function jobAt(at: WorkloadAddr, job: u32): usize {
  return <usize>note(at, JOBS_AT) + <usize>(job * JOB_BYTES);
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const elapsedMs = due(at, 0, 1000, elapsedUs);
  for (let job: u32 = 0; job < setting(at, JOBS) && stateOf(at) == STATE_RUNNING; ++job) {
    stepJob(at, job, elapsedMs);
  }
}

/** Jobs that end within the step are followed by others, which live for the rest of it. */
function stepJob(at: WorkloadAddr, job: u32, elapsedMs: u32): void {
  const entry = jobAt(at, job);
  const lifetime = lifetimeAt(at, job);
  while (stateOf(at) == STATE_RUNNING) {
    if (load<u32>(lifetime) == 0 && !startJob(at, job)) return;
    const lived = load<u32>(entry);
    const life = load<u32>(lifetime);
    const passed = min(elapsedMs, life - lived);
    store<u32>(entry, lived + passed);
    const target = <u32>((<u64>load<u32>(entry, 4) * (lived + passed)) / life);
    const has = programSize(at, job);
    if (has < target) faultIn(at, job, target - has, 0, true);
    elapsedMs -= passed;
    // killed while it asked for memory: it has failed, another one takes its place
    if (load<u32>(lifetime) == 0) return;
    if (lived + passed < life) return;
    endProgram(at, job);
    store<u32>(lifetime, 0);
    readFiles(at, fileCacheOf(at), setting(at, CACHE), setting(at, CACHE_LIMIT));
  }
}

function startJob(at: WorkloadAddr, job: u32): bool {
  if (note(at, STARTED) >= setting(at, TOTAL)) return false;
  setNote(at, STARTED, note(at, STARTED) + 1);
  const life = setting(at, LIFE);
  const size = setting(at, SIZE);
  const entry = jobAt(at, job);
  store<u32>(entry, 0);
  store<u32>(lifetimeAt(at, job), (life >> 1) + randomBelow(at, life));
  store<u32>(entry, (size >> 2) + randomBelow(at, size - (size >> 2)) + 1, 4);
  return true;
}

/** What was built is deleted, or the caches are dropped. */
function dropCaches(at: WorkloadAddr): void {
  freeAll(fileCacheOf(at));
}

/** Nothing is built any more; the next start begins with the first job. */
function forget(at: WorkloadAddr): void {
  clearLifetimes(at);
  setNote(at, STARTED, 0);
}
