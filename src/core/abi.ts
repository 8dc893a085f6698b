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
  Unmovable: 0,
  Movable: 1,
  Reclaimable: 2,
  HighAtomic: 3,
  Isolate: 4,
} as const;
export type Migratetype = (typeof Migratetype)[keyof typeof Migratetype];

/** Zone kinds in zone list order; a zone list walks them downwards. */
export const ZoneKindNumber = {
  DMA: 0,
  DMA32: 1,
  Normal: 2,
  PreferMovable: 3,
  Movable: 4,
} as const;
export type ZoneKindNumber = (typeof ZoneKindNumber)[keyof typeof ZoneKindNumber];

/** Flags of an allocation; see ALLOC_* in assembly/abi.ts. */
export const AllocFlag = { NoWatermarks: 2, ThisNode: 4, Compound: 8 } as const;

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
  | "neverOnlinedReserved"
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
  neverOnlinedReserved: 1 << 9,
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
  largeLruBatch: 1 << 24,
  poolLeavesRange: 1 << 20,
  journalKeepsClean: 1 << 21,
  slabSheaves: 1 << 22,
} as const satisfies Readonly<Record<MmFlagName, number>>;

/** Page classes, PAGE_* in assembly/abi.ts. */
export const PageClass = {
  Free: 0,
  Absent: 1,
  Offline: 2,
  NeverOnlined: 3,
  Cached: 4,
  Tail: 5,
  Contig: 6,
  Reserved: 7,
  Slab: 8,
  PageTable: 9,
  Kernel: 10,
  KernelCompound: 11,
  Memmap: 12,
  Poisoned: 13,
  LruPending: 14,
  Unknown: 15,
  Anon: 16,
  Shmem: 17,
  FileClean: 18,
  FileDirty: 19,
  Writeback: 20,
  Unevictable: 21,
  Buffer: 22,
  DriverMovable: 23,
  Balloon: 24,
  Hugetlb: 25,
  Thp: 26,
  HugetlbFree: 27,
  Gigantic: 28,
  SwapCache: 29,
} as const;
export type PageClass = (typeof PageClass)[keyof typeof PageClass];

/** What keeps a movable page in place, HOLD_* in assembly/abi.ts. */
export const Hold = { None: 0, Pinned: 1, Again: 2, Fail: 3 } as const;
export type Hold = (typeof Hold)[keyof typeof Hold];

/** Where an attempt of alloc_contig_range() ended, STAGE_* in assembly/abi.ts. */
export const CONTIG_STAGES = ["done", "isolate", "migrate", "test", "memory"] as const;

/** What takes and frees pages of a guest by itself. */
export type WorkloadKind =
  "anonymous" | "page-cache" | "kernel" | "network" | "pins" | "functions" | "compile" | "frag";

/** Numbers of the kinds of workloads, WORKLOAD_* in assembly/abi.ts. */
export const WorkloadKindNumber = {
  anonymous: 0,
  "page-cache": 1,
  kernel: 2,
  network: 3,
  pins: 4,
  functions: 5,
  compile: 6,
  frag: 7,
} as const satisfies Readonly<Record<WorkloadKind, number>>;

/** The settings of each kind of workload by name; its file in assembly/workload/ defines them. */
export const WorkloadSetting = {
  anonymous: { target: 0, faultRate: 1, churnRate: 2, chunk: 3, thpShare: 4, capacity: 5 },
  "page-cache": { readRate: 0, limit: 1, dirtyShare: 2 },
  kernel: { rate: 0, order: 1, class: 2, type: 3, shortest: 4, octaves: 5, capacity: 6 },
  network: { period: 0, burst: 1, order: 2, hold: 3 },
  pins: { target: 0, rate: 1, kind: 2 },
  functions: { interval: 0, size: 1, life: 2, most: 3, thpShare: 4 },
  compile: { jobs: 0, size: 1, life: 2, cache: 3, total: 4, cacheLimit: 5 },
  frag: { pages: 0, threads: 1, rounds: 2, share: 3, rate: 4, movable: 5 },
} as const satisfies Readonly<Record<WorkloadKind, Readonly<Record<string, number>>>>;

/** A value for each setting of a kind of workload: whole numbers from 0 to 2^32 - 1. */
export type WorkloadSettings<K extends WorkloadKind> = Readonly<
  Record<keyof (typeof WorkloadSetting)[K], number>
>;

/** What a load of kpageflags brings along, LOAD_* in assembly/exports/load.ts. */
export const LoadMode = { Extended: 1, InDevice: 2, KeepCached: 4 } as const;

/**
 * Kinds of doubt about a pageblock of a capture, DOUBT_* in assembly/abi.ts: what it counts as may
 * be wrong.
 */
export const Doubt = {
  None: 0,
  MovableZone: 1,
  Free: 2,
  Anon: 3,
  File: 4,
  BufferFree: 5,
  Touched: 6,
  Cached: 7,
  CachedSuspect: 8,
  SlabIdle: 9,
  SlabFew: 10,
  Slab: 11,
  BufferHeld: 12,
  BufferDirty: 13,
  Pinned: 14,
  Held: 15,
  Unknown: 16,
  Kernel: 17,
} as const;
export type Doubt = (typeof Doubt)[keyof typeof Doubt];

/** Entries of the migration journal. */
export const JournalKind = { Moved: 0, Failed: 1, Split: 2, Dropped: 3 } as const;
export type JournalKind = (typeof JournalKind)[keyof typeof JournalKind];

const CLASS_NAMES: readonly string[] = Object.keys(PageClass).map((name) =>
  name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase(),
);

/** Name of a page class as reports print it: `page-table`, `file-clean`. */
export function pageClassName(pageClass: number): string {
  return CLASS_NAMES[pageClass] ?? `class ${pageClass}`;
}

/**
 * Set in the state byte of a free chunk's first page, which tells order and list type instead of a
 * class.
 */
const STATE_HEAD = 0x80;
const STATE_CLASS = 0x1f;

/** The class of a page by its state byte. */
export function classOfState(state: number): number {
  return state & STATE_HEAD ? PageClass.Free : state & STATE_CLASS;
}
