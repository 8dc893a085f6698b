// Memory that is pinned for good, for devices (FOLL_LONGTERM: RDMA, io_uring buffers,
// passed-through devices): anonymous pages that cannot move. Linux takes them from kernel zones.

import { HOLD_PINNED, MIGRATE_MOVABLE, PAGE_ANON, ZONE_KINDS, ZONE_NORMAL } from "../abi";
import { createPageSet, livePages } from "./page-set";
import { stateByte } from "../mm/page-class";
import { takeOrKill } from "./oom-killer";
import { due, openPageSets, pageSetAt, setPageSet, setProgram, setting } from "./table";
import { WorkloadAddr } from "../mm/numbers";
import { FITS, OPEN, STEP } from "./kind";

export const WORKLOAD_PINS: u32 = 4;

/** Pages that are to be pinned. */
export const TARGET: u32 = 0;
/** Pages a second. */
export const RATE: u32 = 1;
/**
 * Highest zone that they may come from: ZONE_NORMAL, or ZONE_MOVABLE for pins that Linux does not
 * know to be for long.
 */
export const KIND: u32 = 2;

/** Answers the questions of kind.ts. */
export function pins(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
    case STEP:
      step(at, elapsedUs);
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  return setting(at, KIND) >= ZONE_NORMAL && setting(at, KIND) < ZONE_KINDS;
}

function open(at: WorkloadAddr): bool {
  setProgram(at);
  if (!openPageSets(at, 1)) return false;
  const pageSet = createPageSet(
    setting(at, TARGET),
    0,
    stateByte(PAGE_ANON, HOLD_PINNED),
    MIGRATE_MOVABLE,
    setting(at, KIND),
  );
  return setPageSet(at, 0, pageSet);
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const pageSet = pageSetAt(at, 0);
  const target = setting(at, TARGET);
  const has = livePages(pageSet);
  const pages = due(at, 0, setting(at, RATE), elapsedUs);
  if (has < target) takeOrKill(at, pageSet, min(pages, target - has));
}
