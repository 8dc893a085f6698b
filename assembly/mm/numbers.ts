// What a number stands for. To the compiler they are all alike; to the reader of a signature they
// are not.

/** Page frame number: a page of 4 KiB, counted from address 0 of the guest. */
export type Pfn = u32;
/** Number of a pageblock of 2 MiB: pfn >> 9. */
export type BlockNr = u32;
/** Index of a zone. */
export type ZoneNr = u32;
/** MIGRATE_* of a pageblock or of a free list. */
export type Migratetype = u32;
/** State byte of a page: page-class.ts. */
export type PageState = u32;
/** A pageblock's entry: its offset in the pageblock table (pageblock.ts). */
export type EntryOffset = usize;
/** Address of a page record: 512 states (record-slab.ts). */
export type RecordAddr = usize;
/** Address of a page's state byte in a record. */
export type StateAddr = usize;
/** Address of a link pair of a free list: a chunk's, or a list's own (free-list.ts). */
export type LinkAddr = usize;
/** Address of a set of pages (slots.ts). */
export type PageSetAddr = usize;
/** Address of a slot of such a set. */
export type SlotAddr = usize;
/** What tells a slot from all others: what a page's owner entry holds; 0 = none. */
export type SlotId = u32;
/** Address of a workload (workload/table.ts). */
export type WorkloadAddr = usize;
