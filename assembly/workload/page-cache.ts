// Programs that read, and some that write, files larger than memory: the page cache takes all that
// is free, and is reclaimed on demand.

import { PAGE_FILE_CLEAN, PAGE_FILE_DIRTY } from "../abi";
import { createFileCache, readFiles } from "./file-cache";
import { freeAll } from "./page-set";
import { STATE_RUNNING, due, openPageSets, pageSetAt, setPageSet, setting, stateOf } from "./table";
import { WorkloadAddr } from "../mm/numbers";
import { DROP_CACHES, FITS, IS_ADJUSTABLE, OPEN, STEP } from "./kind";

export const WORKLOAD_PAGE_CACHE: u32 = 1;

/** Pages a second that are read. */
export const READ_RATE: u32 = 0;
/** Pages that the files have: the cache gets no larger. */
export const LIMIT: u32 = 1;
/** Of 1000 pages, how many are dirty: they cannot be dropped, only moved. */
export const DIRTY_SHARE: u32 = 2;

const CLEAN: u32 = 0;
const DIRTY: u32 = 1;

/** Answers the questions of kind.ts. */
export function pageCache(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
    case STEP:
      step(at, elapsedUs);
      return true;
    case DROP_CACHES:
      dropCaches(at);
      return true;
    case IS_ADJUSTABLE:
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  return setting(at, DIRTY_SHARE) <= 1000;
}

function dirtyLimit(at: WorkloadAddr): u32 {
  return <u32>((<u64>setting(at, LIMIT) * setting(at, DIRTY_SHARE)) / 1000);
}

function open(at: WorkloadAddr): bool {
  if (!openPageSets(at, 2)) return false;
  const dirty = dirtyLimit(at);
  const clean = setPageSet(at, CLEAN, createFileCache(setting(at, LIMIT) - dirty, PAGE_FILE_CLEAN));
  return clean && setPageSet(at, DIRTY, createFileCache(dirty, PAGE_FILE_DIRTY));
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const pages = due(at, 0, setting(at, READ_RATE), elapsedUs);
  const dirty = <u32>((<u64>pages * setting(at, DIRTY_SHARE)) / 1000);
  const limit = dirtyLimit(at);
  readFiles(at, pageSetAt(at, DIRTY), dirty, limit);
  readFiles(at, pageSetAt(at, CLEAN), pages - dirty, setting(at, LIMIT) - limit);
}

/**
 * `echo 1 > /proc/sys/vm/drop_caches`: clean pages go; all are clean once the workload has ended.
 */
function dropCaches(at: WorkloadAddr): void {
  freeAll(pageSetAt(at, CLEAN));
  if (stateOf(at) != STATE_RUNNING) freeAll(pageSetAt(at, DIRTY));
}
