// Looking at many subblocks or pages at once, into the staging area.

import { EINVAL, PAGEBLOCK_ORDER } from "../abi";
import { copyStates, lookBySubblock, zonesBySubblock } from "../inspect/look";
import { STAGING, STAGING_BYTES } from "../mm/layout";
import { Pfn } from "../mm/numbers";
import { PAGE_MASK } from "../mm/page";
import { nrPageblocks } from "../mm/pageblock";
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

/** A byte for each of `nr` pages: see copyStates(). -EINVAL where they do not fit. */
export function lookAtPages(start: Pfn, nr: u32): i32 {
  if (!inTable(start, nr) || nr > STAGING_BYTES) return -EINVAL;
  copyStates(start, nr, STAGING);
  return 0;
}
