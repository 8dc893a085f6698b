// Caches that give memory back when asked.

import {
  EINVAL,
  ENOBUFS,
  RELIEF_BALLOON,
  RELIEF_HUGE_PAGES,
  RELIEF_PINS,
  RELIEF_WRITE_BACK,
} from "../abi";
import { ensureRecords } from "../mm/record-slab";
import { dropCleanPages, dropSlabPages, recordsForShrinking } from "../contig/shrink";
import { emptyPool } from "../contig/hugetlb";
import { deflateBalloon, releasePins, writeBack } from "../contig/relieve";
import { SMALL_OPERATION } from "../mm/record-slab";
import { loading } from "./loading";

/**
 * Frees empty slabs and `percent` of the reclaimable ones, other pageblocks among them by a chance
 * of `shareMilli` thousandths; returns how many pages. -EINVAL, -ENOBUFS.
 */
export function dropSlab(percent: u32, shareMilli: u32): u32 {
  if (loading || percent > 100 || shareMilli > 1000) return -EINVAL;
  return ensureRecords(recordsForShrinking()) < 0 ? -ENOBUFS : dropSlabPages(percent, shareMilli);
}

/** Drops all clean pages of files; returns how many. -EINVAL, -ENOBUFS. */
export function dropFileCache(): u32 {
  if (loading) return -EINVAL;
  return ensureRecords(recordsForShrinking()) < 0 ? -ENOBUFS : dropCleanPages();
}

/** Does what a RELIEF_* says; returns how many pages it changed or freed. -EINVAL, -ENOBUFS. */
export function relieve(kind: u32): u32 {
  if (loading) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  if (kind == RELIEF_PINS) return releasePins();
  if (kind == RELIEF_WRITE_BACK) return writeBack();
  if (kind == RELIEF_BALLOON) return deflateBalloon();
  if (kind == RELIEF_HUGE_PAGES) return emptyPool();
  return -EINVAL;
}
