// Pins of pages that a workload has: somebody takes a reference on them for a while, so that they cannot move.

import { HOLD_NONE, PAGEBLOCK_ORDER, PAGEBLOCK_PAGES } from "../abi";
import { chunkAt, isGone, nrSlots, orderOf } from "./page-set";
import { setRange, setStateAt, stateAt } from "../mm/page";
import { classOf, holdOf, isMovable, isUnit, stateByte } from "../mm/page-class";
import { holdingAt, nrHoldings, randomBelow } from "./table";

/** Tries to find a page that is not held yet, at most. */
const TRIES: u32 = 8;

/** Gives up to `pages` random movable pages of the workload a HOLD_*. Returns how many. */
export function holdSome(at: usize, pages: u32, hold: u32): u32 {
  let held: u32 = 0;
  let all: u32 = 0;
  for (let index: u32 = 0; index < nrHoldings(at); ++index) all += movableSlots(at, index);
  for (let tries: u64 = <u64>pages * TRIES; tries > 0 && held < pages && all > 0; --tries) {
    let place = randomBelow(at, all);
    for (let index: u32 = 0; index < nrHoldings(at); ++index) {
      const slots = movableSlots(at, index);
      if (place < slots) {
        held += setHold(chunkAt(holdingAt(at, index), place), HOLD_NONE, hold);
        break;
      }
      place -= slots;
    }
  }
  return held;
}

/** Lets all pages of the workload go that have this HOLD_*. */
export function letGo(at: usize, hold: u32): void {
  for (let index: u32 = 0; index < nrHoldings(at); ++index) {
    const slots = movableSlots(at, index);
    for (let place: u32 = 0; place < slots; ++place) {
      setHold(chunkAt(holdingAt(at, index), place), hold, HOLD_NONE);
    }
  }
}

/** Slots of a holding of pages that can be pinned: single ones and units. */
function movableSlots(at: usize, index: u32): u32 {
  const holding = holdingAt(at, index);
  if (!holding) return 0;
  const order = orderOf(holding);
  return order == 0 || order == PAGEBLOCK_ORDER ? nrSlots(holding) : 0;
}

/** Changes the hold of a page or unit that has `from`. Returns its pages, or 0 where it is not so. */
function setHold(pfn: u32, from: u32, to: u32): u32 {
  if (isGone(pfn)) return 0;
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
