// Kernel memory that comes and goes: slab, page tables, buffers. Most of it lives for a moment and
// a little for very long. Lifetimes are a mixture of exponential ones whose means double from
// octave to octave while their share halves, which follows a Pareto distribution of exponent 1 (a
// heavy tail) as far as the octaves reach.

import { MAX_ORDER, MIGRATE_RECLAIMABLE, PAGE_CLASSES, ZONE_NORMAL } from "../abi";
import { createPageSet, freeRunAt, liveChunks, nrSlots } from "./page-set";
import { isMovable, isUsed } from "../mm/page-class";
import { takeOrKill } from "./oom-killer";
import {
  STATE_RUNNING,
  drawNumber,
  due,
  openPageSets,
  pageSetAt,
  randomBelow,
  setPageSet,
  setting,
  stateOf,
} from "./table";
import { PageSetAddr, WorkloadAddr } from "../mm/numbers";
import { FITS, IS_ADJUSTABLE, OPEN, STEP } from "./kind";

export const WORKLOAD_KERNEL: u32 = 2;

/** Chunks a second that are allocated. */
export const RATE: u32 = 0;
export const ORDER: u32 = 1;
export const CLASS: u32 = 2;
export const TYPE: u32 = 3;
/** Mean lifetime of the first octave in microseconds. */
export const SHORTEST: u32 = 4;
export const OCTAVES: u32 = 5;
/** Chunks that there may ever be. */
export const CAPACITY: u32 = 6;

const MAX_OCTAVES: u32 = 32;

/** Answers the questions of kind.ts. */
export function kernel(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
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
  const pageClass = setting(at, CLASS);
  if (pageClass >= PAGE_CLASSES || !isUsed(pageClass) || isMovable(pageClass)) return false;
  if (setting(at, ORDER) > MAX_ORDER || setting(at, TYPE) > MIGRATE_RECLAIMABLE) return false;
  const octaves = setting(at, OCTAVES);
  return octaves > 0 && octaves <= MAX_OCTAVES && setting(at, SHORTEST) > 0;
}

function open(at: WorkloadAddr): bool {
  const octaves = setting(at, OCTAVES);
  if (!openPageSets(at, octaves)) return false;
  for (let octave: u32 = 0; octave < octaves; ++octave) {
    const pageSet = createPageSet(
      setting(at, CAPACITY),
      setting(at, ORDER),
      setting(at, CLASS),
      setting(at, TYPE),
      ZONE_NORMAL,
    );
    if (!setPageSet(at, octave, pageSet)) return false;
  }
  return true;
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  const octaves = setting(at, OCTAVES);
  let births = due(at, 0, setting(at, RATE), elapsedUs);
  for (let octave: u32 = 0; octave < octaves && stateOf(at) == STATE_RUNNING; ++octave) {
    const meanUs = (<u64>setting(at, SHORTEST)) << octave;
    const pageSet = pageSetAt(at, octave);
    die(at, pageSet, randomPart(at, liveChunks(pageSet), elapsedUs, meanUs));
    // the last octave takes what is left; of those born now some are gone again before the step
    // ends
    const born = octave + 1 == octaves ? births : randomPart(at, births, 1, 2);
    births -= born;
    const staying = <u64>elapsedUs > meanUs ? randomPart(at, born, meanUs, elapsedUs) : born;
    const room = setting(at, CAPACITY) - min(setting(at, CAPACITY), liveChunks(pageSet));
    takeOrKill(at, pageSet, min(staying, room));
  }
}

/** `count * part / whole`, at most `count`, rounded up or down by chance. */
function randomPart(at: WorkloadAddr, count: u32, part: u64, whole: u64): u32 {
  if (part >= whole) return count;
  const product = <u64>count * part;
  // as many bits as leave room for the random number's 32
  const shift = max<u64>(32, 64 - clz(whole)) - 32;
  const roundsUp = (<u64>drawNumber(at) * (whole >> shift)) >> 32 < (product % whole) >> shift;
  return <u32>(product / whole) + (roundsUp ? 1 : 0);
}

function die(at: WorkloadAddr, pageSet: PageSetAddr, count: u32): void {
  for (; count > 0 && nrSlots(pageSet) > 0; --count) {
    freeRunAt(pageSet, randomBelow(at, nrSlots(pageSet)), 1);
  }
}
