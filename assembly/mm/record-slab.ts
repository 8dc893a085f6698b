// Where page records lie. 25 of them fill a slab, which is one page of WebAssembly memory:
//
//   byte 0                12800              64000        64100    65536
//        +----------------+------------------+------------+--------+
//        | states         | link pairs       | blocks     |        |
//        | 25 x 512 x 1 B | 25 x 256 x 8 B   | 25 x 4 B   |        |
//        +----------------+------------------+------------+--------+
//
// A record's address is that of its 512 states and a multiple of 512. The state of a page leads to
// its link pair, to the number of the pageblock, and back, by shifts and masks alone.
//
// States lie close together and apart from links, because most looks at a page need its state only:
// a dense set of states is in the processor's caches and its TLB longer than one that is spread
// between links.
//
// block  number of the pageblock that the record belongs to; in the pool the address of the next
//        record.

import { ENOBUFS } from "../abi";
import { SLAB_BYTES, ensureSlabs, nrSlabsAhead, takeSlab } from "./reserve";
import { BlockNr, LinkAddr, RecordAddr, StateAddr } from "./numbers";

/** Records that one allocation, free or migrated page may need. */
export const SMALL_OPERATION: u32 = 4;
const RECORDS_PER_SLAB: u32 = 25;
const LINKS: usize = 12800;
const BLOCKS: usize = 64000;
const IN_SLAB: usize = SLAB_BYTES - 1;
const IN_RECORD: usize = 511;

/** Link pair of the page whose state is at `at`. */
export function linksOfState(at: StateAddr): LinkAddr {
  return (at & ~IN_SLAB) + ((at & (IN_SLAB - 1)) << 2) + LINKS;
}

/** Loads a state and its link pair, for nothing but that the processor has them. */
export function prefetchState(at: StateAddr): void {
  load<u8>(at);
  load<u32>(linksOfState(at));
}

/**
 * Loads a bit of each of the eight cache lines that the states of a record fill, so that the waits
 * for them overlap.
 */
export function prefetchRecord(record: RecordAddr): void {
  load<u8>(record);
  load<u8>(record, 64);
  load<u8>(record, 128);
  load<u8>(record, 192);
  load<u8>(record, 256);
  load<u8>(record, 320);
  load<u8>(record, 384);
  load<u8>(record, 448);
}

/** State of the even one of the two pages that a link pair serves. */
export function stateOfLinks(links: LinkAddr): StateAddr {
  return (links & ~IN_SLAB) + ((links & IN_SLAB) >> 2) - (LINKS >> 2);
}

/** Page inside its pageblock whose state is at `at`. */
export function pageOfState(at: StateAddr): u32 {
  return <u32>(at & IN_RECORD);
}

/** Where the number of the record's pageblock is stored, less the constant offset BLOCKS. */
function blockSlot(at: StateAddr): usize {
  return (at & ~IN_SLAB) + (((at & IN_SLAB) >> 9) << 2);
}

/** The same by a link pair of the record. */
export function blockOfLinks(links: LinkAddr): BlockNr {
  const index = ((links & IN_SLAB) - LINKS) >> 11;
  return load<u32>((links & ~IN_SLAB) + (index << 2), BLOCKS);
}

/** Number of the pageblock that the record around the state at `at` belongs to. */
export function blockOfState(at: StateAddr): BlockNr {
  return load<u32>(blockSlot(at), BLOCKS);
}

let pool: usize = 0;
/** Records that can be taken from the pool and the newest slab. */
export let recordsAtHand: u32 = 0;
/** Records of the newest slab that were never used begin here. */
let fresh: usize = 0;
let nrFresh: u32 = 0;
/** Records that belong to a mixed pageblock now. */
export let recordsInUse: u32 = 0;

/**
 * Makes sure that `count` records can be taken without growing: called at the boundary, so that no
 * operation runs out half way. Returns 0 or -ENOBUFS.
 */
export function ensureRecords(count: u32): i32 {
  return count <= recordsAtHand ? 0 : ensureMore(count - recordsAtHand);
}

/** The same without an errno. */
export function hasRecords(count: u32): bool {
  return count <= recordsAtHand || ensureMore(count - recordsAtHand) == 0;
}

function ensureMore(count: u32): i32 {
  const slabs = (count + RECORDS_PER_SLAB - 1) / RECORDS_PER_SLAB;
  return slabs <= nrSlabsAhead || ensureSlabs(slabs) ? 0 : -ENOBUFS;
}

/** A record for pageblock `block` whose states are all 0. ensureRecords() has been called. */
export function takeRecord(block: BlockNr): RecordAddr {
  const record = pool ? takePooled() : takeFresh();
  ++recordsInUse;
  --recordsAtHand;
  store<u32>(blockSlot(record), block, BLOCKS);
  return record;
}

function takePooled(): RecordAddr {
  const record = pool;
  pool = blockOfState(record);
  return record;
}

function takeFresh(): RecordAddr {
  if (nrFresh == 0) {
    fresh = takeSlab();
    nrFresh = RECORDS_PER_SLAB;
    recordsAtHand += RECORDS_PER_SLAB;
  }
  const record = fresh;
  fresh += IN_RECORD + 1;
  --nrFresh;
  return record;
}

/** Gives a record back whose states are all 0 again. */
export function putRecord(record: RecordAddr): void {
  store<u32>(blockSlot(record), <u32>pool, BLOCKS);
  pool = record;
  ++recordsAtHand;
  --recordsInUse;
}
