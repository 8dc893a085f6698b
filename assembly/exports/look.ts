// Looking at many subblocks or pages at once, into the staging area.

import { EINVAL, PAGEBLOCK_ORDER } from "../abi";
import {
  MOST_CHANGED,
  changedSubblocks,
  copyStates,
  lookBySubblock,
  zonesBySubblock,
} from "../inspect/look";
import { STAGING, STAGING_BYTES } from "../mm/layout";
import { Pfn } from "../mm/numbers";
import { PAGE_MASK } from "../mm/page";
import { lookNumber as lookNumberNow, nextLook, nrPageblocks } from "../mm/pageblock";
import { inTable } from "./arguments";

/**
 * A byte for each of `nr` subblocks of `blocksEach` pageblocks: see zonesBySubblock() where `zones`
 * is not 0, else lookBySubblock(). -EINVAL where they do not fit.
 */
export function lookAtSubblocks(start: Pfn, blocksEach: u32, nr: u32, zones: u32): i32 {
  if (blocksEach == 0 || start & PAGE_MASK || nr > STAGING_BYTES) return -EINVAL;
  const block = start >> PAGEBLOCK_ORDER;
  if (<u64>block + <u64>blocksEach * nr > <u64>nrPageblocks) return -EINVAL;
  if (zones) zonesBySubblock(block, blocksEach, nr, STAGING);
  else lookBySubblock(block, blocksEach, nr, STAGING);
  return 0;
}

/**
 * See changedSubblocks(); staging = u32 numbers, staging2 = a byte each. Returns how many, or
 * -EINVAL where they do not fit.
 */
export function lookAtChanges(start: Pfn, blocksEach: u32, nr: u32, since: u32): i32 {
  if (blocksEach == 0 || start & PAGE_MASK || nr > MOST_CHANGED) return -EINVAL;
  const block = start >> PAGEBLOCK_ORDER;
  if (<u64>block + <u64>blocksEach * nr > <u64>nrPageblocks) return -EINVAL;
  return changedSubblocks(block, blocksEach, nr, since);
}

/** Number of the look that would tell of changes made now. */
export function lookNumber(): u32 {
  return lookNumberNow;
}

/** See nextLook(). */
export function endLook(): u32 {
  return nextLook();
}

/** A byte for each of `nr` pages: see copyStates(). -EINVAL where they do not fit. */
export function lookAtPages(start: Pfn, nr: u32): i32 {
  if (!inTable(start, nr) || nr > STAGING_BYTES) return -EINVAL;
  copyStates(start, nr, STAGING);
  return 0;
}
