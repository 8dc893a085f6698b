// From a page back to the slot that names it (Linux: reverse mapping). What migration, reclaim and whoever else moves or drops used
// pages report here, so that workloads find their pages again.

import { PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { lostOwners, openOwners, ownerOf, setOwner, tracking } from "./owner";
import {
  GONE,
  HEAD_AT,
  NEXT_AT,
  SPLIT_AT,
  TAIL_AT,
  addLive,
  exhaustSlots,
  handleOf,
  hasTailSlot,
  holdingOfHandle,
  newest,
  orderOf,
  own,
  push,
  slotAt,
  slotOfHandle,
  touched,
} from "./slots";

/** Keeps owners from now on, if any workload holds pages. To be called before pages move or are dropped. */
export function startTracking(): void {
  if (tracking || !newest) return;
  if (!openOwners()) {
    exhaustSlots();
    return;
  }
  for (let holding = newest; holding; holding = load<u32>(holding, NEXT_AT)) {
    const tail = load<u32>(holding, TAIL_AT);
    for (let index = load<u32>(holding, HEAD_AT); index != tail; ++index) {
      const slot = slotAt(holding, index);
      const pfn = load<u32>(slot);
      if (pfn != GONE) own(holding, pfn, handleOf(slot, index));
    }
  }
  if (lostOwners) exhaustSlots();
}

/** Is there any workload that could hold pages? */
export function hasHoldings(): bool {
  return newest != 0;
}

/** Does a workload hold any page of [pfn, pfn + nr)? Looks at all that workloads have where owners are not kept. */
export function isHeld(pfn: u32, nr: u32): bool {
  if (tracking) {
    for (let page = pfn; page < pfn + nr; ++page) if (ownerOf(page)) return true;
    return false;
  }
  for (let holding = newest; holding; holding = load<u32>(holding, NEXT_AT)) {
    const tail = load<u32>(holding, TAIL_AT);
    const pages: u32 = 1 << orderOf(holding);
    for (let index = load<u32>(holding, HEAD_AT); index != tail; ++index) {
      const first = load<u32>(slotAt(holding, index));
      if (first != GONE && first < pfn + nr && pfn < first + pages) return true;
    }
  }
  return false;
}

/** The page or unit at `pfn` is at `target` from now on. */
export function ownerMoved(pfn: u32, target: u32): void {
  const handle = ownerOf(pfn);
  if (!handle) return;
  setOwner(pfn, 0);
  store<u32>(slotOfHandle(handle), target);
  setOwner(target, handle);
  touch(target, 1);
}

/** The page at `pfn` was dropped. */
export function ownerDropped(pfn: u32): void {
  const handle = ownerOf(pfn);
  if (!handle) return;
  setOwner(pfn, 0);
  forgetSlot(handle);
}

/** The unit at `pfn` has become 512 pages. */
export function ownerSplit(pfn: u32): void {
  const handle = ownerOf(pfn);
  if (!handle) return;
  const pages = <usize>load<u32>(holdingOfHandle(handle), SPLIT_AT);
  forgetSlot(handle);
  setOwner(pfn, 0);
  if (!pages) return;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    if (hasTailSlot(pages)) push(pages, pfn + page);
  }
}

function forgetSlot(handle: u32): void {
  store<u32>(slotOfHandle(handle), GONE);
  addLive(holdingOfHandle(handle), -1);
}

/** Notes that a workload has written to these pages. */
export function touch(pfn: u32, nrPages: u32): void {
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
