// The states of pages. A pageblock whose 512 pages are alike has its state in its entry; a mixed
// one has a record of 512 states and 256 link pairs (record-slab.ts).
//
// Two free heads never share an aligned pair of pages: two free buddies of order 0 merge, whatever
// the types. So one link pair per two pages is enough.
//
// A record exists while its pageblock is mixed. Free pages inside a chunk are state 0 and a head is
// cleared when it leaves its list, so the record of a pageblock that has merged to order 9 is all
// zero again. Records in the pool are always all zero in their states; so a split need not clear
// the one that it takes.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES, PAGE_FREE } from "../abi";
import { HEAD, countDelta } from "./page-class";
import { putRecord, takeRecord } from "./record-slab";
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
import { EntryOffset, PageState, Pfn, RecordAddr, StateAddr } from "./numbers";

export const PAGE_MASK: u32 = PAGEBLOCK_PAGES - 1;

/**
 * Gives the pageblock a record whose pages all have its uniform state. It has none yet and heads no
 * chunk.
 */
function makeRecord(entry: EntryOffset): RecordAddr {
  const record = takeRecord(blockOfEntry(entry));
  const state = blockState(entry);
  assert(!(state & HEAD));
  if (state != PAGE_FREE) memory.fill(record, <u8>state, PAGEBLOCK_PAGES);
  setRecord(entry, record);
  return record;
}

/** The pageblock's record; makes one where it is uniform. */
export function recordFor(entry: EntryOffset): RecordAddr {
  const record = recordOf(entry);
  return record ? record : makeRecord(entry);
}

/**
 * Puts the record of a pageblock back whose 512 states are all 0; the pageblock is PAGE_FREE
 * throughout.
 */
export function releaseZeroed(entry: EntryOffset): void {
  putRecord(recordOf(entry));
  setRecord(entry, 0);
  setBlockState(entry, PAGE_FREE);
}

/** Makes all 512 pages `state`. No free head is left in the pageblock. Sets its counters, too. */
export function makeUniform(entry: EntryOffset, state: PageState): void {
  const record = recordOf(entry);
  if (record) {
    memory.fill(record, 0, PAGEBLOCK_PAGES);
    releaseZeroed(entry);
  }
  setBlockState(entry, state);
  setCounts(entry, countDelta(state) * PAGEBLOCK_PAGES);
}

/** The state byte of a page. */
export function stateAt(pfn: Pfn): PageState {
  const entry = entryOf(pfn);
  const record = recordOf(entry);
  if (record) return load<u8>(record + (pfn & PAGE_MASK));
  const state = blockState(entry);
  return state & HEAD && pfn & PAGE_MASK ? PAGE_FREE : state;
}

/**
 * How far a walk may step from `pfn`, whose state is `state`, without missing anything: over a free
 * chunk, over the rest of a uniform pageblock, else one page.
 */
export function stepFrom(pfn: Pfn, state: PageState): u32 {
  if (state & HEAD) return 1 << (state & 15);
  return recordOf(entryOf(pfn)) ? 1 : PAGEBLOCK_PAGES - (pfn & PAGE_MASK);
}

/** Sets the state of one page that is not and does not become a free head, and the counters. */
export function setStateAt(pfn: Pfn, state: PageState): void {
  const entry = entryOf(pfn);
  const at = recordFor(entry) + (pfn & PAGE_MASK);
  addCounts(entry, countDelta(state) - countDelta(load<u8>(at)));
  store<u8>(at, <u8>state);
}

/**
 * Sets `count` pages from `pfn` on to `state`; the range may cross pageblocks and covers no free
 * head. Whole pageblocks become uniform.
 */
export function setRange(pfn: Pfn, count: u32, state: PageState): void {
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
      for (let at = from; at < from + part; ++at) {
        change += delta - countDelta(load<u8>(at));
        store<u8>(at, <u8>state);
      }
      addCounts(entry, change);
    }
    pfn += part;
    left -= part;
  }
}

/**
 * Writes the state of `1 << order` pages of an aligned chunk below a pageblock, without counting.
 */
export function fillStates(at: StateAddr, order: u32, state: PageState): void {
  const word = <u64>state * 0x0101010101010101;
  if (order == 0) store<u8>(at, <u8>word);
  else if (order == 1) store<u16>(at, <u16>word);
  else if (order == 2) store<u32>(at, <u32>word);
  else for (const end = at + (1 << order); at < end; at += 8) store<u64>(at, word);
}

/** Records that setRange() or a split of this range may need at most. */
export function recordsForRange(nrPages: u32): u32 {
  return (nrPages >> PAGEBLOCK_ORDER) + 2;
}
