// Allocating, freeing, changing pages.

import {
  ALLOC_COMPOUND,
  EINVAL,
  ENOBUFS,
  ENOMEM,
  MAX_ORDER,
  MIGRATE_RECLAIMABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_LRU_PENDING,
  ZONE_KINDS,
} from "../abi";
import { lastTakenPages, takeBulk } from "../mm/bulk";
import { NO_CHUNK } from "../mm/free-list";
import { SCRATCH, STAGING, STAGING_BYTES } from "../mm/layout";
import { PAGE_MASK, setRange, setStateAt, stateAt } from "../mm/page";
import { SMALL_OPERATION, ensureRecords, hasRecords, recordsAtHand } from "../mm/record-slab";
import { addPending } from "../mm/lru-batch";
import { allocPage, allocPages as allocOf } from "../mm/page-alloc";
import { accountGone, freeContig, freePageFast, freePagesAt } from "../mm/page-free";
import {
  Request,
  requestFlags,
  requestKind,
  requestOrder,
  requestState,
  requestType,
} from "../mm/request";
import { hasPageSets, isOwned } from "../mm/rmap";
import { HEAD, classOf, isLru, isUnit, isUsed, stateByte } from "../mm/page-class";
import { entryOf, recordOf, zoneOf } from "../mm/pageblock";
import { addLruPages } from "../mm/zone";
import { ALLOC_FLAGS, endPfn, inOneZone, inTable, isAllocatable } from "./arguments";
import { loading } from "./loading";
import { Pfn } from "../mm/numbers";

/**
 * Requests (mm/request.ts) that were found to be in order, by their two lower digits: nearly every
 * request has been made before.
 */
const KNOWN = memory.data(256 * 4, 4);
// an entry that was never used holds a request that belongs elsewhere
store<u32>(KNOWN, 1);

function isKnown(request: Request): bool {
  return load<u32>(knownAt(request)) == request;
}

function knownAt(request: Request): usize {
  return KNOWN + ((<usize>(request & 0xff)) << 2);
}

/** Is a request in order? */
function isRequest(request: Request): bool {
  if (requestOrder(request) > MAX_ORDER || requestType(request) > MIGRATE_RECLAIMABLE) return false;
  if (requestKind(request) >= ZONE_KINDS || requestFlags(request) & ~ALLOC_FLAGS) return false;
  const pageClass = requestState(request);
  if (!isAllocatable(pageClass) || (isUnit(pageClass) && !comesAsUnits(request))) return false;
  store<u32>(knownAt(request), request);
  return true;
}

/**
 * Allocates pages; the state of the request is a page class. Returns the first pfn, -ENOMEM,
 * -EINVAL or -ENOBUFS.
 */
export function allocPages(request: Request): Pfn {
  if (loading) return -EINVAL;
  if (!isKnown(request)) {
    if (!isRequest(request)) return -EINVAL;
  }
  if (recordsAtHand < SMALL_OPERATION) {
    if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  }
  const pfn = requestOrder(request) == 0 ? allocPage(request) : allocOf(request);
  return pfn == NO_CHUNK ? -ENOMEM : pfn;
}

/** Are these whole 2 MiB pages? */
function comesAsUnits(request: Request): bool {
  return requestOrder(request) >= PAGEBLOCK_ORDER && (requestFlags(request) & ALLOC_COMPOUND) != 0;
}

/**
 * Allocates up to `nr` single pages at once (takeBulk()), whatever the order of the request.
 * Returns how many, and writes them as runs {u32 pfn, u32 pages} to the staging area, at most
 * `maxRuns` runs; scratch[0] = number of runs. Fewer pages than asked: ask again, or memory is out
 * (0).
 */
export function allocBulk(nr: u32, request: Request, maxRuns: u32): u32 {
  const pageClass = requestState(request);
  if (loading || maxRuns == 0 || <u64>maxRuns * 8 > <u64>STAGING_BYTES) return -EINVAL;
  if (isUnit(pageClass) || pageClass == PAGE_LRU_PENDING || !isRequest(request)) return -EINVAL;
  let runs: u32 = 0;
  let left = nr;
  while (left > 0 && runs < maxRuns) {
    if (!hasRecords(SMALL_OPERATION)) break;
    const pfn = takeBulk(left, request);
    if (pfn == NO_CHUNK) break;
    const pages = lastTakenPages();
    setRange(pfn, pages, pageClass);
    if (isLru(pageClass)) addLruPages(zoneOf(entryOf(pfn)), pages);
    left -= pages;
    runs = appendRun(runs, pfn, pages);
  }
  store<u32>(SCRATCH, runs);
  return nr - left;
}

function appendRun(runs: u32, pfn: Pfn, pages: u32): u32 {
  if (runs > 0) {
    const last = STAGING + ((<usize>(runs - 1)) << 3);
    if (load<u32>(last) + load<u32>(last, 4) == pfn) {
      store<u32>(last, load<u32>(last, 4) + pages, 4);
      return runs;
    }
  }
  const at = STAGING + ((<usize>runs) << 3);
  store<u32>(at, pfn);
  store<u32>(at, pages, 4);
  return runs + 1;
}

/**
 * Frees `1 << order` used pages at an aligned pfn, of one zone, no part of a 2 MiB page. Returns 0,
 * -EINVAL (not in use, or a workload's) or -ENOBUFS.
 */
export function freePagesOf(pfn: Pfn, order: u32): i32 {
  if (order == 0) {
    // a page that has nothing special about it is in use and no part of a 2 MiB page
    if (pfn >= endPfn()) return -EINVAL;
    if (loading) return -EINVAL;
    if (!hasPageSets()) {
      if (freePageFast(pfn)) return 0;
    }
  }
  if (order > MAX_ORDER || !inTable(pfn, 1 << order) || pfn & ((1 << order) - 1)) return -EINVAL;
  if (loading || !inOneZone(pfn, 1 << order) || !allUsed(pfn, 1 << order)) return -EINVAL;
  if (isOwned(pfn, 1 << order)) return -EINVAL;
  if (!hasRecords(SMALL_OPERATION)) return -ENOBUFS;
  freePagesAt(pfn, order);
  return 0;
}

/** Are all pages in use, and all 2 MiB pages among them whole? */
function allUsed(start: Pfn, nr: u32): bool {
  for (let pfn = start; pfn < start + nr;) {
    const entry = entryOf(pfn);
    const whole = !recordOf(entry) && !(pfn & PAGE_MASK) && start + nr - pfn >= PAGEBLOCK_PAGES;
    const state = stateAt(pfn);
    if (state & HEAD || !isUsed(classOf(state))) return false;
    // a 2 MiB page goes as a whole
    if (isUnit(classOf(state)) && (pfn & PAGE_MASK || start + nr - pfn < PAGEBLOCK_PAGES))
      return false;
    if (isUnit(classOf(state))) pfn += PAGEBLOCK_PAGES;
    else pfn += whole ? PAGEBLOCK_PAGES : 1;
  }
  return true;
}

/**
 * Frees the used pages of a run in ascending order, as single pages. Returns 0, -EINVAL or
 * -ENOBUFS.
 */
export function freeRun(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr)) return -EINVAL;
  if (!inOneZone(start, nr) || !allUsed(start, nr)) return -EINVAL;
  if (isOwned(start, nr)) return -EINVAL;
  if (!hasRecords(SMALL_OPERATION)) return -ENOBUFS;
  accountGone(start, nr);
  freeContig(start, start + nr);
  return 0;
}

/**
 * State byte of a page: bit 7 a free head with order and list type, else class and hold. -EINVAL
 * outside the table.
 */
export function pageState(pfn: Pfn): i32 {
  if (pfn >= endPfn()) return -EINVAL;
  return stateAt(pfn);
}

/**
 * Changes class and hold of a used page; of a 2 MiB page, by its first page, the hold only. Returns
 * 0, -EINVAL or -ENOBUFS.
 */
export function setPage(pfn: Pfn, pageClass: u32, hold: u32): i32 {
  if (pfn >= endPfn() || hold > 3 || !isAllocatable(pageClass)) return -EINVAL;
  const old = stateAt(pfn);
  if (old & HEAD || !isUsed(classOf(old))) return -EINVAL;
  if (isUnit(classOf(old)) || isUnit(pageClass)) {
    if (classOf(old) != pageClass || pfn & PAGE_MASK) return -EINVAL;
    setRange(pfn, PAGEBLOCK_PAGES, stateByte(pageClass, hold));
    return 0;
  }
  if (!hasRecords(SMALL_OPERATION)) return -ENOBUFS;
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  accountGone(pfn, 1);
  setStateAt(pfn, stateByte(pageClass, hold));
  if (isLru(pageClass)) addLruPages(zone, 1);
  if (pageClass == PAGE_LRU_PENDING) addPending(entry, 1);
  return 0;
}
