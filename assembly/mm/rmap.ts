// From a page back to the slot that names it: the reverse mapping. Migration, reclaim and shrinkers
// report here which used pages they have moved or dropped, so that workloads find their pages
// again.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { lostOwners, openOwners, ownerOf, setOwner, tracking } from "./owner";
import {
  FREED,
  HEAD_AT,
  NEXT_AT,
  SPLIT_AT,
  TAIL_AT,
  addLive,
  exhaustSlots,
  hasTailSlot,
  newest,
  own,
  pageSetOfSlot,
  pageSetOrder,
  push,
  slotAt,
  slotIdOf,
  slotOfId,
  touched,
} from "./slots";
import { Pfn, SlotId } from "./numbers";

/**
 * Keeps owners from now on, if any workload has pages. To be called before pages move or are
 * dropped.
 */
export function startTracking(): void {
  if (tracking || !newest) return;
  if (!openOwners()) {
    exhaustSlots();
    return;
  }
  for (let pageSet = newest; pageSet; pageSet = load<u32>(pageSet, NEXT_AT)) {
    const tail = load<u32>(pageSet, TAIL_AT);
    for (let index = load<u32>(pageSet, HEAD_AT); index != tail; ++index) {
      const slot = slotAt(pageSet, index);
      const pfn = load<u32>(slot);
      if (pfn != FREED) own(pageSet, pfn, slotIdOf(slot, index));
    }
  }
  if (lostOwners) exhaustSlots();
}

/** Is there any workload that could own pages? */
export function hasPageSets(): bool {
  return newest != 0;
}

/**
 * Does a workload own any page of [pfn, pfn + nr)? Looks at all slots where owners are not kept.
 */
export function isOwned(pfn: Pfn, nr: u32): bool {
  if (tracking) {
    for (let page = pfn; page < pfn + nr; ++page) if (ownerOf(page)) return true;
    return false;
  }
  for (let pageSet = newest; pageSet; pageSet = load<u32>(pageSet, NEXT_AT)) {
    const tail = load<u32>(pageSet, TAIL_AT);
    const pages: u32 = 1 << pageSetOrder(pageSet);
    for (let index = load<u32>(pageSet, HEAD_AT); index != tail; ++index) {
      const first = load<u32>(slotAt(pageSet, index));
      if (first != FREED && first < pfn + nr && pfn < first + pages) return true;
    }
  }
  return false;
}

/** The page or unit at `pfn` is at `target` from now on. */
export function ownerMoved(pfn: Pfn, target: Pfn): void {
  const slotId = ownerOf(pfn);
  if (!slotId) return;
  setOwner(pfn, 0);
  store<u32>(slotOfId(slotId), target);
  setOwner(target, slotId);
  touch(target, 1);
}

/** The page at `pfn` was dropped. */
export function ownerDropped(pfn: Pfn): void {
  const slotId = ownerOf(pfn);
  if (!slotId) return;
  setOwner(pfn, 0);
  freeSlotOf(slotId);
}

/** The unit at `pfn` has become 512 pages. */
export function ownerSplit(pfn: Pfn): void {
  const slotId = ownerOf(pfn);
  if (!slotId) return;
  const pages = <usize>load<u32>(pageSetOfSlot(slotId), SPLIT_AT);
  freeSlotOf(slotId);
  setOwner(pfn, 0);
  if (!pages) return;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (hasTailSlot(pages)) push(pages, pfn + page);
  }
}

function freeSlotOf(slotId: SlotId): void {
  store<u32>(slotOfId(slotId), FREED);
  addLive(pageSetOfSlot(slotId), -1);
}

/** Notes that a workload has written to these pages. */
export function touch(pfn: Pfn, nrPages: u32): void {
  const last = (pfn + nrPages - 1) >> PAGEBLOCK_ORDER;
  for (let block = pfn >> PAGEBLOCK_ORDER; block <= last; ++block) store<u8>(touched + block, 1);
}

/** Pageblocks of [first, first + nr) that were written to; forgets it. */
export function forgetTouched(first: u32, nr: u32): u32 {
  if (!touched) return 0;
  let found: u32 = 0;
  for (let block = first; block < first + nr; ++block) {
    found += load<u8>(touched + block);
    store<u8>(touched + block, 0);
  }
  return found;
}
