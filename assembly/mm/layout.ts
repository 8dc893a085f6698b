// The map of linear memory. Every area below TABLE has its place and its size here, and nowhere
// else; what an area holds is drawn in the file that uses it. The pageblock table is sized once;
// what follows it is handed out by reserve() (reserve.ts).
//
//   0     +-------------------------------------------------------------------------------+
//         | static data: tables that the compiler lays out                                |
//   64 K  +-------------------------------------------------------------------------------+
//         | scratch; load; thresholds; LRU batch; OOM events                              |
//   72 K  +-------------------------------------------------------------------------------+
//         | zone lists                                                                    |
//   80 K  +-------------------------------------------------------------------------------+
//         | zones, 17 K                                                                   |
//   97 K  +-------------------------------------------------------------------------------+
//         | lists of migration                                                            |
//   128 K +-------------------------------------------------------------------------------+
//         | staging, 512 K; staging2, 512 K                                               |
//   1152 K+-------------------------------------------------------------------------------+
//         | workloads; runs of pages without flags; what has changed; where links lie     |
//   2 M   +-------------------------------------------------------------------------------+
//         | pageblocks, 32 B each                                                         |
//         +-------------------------------------------------------------------------------+
//         | what reserve() hands out: slabs of records, caches, bitmaps                   |
//         +-------------------------------------------------------------------------------+
//
// A test asks for these constants and compares them.

/** Where calls leave results of more than one number; see each export. */
export const SCRATCH: usize = 0x10000;
export const SCRATCH_BYTES: u32 = 0x1000;
/** States of the pageblock that is being loaded (capture/load.ts). */
export const LOADED_STATES: usize = 0x11000;
export const LOADED_STATES_BYTES: u32 = 0x200;
/** How many of its pages are in each state (capture/load.ts). */
export const TALLIES: usize = 0x11200;
export const TALLIES_BYTES: u32 = 0x200;
/** Chances by page class (random.ts). */
export const THRESHOLDS: usize = 0x11400;
export const THRESHOLDS_BYTES: u32 = 0x80;
/** The LRU-add batch of the driver's CPU (lru-batch.ts). */
export const LRU_BATCH: usize = 0x11480;
export const LRU_BATCH_BYTES: u32 = 0x100;
/** What the OOM killer has done (workload/oom-killer.ts). */
export const OOM_EVENTS: usize = 0x11800;
export const OOM_EVENTS_BYTES: u32 = 0x400;
/** Zone lists of the nodes, and which zone each request tries first (zone.ts). */
export const ZONELISTS: usize = 0x12000;
export const ZONELISTS_BYTES: u32 = 0x100;
export const FIRST_ZONES: usize = 0x12100;
export const FIRST_ZONES_BYTES: u32 = 0x80;
export const PREFERRED_ZONES: usize = 0x12180;
export const PREFERRED_ZONES_BYTES: u32 = 0x80;
/** Free lists, counters and watermarks (zone.ts). */
export const ZONES: usize = 0x14000;
export const ZONES_BYTES: u32 = 0x4400;
/** Lists of the pages that migration works on (contig/migrate.ts). */
export const MIGRATION: usize = 0x18400;
export const MIGRATION_BYTES: u32 = 0x6000;
/**
 * Where TypeScript puts a piece of kpageflags (u64 per page) before loading it, and where calls
 * leave arrays.
 */
export const STAGING: usize = 0x20000;
export const STAGING_BYTES: u32 = 0x80000;
/** The piece of extended page state (pgx) for the same pages. */
export const STAGING2: usize = 0xa0000;
export const STAGING2_BYTES: u32 = 0x80000;
/** Workloads of the guest (workload/table.ts). */
export const WORKLOADS: usize = 0x120000;
export const WORKLOADS_BYTES: u32 = 0x4000;
/** Runs of pages without flags, by length (capture/classify.ts). */
export const CACHED_RUNS: usize = 0x124000;
export const CACHED_RUNS_BYTES: u32 = 0x8000;
/** The last look before which something changed, by 256 pageblocks (pageblock.ts). */
export const CHANGED: usize = 0x12c000;
export const CHANGED_BYTES: u32 = 0x20000;
/** Where the parts of the table of page links lie (capture/page-links.ts). */
export const LINK_PARTS: usize = 0x14c000;
export const LINK_PARTS_BYTES: u32 = 0x4000;
/** Entries of the pageblocks (pageblock.ts); the last area, as large as the guest needs it. */
export const TABLE: usize = 0x200000;

// No area reaches into the next one: asked when the core is compiled.
if (SCRATCH + SCRATCH_BYTES > LOADED_STATES) ERROR("SCRATCH is too large");
if (LOADED_STATES + LOADED_STATES_BYTES > TALLIES) ERROR("LOADED_STATES is too large");
if (TALLIES + TALLIES_BYTES > THRESHOLDS) ERROR("TALLIES is too large");
if (THRESHOLDS + THRESHOLDS_BYTES > LRU_BATCH) ERROR("THRESHOLDS is too large");
if (LRU_BATCH + LRU_BATCH_BYTES > OOM_EVENTS) ERROR("LRU_BATCH is too large");
if (OOM_EVENTS + OOM_EVENTS_BYTES > ZONELISTS) ERROR("OOM_EVENTS is too large");
if (ZONELISTS + ZONELISTS_BYTES > FIRST_ZONES) ERROR("ZONELISTS is too large");
if (FIRST_ZONES + FIRST_ZONES_BYTES > PREFERRED_ZONES) ERROR("FIRST_ZONES is too large");
if (PREFERRED_ZONES + PREFERRED_ZONES_BYTES > ZONES) ERROR("PREFERRED_ZONES is too large");
if (ZONES + ZONES_BYTES > MIGRATION) ERROR("ZONES is too large");
if (MIGRATION + MIGRATION_BYTES > STAGING) ERROR("MIGRATION is too large");
if (STAGING + STAGING_BYTES > STAGING2) ERROR("STAGING is too large");
if (STAGING2 + STAGING2_BYTES > WORKLOADS) ERROR("STAGING2 is too large");
if (WORKLOADS + WORKLOADS_BYTES > CACHED_RUNS) ERROR("WORKLOADS is too large");
if (CACHED_RUNS + CACHED_RUNS_BYTES > CHANGED) ERROR("CACHED_RUNS is too large");
if (CHANGED + CHANGED_BYTES > LINK_PARTS) ERROR("CHANGED is too large");
if (LINK_PARTS + LINK_PARTS_BYTES > TABLE) ERROR("LINK_PARTS is too large");
