// The `frag` benchmark of LLFree (Wrenger et al., USENIX ATC'23; luhsra/linux-alloc-bench): threads
// fill nine tenths of a zone with single movable pages, shuffle them among each other, free one
// half, and then, round after round, free a random share of what they hold and allocate as many
// again. What it measures is how scattered the free pages stay.
//
// The threads take turns of TURN pages, where the real ones race.

import { MIGRATE_MOVABLE, PAGE_ANON, PAGE_KERNEL, ZONE_NORMAL } from "../abi";
import {
  createPageSet,
  freeNewest,
  freePlace,
  isFreed,
  liveChunks,
  nrSlots,
  pfnAt,
  putChunk,
  takeInto,
  takePlace,
} from "./page-set";
import { reserve } from "../mm/reserve";
import { PAGE_MASK } from "../mm/page";
import { entryOf, recordOf } from "../mm/pageblock";
import { HEAD } from "../mm/page-class";
import { linksOfState } from "../mm/record-slab";
import { setCurrentCpu } from "../mm/per-cpu-cache";
import {
  COUNT_FAILED,
  COUNT_TAKEN,
  addCount,
  due,
  note,
  openPageSets,
  pageSetAt,
  setNote,
  setPageSet,
  setting,
} from "./table";
import { wyrandBelow } from "../mm/wyrand";
import { PageSetAddr, Pfn, WorkloadAddr } from "../mm/numbers";
import { FITS, OPEN, START, STEP } from "./kind";

export const WORKLOAD_FRAG: u32 = 7;

/** Pages that each thread takes. */
export const PAGES: u32 = 0;
export const THREADS: u32 = 1;
export const ROUNDS: u32 = 2;
/** Percentage that a round frees and allocates. */
export const SHARE: u32 = 3;
/** Operations a second. */
export const RATE: u32 = 4;
/**
 * 1: the pages could be moved, as those of a program; 0: they are the kernel's, as in the original.
 */
export const MOVABLE: u32 = 5;

const MAX_THREADS: u32 = 64;
const TURN: u32 = 64;
const SHUFFLE_SEED: u64 = 42;

// Stages, in order; FREE and ALLOCATE take turns.
const FILL: u32 = 0;
const SHUFFLE: u32 = 1;
const HALVE: u32 = 2;
const FREE: u32 = 3;
const ALLOCATE: u32 = 4;
const DONE: u32 = 5;

const STAGE: u32 = 0;
/** Operations that the stage has done: of each thread, or of the shuffle as a whole. */
const PROGRESS: u32 = 1;
const ROUND: u32 = 2;
/**
 * u64 states of generators: of each thread, of its copy, of its look ahead, and that of the
 * shuffle.
 */
const RANDOM_AT: u32 = 3;

/** Answers the questions of kind.ts. */
export function frag(at: WorkloadAddr, question: u32, elapsedUs: u32): bool {
  switch (question) {
    case FITS:
      return fits(at);
    case OPEN:
      return open(at);
    case START:
      forget(at);
      return true;
    case STEP:
      step(at, elapsedUs);
      return true;
    default:
      return false;
  }
}

function fits(at: WorkloadAddr): bool {
  const threads = setting(at, THREADS);
  if (threads == 0 || threads > MAX_THREADS || setting(at, SHARE) > 90) return false;
  return setting(at, PAGES) >= 2 && setting(at, PAGES) < 1 << 28;
}

function open(at: WorkloadAddr): bool {
  const threads = setting(at, THREADS);
  const random = reserve((<u64>threads * 3 + 1) << 3);
  if (!random || !openPageSets(at, threads)) return false;
  setNote(at, RANDOM_AT, <u32>random);
  for (let thread: u32 = 0; thread < threads; ++thread) {
    const state = setting(at, MOVABLE) ? PAGE_ANON : PAGE_KERNEL;
    const pageSet = createPageSet(setting(at, PAGES), 0, state, MIGRATE_MOVABLE, ZONE_NORMAL);
    if (!setPageSet(at, thread, pageSet)) return false;
  }
  return true;
}

/** It begins again with its next step. */
function forget(at: WorkloadAddr): void {
  const random = <usize>note(at, RANDOM_AT);
  for (let thread: u32 = 0; thread < setting(at, THREADS); ++thread) {
    store<u64>(random + ((<usize>thread) << 3), thread);
  }
  store<u64>(shuffleState(at), SHUFFLE_SEED);
  setNote(at, STAGE, FILL);
  setNote(at, PROGRESS, 0);
  setNote(at, ROUND, 0);
}

function threadState(at: WorkloadAddr, thread: u32): usize {
  return <usize>note(at, RANDOM_AT) + ((<usize>thread) << 3);
}
function copyState(at: WorkloadAddr, thread: u32): usize {
  return threadState(at, setting(at, THREADS) + thread);
}
function aheadState(at: WorkloadAddr, thread: u32): usize {
  return threadState(at, 2 * setting(at, THREADS) + thread);
}
function shuffleState(at: WorkloadAddr): usize {
  return threadState(at, 3 * setting(at, THREADS));
}

/** Rounds that are over. */
export function fragRounds(at: WorkloadAddr): u32 {
  return note(at, ROUND);
}

function kept(at: WorkloadAddr): u32 {
  return setting(at, PAGES) >> 1;
}

/** Operations of the stage: per thread, or all swaps of the shuffle. */
function stageLength(at: WorkloadAddr): u32 {
  const stage = note(at, STAGE);
  if (stage == FILL) return setting(at, PAGES);
  if (stage == SHUFFLE) return setting(at, PAGES) * setting(at, THREADS);
  if (stage == HALVE) return setting(at, PAGES) - kept(at);
  return <u32>((<u64>kept(at) * setting(at, SHARE)) / 100);
}

function step(at: WorkloadAddr, elapsedUs: u32): void {
  let budget = due(at, 0, setting(at, RATE), elapsedUs);
  while (budget > 0 && note(at, STAGE) != DONE) {
    const isShuffle = note(at, STAGE) == SHUFFLE;
    const progress = note(at, PROGRESS);
    const turn = min(isShuffle ? TURN * setting(at, THREADS) : TURN, stageLength(at) - progress);
    if (isShuffle) swapPlaces(at, progress, turn);
    else work(at, turn);
    setNote(at, PROGRESS, progress + turn);
    budget -= min(budget, isShuffle ? turn : turn * setting(at, THREADS));
    if (progress + turn < stageLength(at)) continue;
    nextStage(at);
    // so that the caller sees the end of each round
    if (note(at, STAGE) != ALLOCATE) return;
  }
}

function nextStage(at: WorkloadAddr): void {
  const stage = note(at, STAGE);
  setNote(at, PROGRESS, 0);
  if (stage != ALLOCATE) {
    setNote(at, STAGE, stage + 1);
    // allocating goes the way that freeing went
    if (stage + 1 == FREE) copyRandom(at);
    if (stage + 1 == FREE && setting(at, ROUNDS) == 0) setNote(at, STAGE, DONE);
    return;
  }
  setNote(at, ROUND, note(at, ROUND) + 1);
  const isOver = note(at, ROUND) == setting(at, ROUNDS);
  setNote(at, STAGE, isOver ? DONE : FREE);
  copyRandom(at);
}

function copyRandom(at: WorkloadAddr): void {
  for (let thread: u32 = 0; thread < setting(at, THREADS); ++thread) {
    store<u64>(copyState(at, thread), load<u64>(threadState(at, thread)));
  }
}

/** A turn of each thread. */
function work(at: WorkloadAddr, turn: u32): void {
  const stage = note(at, STAGE);
  for (let thread: u32 = 0; thread < setting(at, THREADS); ++thread) {
    setCurrentCpu(thread);
    const pageSet = pageSetAt(at, thread);
    if (stage == FILL) fillTurn(at, pageSet, turn);
    else if (stage == HALVE) freeUpperHalf(at, pageSet, turn);
    else if (stage == FREE) freeSome(at, thread, turn);
    else allocateSome(at, thread, turn);
  }
  setCurrentCpu(0);
}

function fillTurn(at: WorkloadAddr, pageSet: PageSetAddr, turn: u32): void {
  const got = takeInto(pageSet, turn);
  addCount(at, COUNT_TAKEN, got);
  addCount(at, COUNT_FAILED, turn - got);
}

/** Frees the next pages of the upper half, ascending; its places go with the last one. */
function freeUpperHalf(at: WorkloadAddr, pageSet: PageSetAddr, turn: u32): void {
  const first = kept(at) + note(at, PROGRESS);
  const nr = nrSlots(pageSet);
  for (let place = first; place < min(first + turn, nr); ++place) freePlace(pageSet, place);
  if (first + turn >= setting(at, PAGES) && nr > kept(at)) freeNewest(pageSet, nr - kept(at));
}

/**
 * Swaps `count` places, from the `first` on in an order that goes round the threads, with random
 * ones.
 */
function swapPlaces(at: WorkloadAddr, first: u32, count: u32): void {
  const threads = setting(at, THREADS);
  const all = threads * setting(at, PAGES);
  for (let from = first; from < first + count; ++from) {
    const to = <u32>wyrandBelow(shuffleState(at), all);
    const a = pageSetAt(at, from % threads);
    const b = pageSetAt(at, to % threads);
    if (from / threads >= nrSlots(a) || to / threads >= nrSlots(b)) continue;
    const pfn = pfnAt(a, from / threads);
    putChunk(a, from / threads, pfnAt(b, to / threads));
    putChunk(b, to / threads, pfn);
  }
}

/**
 * Frees `count` random pages. First looks at all of them, so that their memory is fetched side by
 * side and not one after the other.
 */
function freeSome(at: WorkloadAddr, thread: u32, count: u32): void {
  const pageSet = pageSetAt(at, thread);
  const state = threadState(at, thread);
  const ahead = aheadState(at, thread);
  store<u64>(ahead, load<u64>(state));
  let seen: u32 = 0;
  for (let look: u32 = 0; look < count; ++look) {
    const pfn = pfnAt(pageSet, <u32>wyrandBelow(ahead, nrSlots(pageSet)));
    if (!isFreed(pfn)) seen += prefetchFree(pfn);
  }
  warmed = seen;
  while (count > 0 && liveChunks(pageSet) > 0) {
    const place = <u32>wyrandBelow(state, nrSlots(pageSet));
    if (isFreed(pfnAt(pageSet, place))) continue;
    freePlace(pageSet, place);
    --count;
  }
}

/** Keeps prefetchFree() from being dropped as useless. */
let warmed: u32 = 0;

/**
 * Fetches what freeing this page will need: its state, and where it merges, the neighbours of its
 * buddy on their list.
 */
function prefetchFree(pfn: Pfn): u32 {
  const record = recordOf(entryOf(pfn));
  if (!record) return 0;
  const buddy = <u32>load<u8>(record + ((pfn ^ 1) & PAGE_MASK));
  const links = linksOfState(record + (pfn & PAGE_MASK));
  if (!(buddy & HEAD)) return buddy + load<u32>(links);
  return buddy + load<u32>(load<u32>(links)) + load<u32>(load<u32>(links, 4));
}

/** Allocates into the first `count` empty places that the same numbers name. */
function allocateSome(at: WorkloadAddr, thread: u32, count: u32): void {
  const pageSet = pageSetAt(at, thread);
  const state = copyState(at, thread);
  const ahead = aheadState(at, thread);
  store<u64>(ahead, load<u64>(state));
  let seen: u32 = 0;
  for (let look: u32 = 0; look < count; ++look) {
    seen += pfnAt(pageSet, <u32>wyrandBelow(ahead, nrSlots(pageSet)));
  }
  warmed = seen;
  while (count > 0 && liveChunks(pageSet) < nrSlots(pageSet)) {
    const place = <u32>wyrandBelow(state, nrSlots(pageSet));
    if (!isFreed(pfnAt(pageSet, place))) continue;
    const got = takePlace(pageSet, place);
    addCount(at, got ? COUNT_TAKEN : COUNT_FAILED, 1);
    --count;
  }
}
