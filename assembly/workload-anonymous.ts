// Memory of a program: it faults pages in up to a size, some of them as THPs, and gives old ones back in chunks for new ones
// (an allocator that unmaps, a heap that lives).

import {
  MIGRATE_MOVABLE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_ANON,
  PAGE_THP,
  ZONE_MOVABLE,
} from "./abi";
import {
  createHolding,
  freeNewest,
  freeRunAt,
  livePages,
  nrSlots,
  setSplitTarget,
} from "./holding";
import { takeOrFail, takeOrKill } from "./workload-oom";
import {
  STATE_RUNNING,
  due,
  holdingAt,
  notYet,
  openHoldings,
  randomBelow,
  setHolding,
  setting,
  stateOf,
} from "./workload-table";

/** Pages that it wants to have. */
export const ANONYMOUS_TARGET: u32 = 0;
/** Pages a second that it faults in at most. */
export const ANONYMOUS_FAULT_RATE: u32 = 1;
/** Pages a second that it gives back and faults in anew once it has its size. */
export const ANONYMOUS_CHURN_RATE: u32 = 2;
/** Pages that it gives back together. */
export const ANONYMOUS_CHUNK: u32 = 3;
/** Of 1000 aligned 2 MiB, how many ask for a THP. */
export const ANONYMOUS_THP_SHARE: u32 = 4;
/** Pages that it may ever have. */
export const ANONYMOUS_CAPACITY: u32 = 5;

const PAGES: u32 = 0;
const THPS: u32 = 1;
const FAULTS: u32 = 0;
const CHURN: u32 = 1;

export function startAnonymous(at: usize): bool {
  const capacity = setting(at, ANONYMOUS_CAPACITY);
  if (!openHoldings(at, 2)) return false;
  const pages = createHolding(capacity, 0, PAGE_ANON, MIGRATE_MOVABLE, ZONE_MOVABLE);
  const thps = createHolding(
    capacity >> PAGEBLOCK_ORDER,
    PAGEBLOCK_ORDER,
    PAGE_THP,
    MIGRATE_MOVABLE,
    ZONE_MOVABLE,
  );
  if (!setHolding(at, PAGES, pages) || !setHolding(at, THPS, thps)) return false;
  setSplitTarget(thps, pages);
  return true;
}

function size(at: usize): u32 {
  return livePages(holdingAt(at, PAGES)) + livePages(holdingAt(at, THPS));
}

export function stepAnonymous(at: usize, elapsedUs: u32): void {
  const target = setting(at, ANONYMOUS_TARGET);
  const has = size(at);
  const mayFault = due(at, FAULTS, setting(at, ANONYMOUS_FAULT_RATE), elapsedUs);
  const mayChurn = due(at, CHURN, setting(at, ANONYMOUS_CHURN_RATE), elapsedUs);
  if (has > target) {
    shrink(at, has - target);
  } else if (has < target) {
    fault(at, min(mayFault, target - has), FAULTS);
  } else if (mayChurn > 0) {
    // more than all of it in one step means nothing
    churn(at, min(mayChurn, has));
  }
}

/** Faults `pages` in. Where THPs are wanted a rest too small for one waits for the next time, but for the last pages. */
function fault(at: usize, pages: u32, account: u32): void {
  const share = setting(at, ANONYMOUS_THP_SHARE);
  if (share == 0) {
    takeOrKill(at, holdingAt(at, PAGES), pages);
    return;
  }
  while (pages >= PAGEBLOCK_PAGES && stateOf(at) == STATE_RUNNING) {
    const isThp = randomBelow(at, 1000) < share;
    if (!isThp || takeOrFail(at, holdingAt(at, THPS), 1) == 0) {
      takeOrKill(at, holdingAt(at, PAGES), PAGEBLOCK_PAGES);
    }
    pages -= PAGEBLOCK_PAGES;
  }
  if (pages > 0 && size(at) + pages >= setting(at, ANONYMOUS_TARGET)) {
    takeOrKill(at, holdingAt(at, PAGES), pages);
  } else {
    notYet(at, account, pages);
  }
}

/** The heap's end goes: what was faulted in last, single pages first. */
function shrink(at: usize, pages: u32): void {
  const single = holdingAt(at, PAGES);
  const part = min(pages, nrSlots(single));
  freeNewest(single, part);
  freeNewest(holdingAt(at, THPS), (pages - part + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER);
}

/** Gives chunks back and faults as much in. */
function churn(at: usize, pages: u32): void {
  const chunk = setting(at, ANONYMOUS_CHUNK);
  const single = holdingAt(at, PAGES);
  const thps = holdingAt(at, THPS);
  while (pages >= chunk && stateOf(at) == STATE_RUNNING) {
    const before = size(at);
    if (before == 0) return;
    const inThps = randomBelow(at, before) < livePages(thps);
    if (inThps && chunk >= PAGEBLOCK_PAGES) {
      freeRunAt(thps, randomBelow(at, nrSlots(thps)), 1);
    } else if (nrSlots(single) > 0) {
      freeRunAt(single, randomBelow(at, (nrSlots(single) + chunk - 1) / chunk), chunk);
    }
    fault(at, before - size(at), CHURN);
    pages -= chunk;
  }
  notYet(at, CHURN, pages);
}
