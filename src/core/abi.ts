// Numbers shared with the core; a test compares them with assembly/abi.ts.

import { PAGE_SIZE } from "../units.js";

export { PAGE_SIZE };

/** Order of a pageblock: it has 2^9 pages. */
export const PAGEBLOCK_ORDER = 9;
/** Pages of a pageblock. */
export const PAGEBLOCK_PAGES = 512;
/** Bytes of a pageblock. */
export const PAGEBLOCK_SIZE = PAGE_SIZE * PAGEBLOCK_PAGES;
/** Largest order of a buddy chunk, inclusive. */
export const MAX_ORDER = 10;
export const MAX_ERRNO = 4095;
/** Stands for "no pfn" where the core answers with one. */
export const NO_PFN = 0xffffffff;

/** Mobility of pages, as the page allocator groups them. */
export const Migratetype = {
  /** Kernel memory that stays where it is. */
  Unmovable: 0,
  /** Pages that can be migrated. */
  Movable: 1,
  /** Kernel memory that can be freed, such as caches of inodes. */
  Reclaimable: 2,
  /** Kept for atomic requests of high order. */
  HighAtomic: 3,
  /** Isolated: nothing is allocated from it. */
  Isolate: 4,
} as const;
export type Migratetype = (typeof Migratetype)[keyof typeof Migratetype];

/** Zone kinds in zone list order; a zone list walks them downwards. */
export const ZoneKindNumber = {
  /** ZONE_DMA: the first 16 MiB. */
  DMA: 0,
  /** ZONE_DMA32: up to 4 GiB. */
  DMA32: 1,
  /** ZONE_NORMAL. */
  Normal: 2,
  /** ZONE_PREFER_MOVABLE of RFC v3 (September 2019). */
  PreferMovable: 3,
  /** ZONE_MOVABLE. */
  Movable: 4,
} as const;
export type ZoneKindNumber = (typeof ZoneKindNumber)[keyof typeof ZoneKindNumber];

/** Flags of an allocation; see ALLOC_* in assembly/abi.ts. */
export const AllocFlag = {
  /** Below the watermarks, down to the last page (`ALLOC_NO_WATERMARKS`). */
  NoWatermarks: 2,
  /** Only from zones of the node (`__GFP_THISNODE`). */
  ThisNode: 4,
  /** One compound page, not `2 ** order` single ones (`__GFP_COMP`). */
  Compound: 8,
} as const;

/**
 * Names of the behaviours in which versions of memory management differ; MmProfile explains each.
 */
export type MmFlagName =
  | "moveToTail"
  | "mergeMergeableOnly"
  | "listFollowsBlock"
  | "claimOrSteal"
  | "isolateKeepsType"
  | "isolatePageblock"
  | "contigMovesThp"
  | "contigEnomemExits"
  | "cacheHighOrders"
  | "batchEndsEarly"
  | "contigMovesHugetlb"
  | "offlineShrinksSlab"
  | "loneSlabsIdle"
  | "slabUnreferenced"
  | "coalescedGiveBack"
  | "cacheTunes"
  | "cacheSpillsInBatches"
  | "migratesBatches"
  | "cacheFlushesLate"
  | "splitSharesZeros"
  | "largeLruBatch"
  | "poolLeavesRange"
  | "journalKeepsClean"
  | "slabSheaves";

/** Version behaviour bits, MM_* in assembly/abi.ts, by the names that a profile uses. */
export const MmFlag = {
  moveToTail: 1 << 0,
  mergeMergeableOnly: 1 << 1,
  listFollowsBlock: 1 << 2,
  claimOrSteal: 1 << 3,
  isolateKeepsType: 1 << 4,
  isolatePageblock: 1 << 5,
  contigMovesThp: 1 << 6,
  contigEnomemExits: 1 << 7,
  cacheHighOrders: 1 << 8,
  batchEndsEarly: 1 << 10,
  contigMovesHugetlb: 1 << 11,
  offlineShrinksSlab: 1 << 12,
  loneSlabsIdle: 1 << 13,
  slabUnreferenced: 1 << 14,
  coalescedGiveBack: 1 << 15,
  cacheTunes: 1 << 16,
  cacheSpillsInBatches: 1 << 17,
  migratesBatches: 1 << 18,
  cacheFlushesLate: 1 << 19,
  splitSharesZeros: 1 << 23,
  largeLruBatch: 1 << 9,
  poolLeavesRange: 1 << 20,
  journalKeepsClean: 1 << 21,
  slabSheaves: 1 << 22,
} as const satisfies Readonly<Record<MmFlagName, number>>;

/** Page classes, PAGE_* in assembly/abi.ts. */
export const PageClass = {
  /** In a free list. */
  Free: 0,
  /** No page: a hole, or a memory block that is not online. */
  Absent: 1,
  /** Unplugged: taken by `alloc_contig_range()`, PG_offline. */
  Offline: 2,
  /** Unplugged since its memory block came online, PG_offline. */
  NeverOnlined: 3,
  /** Free, in a per-CPU cache. */
  Cached: 4,
  /** Second to last page of an allocation that is not compound; no references. */
  Tail: 5,
  /** Taken by `alloc_contig_range()`. */
  Contig: 6,
  /** PG_reserved. */
  Reserved: 7,
  /** Kernel objects. */
  Slab: 8,
  /** Page table. */
  PageTable: 9,
  /** Kernel memory without flags. */
  Kernel: 10,
  /** Kernel memory in a compound page. */
  KernelCompound: 11,
  /** Struct pages of an added memory block. */
  Memmap: 12,
  /** PG_hwpoison. */
  Poisoned: 13,
  /** In an LRU-add batch of a CPU, not yet on the LRU. */
  LruPending: 14,
  /** No flags: kernel memory or cached; treated as kernel memory. */
  Unknown: 15,
  /** Anonymous memory. */
  Anon: 16,
  /** Shared memory and tmpfs. */
  Shmem: 17,
  /** Page cache without changes: dropped, not moved. */
  FileClean: 18,
  /** Page cache to be written first. */
  FileDirty: 19,
  /** Page cache that is being written. */
  Writeback: 20,
  /** Mlocked or otherwise unevictable; moves like any other. */
  Unevictable: 21,
  /** Buffer cache: metadata of a file system. */
  Buffer: 22,
  /** Non-LRU movable pages of a driver, such as zsmalloc. */
  DriverMovable: 23,
  /** Inflated in a balloon. */
  Balloon: 24,
  /** A huge page of 2 MiB, in use. */
  Hugetlb: 25,
  /** A transparent huge page. */
  Thp: 26,
  /** A huge page of 2 MiB, free in its pool. */
  HugetlbFree: 27,
  /** Part of a 1 GiB huge page, in use or not: never moves. */
  Gigantic: 28,
  /** Anonymous memory that is not mapped and has a place in swap. */
  SwapCache: 29,
} as const;
export type PageClass = (typeof PageClass)[keyof typeof PageClass];

/** What keeps a movable page in place, HOLD_* in assembly/abi.ts. */
export const Hold = {
  /** Nothing: it can be migrated. */
  None: 0,
  /** References that stay: it is never collected. */
  Pinned: 1,
  /** Every migration answers -EAGAIN. */
  Again: 2,
  /** Every migration fails. */
  Fail: 3,
} as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** Where an attempt of alloc_contig_range() ended, STAGE_* in assembly/abi.ts, by number. */
export const CONTIG_STAGES = ["done", "isolate", "migrate", "test", "memory"] as const;

/** In place of an errno: an attempt has paused, GOES_ON in assembly/abi.ts. */
export const GOES_ON = 1;

/** What a load of kpageflags brings along, LOAD_* in assembly/exports/load.ts. */
export const LoadMode = { Extended: 1, InDevice: 2, KeepCached: 4 } as const;

/**
 * Kinds of doubt about a pageblock of a capture, DOUBT_* in assembly/abi.ts: what it counts as may
 * be wrong.
 */
export const Doubt = {
  /** Nothing to doubt. */
  None: 0,
  /** In ZONE_MOVABLE, without a blocking page. */
  MovableZone: 1,
  /** Free, in a zone for kernel memory; so are the others below. */
  Free: 2,
  /** Movable pages, none of files. */
  Anon: 3,
  /** Movable pages, some of files. */
  File: 4,
  /** File system metadata that the journal has released. */
  BufferFree: 5,
  /** Pages that may be pinned, but count as not. */
  Touched: 6,
  /** Pages without flags that count as free. */
  Cached: 7,
  /** Pages without flags that count as free, with kernel pages near by. */
  CachedSuspect: 8,
  /** The same in a guest that was just synced, whose journal holds newer metadata. */
  BufferOld: 9,
  /** Slabs that are most likely empty; they and all that follow count as staying. */
  SlabIdle: 10,
  /** A few pages of slab. */
  SlabFew: 11,
  /** Slab. */
  Slab: 12,
  /** Clean file system metadata that the journal holds. */
  BufferHeld: 13,
  /** Dirty file system metadata. */
  BufferDirty: 14,
  /** Anonymous pages that count as pinned. */
  Pinned: 15,
  /** Other movable pages that something holds. */
  Held: 16,
  /** Pages without flags that count as kernel memory. */
  Unknown: 17,
  /** Other kernel memory, or several kinds of it. */
  Kernel: 18,
} as const;
export type Doubt = (typeof Doubt)[keyof typeof Doubt];

/** Entries of the migration journal. */
export const JournalKind = { Moved: 0, Failed: 1, Split: 2, Dropped: 3 } as const;
export type JournalKind = (typeof JournalKind)[keyof typeof JournalKind];

/** What can be done before a request so that fewer pages block it, RELIEF_* in assembly/abi.ts. */
export const Relief = {
  /** Nothing is pinned any more. */
  Pins: 0,
  /** All data is written, and the journal has released its buffers. */
  WriteBack: 1,
  /** The balloon deflates. */
  Balloon: 2,
  /** The pool of huge pages gives back what is free. */
  HugePages: 3,
} as const;
export type Relief = (typeof Relief)[keyof typeof Relief];

const CLASS_NAMES: readonly string[] = Object.keys(PageClass).map((name) =>
  name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase(),
);

/**
 * Name of a page class as reports print it: `page-table`, `file-clean`.
 *
 * @param pageClass - One of {@link PageClass}.
 *
 * @example
 * ```js
 * import { PageClass, pageClassName } from "virtio-mem-engine/core";
 *
 * console.log(pageClassName(PageClass.FileClean)); // file-clean
 * ```
 */
export function pageClassName(pageClass: number): string {
  return CLASS_NAMES[pageClass] ?? `class ${pageClass}`;
}

/**
 * Set in the state byte of a free chunk's first page, which tells order and list type instead of a
 * class.
 */
const STATE_HEAD = 0x80;
const STATE_CLASS = 0x1f;

/**
 * The class of a page by its state byte.
 *
 * @param state - What {@link PageMemory.pageState} returns.
 * @returns one of {@link PageClass}.
 *
 * @example
 * ```js
 * import { classOfState, PageClass } from "virtio-mem-engine/core";
 *
 * console.log(classOfState(PageClass.Slab) === PageClass.Slab); // true
 * ```
 */
export function classOfState(state: number): number {
  return state & STATE_HEAD ? PageClass.Free : state & STATE_CLASS;
}
