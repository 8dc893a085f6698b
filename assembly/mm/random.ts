// Seeded chance for what a capture cannot show: pages that are pinned, locked or busy at the moment
// of an attempt. The state of the generator is part of the guest.

import { PAGE_CLASSES } from "../abi";
import { THRESHOLDS, THRESHOLDS_BYTES } from "./layout";
import { xorshift32 } from "./xorshift";

// Thresholds by page class, u32 each: a page is held if the next random number is below it. 0 =
// never.
if (PAGE_CLASSES << 2 > THRESHOLDS_BYTES) ERROR("THRESHOLDS is too small");

let state: u32 = 0x9e3779b9;
let anyThreshold: bool = false;

export function seed(value: u32): void {
  state = value ? value : 0x9e3779b9;
}

export function nextRandom(): u32 {
  state = xorshift32(state);
  return state;
}

/**
 * Pages of `pageClass` are held with probability `threshold` / 2^32 per attempt to collect them.
 */
export function setThreshold(pageClass: u32, threshold: u32): void {
  store<u32>(THRESHOLDS + ((<usize>pageClass) << 2), threshold);
  anyThreshold = false;
  for (let at: u32 = 0; at < PAGE_CLASSES; ++at) {
    if (load<u32>(THRESHOLDS + ((<usize>at) << 2))) anyThreshold = true;
  }
}

/** Is this page held just now? Draws a number only for classes that have a probability. */
export function heldByChance(pageClass: u32): bool {
  if (!anyThreshold) return false;
  const threshold = load<u32>(THRESHOLDS + ((<usize>pageClass) << 2));
  return threshold != 0 && nextRandom() < threshold;
}
