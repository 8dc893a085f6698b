// Injected faults: pages of a workload are pinned for a while, so that they cannot move.

import { HOLD_NONE, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { isFreed, nrSlots, pageSetOrder, pfnAt } from "./page-set";
import { setRange, setStateAt, stateAt } from "../mm/page";
import { classOf, holdOf, isMovable, isUnit, stateByte } from "../mm/page-class";
import { nrPageSets, pageSetAt, randomBelow } from "./table";
import { Pfn, WorkloadAddr } from "../mm/numbers";

/** Tries to find a page that is not held yet, at most. */
const TRIES: u32 = 8;

/** Gives up to `pages` random movable pages of the workload a HOLD_*. Returns how many. */
export function holdPages(at: WorkloadAddr, pages: u32, hold: u32): u32 {
  let held: u32 = 0;
  let all: u32 = 0;
  for (let index: u32 = 0; index < nrPageSets(at); ++index) all += movableSlots(at, index);
  for (let tries: u64 = <u64>pages * TRIES; tries > 0 && held < pages && all > 0; --tries) {
    let place = randomBelow(at, all);
    for (let index: u32 = 0; index < nrPageSets(at); ++index) {
      const slots = movableSlots(at, index);
      if (place < slots) {
        held += setHold(pfnAt(pageSetAt(at, index), place), HOLD_NONE, hold);
        break;
      }
      place -= slots;
    }
  }
  return held;
}

/** Releases all pages of the workload that have this HOLD_*. */
export function releaseHolds(at: WorkloadAddr, hold: u32): void {
  for (let index: u32 = 0; index < nrPageSets(at); ++index) {
    const slots = movableSlots(at, index);
    for (let place: u32 = 0; place < slots; ++place) {
      setHold(pfnAt(pageSetAt(at, index), place), hold, HOLD_NONE);
    }
  }
}

/** Slots of a set of pages that can be pinned: single ones and units. */
function movableSlots(at: WorkloadAddr, index: u32): u32 {
  const pageSet = pageSetAt(at, index);
  if (!pageSet) return 0;
  const order = pageSetOrder(pageSet);
  return order == 0 || order == PAGEBLOCK_ORDER ? nrSlots(pageSet) : 0;
}

/**
 * Changes the hold of a page or unit that has `from`. Returns its pages, or 0 where it is not so.
 */
function setHold(pfn: Pfn, from: u32, to: u32): u32 {
  if (isFreed(pfn)) return 0;
  const state = stateAt(pfn);
  if (!isMovable(classOf(state)) || holdOf(state) != from) return 0;
  const changed = stateByte(classOf(state), to);
  if (isUnit(classOf(state))) {
    setRange(pfn, PAGEBLOCK_PAGES, changed);
    return PAGEBLOCK_PAGES;
  }
  setStateAt(pfn, changed);
  return 1;
}
