// Caches that give memory back when asked.

import { EINVAL, ENOBUFS } from "../abi";
import { ensureRecords } from "../mm/record-slab";
import { dropCleanPages, dropSlabPages, recordsForShrinking } from "../contig/shrink";
import { loading } from "./loading";

/**
 * Frees empty slabs and `percent` of the reclaimable ones; returns how many pages. -EINVAL,
 * -ENOBUFS.
 */
export function dropSlab(percent: u32): u32 {
  if (loading || percent > 100) return -EINVAL;
  return ensureRecords(recordsForShrinking()) < 0 ? -ENOBUFS : dropSlabPages(percent);
}

/** Drops all clean pages of files; returns how many. -EINVAL, -ENOBUFS. */
export function dropFileCache(): u32 {
  if (loading) return -EINVAL;
  return ensureRecords(recordsForShrinking()) < 0 ? -ENOBUFS : dropCleanPages();
}
