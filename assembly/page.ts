// Page records: the states of the 512 pages of a mixed pageblock, and its list links.
//
//   byte -8      -4       0                    512                                     2560
//        +-------+--------+--------------------+---------------------------------------+
//        | block | pool   | state of each page | 256 link slots {u32 next, u32 prev}   |
//        +-------+--------+--------------------+---------------------------------------+
//        header           ^ address of the record
//
// block  number of the pageblock that it belongs to.
// pool   address of the next record in the pool.
//
// Two free heads never share an aligned pair of pages: two free buddies of order 0 merge, whatever the types. So one link slot
// per pair is enough. Links are addresses of link slots (free-list.ts); records lie at multiples of RECORD_STRIDE, so that
// a slot's address gives its record and with it the pfn.
//
// A record exists while its pageblock is mixed. Free pages inside a chunk are state 0 and a head is cleared when it leaves
// its list, so the record of a pageblock that has merged to order 9 is all zero again. Records in the pool are
// always all zero in their states; that makes taking one for a split free of charge.

import { ENOBUFS, PAGE_FREE, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "./abi";
import { RECORD_STRIDE, ensure, recordsBase, reserve } from "./layout";
import { HEAD, countDelta } from "./page-class";
import {
  addCounts,
  blockOfEntry,
  blockState,
  entryOf,
  recordOf,
  setBlockState,
  setCounts,
  setRecord,
} from "./pageblock";

export const RECORD_LINKS: usize = PAGEBLOCK_PAGES;
const HEADER_BYTES: u32 = 8;
const POOL: usize = 4;
export const PAGE_MASK: u32 = PAGEBLOCK_PAGES - 1;

let pool: usize = 0;
let pooled: u32 = 0;
/** Records that belong to a mixed pageblock now. */
export let recordsInUse: u32 = 0;

/**
 * Makes sure that `count` records can be taken without growing: called at the boundary, so that no
 * operation runs out half way. Returns 0 or -ENOBUFS.
 */
export function ensureRecords(count: u32): i32 {
  if (count <= pooled) return 0;
  return ensure(<u64>(count - pooled) * RECORD_STRIDE) ? 0 : -ENOBUFS;
}

function takeRecord(): usize {
  ++recordsInUse;
  if (pool) {
    const record = pool;
    pool = load<u32>(record - HEADER_BYTES, POOL);
    --pooled;
    return record;
  }
  const header = reserve(RECORD_STRIDE);
  if (!header) unreachable(); // ensureRecords() has been called
  return header + HEADER_BYTES;
}

/** Gives the pageblock a record whose pages all have its uniform state. It has none yet and heads no chunk. */
export function materialise(entry: usize): usize {
  const record = takeRecord();
  const state = blockState(entry);
  assert(!(state & HEAD));
  if (state != PAGE_FREE) memory.fill(record, <u8>state, PAGEBLOCK_PAGES);
  store<u32>(record - HEADER_BYTES, blockOfEntry(entry));
  setRecord(entry, record);
  return record;
}

/**
 * First pfn of the chunk whose links are at `links` inside a record: the odd page of the pair where the even one
 * is no head.
 */
export function pfnOfRecordLinks(links: usize): u32 {
  const index = <u32>(links - recordsBase) / RECORD_STRIDE;
  const header = recordsBase + <usize>(index * RECORD_STRIDE);
  const page = (<u32>(links - header - HEADER_BYTES - RECORD_LINKS)) >> 2;
  const pfn = (load<u32>(header) << PAGEBLOCK_ORDER) | page;
  return load<u8>(header + HEADER_BYTES + page) & (<u8>HEAD) ? pfn : pfn | 1;
}

/** The pageblock's record; makes one where it is uniform. */
export function recordFor(entry: usize): usize {
  const record = recordOf(entry);
  return record ? record : materialise(entry);
}

/** Puts the record of a pageblock back whose 512 states are all 0; the pageblock is PAGE_FREE throughout. */
export function releaseZeroed(entry: usize): void {
  const record = recordOf(entry);
  store<u32>(record - HEADER_BYTES, <u32>pool, POOL);
  pool = record;
  ++pooled;
  --recordsInUse;
  setRecord(entry, 0);
  setBlockState(entry, PAGE_FREE);
}

/** Makes all 512 pages `state`. No free head is left in the pageblock. Sets its counters, too. */
export function makeUniform(entry: usize, state: u32): void {
  const record = recordOf(entry);
  if (record) {
    memory.fill(record, 0, PAGEBLOCK_PAGES);
    releaseZeroed(entry);
  }
  setBlockState(entry, state);
  setCounts(entry, countDelta(state) * PAGEBLOCK_PAGES);
}

/** The state byte of a page. */
export function stateAt(pfn: u32): u32 {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  if (record) return load<u8>(record + (pfn & PAGE_MASK));
  const state = blockState(entry);
  return state & HEAD && pfn & PAGE_MASK ? PAGE_FREE : state;
}

/**
 * How far a walk may step from `pfn`, whose state is `state`, without missing anything: over a free chunk, over the rest of a
 * uniform pageblock, else one page.
 */
export function stepFrom(pfn: u32, state: u32): u32 {
  if (state & HEAD) return 1 << (state & 15);
  return recordOf(entryOf(pfn)) ? 1 : PAGEBLOCK_PAGES - (pfn & PAGE_MASK);
}

/** Sets the state of one page that is not and does not become a free head, and the counters. */
export function setStateAt(pfn: u32, state: u32): void {
  const entry = entryOf(pfn);
  const at = recordFor(entry) + (pfn & PAGE_MASK);
  addCounts(entry, countDelta(state) - countDelta(load<u8>(at)));
  store<u8>(at, <u8>state);
}

/**
 * Sets `count` pages from `pfn` on to `state`; the range may cross pageblocks and covers no free head.
 * Whole pageblocks become uniform.
 */
export function setRange(pfn: u32, count: u32, state: u32): void {
  const delta = countDelta(state);
  let left = count;
  while (left > 0) {
    const entry = entryOf(pfn);
    const first = pfn & PAGE_MASK;
    let part = PAGEBLOCK_PAGES - first;
    if (part > left) part = left;
    if (part == PAGEBLOCK_PAGES) {
      makeUniform(entry, state);
    } else {
      const from = recordFor(entry) + first;
      let change: u64 = 0;
      for (let at = from; at < from + part; ++at) change += delta - countDelta(load<u8>(at));
      memory.fill(from, <u8>state, part);
      addCounts(entry, change);
    }
    pfn += part;
    left -= part;
  }
}

/** Records that setRange() or a split of this range may need at most. */
export function recordsForRange(nrPages: u32): u32 {
  return (nrPages >> PAGEBLOCK_ORDER) + 2;
}
