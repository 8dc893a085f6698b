// What the page flags of a captured guest say by themselves, to be held against its counters and
// its map counts: no other file of a capture sees single pages. Goes by the words as captured,
// before any page gets a class.

import { MAX_ORDER, PAGEBLOCK_ORDER } from "../abi";
import { SCRATCH } from "../mm/layout";
import { BlockNr, Pfn } from "../mm/numbers";
import {
  isCompoundHead,
  isCompoundTail,
  isFreeByFlags,
  isImpossible,
  isKernelObject,
  isMapped,
  isMappedAnon,
} from "./page-flags";

// u32 each: free chunks by order, 0 to MAX_ORDER, then these.
const MAPPED_ANON: usize = (MAX_ORDER + 1) << 2;
const IMPOSSIBLE: usize = MAPPED_ANON + 4;
const LONE_TAILS: usize = MAPPED_ANON + 8;
const KERNEL_BLOCKS: usize = MAPPED_ANON + 12;
const MAP_DIFFERENCES: usize = MAPPED_ANON + 16;
const COMPARED: usize = MAPPED_ANON + 20;
const BYTES: usize = MAPPED_ANON + 24;
const TALLIES: usize = memory.data(17 * 4, 4);
if (BYTES != 17 * 4) ERROR("TALLIES must hold what is counted");

/** The page after the last one surveyed, its word, and where the run of free pages began. */
let next: Pfn = 0;
let word: u64 = 0;
let freeFrom: Pfn = 0;
/** The pageblock after the last one with an object of the kernel. */
let nextKernelBlock: BlockNr = 0;

function add(tally: usize, nr: u32): void {
  store<u32>(TALLIES + tally, load<u32>(TALLIES + tally) + nr);
}

/**
 * Counts `nr` pages from `start` on, which must not lie before pages that were counted: kpageflags
 * words at `flags`.
 */
export function surveyFlags(start: Pfn, nr: u32, flags: usize): void {
  if (start != next) {
    endRun(start, 0);
    next = start;
  }
  for (let page: u32 = 0; page < nr;) {
    const first = load<u64>(flags + ((<usize>page) << 3));
    let end = page + 1;
    while (end < nr && load<u64>(flags + ((<usize>end) << 3)) == first) ++end;
    if (first != word) endRun(start + page, first);
    note(start + page, end - page, first);
    page = end;
  }
  next = start + nr;
}

/** Ends the run of equal pages before `pfn`, where pages with the word `following` begin. */
function endRun(pfn: Pfn, following: u64): void {
  if (isFreeByFlags(word)) addChunks(freeFrom, next);
  // a tail belongs to the page before it
  const isContinued = pfn == next && (isCompoundHead(word) || isCompoundTail(word));
  if (isCompoundTail(following) && !isContinued) add(LONE_TAILS, 1);
  word = following;
  freeFrom = pfn;
}

function note(start: Pfn, nr: u32, flags: u64): void {
  next = start + nr;
  if (isMappedAnon(flags)) add(MAPPED_ANON, nr);
  if (isImpossible(flags)) add(IMPOSSIBLE, nr);
  if (!isKernelObject(flags)) return;
  const block = max(start >> PAGEBLOCK_ORDER, nextKernelBlock);
  nextKernelBlock = ((next - 1) >> PAGEBLOCK_ORDER) + 1;
  add(KERNEL_BLOCKS, nextKernelBlock - block);
}

/** Free neighbours are in the largest aligned chunks: __free_one_page() merges them. */
function addChunks(start: Pfn, end: Pfn): void {
  while (start < end) {
    const fitting: u32 = 31 - clz(end - start);
    const aligned: u32 = start ? ctz(start) : MAX_ORDER;
    const order = min(min(fitting, aligned), <u32>MAX_ORDER);
    add(order << 2, 1);
    start += 1 << order;
  }
}

/** Compares `nr` words with the map counts at `counts`: a page is mapped by both, or by neither. */
export function surveyMapCounts(nr: u32, flags: usize, counts: usize): void {
  let differing: u32 = 0;
  let mapped: u32 = 0;
  for (let page: u32 = 0; page < nr; ++page) {
    const at = (<usize>page) << 3;
    const isCounted = load<u64>(counts + at) != 0;
    differing += <u32>(isMapped(load<u64>(flags + at)) != isCounted);
    mapped += <u32>isCounted;
  }
  add(MAP_DIFFERENCES, differing);
  add(COMPARED, mapped);
}

/** Ends the survey: scratch = the tallies. */
export function endSurvey(): void {
  endRun(next, 0);
  memory.copy(SCRATCH, TALLIES, BYTES);
}
