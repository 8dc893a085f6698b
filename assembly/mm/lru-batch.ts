// The LRU-add batch of the CPU that runs the driver: pages on their way to an LRU list, which a scan for unmovable
// pages does not know yet (contig-range.md section 4). A failed attempt puts the pages that it could not move back through it.

import { PAGE_LRU_PENDING } from "../abi";
import { MIGRATION } from "./layout";
import { addPendingPages } from "./page-alloc";
import { setStateAt, stateAt } from "./page";
import { classOf, isLru, isUnit } from "./page-class";
import { FLAG_PENDING, entryOf, flagsOf, setFlags, zoneOf } from "./pageblock";
import { addLruPages } from "./zone";

/** Entries {u32 pfn, u32 state}: what the page is again once it has reached its list. */
const BATCH: usize = MIGRATION + 0x4000;
/** Pages that wait together, up to v6.1; the last one to come takes all of them to their lists. */
const CAPACITY: u32 = 15;
let length: u32 = 0;

/** Puts an LRU page that was isolated back: it waits in the batch. Other pages, and 2 MiB pages, go straight back to where they were. */
export function putBack(pfn: u32): void {
  const state = stateAt(pfn);
  if (!isLru(classOf(state)) || isUnit(classOf(state))) return;
  const at = BATCH + ((<usize>length) << 3);
  store<u32>(at, pfn);
  store<u32>(at, state, 4);
  ++length;
  setStateAt(pfn, PAGE_LRU_PENDING);
  const entry = entryOf(pfn);
  setFlags(entry, flagsOf(entry) | FLAG_PENDING);
  addPendingPages(1);
  addLruPages(zoneOf(entry), -1);
  if (length >= CAPACITY) flushLruBatch();
}

/** Takes pages out of the batch that are no longer what they were. */
export function leaveLruBatch(start: u32, nrPages: u32): void {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < length; ++index) {
    const at = BATCH + ((<usize>index) << 3);
    if (load<u32>(at) - start < nrPages) continue;
    store<u64>(BATCH + ((<usize>kept) << 3), load<u64>(at));
    ++kept;
  }
  length = kept;
}

/** Lets all pages of the batch reach their lists. */
export function flushLruBatch(): void {
  while (length > 0) {
    --length;
    const at = BATCH + ((<usize>length) << 3);
    const pfn = load<u32>(at);
    setStateAt(pfn, load<u32>(at, 4));
    addPendingPages(-1);
    addLruPages(zoneOf(entryOf(pfn)), 1);
  }
}
