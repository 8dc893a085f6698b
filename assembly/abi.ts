// Numbers that both sides of the boundary agree on. `src/core/abi.ts` repeats
// those that TypeScript needs; a test compares the two.

export const PAGE_SHIFT: u32 = 12;
/** Largest order of a buddy chunk (4 MiB), inclusive. */
export const MAX_ORDER: u32 = 10;
export const PAGEBLOCK_ORDER: u32 = 9;
export const PAGEBLOCK_PAGES: u32 = 512;
export const MAX_ORDER_PAGES: u32 = 1024;

// Results: a pfn or count as u32; the last 4095 values are negative errnos.
export const EINTR: i32 = 4;
export const EAGAIN: i32 = 11;
export const ENOMEM: i32 = 12;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const EINVAL: i32 = 22;
/** The engine itself has no linear memory left; the guest is as before the call. */
export const ENOBUFS: i32 = 105;
export const MAX_ERRNO: u32 = 4095;

// Migratetypes; the numbers are those of Linux 6.1 without CMA.
export const MIGRATE_UNMOVABLE: u32 = 0;
export const MIGRATE_MOVABLE: u32 = 1;
export const MIGRATE_RECLAIMABLE: u32 = 2;
export const MIGRATE_HIGHATOMIC: u32 = 3;
export const MIGRATE_ISOLATE: u32 = 4;
export const MIGRATE_TYPES: u32 = 5;

// Zone kinds, in zone list order. A zone list walks them downwards.
export const ZONE_DMA: u32 = 0;
export const ZONE_DMA32: u32 = 1;
export const ZONE_NORMAL: u32 = 2;
export const ZONE_PREFER_MOVABLE: u32 = 3;
export const ZONE_MOVABLE: u32 = 4;
export const ZONE_KINDS: u32 = 5;
/** Zones of one guest, over all its nodes. */
export const MAX_ZONES: u32 = 16;

// Version behaviour, one bit each. `src/linux/profile.ts` says which version has which.
/** Chunks moved between types, and onlined memory, go to the list tail (v5.10 on). */
export const MM_MOVE_TO_TAIL: u32 = 1 << 0;
/**
 * At order 9 and 10 only mergeable types merge across a type border (6.1); else only ISOLATE stops
 * it (5.4).
 */
export const MM_MERGE_MERGEABLE_ONLY: u32 = 1 << 1;
/**
 * A chunk always lies on the list of its pageblock's type; absorbed pageblocks take the type (6.10
 * on).
 */
export const MM_LIST_FOLLOWS_BLOCK: u32 = 1 << 2;
/** Fallback claims a pageblock or steals one chunk, nothing else moves (6.15 on). */
export const MM_CLAIM_OR_STEAL: u32 = 1 << 3;
/** Isolation keeps the migratetype underneath (6.17 on); else un-isolation makes blocks MOVABLE. */
export const MM_ISOLATE_KEEPS_TYPE: u32 = 1 << 4;
/** alloc_contig_range() isolates single pageblocks (5.19 on); else 4 MiB units. */
export const MM_ISOLATE_PAGEBLOCK: u32 = 1 << 5;
/** THPs migrate as a unit inside alloc_contig_range() (5.8 on); else they are skipped. */
export const MM_CONTIG_MOVES_THP: u32 = 1 << 6;
/** -ENOMEM of a migration ends the attempt at once (5.13 on); else it goes on. */
export const MM_CONTIG_ENOMEM_EXITS: u32 = 1 << 7;
/** Per-CPU caches hold orders 0 to 3 and 9 (5.14 on); else order 0 only. */
export const MM_CACHE_HIGH_ORDERS: u32 = 1 << 8;
/**
 * A batch of more than half of the node's LRU pages ends at a pageblock border (5.10 on); else it
 * is 32 pages.
 */
export const MM_BATCH_ENDS_EARLY: u32 = 1 << 10;
/**
 * Huge pages of hugetlb migrate as a unit inside alloc_contig_range() (5.13 on); else they are
 * skipped.
 */
export const MM_CONTIG_MOVES_HUGETLB: u32 = 1 << 11;
/** Taking memory offline lets all slab caches give their empty slabs back (until 6.16). */
export const MM_OFFLINE_SHRINKS_SLAB: u32 = 1 << 12;
/**
 * One to three slabs of one size, alone in a pageblock, are most likely empty (seen in 6.1, not in
 * 6.12).
 */
export const MM_LONE_SLABS_IDLE: u32 = 1 << 13;
/** Slab pages have no reference: isolation walks past them, the final test does not (6.14 on). */
export const MM_SLAB_UNREFERENCED: u32 = 1 << 14;
/** free_contig_range() frees the largest aligned chunks (7.1 on); else page by page. */
export const MM_COALESCED_GIVE_BACK: u32 = 1 << 15;
/**
 * Per-CPU caches tune themselves: refills that double, limits between high_min and high_max (6.7
 * on).
 */
export const MM_CACHE_TUNES: u32 = 1 << 16;
/** A cache that overflows gives back batch by batch (6.19 on); else all at once. */
export const MM_CACHE_SPILLS_IN_BATCHES: u32 = 1 << 17;
/**
 * Migration takes the targets of a whole batch first, and a page that answers "again" keeps its own
 * (6.3 on).
 */
export const MM_MIGRATES_BATCHES: u32 = 1 << 18;
/**
 * High orders freed in a row empty a cache only after half of its limit as well (6.16 on); else
 * after a batch.
 */
export const MM_CACHE_FLUSHES_LATE: u32 = 1 << 19;
/** Zero-filled pages of a THP that is split become the shared zero page (6.12 on). */
export const MM_SPLIT_SHARES_ZEROS: u32 = 1 << 23;
/** A per-CPU LRU batch holds 31 pages (6.9 on); else 15. */
export const MM_LARGE_LRU_BATCH: u32 = 1 << 9;
/**
 * The hugetlb pool keeps away from a range that is being emptied, and its pages there are replaced
 * (6.14 on).
 */
export const MM_POOL_LEAVES_RANGE: u32 = 1 << 20;
/** Clean metadata buffers stay on the journal's checkpoint list until the next commit (5.13 on). */
export const MM_JOURNAL_KEEPS_CLEAN: u32 = 1 << 21;
/**
 * Slab caches keep freed objects in sheaves (6.18 on): slabs that become empty leave a few pages in
 * every pageblock.
 */
export const MM_SLAB_SHEAVES: u32 = 1 << 22;

// Flags of an allocation.
/** Ignore the watermarks. */
export const ALLOC_NO_WATERMARKS: u32 = 1 << 1;
/** Only zones of the preferred node. */
export const ALLOC_THISNODE: u32 = 1 << 2;
/** Every page carries the class (a compound page); else pages after the first are TAIL. */
export const ALLOC_COMPOUND: u32 = 1 << 3;

// Page classes: what a page is, as alloc_contig_range() sees it. Five bits.
export const PAGE_FREE: u32 = 0; // inside a free chunk; its head carries PAGE_HEAD instead
export const PAGE_ABSENT: u32 = 1; // no page: a hole, or a memory block that is not online
export const PAGE_OFFLINE: u32 = 2; // unplugged: taken by alloc_contig_range(), PG_offline
export const PAGE_NEVER_ONLINED: u32 = 3; // unplugged since its memory block came online
export const PAGE_CACHED: u32 = 4; // free, in a per-CPU cache
export const PAGE_TAIL: u32 = 5; // 2nd to last page of a non-compound allocation, no references
export const PAGE_CONTIG: u32 = 6; // taken by alloc_contig_range()
export const PAGE_RESERVED: u32 = 7;
export const PAGE_SLAB: u32 = 8;
export const PAGE_PAGE_TABLE: u32 = 9;
export const PAGE_KERNEL: u32 = 10; // other kernel memory, no flags
export const PAGE_KERNEL_COMPOUND: u32 = 11;
export const PAGE_MEMMAP: u32 = 12; // struct pages of an added memory block
export const PAGE_POISONED: u32 = 13;
export const PAGE_LRU_PENDING: u32 = 14; // waits in a per-CPU LRU batch, not yet on the LRU
export const PAGE_UNKNOWN: u32 = 15; // no flags: kernel or cached; treated as kernel
export const PAGE_ANON: u32 = 16;
export const PAGE_SHMEM: u32 = 17;
export const PAGE_FILE_CLEAN: u32 = 18; // dropped, not moved
export const PAGE_FILE_DIRTY: u32 = 19;
export const PAGE_WRITEBACK: u32 = 20;
export const PAGE_UNEVICTABLE: u32 = 21; // mlocked and the like: moves like any other
export const PAGE_BUFFER: u32 = 22; // block device page cache (file system metadata)
export const PAGE_DRIVER_MOVABLE: u32 = 23; // not on an LRU, its driver can move it
export const PAGE_BALLOON: u32 = 24;
export const PAGE_HUGETLB: u32 = 25; // 2 MiB unit, in use
export const PAGE_THP: u32 = 26; // 2 MiB unit
export const PAGE_HUGETLB_FREE: u32 = 27; // 2 MiB unit, in its pool
export const PAGE_GIGANTIC: u32 = 28; // part of a 1 GiB hugetlb page, in use or not: never moves
export const PAGE_SWAP_CACHE: u32 = 29; // anonymous, not mapped, with a place in swap
export const PAGE_CLASSES: u32 = 30;

// What keeps a movable page where it is. Two bits above the class.
export const HOLD_NONE: u32 = 0;
/** Refuses to be collected: an extra reference on an anonymous page, a driver that says no. */
export const HOLD_PINNED: u32 = 1;
/**
 * Every migration answers "again" (-EAGAIN). On PAGE_SLAB, which never moves: most likely empty
 * (idle-slab.ts).
 */
export const HOLD_AGAIN: u32 = 2;
/** Every migration fails for good (-EBUSY). */
export const HOLD_FAIL: u32 = 3;

// Stage at which an alloc_contig_range() ended.
export const STAGE_DONE: u32 = 0;
export const STAGE_ISOLATE: u32 = 1;
export const STAGE_MIGRATE: u32 = 2;
export const STAGE_TEST: u32 = 3;
export const STAGE_MEMORY: u32 = 4;

/** In place of an errno: the attempt has paused, and goes on when it is asked for again. */
export const GOES_ON: i32 = 1;

// What may turn out otherwise about a pageblock of a capture (capture/doubts.ts). The first ones
// count as going, from DOUBT_SLAB_IDLE on as staying.
export const DOUBT_NONE: u32 = 0;
export const DOUBT_MOVABLE_ZONE: u32 = 1; // in ZONE_MOVABLE, no blocking page
export const DOUBT_FREE: u32 = 2; // free; the others are in kernel zones
export const DOUBT_ANON: u32 = 3; // movable pages, none of files
export const DOUBT_FILE: u32 = 4; // movable pages, some of files
export const DOUBT_BUFFER_FREE: u32 = 5; // file system metadata that the journal has released
export const DOUBT_TOUCHED: u32 = 6; // pages that may be pinned, but count as not
export const DOUBT_CACHED: u32 = 7; // pages without flags that count as free
export const DOUBT_CACHED_SUSPECT: u32 = 8; // the same, with kernel pages near by
export const DOUBT_BUFFER_OLD: u32 = 9; // the same in a guest just synced, whose journal holds newer
export const DOUBT_SLAB_IDLE: u32 = 10; // slabs that are most likely empty
export const DOUBT_SLAB_FEW: u32 = 11; // a few pages of slab
export const DOUBT_SLAB: u32 = 12;
export const DOUBT_BUFFER_HELD: u32 = 13; // clean file system metadata that the journal holds
export const DOUBT_BUFFER_DIRTY: u32 = 14;
export const DOUBT_PINNED: u32 = 15; // anonymous pages
export const DOUBT_HELD: u32 = 16; // other movable pages that are held
export const DOUBT_UNKNOWN: u32 = 17; // pages without flags that count as kernel memory
export const DOUBT_KERNEL: u32 = 18; // other kernel memory, or several of these
export const DOUBT_KINDS: u32 = 19;

// What can be done before a request (contig/relieve.ts).
export const RELIEF_PINS: u32 = 0; // nothing is pinned any more
export const RELIEF_WRITE_BACK: u32 = 1; // all data written, buffers released by the journal
export const RELIEF_BALLOON: u32 = 2; // the balloon deflates
export const RELIEF_HUGE_PAGES: u32 = 3; // the pool of huge pages gives back what is free
