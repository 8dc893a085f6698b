// The boundary. Only 32-bit numbers cross; arguments are checked here and answered by errno, below only assert.
// A u32 result is the answer or, in its last 4095 values, a negative errno; an i32 result is 0 or more, or a negative errno.

import * as abi from "./abi";
import {
  EBUSY,
  EINVAL,
  ENOBUFS,
  ENOMEM,
  MAX_ORDER,
  MAX_ORDER_PAGES,
  MM_ISOLATE_PAGEBLOCK,
  MIGRATE_RECLAIMABLE,
  MIGRATE_MOVABLE,
  PAGEBLOCK_PAGES,
  PAGEBLOCK_ORDER,
  PAGE_ABSENT,
  PAGE_CACHED,
  PAGE_CLASSES,
  PAGE_CONTIG,
  PAGE_FREE,
  PAGE_LRU_PENDING,
  PAGE_MEMMAP,
  PAGE_UNKNOWN,
  PAGE_NEVER_ONLINED,
  PAGE_OFFLINE,
  ZONE_KINDS,
  MIGRATE_TYPES,
} from "./abi";
import * as bits from "./bitmap";
import {
  allocContig as allocContigRange,
  freeContig,
  lastBlockingPfn,
  lastBlockingState,
  lastStage,
  setSignalPending,
} from "./contig-alloc";
import { NO_CHUNK, chunkAfter, firstOf, initLists } from "./free-list";
import { clearJournal, journalBase, journalCapacity, journalCount, openJournal } from "./journal";
import { SCRATCH, STAGING, STAGING2, reserveTable, usedBytes } from "./layout";
import { buildFreeLists, loadPageblock } from "./load";
import {
  cachedFound,
  heldBufferBlocks,
  hiddenMilli,
  pinnedPages,
  releasedBufferBlocks,
  settleHeld,
  settleUnknown,
  unknownLeft,
} from "./settle";
import {
  beginOnline,
  finishOnline,
  offlineBlockingPfn,
  offlineRange,
  onlineRun,
} from "./memory-hotplug";
import { drainLruBatches, droppedPages, failedTries, movedPages, setTargetFlags } from "./migrate";
import {
  PAGE_MASK,
  ensureRecords,
  recordsForRange,
  recordsInUse,
  setRange,
  setStateAt,
  stateAt,
} from "./page";
import {
  accountGone,
  addPendingPages,
  freePagesAt,
  lastTakenPages,
  setUsed,
  takeBulk,
  takePages,
} from "./page-alloc";
import {
  HEAD,
  classOf,
  classOrFree,
  headByte,
  isLru,
  isUnit,
  isUsed,
  stateByte,
} from "./page-class";
import {
  ENTRY_BYTES,
  FLAG_PENDING,
  NO_ZONE,
  blockState,
  entryOf,
  entryOfBlock,
  flagsOf,
  nrPageblocks,
  recordOf,
  setFlags,
  setNrPageblocks,
  typeOf,
  zoneOf,
} from "./pageblock";
import { isolateRange, unisolateRange } from "./page-isolation";
import {
  adoptCached,
  cachedPages,
  configureCache,
  drainZone,
  setCurrentCpu,
} from "./per-cpu-cache";
import { seed, setThreshold } from "./random";
import { removableSubblocks, sumCounts } from "./summary";
import { brokenAt, validateAll } from "./validate";
import { hasBehaviour, setMmFlags } from "./version";
import {
  CHURNED,
  churn,
  drain,
  failedSteps,
  fill,
  handleCapacity,
  mayHold,
  openHandles,
  repeat,
  shuffle,
} from "./workload";
import {
  addLruPages,
  createZone,
  freePages,
  isolatedBlocks,
  lruPages,
  nrFreeOf,
  nrZones,
  presentPages,
  setMarks,
  setReserve,
} from "./zone";

export * from "./abi";
export { JOURNAL_DROPPED, JOURNAL_FAILED, JOURNAL_MOVED, JOURNAL_SPLIT } from "./journal";
export { NR_INVARIANTS } from "./validate";

/** Largest table: 16 TiB less one pageblock pair, so that pfns and errnos never meet. */
const MAX_PAGEBLOCKS: u32 = (1 << 23) - 2;
/** Largest watermark and lowmem reserve, in pages (4 TiB): their sums stay below 2^32. */
const MAX_MARK: u32 = 1 << 30;
const MM_FLAGS: u32 = (1 << 11) - 1;
const ALLOC_FLAGS: u32 = abi.ALLOC_NO_WATERMARKS | abi.ALLOC_THISNODE | abi.ALLOC_COMPOUND;
/** Records that one allocation, free or migrated page may need. */
const SMALL_OPERATION: u32 = 4;

function endPfn(): u32 {
  return nrPageblocks << PAGEBLOCK_ORDER;
}

/** Is [start, start + nr) inside the table, not empty? */
function inTable(start: u32, nr: u32): bool {
  return nr > 0 && start < endPfn() && nr <= endPfn() - start;
}

function isBlockAligned(start: u32, nr: u32): bool {
  return ((start | nr) & PAGE_MASK) == 0;
}

/** Does the whole range belong to one online zone? */
function inOneZone(start: u32, nr: u32): bool {
  const zone = zoneOf(entryOf(start));
  if (zone == NO_ZONE) return false;
  for (
    let block = start >> PAGEBLOCK_ORDER;
    block <= (start + nr - 1) >> PAGEBLOCK_ORDER;
    ++block
  ) {
    if (zoneOf(entryOfBlock(block)) != zone) return false;
  }
  return true;
}

// ---------------------------------------------------------------- set-up

/**
 * Makes the pageblock table of a guest with pfns 0 to `blocks` * 512 - 1, all absent, for a kernel with these MM_* behaviours.
 * Once per instance. Returns 0, -EINVAL or -ENOBUFS.
 */
export function setup(blocks: u32, mmFlags: u32): i32 {
  if (nrPageblocks || blocks == 0 || blocks > MAX_PAGEBLOCKS || mmFlags & ~MM_FLAGS) return -EINVAL;
  if (reserveTable(<u64>blocks * ENTRY_BYTES) < 0) return -ENOBUFS;
  setNrPageblocks(blocks);
  setMmFlags(mmFlags);
  for (let block: u32 = 0; block < blocks; ++block) {
    const entry = entryOfBlock(block);
    store<u8>(entry, <u8>PAGE_ABSENT, 12);
    store<u8>(entry, <u8>MIGRATE_MOVABLE, 13);
    store<u8>(entry, <u8>NO_ZONE, 14);
    store<u64>(entry, (<u64>PAGEBLOCK_PAGES) << 32, 16);
  }
  return 0;
}

/** Adds an empty zone of a ZONE_* kind on a node. Returns its index, -EINVAL or -ENOMEM (16 zones exist). */
export function addZone(kind: u32, node: u32): i32 {
  const zone = createZone(kind, node);
  if (zone >= 0) initLists(zone);
  return zone;
}

/** Sets the watermarks of a zone in pages, min <= low <= high. */
export function setWatermarks(zone: u32, min: u32, low: u32, high: u32): i32 {
  if (zone >= nrZones || min > low || low > high || high > MAX_MARK) return -EINVAL;
  setMarks(zone, min, low, high);
  return 0;
}

/** Sets the lowmem reserve of a zone in pages against requests whose highest zone is `kind`. */
export function setLowmemReserve(zone: u32, kind: u32, pages: u32): i32 {
  if (zone >= nrZones || kind >= ZONE_KINDS || pages > MAX_MARK) return -EINVAL;
  setReserve(zone, kind, pages);
  return 0;
}

/** See configureCache(). */
export function setCache(zone: u32, cpus: u32, batch: u32, high: u32): i32 {
  if (zone >= nrZones) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  return configureCache(zone, cpus, batch, high);
}

export function setCpu(cpu: u32): void {
  setCurrentCpu(cpu);
}

export function drainCaches(zone: u32): i32 {
  if (loading || zone >= nrZones) return -EINVAL;
  drainZone(zone);
  return 0;
}

export function drainLru(): void {
  drainLruBatches();
}

export function seedRandom(value: u32): void {
  seed(value);
}

/** Probability, in 2^-32, that a page of this class is held at one attempt. */
export function setHoldProbability(pageClass: u32, threshold: u32): i32 {
  if (pageClass >= PAGE_CLASSES) return -EINVAL;
  setThreshold(pageClass, threshold);
  return 0;
}

/** ALLOC_NO_WATERMARKS and ALLOC_THISNODE for migration targets; 0 = what Linux does. Returns 0 or -EINVAL. */
export function setMigrationTargets(flags: u32): i32 {
  if (flags & ~(abi.ALLOC_NO_WATERMARKS | abi.ALLOC_THISNODE)) return -EINVAL;
  setTargetFlags(flags);
  return 0;
}

export function setSignal(pending: u32): void {
  setSignalPending(pending != 0);
}

// ---------------------------------------------------------------- pages

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
  if (node >= abi.MAX_ZONES || !isAllocatable(pageClass) || flags & ~ALLOC_FLAGS) return -EINVAL;
  if (loading || (isUnit(pageClass) && !comesAsUnits(order, flags))) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  const pfn = takePages(order, type, kind, node, flags);
  if (pfn == NO_CHUNK) return -ENOMEM;
  setUsed(pfn, order, pageClass, flags);
  return pfn;
}

/** Are these whole 2 MiB pages? */
function comesAsUnits(order: u32, flags: u32): bool {
  return order >= PAGEBLOCK_ORDER && (flags & abi.ALLOC_COMPOUND) != 0;
}

function isAllocatable(pageClass: u32): bool {
  return pageClass < PAGE_CLASSES && isUsed(pageClass);
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
  if (type > MIGRATE_RECLAIMABLE || kind >= ZONE_KINDS || node >= abi.MAX_ZONES) return -EINVAL;
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
 * Frees `1 << order` used pages at an aligned pfn, of one zone, no part of a 2 MiB page. Returns 0, -EINVAL (not in use) or
 * -ENOBUFS.
 */
export function freePagesOf(pfn: u32, order: u32): i32 {
  if (order > MAX_ORDER || !inTable(pfn, 1 << order) || pfn & ((1 << order) - 1)) return -EINVAL;
  if (loading || !inOneZone(pfn, 1 << order) || !allUsed(pfn, 1 << order)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  freePagesAt(pfn, order);
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

// ---------------------------------------------------------------- contiguous ranges

/**
 * See allocContig(). [start, start + nr) lies in one zone. Returns 0, -EBUSY, -ENOMEM, -EINTR, -EINVAL, -ENOBUFS. scratch = u32
 * {stage, blocking pfn or 0xffffffff, its state, pages moved, pages dropped, failed tries}.
 */
export function allocContig(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (ensureRecords(recordsForRange(nr) * 2 + SMALL_OPERATION) < 0) return -ENOBUFS;
  const result = allocContigRange(start, start + nr);
  store<u32>(SCRATCH, lastStage);
  store<u32>(SCRATCH, lastBlockingPfn, 4);
  store<u32>(SCRATCH, lastBlockingState, 8);
  store<u32>(SCRATCH, movedPages, 12);
  store<u32>(SCRATCH, droppedPages, 16);
  store<u32>(SCRATCH, failedTries, 20);
  return result;
}

/** Are all pages of [start, start + nr) of this class? */
function allOfClass(start: u32, nr: u32, pageClass: u32): bool {
  for (let pfn = start; pfn < start + nr;) {
    if (stateAt(pfn) != pageClass) return false;
    const entry = entryOf(pfn);
    const whole = !recordOf(entry) && !(pfn & PAGE_MASK) && start + nr - pfn >= PAGEBLOCK_PAGES;
    pfn += whole ? PAGEBLOCK_PAGES : 1;
  }
  return true;
}

/** Gives a range taken by allocContig(), or marked offline after it, back. Returns 0, -EINVAL or -ENOBUFS. */
export function freeContigRange(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (!allOfClass(start, nr, PAGE_CONTIG) && !allOfClass(start, nr, PAGE_OFFLINE)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  freeContig(start, start + nr);
  return 0;
}

/** Marks a range taken by allocContig() PG_offline. Returns 0 or -EINVAL. */
export function markOffline(start: u32, nr: u32): i32 {
  if (!inTable(start, nr) || !allOfClass(start, nr, PAGE_CONTIG)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  setRange(start, nr, PAGE_OFFLINE);
  return 0;
}

/** Isolates pageblocks by themselves. Returns 0 or -EBUSY, -EINVAL. */
export function isolate(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  return isolateRange(start, start + nr, false) ? 0 : -EBUSY;
}

export function unisolate(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  unisolateRange(start, start + nr);
  return 0;
}

// ---------------------------------------------------------------- memory hotplug

/** Begins to online whole absent pageblocks; then onlinePages() per plugged run, then endOnline(). */
export function startOnline(zone: u32, start: u32, nr: u32): i32 {
  if (loading || zone >= nrZones) return -EINVAL;
  if (!inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  for (let block = start >> PAGEBLOCK_ORDER; block < (start + nr) >> PAGEBLOCK_ORDER; ++block) {
    if (zoneOf(entryOfBlock(block)) != NO_ZONE) return -EINVAL;
  }
  beginOnline(zone, start, start + nr);
  return 0;
}

/** Hands never-onlined pages to the allocator. Returns 0, -EINVAL or -ENOBUFS. */
export function onlinePages(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (!allOfClass(start, nr, PAGE_NEVER_ONLINED)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  onlineRun(start, start + nr);
  return 0;
}

export function endOnline(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !isBlockAligned(start, nr) || !inOneZone(start, nr))
    return -EINVAL;
  finishOnline(start, start + nr);
  return 0;
}

/** See offlineRange(). Before v5.19 whole 4 MiB units only. scratch = u32 {blocking pfn or 0xffffffff, its state, pages moved}. */
export function offlinePages(start: u32, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  if (!inOneZone(start, nr)) return -EINVAL;
  // isolation works in units of 4 MiB before 5.19
  if (!hasBehaviour(MM_ISOLATE_PAGEBLOCK) && (start | nr) % MAX_ORDER_PAGES != 0) return -EINVAL;
  if (ensureRecords(recordsForRange(nr) * 2 + SMALL_OPERATION) < 0) return -ENOBUFS;
  const result = offlineRange(start, start + nr);
  store<u32>(SCRATCH, offlineBlockingPfn);
  store<u32>(SCRATCH, offlineBlockingPfn == NO_CHUNK ? 0 : stateAt(offlineBlockingPfn), 4);
  store<u32>(SCRATCH, movedPages, 8);
  return result;
}

// ---------------------------------------------------------------- captures

/**
 * Between loadFlags() and finishLoad() the free pages of the pageblocks loaded are on no list. Until then everything that needs
 * the lists answers -EINVAL.
 */
let loading: bool = false;
/** Pages were loaded that are to stay in caches. */
let keptCached: bool = false;

/** loadFlags(): the staging area holds the extended page state as well. */
export const LOAD_EXTENDED: u32 = 1;
/** loadFlags(): the pages lie in the device's region. */
export const LOAD_IN_DEVICE: u32 = 2;
/** loadFlags(): cached pages stay cached; adoptCache() must follow for every zone. Needs LOAD_EXTENDED. */
export const LOAD_KEEP_CACHED: u32 = 4;

/**
 * Loads whole absent pageblocks into a zone from the kpageflags words in the staging area (u64 per page, at most 65536 pages), with
 * the extended state in the second one. Only into a guest without memory. Pageblocks without any page stay absent. Returns 0, -EINVAL or -ENOBUFS.
 */
export function loadFlags(start: u32, nr: u32, zone: u32, mode: u32): i32 {
  if (zone >= nrZones || !inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  if (!loading && hasMemory()) return -EINVAL;
  if (nr > 0x10000 || mode > (LOAD_EXTENDED | LOAD_IN_DEVICE | LOAD_KEEP_CACHED)) return -EINVAL;
  const blocks = nr >> PAGEBLOCK_ORDER;
  for (let block: u32 = 0; block < blocks; ++block) {
    if (zoneOf(entryOfBlock((start >> PAGEBLOCK_ORDER) + block)) != NO_ZONE) return -EINVAL;
  }
  if (ensureRecords(blocks) < 0) return -ENOBUFS;
  loading = true;
  if (mode & LOAD_KEEP_CACHED) keptCached = true;
  for (let block: u32 = 0; block < blocks; ++block) {
    const at = (start >> PAGEBLOCK_ORDER) + block;
    const flags = STAGING + ((<usize>block) << (PAGEBLOCK_ORDER + 3));
    const extended =
      mode & LOAD_EXTENDED ? STAGING2 + ((<usize>block) << (PAGEBLOCK_ORDER + 3)) : 0;
    const result = loadPageblock(
      at,
      zone,
      flags,
      extended,
      (mode & LOAD_IN_DEVICE) != 0,
      (mode & LOAD_KEEP_CACHED) != 0,
    );
    if (result < 0) return result;
  }
  return 0;
}

/** Says that a pageblock loaded without a flag on any page is the memmap of a memory block. Returns 0 or -EINVAL. */
export function markMemmap(block: u32): i32 {
  if (block >= nrPageblocks) return -EINVAL;
  const entry = entryOfBlock(block);
  if (!loading || recordOf(entry) || blockState(entry) != PAGE_UNKNOWN) return -EINVAL;
  setRange(block << PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_MEMMAP);
  return 0;
}

/**
 * Decides which pages without flags of a zone are in its per-CPU caches, which hold `cached` pages. After all pages are loaded, before
 * finishLoad(). Returns 0 or -EINVAL, -ENOBUFS.
 */
export function settleZone(zone: u32, cached: u32): i32 {
  if (!loading || zone >= nrZones) return -EINVAL;
  if (ensureRecords(nrPageblocks < 4096 ? nrPageblocks : 4096) < 0) return -ENOBUFS;
  settleUnknown(zone, cached);
  return 0;
}

/**
 * Takes over the cached pages of a loaded zone into the cache of its first CPU, which setCache() has switched on: whole pageblocks as chunks of order 9, aligned
 * eights as order 3, others singly; ascending. Returns 0 or -EINVAL.
 */
export function adoptCache(zone: u32): i32 {
  return loading && zone < nrZones && adoptCached(zone) ? 0 : -EINVAL;
}

/** Are all pages that are in a cache known to one? */
function allAdopted(): bool {
  let cached: u32 = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) cached += cachedPages(zone);
  for (let pfn: u32 = 0; pfn < endPfn();) {
    const pages: u32 = recordOf(entryOf(pfn)) ? 1 : PAGEBLOCK_PAGES;
    if (stateAt(pfn) == PAGE_CACHED) cached -= pages;
    pfn += pages;
  }
  return cached == 0;
}

/**
 * Ends a load: decides which pages are held, and builds the free lists. Returns 0, or -EINVAL where none was begun or pages that were to stay
 * in caches are in none. scratch = u32 {pages taken as cached, pages left unknown, chance in thousandths
 * that kernel pages hide among the cached, pageblocks with clean buffers held, and let go, pinned pages}.
 */
export function finishLoad(): i32 {
  if (!loading || (keptCached && !allAdopted())) return -EINVAL;
  loading = false;
  settleHeld();
  buildFreeLists();
  store<u32>(SCRATCH, cachedFound);
  store<u32>(SCRATCH, unknownLeft, 4);
  store<u32>(SCRATCH, hiddenMilli, 8);
  store<u32>(SCRATCH, heldBufferBlocks, 12);
  store<u32>(SCRATCH, releasedBufferBlocks, 16);
  store<u32>(SCRATCH, pinnedPages, 20);
  return 0;
}

function hasMemory(): bool {
  for (let zone: u32 = 0; zone < nrZones; ++zone) if (presentPages(zone) > 0) return true;
  return false;
}

/** First pageblock >= `block` whose 512 pages are all of `pageClass`, or 0xffffffff; -EINVAL. */
export function nextUniformBlock(block: u32, pageClass: u32): u32 {
  if (pageClass >= PAGE_CLASSES) return -EINVAL;
  for (; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (recordOf(entry)) continue;
    const state = blockState(entry);
    if ((state & HEAD ? PAGE_FREE : classOf(state)) == pageClass) return block;
  }
  return NO_CHUNK;
}

// ---------------------------------------------------------------- looking

export function freePagesOfZone(zone: u32): u32 {
  return zone < nrZones ? freePages(zone) : -EINVAL;
}
export function nrFreeChunks(zone: u32, order: u32): u32 {
  return zone < nrZones && order <= MAX_ORDER ? nrFreeOf(zone, order) : -EINVAL;
}
export function presentPagesOfZone(zone: u32): u32 {
  return zone < nrZones ? presentPages(zone) : -EINVAL;
}
export function isolatedBlocksOfZone(zone: u32): u32 {
  return zone < nrZones ? isolatedBlocks(zone) : -EINVAL;
}
export function lruPagesOfZone(zone: u32): u32 {
  return zone < nrZones ? lruPages(zone) : -EINVAL;
}
export function cachedPagesOfZone(zone: u32): u32 {
  return zone < nrZones ? cachedPages(zone) : -EINVAL;
}

/**
 * Copies a free list, from head to tail, into the staging area: u32 pfns, at most `max`, beginning after the chunk `after`
 * (0xffffffff: at the head). Returns how many.
 */
export function readFreeList(zone: u32, order: u32, type: u32, after: u32, max: u32): u32 {
  if (zone >= nrZones || order > MAX_ORDER || type >= MIGRATE_TYPES || max > 0x20000)
    return -EINVAL;
  if (after != NO_CHUNK && !isListed(after, zone, order, type)) return -EINVAL;
  let count: u32 = 0;
  let pfn = after == NO_CHUNK ? firstOf(zone, order, type) : chunkAfter(after);
  for (; pfn != NO_CHUNK && count < max; pfn = chunkAfter(pfn)) {
    store<u32>(STAGING + ((<usize>count) << 2), pfn);
    ++count;
  }
  return count;
}

function isListed(pfn: u32, zone: u32, order: u32, type: u32): bool {
  if (pfn >= endPfn() || zoneOf(entryOf(pfn)) != zone) return false;
  return stateAt(pfn) == headByte(order, type);
}

/** Migratetype of a pageblock (MIGRATE_ISOLATE while isolated), or -EINVAL where no page is online. */
export function pageblockType(block: u32): i32 {
  if (block >= nrPageblocks || zoneOf(entryOfBlock(block)) == NO_ZONE) return -EINVAL;
  return typeOf(entryOfBlock(block));
}

/** Zone index of a pageblock, or -EINVAL where no page is online. */
export function pageblockZone(block: u32): i32 {
  if (block >= nrPageblocks || zoneOf(entryOfBlock(block)) == NO_ZONE) return -EINVAL;
  return zoneOf(entryOfBlock(block));
}

/**
 * How many of `nr` pages from `start` on have the class of the first, as far as looking at every `step`-th page tells; a
 * multiple of `step` unless it is `nr`. For ranges whose units of `step` pages are of one class: subblocks, device blocks. -EINVAL.
 */
export function runOfClass(start: u32, nr: u32, step: u32): u32 {
  if (!inTable(start, nr) || step == 0) return -EINVAL;
  const pageClass = classOrFree(stateAt(start));
  let length: u32 = 0;
  while (nr - length > step) {
    length += step;
    if (classOrFree(stateAt(start + length)) != pageClass) return length;
  }
  return nr;
}

/** Counters of [start, start + nr), whole pageblocks: scratch = u32 {free, movable, unmovable, held}. */
export function countPages(start: u32, nr: u32): i32 {
  if (!inTable(start, nr) || !isBlockAligned(start, nr)) return -EINVAL;
  sumCounts(start, start + nr, SCRATCH);
  return 0;
}

/** Which subblocks could go: see removableSubblocks(). `bitmap` 0 or a bitmap of at least `nr` bits. */
export function countRemovable(start: u32, blocksEach: u32, nr: u32, bitmap: u32): u32 {
  if (blocksEach == 0 || start & PAGE_MASK) return -EINVAL;
  const blocks = <u64>blocksEach * nr;
  if (<u64>(start >> PAGEBLOCK_ORDER) + blocks > <u64>nrPageblocks) return -EINVAL;
  if (bitmap && (!bits.isBitmap(bitmap) || bits.bitsOf(bitmap) < nr)) return -EINVAL;
  return removableSubblocks(
    start >> PAGEBLOCK_ORDER,
    blocksEach,
    nr,
    bitmap ? bits.wordsOf(bitmap) : 0,
  );
}

/** 0, or the code of the first broken invariant; scratch[0] = where. */
export function validate(): u32 {
  const code = validateAll();
  store<u32>(SCRATCH, brokenAt);
  return code;
}

export function usedMemory(): u32 {
  return usedBytes();
}
export function mixedPageblocks(): u32 {
  return recordsInUse;
}
export function scratch(): u32 {
  return <u32>SCRATCH;
}
export function staging(): u32 {
  return <u32>STAGING;
}
export function staging2(): u32 {
  return <u32>STAGING2;
}

// ---------------------------------------------------------------- bitmaps

/** Largest bitmap, in bits: 128 MiB. */
const MAX_BITS: u32 = 1 << 30;

function hasRun(map: u32, start: u32, count: u32): bool {
  if (!bits.isBitmap(map)) return false;
  const nr = bits.bitsOf(map);
  return start <= nr && count <= nr - start;
}

/** A cleared bitmap of `nr` bits, for good. Returns its handle, -EINVAL or -ENOBUFS. */
export function createBitmap(nr: u32): u32 {
  if (nrPageblocks == 0 || nr == 0 || nr > MAX_BITS) return -EINVAL;
  const map = <u32>bits.createBitmap(nr);
  return map ? map : -ENOBUFS;
}

/** Sets, or clears with `set` 0, `count` bits from `start` on. Returns 0 or -EINVAL. */
export function writeBits(map: u32, start: u32, count: u32, set: u32): i32 {
  if (!hasRun(map, start, count)) return -EINVAL;
  bits.writeRun(map, start, count, set != 0);
  return 0;
}

/** 0 or 1, or -EINVAL. */
export function testBit(map: u32, bit: u32): i32 {
  if (!hasRun(map, bit, 1)) return -EINVAL;
  return bits.testBit(map, bit);
}

/** First bit >= `from` that is set, or clear with `set` 0; 0xffffffff where there is none; -EINVAL. */
export function nextBit(map: u32, from: u32, set: u32): u32 {
  return bits.isBitmap(map) ? bits.nextBit(map, from, set != 0) : -EINVAL;
}

/** Last bit <= `from` that is set, or clear with `set` 0; 0xffffffff where there is none; -EINVAL. */
export function previousBit(map: u32, from: u32, set: u32): u32 {
  return bits.isBitmap(map) ? bits.previousBit(map, from, set != 0) : -EINVAL;
}

/** Set bits in [start, start + count), or -EINVAL. */
export function countBits(map: u32, start: u32, count: u32): u32 {
  return hasRun(map, start, count) ? bits.countBits(map, start, count) : -EINVAL;
}

/** How many bits from `from` on, at most `limit`, are set, or clear with `set` 0. -EINVAL where `from` is no bit. */
export function runLength(map: u32, from: u32, set: u32, limit: u32): u32 {
  return hasRun(map, from, 1) ? bits.runLength(map, from, set != 0, limit) : -EINVAL;
}

/** Length of the longest run of set bits, or clear ones with `set` 0, or -EINVAL; scratch[0] = its first bit, 0xffffffff where there is none. */
export function longestRun(map: u32, set: u32): u32 {
  if (!bits.isBitmap(map)) return -EINVAL;
  const length = bits.longestRun(map, set != 0);
  store<u32>(SCRATCH, bits.longestRunStart());
  return length;
}

// ---------------------------------------------------------------- journal

export function journalOpen(entries: u32): i32 {
  return nrPageblocks == 0 || entries > 1 << 26 ? -EINVAL : openJournal(entries);
}
export function journalClear(): void {
  clearJournal();
}
/** Entries noted since the last clear; more than journalSize() means that the rest was not kept. */
export function journalNoted(): u32 {
  return journalCount;
}
export function journalSize(): u32 {
  return journalCapacity();
}
export function journalAt(): u32 {
  return <u32>journalBase();
}

// ---------------------------------------------------------------- workloads

/** See openHandles(). Returns 0, -EINVAL or -ENOBUFS. */
export function workloadOpen(handles: u32): i32 {
  if (nrPageblocks == 0 || handles == 0 || handles > 1 << 29) return -EINVAL;
  return openHandles(handles);
}

/** See fill(): allocates `count` chunks of movable pages; returns a checksum. 0 for bad arguments. */
export function workloadFill(order: u32, count: u32): u32 {
  const fits = order <= MAX_ORDER && count <= handleCapacity() && mayHold(order);
  return !loading && fits ? fill(order, count) : 0;
}

/** See drain(). */
export function workloadDrain(order: u32, count: u32): i32 {
  if (loading || !mayHold(order) || count > handleCapacity()) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  drain(order, count);
  return 0;
}

/** See repeat(). 0 for bad arguments. */
export function workloadRepeat(order: u32, count: u32): u32 {
  return !loading && order <= MAX_ORDER ? repeat(order, count) : 0;
}

/** See shuffle(). */
export function workloadShuffle(count: u32, all: u32, seed: u32): i32 {
  if (count > all || all > handleCapacity()) return -EINVAL;
  shuffle(count, all, seed);
  return 0;
}

/** See churn(). 0 for bad arguments. */
export function workloadChurn(slots: u32, steps: u32, seed: u32): u32 {
  const fits = slots > 0 && (slots & (slots - 1)) == 0 && slots <= handleCapacity();
  return !loading && fits && mayHold(CHURNED) ? churn(slots, steps, seed) : 0;
}

/** Allocations of workloadChurn() that failed. */
export function workloadFailed(): u32 {
  return failedSteps;
}
