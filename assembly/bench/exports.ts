// The loops of a benchmark, as exports. An entry of its own: the release core does not have them.

import { EINVAL, ENOBUFS, MAX_ORDER } from "../abi";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { nrPageblocks } from "../mm/pageblock";
import {
  CHURNED,
  churn,
  drainHandles,
  failedSteps,
  fill,
  handleCapacity,
  mayHold,
  openHandles,
  repeat,
  shuffle,
} from "./loops";
import { loading } from "../exports/loading";

/** See openHandles(). Returns 0, -EINVAL or -ENOBUFS. */
export function benchOpen(handles: u32): i32 {
  if (nrPageblocks == 0 || handles == 0 || handles > 1 << 29) return -EINVAL;
  return openHandles(handles);
}

/**
 * See fill(): allocates `count` chunks of movable pages; returns a checksum. 0 for bad arguments.
 */
export function benchFill(order: u32, count: u32): u32 {
  const fits = order <= MAX_ORDER && count <= handleCapacity() && mayHold(order);
  return !loading && fits ? fill(order, count) : 0;
}

/** See drainHandles(). */
export function benchDrain(order: u32, count: u32): i32 {
  if (loading || !mayHold(order) || count > handleCapacity()) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  drainHandles(order, count);
  return 0;
}

/** See repeat(). 0 for bad arguments. */
export function benchRepeat(order: u32, count: u32): u32 {
  return !loading && order <= MAX_ORDER ? repeat(order, count) : 0;
}

/** See shuffle(). */
export function benchShuffle(count: u32, all: u32, seed: u32): i32 {
  if (count > all || all > handleCapacity()) return -EINVAL;
  shuffle(count, all, seed);
  return 0;
}

/** See churn(). 0 for bad arguments. */
export function benchChurn(slots: u32, steps: u32, seed: u32): u32 {
  const fits = slots > 0 && (slots & (slots - 1)) == 0 && slots <= handleCapacity();
  return !loading && fits && mayHold(CHURNED) ? churn(slots, steps, seed) : 0;
}

/** Allocations of benchChurn() that failed. */
export function benchFailed(): u32 {
  return failedSteps;
}
