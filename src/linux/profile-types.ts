import type { DriverProfile } from "../virtio-mem/driver-profile.js";

/**
 * A Linux version by the release since which its differences hold; `upstream` is the newest of
 * them.
 */
export type ProfileName =
  | "rfc3-seed"
  | "rfc3"
  | "v5.8"
  | "v5.10"
  | "v5.11"
  | "v5.14"
  | "v5.15"
  | "v6.1"
  | "v6.5"
  | "v6.6"
  | "v6.8"
  | "v6.12"
  | "v6.18"
  | "v7.2"
  | "upstream";

/**
 * Memory management of a version. Each boolean stands for the MM_ bit of the same name. Since when
 * each holds, and what shows it, is in `evidence.ts`.
 */
export interface MmProfile {
  /** Chunks moved between types, and onlined memory, go to the list tail; else to the head. */
  readonly moveToTail: boolean;
  /** At order 9 and 10 only mergeable types merge across a type border. */
  readonly mergeMergeableOnly: boolean;
  /** A chunk always lies on the list of its pageblock's type. */
  readonly listFollowsBlock: boolean;
  /** Fallback claims a pageblock or steals one chunk, nothing else moves. */
  readonly claimOrSteal: boolean;
  /** Isolation keeps the migratetype underneath; else it ends as MOVABLE. */
  readonly isolateKeepsType: boolean;
  /** alloc_contig_range() isolates single pageblocks; else units of 4 MiB. */
  readonly isolatePageblock: boolean;
  /** THPs migrate as a unit inside alloc_contig_range(); else they are skipped. */
  readonly contigMovesThp: boolean;
  /** The same for huge pages of hugetlb. */
  readonly contigMovesHugetlb: boolean;
  /** -ENOMEM of a migration ends the attempt at once; else it goes on. */
  readonly contigEnomemExits: boolean;
  /** Per-CPU caches hold orders 0 to 3 and 9; else order 0 only. */
  readonly cacheHighOrders: boolean;
  /**
   * On nodes with few LRU pages a batch of pages to move ends early, at a pageblock border; else it
   * is 32 pages.
   */
  readonly batchEndsEarly: boolean;
  /** Taking memory offline lets all slab caches give their empty slabs back. */
  readonly offlineShrinksSlab: boolean;
  /** One to three slabs of one size, alone in a pageblock, are most likely empty. */
  readonly loneSlabsIdle: boolean;
  /** Slab pages have no reference: isolation does not see them, the final test does. */
  readonly slabUnreferenced: boolean;
  /** free_contig_range() frees the largest aligned chunks; else page by page. */
  readonly coalescedGiveBack: boolean;
  /** Per-CPU caches tune how much they take from the buddy at once, and how much they hold. */
  readonly cacheTunes: boolean;
  /** A per-CPU cache that overflows gives back batch by batch; else all at once. */
  readonly cacheSpillsInBatches: boolean;
  /**
   * Migration takes the targets of a whole batch first; a page that answers "again" keeps its
   * target.
   */
  readonly migratesBatches: boolean;
  /**
   * High orders freed in a row empty a per-CPU cache only after half of its limit as well; else
   * after a batch.
   */
  readonly cacheFlushesLate: boolean;
  /** Zero-filled pages of a THP that is split become the shared zero page. */
  readonly splitSharesZeros: boolean;
  /** 31 pages wait in a per-CPU batch before they reach the LRU; else 15. */
  readonly largeLruBatch: boolean;
  /**
   * The hugetlb pool keeps away from a range that is being emptied, and its pages there are
   * replaced in the end.
   */
  readonly poolLeavesRange: boolean;
  /** Slab caches keep freed objects in sheaves, so that slabs rarely empty a pageblock. */
  readonly slabSheaves: boolean;
  /** Clean metadata buffers stay on the journal's checkpoint list until the next commit. */
  readonly journalKeepsClean: boolean;
  /** Upper clamp of min_free_kbytes, in bytes. */
  readonly minFreeLimitSize: number;
  /**
   * The min watermark of ZONE_MOVABLE: its share of min_free_kbytes, or a small one of its own
   * outside of it.
   */
  readonly movableMin: "share" | "own";
  /**
   * When lowmem reserves are computed again: with the marks, as memory blocks come and go, or with
   * each subblock, too.
   */
  readonly reserves: "by-memory-block" | "by-subblock";
  /**
   * Whether the targets of a migration come from below the min watermark where its caller's
   * requests do (PF_MEMALLOC), or never. The driver's requests do not.
   */
  readonly targetReserves: "as-caller" | "never";
}

/** What /proc/kpageflags of a version says. */
export interface KpageflagsProfile {
  /**
   * Flags of the tails of a compound page: their own, or those of the folio, and THP for every
   * large folio.
   */
  readonly tails: "page" | "folio";
  /** Which pages show KSM: merged ones, or every anonymous page. */
  readonly ksm: "merged" | "anonymous";
  /** Which anonymous pages show REFERENCED: those lately used, or all. */
  readonly referenced: "used" | "anonymous";
}

/** Behaviour of one Linux version, as data. */
export interface LinuxProfile {
  /** What it is called. */
  readonly name: ProfileName;
  /** Memory management. */
  readonly mm: MmProfile;
  /** The virtio-mem driver. */
  readonly driver: DriverProfile;
  /** How its page flags are read. */
  readonly kpageflags: KpageflagsProfile;
}
