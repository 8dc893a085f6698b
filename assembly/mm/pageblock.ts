// One entry per pageblock (2 MiB), indexed by pfn >> 9, 32 bytes. Entries go by their offset in the
// table, whose constant address then costs nothing:
//
//   byte 0        4       8       12      13     14     15      16                24      28
//        +--------+-------+-------+-------+------+------+-------+-----------------+-------+-------+
//        | record | next  | prev  | state | type | zone | flags | counts (4 x u16)| base  |changed|
//        +--------+-------+-------+-------+------+------+-------+-----------------+-------+-------+
//
// record  address of the page record while the pageblock is mixed, else 0.
// next,   links of the free chunk of order 9 or 10 that starts here (only where record == 0).
// prev
// state   without a record: the state byte of all 512 pages; where a free chunk of order 9 or 10
//         starts here, its head byte (the other pages are then PAGE_FREE).
// type    migratetype that the allocator sees: ISOLATE while isolated.
// base    one byte: the type below an isolation. A version that forgets it overwrites it on
//         un-isolation.
// zone    zone index, NO_ZONE where no page is online.
// flags   PENDING: has pages that wait in an LRU batch. UNDECIDED: has pages to be classified after
//         a load. IN_DEVICE: was loaded as memory of the device. DECIDED: had undecided pages that
//         were classified. CACHED: pages without flags count as cached; SUSPECT: there are kernel
//         pages near by. SINGLE_SLABS: while a load goes on, has slabs of one page.
// changed number of the look before which something of it changed last: counters, type or zone.

import { MIGRATE_ISOLATE, PAGEBLOCK_ORDER } from "../abi";
import { CHANGED, TABLE } from "./layout";
import { BlockNr, EntryOffset, Migratetype, PageState, Pfn, RecordAddr, ZoneNr } from "./numbers";

const ENTRY_SHIFT: u32 = 5;
export const ENTRY_BYTES: u32 = 1 << ENTRY_SHIFT;
/** From an entry to the address of its link pair. */
export const ENTRY_LINKS: usize = TABLE + 4;
export const NO_ENTRY: usize = usize.MAX_VALUE;
export const NO_ZONE: u32 = 0xff;
export const FLAG_PENDING: u32 = 1;
export const FLAG_UNDECIDED: u32 = 2;
export const FLAG_IN_DEVICE: u32 = 4;
export const FLAG_DECIDED: u32 = 8;
export const FLAG_CACHED: u32 = 16;
export const FLAG_SUSPECT: u32 = 32;
export const FLAG_SINGLE_SLABS: u32 = 64;

/** Pageblocks of the table; pfns from `nrPageblocks << 9` on do not exist. */
export let nrPageblocks: u32 = 0;

export function setNrPageblocks(count: u32): void {
  nrPageblocks = count;
}

/**
 * Looks at a guest are numbered, so that a later one can ask what has changed since. What changes
 * now belongs to the look of this number.
 */
export let lookNumber: u32 = 1;

/** Ends a look: what changes from now on is told by the next one. Returns this one's number. */
export function nextLook(): u32 {
  return lookNumber++;
}

/** Pageblocks, as a power of two, whose last change is also noted together. */
export const CHANGED_SHIFT: u32 = 8;

/** Has a pageblock changed after look `since`? */
export function hasChanged(entry: EntryOffset, since: u32): bool {
  return load<u32>(entry, TABLE + 28) > since;
}

/** Has any of the 256 pageblocks around `block`? */
export function hasChangedNear(block: BlockNr, since: u32): bool {
  return load<u32>(((<usize>block) >> CHANGED_SHIFT) << 2, CHANGED) > since;
}

/** On the path of every allocation: a comparison, but for the first change after a look. */
function touch(entry: EntryOffset): void {
  if (load<u32>(entry, TABLE + 28) != lookNumber) noteChange(entry);
}

function noteChange(entry: EntryOffset): void {
  store<u32>(entry, lookNumber, TABLE + 28);
  store<u32>(((<usize>blockOfEntry(entry)) >> CHANGED_SHIFT) << 2, lookNumber, CHANGED);
}

export function entryOfBlock(block: BlockNr): EntryOffset {
  return (<usize>block) << ENTRY_SHIFT;
}

export function entryOf(pfn: Pfn): EntryOffset {
  return (<usize>(pfn >> PAGEBLOCK_ORDER)) << ENTRY_SHIFT;
}

export function blockOfEntry(entry: EntryOffset): BlockNr {
  return (<u32>entry) >> ENTRY_SHIFT;
}

export function recordOf(entry: EntryOffset): RecordAddr {
  return load<u32>(entry, TABLE);
}
export function setRecord(entry: EntryOffset, record: RecordAddr): void {
  store<u32>(entry, <u32>record, TABLE);
}

export function blockState(entry: EntryOffset): PageState {
  return load<u8>(entry, TABLE + 12);
}
// Where a pageblock without a record starts no free chunk, its links can chain it to others of its
// kind (contig/hugetlb.ts).

/** The pageblock after this one in its chain, or NO_ENTRY. */
export function chainAfter(entry: EntryOffset): usize {
  return load<u32>(entry, TABLE + 4);
}
/** The pageblock before this one in its chain, or NO_ENTRY. */
export function chainBefore(entry: EntryOffset): usize {
  return load<u32>(entry, TABLE + 8);
}
export function setChain(entry: EntryOffset, before: usize, after: usize): void {
  store<u32>(entry, <u32>after, TABLE + 4);
  store<u32>(entry, <u32>before, TABLE + 8);
}

export function setBlockState(entry: EntryOffset, state: PageState): void {
  store<u8>(entry, <u8>state, TABLE + 12);
}

/** The type the allocator sees: MIGRATE_ISOLATE while isolated. */
export function typeOf(entry: EntryOffset): Migratetype {
  return load<u8>(entry, TABLE + 13);
}

/** The type below an isolation. */
export function baseType(entry: EntryOffset): Migratetype {
  return load<u8>(entry, TABLE + 24);
}

/** Sets the migratetype and ends an isolation. */
export function setType(entry: EntryOffset, type: Migratetype): void {
  touch(entry);
  store<u8>(entry, <u8>type, TABLE + 13);
  store<u8>(entry, <u8>type, TABLE + 24);
}

export function markIsolated(entry: EntryOffset): void {
  touch(entry);
  store<u8>(entry, <u8>MIGRATE_ISOLATE, TABLE + 13);
}

export function isIsolated(entry: EntryOffset): bool {
  return typeOf(entry) == MIGRATE_ISOLATE;
}

export function zoneOf(entry: EntryOffset): ZoneNr {
  return load<u8>(entry, TABLE + 14);
}
export function setZone(entry: EntryOffset, zone: ZoneNr): void {
  touch(entry);
  store<u8>(entry, <u8>zone, TABLE + 14);
}

export function flagsOf(entry: EntryOffset): u32 {
  return load<u8>(entry, TABLE + 15);
}
export function setFlags(entry: EntryOffset, flags: u32): void {
  store<u8>(entry, <u8>flags, TABLE + 15);
}

export function addFlags(entry: EntryOffset, flags: u32): void {
  setFlags(entry, flagsOf(entry) | flags);
}

export function countsOf(entry: EntryOffset): u64 {
  return load<u64>(entry, TABLE + 16);
}
/** The counters of unmovable and held pages, as one number: 0 where there is neither. */
export function blockingCounts(entry: EntryOffset): u32 {
  return load<u32>(entry, TABLE + 20);
}
export function setCounts(entry: EntryOffset, counts: u64): void {
  touch(entry);
  store<u64>(entry, counts, TABLE + 16);
}
export function addCounts(entry: EntryOffset, delta: u64): void {
  touch(entry);
  store<u64>(entry, load<u64>(entry, TABLE + 16) + delta, TABLE + 16);
}
