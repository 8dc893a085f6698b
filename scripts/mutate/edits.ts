import type { Edit } from "./edit.js";

const core = (file: string, old: string, replacement: string, breaks: string): Edit => ({
  file: `assembly/${file}.ts`,
  old,
  new: replacement,
  breaks,
});

const driver = (file: string, old: string, replacement: string, breaks: string): Edit => ({
  file: `src/virtio-mem/${file}.ts`,
  old,
  new: replacement,
  breaks,
});

/** Edits that each break what one sentence says. */
export const EDITS: readonly Edit[] = [
  // merging and the free lists
  core(
    "mm/buddy",
    "  return isHead(other, order + 1);",
    "  return false;",
    "merge-likely chunks wait at the tail",
  ),
  core("mm/buddy", " : blockWillMerge(zone, at);", " : false;", "the same across pageblocks"),
  core(
    "mm/buddy",
    "    at &= buddy;",
    "    at |= buddy;",
    "a merged chunk starts at its lower half",
  ),
  core("mm/buddy", "      entry &= buddy;", "      entry |= buddy;", "the same for two pageblocks"),
  core(
    "mm/buddy",
    "  if (type == buddyType) return true;",
    "  if (type != buddyType) return true;",
    "types of pageblocks that merge",
  ),
  core(
    "mm/buddy",
    "  if (type != MIGRATE_ISOLATE) addFreePages(zone, 1 << order);",
    "  addFreePages(zone, 1 << order);",
    "isolated pages are not counted free",
  ),
  core(
    "mm/free-list",
    "    if (++from == PAGEBLOCK_ORDER) return cutBlock(zone, order, type);",
    "    if (++from == PAGEBLOCK_ORDER - 1) return cutBlock(zone, order, type);",
    "the smallest sufficient chunk",
  ),
  core(
    "mm/free-list",
    "  const before = tail ? last : list;\n  const after = tail ? list : first;",
    "  const before = list;\n  const after = first;",
    "insertion at the tail",
  ),
  core(
    "mm/free-list",
    "  setPrev(after, links);",
    "  setPrev(after, list);",
    "insertion beside a neighbour",
  ),
  core(
    "mm/free-list",
    "  setPrev(next, prev);\n  addNrFree(zone, order, -1);",
    "  setPrev(next, prev);",
    "nr_free",
  ),
  core(
    "mm/free-list",
    "  return even + 1 - (load<u8>(even) >> 7);",
    "  return even;",
    "odd pages of a pair as free heads",
  ),
  core(
    "mm/page",
    "  if (state != PAGE_FREE) memory.fill(record, <u8>state, PAGEBLOCK_PAGES);",
    "  if (state == PAGE_FREE) memory.fill(record, <u8>state, PAGEBLOCK_PAGES);",
    "states of a new record",
  ),
  // fallback
  core(
    "mm/buddy",
    "const CLAIM_ORDER: u32 = PAGEBLOCK_ORDER >> 1;",
    "const CLAIM_ORDER: u32 = PAGEBLOCK_ORDER;",
    "which chunks may claim a pageblock",
  ),
  core(
    "mm/buddy",
    "  return free + alike >= PAGEBLOCK_PAGES >> 1;",
    "  return free + alike > PAGEBLOCK_PAGES;",
    "the half-block rule",
  ),
  core(
    "mm/buddy",
    "  if (type == MIGRATE_MOVABLE) alike = movable;",
    "  if (type == MIGRATE_MOVABLE) alike = 0;",
    "compatible pages of a MOVABLE claim",
  ),
  core(
    "mm/buddy",
    "  const first = type == MIGRATE_RECLAIMABLE ? MIGRATE_UNMOVABLE : MIGRATE_RECLAIMABLE;",
    "  const first = type == MIGRATE_RECLAIMABLE ? MIGRATE_MOVABLE : MIGRATE_RECLAIMABLE;",
    "fallback order",
  ),
  // zones and watermarks
  core(
    "mm/zone-walk",
    "  if (freePages(zone) <= neededFree(zone, order, kind, mark)) return false;",
    "  if (freePages(zone) < neededFree(zone, order, kind, mark)) return false;",
    "the low mark to the page",
  ),
  {
    ...core(
      "mm/bulk",
      "    takenPages = min(wanted, 1 << order);",
      "    takenPages = 1;",
      "lemma L1 in one step",
    ),
    changesNothing: "the same pages in the same order, one run at a time: slower, that is all",
  },
  core(
    "mm/bulk",
    "    restore(zone, pfn + takenPages, pfn + (1 << order), type);",
    "    restore(zone, pfn + takenPages, pfn + takenPages, type);",
    "the rest of a chunk goes back",
  ),
  core(
    "mm/page-free",
    "  if (isCached(zone, order)) freeCached(zone, pfn, order);",
    "  if (!isCached(zone, order)) freeCached(zone, pfn, order);",
    "frees go through the cache",
  ),
  core(
    "mm/zone",
    "  if (kindOf(zone) != ZONE_NORMAL) return false;",
    "  if (kindOf(zone) != ZONE_DMA32) return false;",
    "NOFRAGMENT",
  ),
  // isolation
  core(
    "contig/page-isolation",
    "  if (pageClass == PAGE_RESERVED) return true;",
    "  if (pageClass == PAGE_POISONED) return true;",
    "reserved pages forbid isolation",
  ),
  core(
    "contig/page-isolation",
    "  if (inMovableZone || isUnreferenced(pageClass) || isMovable(pageClass)) return false;",
    "  if (isUnreferenced(pageClass) || isMovable(pageClass)) return false;",
    "ZONE_MOVABLE passes the scan",
  ),
  core(
    "contig/page-isolation",
    "  if (countUnmovable(countsOf(entry)) == 0) return NO_CHUNK;",
    "  return NO_CHUNK;",
    "the unmovable scan",
  ),
  core(
    "contig/page-isolation",
    "  addFreePages(zone, -moved);",
    "  addFreePages(zone, moved);",
    "isolated pages leave NR_FREE",
  ),
  core(
    "contig/page-isolation",
    "  if (boundary % MAX_ORDER_PAGES != 0) splitOrder10((boundary >> PAGEBLOCK_ORDER) - 1);",
    "  if (boundary % MAX_ORDER_PAGES == 0) splitOrder10((boundary >> PAGEBLOCK_ORDER) - 1);",
    "chunks that cross the boundary",
  ),
  core(
    "contig/page-isolation",
    "    if (buddyEntry != NO_ENTRY && !isIsolated(buddyEntry)) {",
    "    if (buddyEntry != NO_ENTRY && isIsolated(buddyEntry)) {",
    "un-isolation merges with the other half",
  ),
  core(
    "contig/page-isolation",
    "    unisolateBlock(last);",
    "    unisolateBlock(first);",
    "undo of the last pageblock",
  ),
  // migration and contig
  core(
    "contig/migrate",
    "const BATCH_PAGES: u32 = 32;",
    "const BATCH_PAGES: u32 = 33;",
    "batches of 32",
  ),
  core(
    "contig/migrate",
    "  reverseBatch(batchLength);",
    "  reverseBatch(0);",
    "descending order of a batch",
  ),
  core(
    "contig/migrate",
    "const PASSES: u32 = 10;",
    "const PASSES: u32 = 9;",
    "ten passes over pages that answer again",
  ),
  core(
    "contig/migrate",
    "      if (hold == HOLD_AGAIN) put(AGAIN, again++, pfn);",
    "      if (hold != HOLD_AGAIN) put(AGAIN, again++, pfn);",
    "which survivors are tried again",
  ),
  core(
    "contig/migrate",
    "  for (let page: u32 = PAGEBLOCK_PAGES; page > 0; --page) put(SPLIT, nrSplit++, pfn + page - 1);",
    "  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) put(SPLIT, nrSplit++, pfn + page);",
    "order of a split THP's pages",
  ),
  core(
    "contig/migrate",
    "  return kindOf(zone) >= ZONE_PREFER_MOVABLE || order > 0 ? ZONE_MOVABLE : ZONE_NORMAL;",
    "  return ZONE_MOVABLE;",
    "base pages stay out of ZONE_MOVABLE",
  ),
  core(
    "contig/migrate",
    "    if (!isCleanFile(classOf(state)) || holdOf(state) != HOLD_NONE) {",
    "    if (classOf(state) != 255) {",
    "clean file pages are dropped",
  ),
  core(
    "contig/contig-alloc",
    "const RETRIES: u32 = 4;",
    "const RETRIES: u32 = 3;",
    "tries of a list of survivors",
  ),
  core(
    "contig/contig-alloc",
    "    if (!(state & HEAD) || !isIsolated(entryOf(pfn))) return pfn;",
    "    if (!isIsolated(entryOf(pfn))) return pfn;",
    "the final test",
  ),
  core(
    "contig/contig-alloc",
    "  freeAligned(end, outerEnd, PAGEBLOCK_ORDER, false);",
    "  freeAligned(end, end, PAGEBLOCK_ORDER, false);",
    "excess behind the range goes back",
  ),
  core(
    "contig/contig-alloc",
    "  putBackBatch();",
    "  resetMigrationCounts();",
    "survivors go through the LRU batch",
  ),
  // caches
  core(
    "mm/cache-limits",
    "  setFreeCount(cpu, freeCountOf(cpu) >> 1);",
    "  setFreeCount(cpu, freeCountOf(cpu));",
    "an allocation halves the doubling",
  ),
  core(
    "mm/per-cpu-cache",
    "    list = (list + 1) % NR_LISTS;",
    "    list = (list + NR_LISTS - 1) % NR_LISTS;",
    "order of an overflow",
  ),
  // hotplug and loading
  core(
    "contig/memory-hotplug",
    "  freeAligned(start, end, MAX_ORDER, hasBehaviour(MM_MOVE_TO_TAIL));",
    "  freeAligned(start, end, MAX_ORDER, false);",
    "onlined memory goes to the tail",
  ),
  core(
    "capture/page-flags",
    "    if (flags & DIRTY) return stateByte(PAGE_BUFFER, HOLD_AGAIN);",
    "    if (flags & DIRTY) return PAGE_BUFFER;",
    "dirty metadata stays",
  ),
  core(
    "capture/page-flags",
    "    return stateByte(pageClass, refs > expected ? HOLD_PINNED : HOLD_NONE);",
    "    return stateByte(pageClass, HOLD_NONE);",
    "pins by references",
  ),
  core(
    "capture/load",
    "  markTails(states);",
    "  turnUnknown(states, cachedClass);",
    "tails of non-compound allocations",
  ),
  // the driver
  driver(
    "driver/linux-policies",
    '  memoryBlocks: "descending",\n  subblocks: "descending",\n  chunks: ["memory-block", 1],\n  attempts: { kernel: 1, movable: 5 },\n};',
    '  memoryBlocks: "ascending",\n  subblocks: "descending",\n  chunks: ["memory-block", 1],\n  attempts: { kernel: 1, movable: 5 },\n};',
    "memory blocks from the top down",
  ),
  driver(
    "driver/sub-block-unplug",
    "    return this.#outOfMemory > 0 ? -Errno.ENOMEM : -Errno.EBUSY;",
    "    return 0;",
    "-EBUSY when something is left",
  ),
  driver(
    "driver/memory-steps",
    "      if (errno === -Errno.ENOMEM) return errno;",
    "      if (errno === -Errno.EINTR) return errno;",
    "-ENOMEM ends a pass",
  ),
  driver(
    "driver/memory-steps",
    "      this.limit.offlineSize -= count * this.memoryBlockSize;\n      this.#onRemoved();",
    "      this.limit.offlineSize -= count * this.memoryBlockSize;",
    "another pass after a removal",
  ),
  driver(
    "driver/sub-block-unplug",
    "        count = Math.min(this.#left, last - this.#table.previous(id, last, false));",
    "        count = 1;",
    "runs of an offline memory block",
  ),
];
