import type { KpageflagsProfile, MmProfile } from "./profile-types.js";

/** Since when a behaviour holds, and what shows it. */
export interface Evidence {
  /** What the version does, in a sentence. */
  readonly does: string;
  /** The first release that does it, or the last one. */
  readonly since: string;
  readonly shown: Proof;
}

/**
 * What shows a behaviour: recordings of real guests and free lists, where the model fails without
 * it; else the function of the kernel that was read; else nothing yet.
 */
export type Proof =
  | { readonly by: "recordings"; readonly names: string; readonly also?: string }
  | { readonly by: "source"; readonly where: string }
  | { readonly by: "nothing"; readonly why: string };

/**
 * Every behaviour of memory management, and every peculiarity of page flags, that tells versions
 * apart.
 */
export const EVIDENCE: Readonly<
  Record<`mm.${keyof MmProfile}` | `kpageflags.${keyof KpageflagsProfile}`, Evidence>
> = {
  "mm.moveToTail": {
    does: "chunks that change type, and onlined memory, go to the tail of their list",
    since: "5.10",
    shown: {
      by: "recordings",
      names: "lists of 6.1: e4-e5, online-kernel",
      also: "move_to_free_list(), v5.10",
    },
  },
  "mm.mergeMergeableOnly": {
    does: "at order 9 and 10 only UNMOVABLE, MOVABLE and RECLAIMABLE merge across a type border",
    since: "5.18",
    shown: { by: "recordings", names: "lists of 6.1: e12, e16b", also: "__free_one_page(), v5.18" },
  },
  "mm.listFollowsBlock": {
    does: "a chunk lies on the list of its pageblock's type; merging changes the type of the pageblock that is absorbed",
    since: "6.10",
    shown: { by: "recordings", names: "lists of 6.12: e12b, mixed-seed1" },
  },
  "mm.claimOrSteal": {
    does: "a fallback claims a pageblock or takes the smallest chunk that suffices; nothing else moves",
    since: "6.15, and stable kernels from 6.12.95 at the latest",
    shown: { by: "recordings", names: "lists of 6.12: e4-e5, mixed-seed1" },
  },
  "mm.isolateKeepsType": {
    does: "isolation is a bit beside the migratetype, which is the old one afterwards",
    since: "6.17",
    shown: { by: "recordings", names: "lists of 7.2: e10; those of 6.12 have it not" },
  },
  "mm.isolatePageblock": {
    does: "alloc_contig_range() isolates single pageblocks, not 4 MiB",
    since: "5.19",
    shown: {
      by: "recordings",
      names: "lists of 6.1: e15; guests of 5.10",
      also: "start_isolate_page_range(), v5.19",
    },
  },
  "mm.contigMovesThp": {
    does: "alloc_contig_range() moves THPs as a whole",
    since: "5.8",
    shown: {
      by: "recordings",
      names: "guests of 5.10: c-thp-normal-seed1",
      also: "isolate_migratepages_block(), v5.8",
    },
  },
  "mm.contigMovesHugetlb": {
    does: "alloc_contig_range() moves huge pages of hugetlb that are in use",
    since: "5.13",
    shown: { by: "source", where: "isolate_or_dissolve_huge_page(), v5.13" },
  },
  "mm.contigEnomemExits": {
    does: "alloc_contig_range() ends at the first -ENOMEM of a migration",
    since: "5.13",
    shown: {
      by: "recordings",
      names: "lists of 6.1: e17",
      also: "__alloc_contig_migrate_range(), v5.13",
    },
  },
  "mm.cacheHighOrders": {
    does: "per-CPU caches hold orders 0 to 3 and 9",
    since: "5.14",
    shown: {
      by: "recordings",
      names: "lists of 6.1: pcp-order9",
      also: "pcp_allowed_order(), v5.14",
    },
  },
  "mm.batchEndsEarly": {
    does: "a batch of more than half of the node's LRU pages ends at the next pageblock",
    since: "5.10",
    shown: {
      by: "recordings",
      names: "lists of 6.12: lru-cross",
      also: "isolate_migratepages_block(), v5.10",
    },
  },
  "mm.offlineShrinksSlab": {
    does: "taking memory offline lets all slab caches give back what is empty",
    since: "to 6.16",
    shown: { by: "source", where: "slab_mem_going_offline_callback(), to v6.16" },
  },
  "mm.loneSlabsIdle": {
    does: "one to three slabs of one size that lie alone in a pageblock are most likely empty",
    since: "to 6.8, where between 6.1 and 6.12 is unproven",
    shown: {
      by: "recordings",
      names: "guests of 6.1: e-mixed-seed1; of 6.12 and 7.2, where they stay",
    },
  },
  "mm.slabUnreferenced": {
    does: "slab pages have no reference: isolation walks past them, and the final test refuses",
    since: "6.14",
    shown: { by: "recordings", names: "guests of 7.2: c-anon-normal-seed1 (references in pgx)" },
  },
  "mm.coalescedGiveBack": {
    does: "free_contig_range() frees the largest aligned chunks, up to 4 MiB, not page by page",
    since: "7.1",
    shown: { by: "recordings", names: "lists of 7.2: mixed-pcp-seed9" },
  },
  "mm.cacheTunes": {
    does: "per-CPU caches tune themselves: refills double, and the limit moves between high_min and high_max",
    since: "6.7",
    shown: { by: "recordings", names: "lists of 6.12 and 7.2: pcp", also: "nr_pcp_alloc(), v6.7" },
  },
  "mm.cacheSpillsInBatches": {
    does: "a per-CPU cache that overflows gives back batch by batch",
    since: "6.19",
    shown: {
      by: "recordings",
      names: "lists of 7.2: mixed-pcp-seed9",
      also: "free_frozen_page_commit(), v6.19",
    },
  },
  "mm.migratesBatches": {
    does: "migration takes the targets of a whole batch first; a page that answers EAGAIN keeps its target",
    since: "6.3",
    shown: { by: "recordings", names: "lists of 6.12: e9", also: "migrate_pages_batch(), v6.3" },
  },
  "mm.cacheFlushesLate": {
    does: "high orders freed in a row empty a per-CPU cache only after a batch and half of its limit",
    since: "6.16",
    shown: { by: "recordings", names: "lists of 7.2: pcp; those of 6.12 have it not" },
  },
  "mm.splitSharesZeros": {
    does: "zero-filled pages of a THP that is split become the shared zero page",
    since: "6.12",
    shown: { by: "recordings", names: "lists of 6.12: thp" },
  },
  "mm.poolLeavesRange": {
    does: "the hugetlb pool keeps away from a range that is being emptied, and its pages there are replaced",
    since: "6.14",
    shown: {
      by: "recordings",
      names: "guests of 7.2: huge2m-normal, huge1g-mv-movable; of 6.12, which have it not",
    },
  },
  "mm.slabSheaves": {
    does: "slab caches keep freed objects in sheaves, so that slabs rarely empty a pageblock",
    since: "6.18",
    shown: { by: "recordings", names: "guests of 7.2: m-cache-normal-seed1" },
  },
  "mm.journalKeepsClean": {
    does: "clean metadata buffers stay on the journal's checkpoint list until the next commit",
    since: "seen in 6.1 and later, not in 5.10",
    shown: { by: "recordings", names: "guests of 5.10: u-direct-normal; of 6.1: e-mixed-seed1" },
  },
  "mm.minFreeLimitSize": {
    does: "upper limit of min_free_kbytes as Linux computes it, in bytes",
    since: "5.8 (before: 64 MiB)",
    shown: { by: "source", where: "calculate_min_free_kbytes(), v5.8" },
  },
  "mm.movableMin": {
    does: "min_free_kbytes leaves ZONE_MOVABLE out, whose min watermark is 1/1024 of it, 32 to 128 pages",
    since: "6.6",
    shown: { by: "recordings", names: "guests of 6.12 and 7.2: b-idle-movable-2m (zoneinfo)" },
  },
  "mm.reserves": {
    does: "lowmem reserves follow each subblock that is plugged or unplugged",
    since: "6.15",
    shown: { by: "source", where: "adjust_managed_page_count(), v6.15" },
  },
  "mm.targetReserves": {
    does: "targets of a migration never come from below the min watermark, whatever its caller may do",
    since: "seen in 7.2, not in 6.12",
    shown: { by: "recordings", names: "free lists of 7.2: mixed-contig-seed7" },
  },
  "mm.largeLruBatch": {
    does: "31 pages wait in a per-CPU batch before they reach the LRU, not 15",
    since: "6.9",
    shown: { by: "source", where: "folio_batch, PAGEVEC_SIZE, v6.9" },
  },
  "kpageflags.tails": {
    does: "flags are those of the folio: tails show LRU and DIRTY, and THP means any large folio",
    since: "6.10",
    shown: { by: "recordings", names: "guests of 6.12: c-thp-normal-seed1" },
  },
  "kpageflags.ksm": {
    does: "KSM is set on every anonymous page",
    since: "seen in 6.12, not in 7.2",
    shown: { by: "recordings", names: "guests of 6.12: c-anon-normal-seed1" },
  },
  "kpageflags.referenced": {
    does: "REFERENCED is set on every anonymous page",
    since: "seen in 7.2, not in 6.12",
    shown: { by: "recordings", names: "guests of 7.2: c-anon-normal-seed1" },
  },
};
