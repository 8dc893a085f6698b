// What an administrator can do before a request so that fewer pages block it.

import {
  HOLD_NONE,
  HOLD_PINNED,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGE_BALLOON,
  PAGE_BUFFER,
  PAGE_FILE_CLEAN,
  PAGE_FILE_DIRTY,
  PAGE_WRITEBACK,
} from "../abi";
import { PageState, Pfn } from "../mm/numbers";
import { makeUniform, setStateAt, stateAt } from "../mm/page";
import { HEAD, classOf, countMovable, holdOf, isMovable, stateByte } from "../mm/page-class";
import { freePagesAt } from "../mm/page-free";
import {
  NO_ZONE,
  blockState,
  countsOf,
  entryOfBlock,
  isIsolated,
  nrPageblocks,
  recordOf,
  zoneOf,
} from "../mm/pageblock";

/** The state that a page changes to; the same where it stays as it is. */
type Change = (state: PageState) => PageState;

/** Pins end. Returns how many pages can move then. */
export function releasePins(): u32 {
  return changeAll(unpinned);
}

/**
 * All data is written, and the journal has released what it held: dirty pages of files are clean,
 * buffers are held by nothing. Returns how many pages changed.
 */
export function writeBack(): u32 {
  return changeAll(written);
}

function unpinned(state: PageState): PageState {
  const pageClass = classOf(state);
  const isPinned = holdOf(state) == HOLD_PINNED && isMovable(pageClass) && pageClass != PAGE_BUFFER;
  return isPinned ? stateByte(pageClass, HOLD_NONE) : state;
}

function written(state: PageState): PageState {
  const pageClass = classOf(state);
  if (pageClass == PAGE_BUFFER) return stateByte(PAGE_BUFFER, HOLD_NONE);
  const isDirty = pageClass == PAGE_FILE_DIRTY || pageClass == PAGE_WRITEBACK;
  return isDirty ? stateByte(PAGE_FILE_CLEAN, holdOf(state)) : state;
}

function changeAll(change: Change): u32 {
  let changed: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || countMovable(countsOf(entry)) == 0) continue;
    const pfn = block << PAGEBLOCK_ORDER;
    if (!recordOf(entry)) {
      const state = blockState(entry);
      const next = state & HEAD ? state : change(state);
      if (next == state) continue;
      makeUniform(entry, next);
      changed += PAGEBLOCK_PAGES;
      continue;
    }
    for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
      const state = stateAt(pfn + page);
      const next = state & HEAD ? state : change(state);
      if (next == state) continue;
      setStateAt(pfn + page, next);
      ++changed;
    }
  }
  return changed;
}

/** The balloon gives all its pages back. Returns how many. */
export function deflateBalloon(): u32 {
  let freed: u32 = 0;
  for (let block: u32 = 0; block < nrPageblocks; ++block) {
    const entry = entryOfBlock(block);
    if (zoneOf(entry) == NO_ZONE || isIsolated(entry) || countMovable(countsOf(entry)) == 0)
      continue;
    const pfn = block << PAGEBLOCK_ORDER;
    if (!recordOf(entry)) {
      if (blockState(entry) != PAGE_BALLOON) continue;
      freePagesAt(pfn, PAGEBLOCK_ORDER);
      freed += PAGEBLOCK_PAGES;
    } else freed += deflateIn(pfn);
  }
  return freed;
}

function deflateIn(pfn: Pfn): u32 {
  let freed: u32 = 0;
  for (let page: u32 = 0; page < PAGEBLOCK_PAGES; ++page) {
    const state = stateAt(pfn + page);
    if (state & HEAD || classOf(state) != PAGE_BALLOON) continue;
    freePagesAt(pfn + page, 0);
    ++freed;
  }
  return freed;
}
