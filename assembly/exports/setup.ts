// Setting up a guest: its table, zones, watermarks, caches.

import {
  ALLOC_NO_WATERMARKS,
  ALLOC_THISNODE,
  EINVAL,
  ENOBUFS,
  MIGRATE_MOVABLE,
  PAGEBLOCK_PAGES,
  PAGE_ABSENT,
  PAGE_CLASSES,
  ZONE_KINDS,
} from "../abi";
import { setSignalPending } from "../contig/contig-alloc";
import { initLists } from "../mm/free-list";
import { reserveTable } from "../mm/reserve";
import { setTargetFlags } from "../contig/migrate";
import { setZeroPages } from "../contig/migrate-batched";
import { drainLruBatches } from "../mm/lru-batch";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import {
  ENTRY_BYTES,
  NO_ZONE,
  entryOfBlock,
  nrPageblocks,
  setBlockState,
  setCounts,
  setNrPageblocks,
  setType,
  setZone,
} from "../mm/pageblock";
import { configureCache, drainZone, setCurrentCpu } from "../mm/per-cpu-cache";
import { countDelta } from "../mm/page-class";
import { seed, setThreshold } from "../mm/random";
import { setMmFlags } from "../mm/version";
import { createZone, nrZones, setReserve, setZoneWatermarks } from "../mm/zone";
import { loading } from "./loading";
import { ZoneNr } from "../mm/numbers";

/** Largest table: 16 TiB less one pageblock pair, so that pfns and errnos never meet. */
const MAX_PAGEBLOCKS: u32 = (1 << 23) - 2;
/** Largest watermark and lowmem reserve, in pages (4 TiB): their sums stay below 2^32. */
const MAX_MARK: u32 = 1 << 30;
const MM_FLAGS: u32 = (1 << 24) - 1;

/**
 * Makes the pageblock table of a guest with pfns 0 to `blocks` * 512 - 1, all absent, for a kernel
 * with these MM_* behaviours. Once per instance. Returns 0, -EINVAL or -ENOBUFS.
 */
export function setup(blocks: u32, mmFlags: u32): i32 {
  if (nrPageblocks || blocks == 0 || blocks > MAX_PAGEBLOCKS || mmFlags & ~MM_FLAGS) return -EINVAL;
  // every pageblock has a buddy, if only one that never exists
  const entries = (blocks + 1) & ~1;
  if (reserveTable(<u64>entries * ENTRY_BYTES) < 0) return -ENOBUFS;
  setNrPageblocks(blocks);
  setMmFlags(mmFlags);
  for (let block: u32 = 0; block < entries; ++block) {
    const entry = entryOfBlock(block);
    setBlockState(entry, PAGE_ABSENT);
    setType(entry, MIGRATE_MOVABLE);
    setZone(entry, NO_ZONE);
    setCounts(entry, countDelta(PAGE_ABSENT) * PAGEBLOCK_PAGES);
  }
  return 0;
}

/**
 * Adds an empty zone of a ZONE_* kind on a node. Returns its index, -EINVAL or -ENOMEM (16 zones
 * exist).
 */
export function addZone(kind: u32, node: u32): i32 {
  const zone = createZone(kind, node);
  if (zone >= 0) initLists(zone);
  return zone;
}

/** Sets the watermarks of a zone in pages, min <= low <= high. */
export function setWatermarks(zone: ZoneNr, min: u32, low: u32, high: u32): i32 {
  if (zone >= nrZones || min > low || low > high || high > MAX_MARK) return -EINVAL;
  setZoneWatermarks(zone, min, low);
  return 0;
}

/** Sets the lowmem reserve of a zone in pages against requests whose highest zone is `kind`. */
export function setLowmemReserve(zone: ZoneNr, kind: u32, pages: u32): i32 {
  if (zone >= nrZones || kind >= ZONE_KINDS || pages > MAX_MARK) return -EINVAL;
  setReserve(zone, kind, pages);
  return 0;
}

/** See configureCache(). */
export function setCache(zone: ZoneNr, cpus: u32, batch: u32, high: u32, highMax: u32): i32 {
  if (zone >= nrZones) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  return configureCache(zone, cpus, batch, high, highMax);
}

export function setCpu(cpu: u32): void {
  setCurrentCpu(cpu);
}

export function drainCaches(zone: ZoneNr): i32 {
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

/**
 * ALLOC_NO_WATERMARKS and ALLOC_THISNODE for migration targets; 0 = what Linux does. Returns 0 or
 * -EINVAL.
 */
export function setMigrationTargets(flags: u32): i32 {
  if (flags & ~(ALLOC_NO_WATERMARKS | ALLOC_THISNODE)) return -EINVAL;
  setTargetFlags(flags);
  return 0;
}

/**
 * Zero-filled pages, 0 to 511, at the end of each THP: see MM_SPLIT_SHARES_ZEROS. Returns 0 or
 * -EINVAL.
 */
export function setZeroFilledPages(pages: u32): i32 {
  if (pages >= PAGEBLOCK_PAGES) return -EINVAL;
  setZeroPages(pages);
  return 0;
}

export function setSignal(pending: u32): void {
  setSignalPending(pending != 0);
}
