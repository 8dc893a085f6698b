// Contiguous ranges: alloc_contig_range(), isolation.

import { EBUSY, EINVAL, ENOBUFS, GOES_ON, PAGE_CONTIG, PAGE_OFFLINE } from "../abi";
import {
  allocContigPart as allocPart,
  isPaused,
  isPausedAt,
  lastBlockingPfn,
  lastBlockingState,
  lastStage,
} from "../contig/contig-alloc";
import { SCRATCH } from "../mm/layout";
import { droppedPages, failedTries, movedPages } from "../contig/migrate";
import { recordsForRange, setRange } from "../mm/page";
import { freeContig } from "../mm/page-free";
import { SMALL_OPERATION, ensureRecords } from "../mm/record-slab";
import { isolateRange, unisolateRange } from "../contig/page-isolation";
import { allOfClass, inOneZone, inTable } from "./arguments";
import { loading } from "./loading";
import { Pfn } from "../mm/numbers";

/**
 * See allocContigPart(). [start, start + nr) lies in one zone. Returns 0, -EBUSY, -ENOMEM, -EINTR,
 * -EINVAL, -ENOBUFS; GOES_ON where it has paused after `most` pages: then the same call goes on,
 * and that of another range is -EINVAL. scratch = u32 {stage, blocking pfn or 0xffffffff, its
 * state, pages moved, pages dropped, failed tries}.
 */
export function allocContig(start: Pfn, nr: u32, most: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (isPaused() && !isPausedAt(start, start + nr)) return -EINVAL;
  if (ensureRecords(recordsForRange(nr) * 2 + SMALL_OPERATION) < 0) return -ENOBUFS;
  const result = allocPart(start, start + nr, most);
  if (result == GOES_ON) return result;
  store<u32>(SCRATCH, lastStage);
  store<u32>(SCRATCH, lastBlockingPfn, 4);
  store<u32>(SCRATCH, lastBlockingState, 8);
  store<u32>(SCRATCH, movedPages, 12);
  store<u32>(SCRATCH, droppedPages, 16);
  store<u32>(SCRATCH, failedTries, 20);
  return result;
}

/**
 * Gives a range taken by allocContig(), or marked offline after it, back. Returns 0, -EINVAL or
 * -ENOBUFS.
 */
export function freeContigRange(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (!allOfClass(start, nr, PAGE_CONTIG) && !allOfClass(start, nr, PAGE_OFFLINE)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  freeContig(start, start + nr);
  return 0;
}

/** Marks a range taken by allocContig() PG_offline. Returns 0 or -EINVAL. */
export function markOffline(start: Pfn, nr: u32): i32 {
  if (!inTable(start, nr) || !allOfClass(start, nr, PAGE_CONTIG)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  setRange(start, nr, PAGE_OFFLINE);
  return 0;
}

/** Isolates pageblocks by themselves. Returns 0 or -EBUSY, -EINVAL. */
export function isolate(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  if (ensureRecords(SMALL_OPERATION) < 0) return -ENOBUFS;
  return isolateRange(start, start + nr, false) ? 0 : -EBUSY;
}

export function unisolate(start: Pfn, nr: u32): i32 {
  if (loading || !inTable(start, nr) || !inOneZone(start, nr)) return -EINVAL;
  unisolateRange(start, start + nr);
  return 0;
}
