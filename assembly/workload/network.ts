// A network under load: every now and then a burst of packets takes unmovable buffers, all of them
// for a moment. The OOM killer is not called for a buffer; a packet that finds none is lost.

import { MAX_ORDER, MIGRATE_UNMOVABLE, PAGE_KERNEL, ZONE_NORMAL } from "../abi";
import { createPageSet, freeAll, nrSlots } from "./page-set";
import { takeOrFail } from "./oom-killer";
import {
  COUNT_FAILED,
  addCount,
  note,
  openPageSets,
  pageSetAt,
  randomBelow,
  setNote,
  setPageSet,
  setting,
} from "./table";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";
import { FITS, IS_ADJUSTABLE, OPEN, STEP } from "./kind";

export const WORKLOAD_NETWORK: u32 = 3;

/** Mean microseconds from burst to burst. */
export const PERIOD: u32 = 0;
/** Chunks of a burst, at most; half of it at least. */
export const BURST: u32 = 1;
export const ORDER: u32 = 2;
/** Microseconds that buffers are held. */
export const HOLD: u32 = 3;

/** Microseconds until the next burst, and until the buffers go. */
const UNTIL_BURST: u32 = 0;
const UNTIL_FREE: u32 = 1;

/** Answers the questions of kind.ts. */
export function network(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
    case STEP:
      step(at, elapsedUs);
      return true;
    case IS_ADJUSTABLE:
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  return (
    setting(at, PERIOD) >= 1000 &&
    setting(at, HOLD) > 0 &&
    setting(at, HOLD) <= setting(at, PERIOD) >> 1 &&
    setting(at, PERIOD) < 1 << 30 &&
    setting(at, ORDER) <= MAX_ORDER &&
    setting(at, BURST) < 1 << 30
  );
}

function open(at: WorkloadAddr): bool {
  if (!openPageSets(at, 1)) return false;
  setNote(at, UNTIL_BURST, nextPeriod(at));
  const pageSet = createPageSet(
    setting(at, BURST),
    setting(at, ORDER),
    PAGE_KERNEL,
    MIGRATE_UNMOVABLE,
    ZONE_NORMAL,
  );
  return setPageSet(at, 0, pageSet);
}

/** From half the period to one and a half. */
function nextPeriod(at: WorkloadAddr): u32 {
  const period = setting(at, PERIOD);
  return (period >> 1) + randomBelow(at, period);
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const pageSet = pageSetAt(at, 0);
  while (elapsedUs > 0) {
    const hasBuffers = nrSlots(pageSet) > 0;
    const until = note(at, hasBuffers ? UNTIL_FREE : UNTIL_BURST);
    const passed = min(until, elapsedUs);
    elapsedUs -= passed;
    setNote(at, UNTIL_BURST, note(at, UNTIL_BURST) - min(passed, note(at, UNTIL_BURST)));
    setNote(at, UNTIL_FREE, note(at, UNTIL_FREE) - min(passed, note(at, UNTIL_FREE)));
    if (passed < until) return;
    if (hasBuffers) freeAll(pageSet);
    else receive(at, pageSet);
  }
}

function receive(at: WorkloadAddr, pageSet: PageSetAddr): void {
  const most = setting(at, BURST);
  const wanted = (most >> 1) + randomBelow(at, (most >> 1) + 1);
  addCount(at, COUNT_FAILED, wanted - takeOrFail(at, pageSet, wanted));
  setNote(at, UNTIL_BURST, nextPeriod(at));
  setNote(at, UNTIL_FREE, setting(at, HOLD));
}
