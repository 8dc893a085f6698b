import { optionError, shown } from "../input-error.js";

/**
 * External fragmentation as debugfs `extfrag/` prints it, in thousandths, from the free chunks of a
 * zone by order as buddyinfo prints them: `__fragmentation_index()` (v6.1). Divisions round down.
 */

interface FreeMemory {
  readonly pages: number;
  readonly chunks: number;
  /** Requests of the order that the free chunks could serve. */
  readonly suitable: number;
}

function freeMemory(freeChunks: readonly number[], order: number): FreeMemory {
  if (!Number.isInteger(order) || order < 0 || order >= freeChunks.length) {
    throw optionError(`order must be from 0 to ${freeChunks.length - 1}, got ${shown(order)}`);
  }
  let pages = 0;
  let chunks = 0;
  let suitable = 0;
  for (const [at, nr] of freeChunks.entries()) {
    pages += nr * 2 ** at;
    chunks += nr;
    if (at >= order) suitable += nr * 2 ** (at - order);
  }
  return { pages, chunks, suitable };
}

/**
 * Share of the free memory that a request of `order` cannot use: 0 = all of it serves, 1000 = none,
 * also where nothing is free.
 *
 * @throws RangeError if `order` is none of `freeChunks`.
 */
export function unusableIndex(freeChunks: readonly number[], order: number): number {
  const { pages, suitable } = freeMemory(freeChunks, order);
  if (pages === 0) return 1000;
  return Math.floor(((pages - suitable * 2 ** order) * 1000) / pages);
}

/**
 * Why a request of `order` would fail: towards 0 for lack of memory, towards 1000 by fragmentation.
 * -1000 where it would not fail; 0 where nothing is free.
 *
 * @throws RangeError if `order` is none of `freeChunks`.
 */
export function fragmentationIndex(freeChunks: readonly number[], order: number): number {
  const { pages, chunks, suitable } = freeMemory(freeChunks, order);
  if (chunks === 0) return 0;
  if (suitable > 0) return -1000;
  return 1000 - Math.floor((1000 + Math.floor((pages * 1000) / 2 ** order)) / chunks);
}

/**
 * Percentage of the free memory that a request of `order` cannot use, as proactive compaction looks
 * at it; 0 where nothing is free.
 *
 * @throws RangeError if `order` is none of `freeChunks`.
 */
export function unusablePercent(freeChunks: readonly number[], order: number): number {
  const { pages, suitable } = freeMemory(freeChunks, order);
  if (pages === 0) return 0;
  return Math.floor(((pages - suitable * 2 ** order) * 100) / pages);
}
