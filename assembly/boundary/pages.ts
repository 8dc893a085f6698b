// Allocating, freeing, changing pages.

import {
  ALLOC_COMPOUND,
  EINVAL,
  ENOBUFS,
  ENOMEM,
  MAX_ORDER,
  MAX_ZONES,
  MIGRATE_RECLAIMABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_LRU_PENDING,
  ZONE_KINDS,
} from "../abi";
import { lastTakenPages, takeBulk } from "../bulk";
import { freeContig } from "../contig-alloc";
import { NO_CHUNK } from "../free-list";
import { isHeld } from "../holding";
import { SCRATCH, STAGING } from "../layout";
import { PAGE_MASK, setRange, setStateAt, stateAt } from "../page";
import { ensureRecords } from "../record-slab";
import { accountGone, addPendingPages, allocPages as allocSome, freePagesAt } from "../page-alloc";
import { HEAD, classOf, isLru, isUnit, isUsed, stateByte } from "../page-class";
import { FLAG_PENDING, NO_ZONE, entryOf, flagsOf, recordOf, setFlags, zoneOf } from "../pageblock";
import { addLruPages } from "../zone";
import {
  ALLOC_FLAGS,
  SMALL_OPERATION,
  endPfn,
  inOneZone,
  inTable,
  isAllocatable,
} from "./arguments";
import { loading } from "./loading";

/**
 * Allocates `1 << order` pages of `pageClass` for migratetype `type` from the zone list of `node`, highest zone `kind`.
 * Returns the first pfn, -ENOMEM, -EINVAL or -ENOBUFS.
 */
export function allocPages(
  order: u32,
  type: u32,
  pageClass: u32,
  kind: u32,
  node: u32,
  flags: u32,
): u32 {
  if (order > MAX_ORDER || type > MIGRATE_RECLAIMABLE || kind >= ZONE_KINDS) return -EINVAL;
  if (node >= MAX_ZONES || !isAllocatable(pageClass) || flags & ~ALLOC_FLAGS) return -EINVAL;
  if (loading || (isUnit(pageClass) && !comesAsUnits(order, flags))) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  const pfn = allocSome(order, pageClass, type, kind, node, flags);
  return pfn == NO_CHUNK ? -ENOMEM : pfn;
}

/** Are these whole 2 MiB pages? */
function comesAsUnits(order: u32, flags: u32): bool {
  return order >= PAGEBLOCK_ORDER && (flags & ALLOC_COMPOUND) != 0;
}

/**
 * Allocates up to `nr` order-0 pages at once (lemma L1). Returns how many, and writes them as runs {u32 pfn, u32 pages} to the staging area,
 * at most `maxRuns` runs; scratch[0] = number of runs. Fewer pages than asked: ask again, or memory is out (0).
 */
export function allocBulk(
  nr: u32,
  type: u32,
  pageClass: u32,
  kind: u32,
  node: u32,
  flags: u32,
  maxRuns: u32,
): u32 {
  if (type > MIGRATE_RECLAIMABLE || kind >= ZONE_KINDS || node >= MAX_ZONES) return -EINVAL;
  if (!isAllocatable(pageClass) || pageClass == PAGE_LRU_PENDING) return -EINVAL;
  if (loading || isUnit(pageClass) || flags & ~ALLOC_FLAGS) return -EINVAL;
  if (maxRuns == 0 || <u64>maxRuns * 8 > <u64>0x80000) return -EINVAL;
  let runs: u32 = 0;
  let left = nr;
  while (left > 0 && runs < maxRuns) {
    if (ensureRecords(SMALL_OPERATION) < 0) break;
    const pfn = takeBulk(left, type, kind, node, flags);
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

function appendRun(runs: u32, pfn: u32, pages: u32): u32 {
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
 * Frees `1 << order` used pages at an aligned pfn, of one zone, no part of a 2 MiB page. Returns 0, -EINVAL (not in use, or a workload's) or
 * -ENOBUFS.
 */
export function freePagesOf(pfn: u32, order: u32): i32 {
  if (order == 0 && pfn < endPfn()) return freeSingle(pfn);
  if (order > MAX_ORDER || !inTable(pfn, 1 << order) || pfn & ((1 << order) - 1)) return -EINVAL;
  if (loading || !inOneZone(pfn, 1 << order) || !allUsed(pfn, 1 << order)) return -EINVAL;
  if (isHeld(pfn, 1 << order)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  freePagesAt(pfn, order);
  return 0;
}

/** freePagesOf() of one page. */
function freeSingle(pfn: u32): i32 {
  const state = stateAt(pfn);
  const pageClass = classOf(state);
  if (state & HEAD || !isUsed(pageClass) || isUnit(pageClass)) return -EINVAL;
  if (loading || zoneOf(entryOf(pfn)) == NO_ZONE || isHeld(pfn, 1)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  freePagesAt(pfn, 0);
  return 0;
}

/** Are all pages in use, and all 2 MiB pages among them whole? */
function allUsed(start: u32, nr: u32): bool {
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

/** Frees the used pages of a run in ascending order, as single pages (lemma L2). Returns 0, -EINVAL or -ENOBUFS. */
export function freeRun(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr)) return -EINVAL;
  if (!inOneZone(start, nr) || !allUsed(start, nr)) return -EINVAL;
  if (isHeld(start, nr)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  accountGone(start, nr);
  freeContig(start, start + nr);
  return 0;
}

/** State byte of a page: bit 7 a free head with order and list type, else class and hold. -EINVAL outside the table. */
export function pageState(pfn: u32): i32 {
  if (pfn >= endPfn()) return -EINVAL;
  return stateAt(pfn);
}

/**
 * Changes class and hold of a used page; of a 2 MiB page, by its first page, the hold only. Returns 0, -EINVAL or -ENOBUFS.
 */
export function setPage(pfn: u32, pageClass: u32, hold: u32): i32 {
  if (pfn >= endPfn() || hold > 3 || !isAllocatable(pageClass)) return -EINVAL;
  const old = stateAt(pfn);
  if (old & HEAD || !isUsed(classOf(old))) return -EINVAL;
  if (isUnit(classOf(old)) || isUnit(pageClass)) {
    if (classOf(old) != pageClass || pfn & PAGE_MASK) return -EINVAL;
    setRange(pfn, PAGEBLOCK_PAGES, stateByte(pageClass, hold));
    return 0;
  }
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  const entry = entryOf(pfn);
  const zone = zoneOf(entry);
  accountGone(pfn, 1);
  setStateAt(pfn, stateByte(pageClass, hold));
  if (isLru(pageClass)) addLruPages(zone, 1);
  if (pageClass == PAGE_LRU_PENDING) {
    addPendingPages(1);
    setFlags(entry, flagsOf(entry) | FLAG_PENDING);
  }
  return 0;
}
