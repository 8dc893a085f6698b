// Many single pages at once, with the same result as one by one: n requests of order 0 are the
// first n pages of the chunks in list order (docs/spec/engine-model.md, bulk work).

import { ALLOC_NO_WATERMARKS, ALLOC_THISNODE, MAX_ORDER, PAGEBLOCK_ORDER } from "../abi";
import { NO_CHUNK, firstOf, insertChunk, removeChunk } from "./free-list";
import { recordFor } from "./page";
import { entryOf } from "./pageblock";
import {
  Request,
  requestFlags,
  requestKind,
  requestNode,
  requestType,
  singlePage,
} from "./request";
import {
  OVERFLOW,
  addFreePages,
  freePages,
  isCached,
  isEligible,
  lowWatermark,
  nodeOf,
  zoneListAt,
  zoneListLength,
} from "./zone";
import { neededFree, takePages } from "./zone-walk";
import { Migratetype, Pfn, ZoneNr } from "./numbers";

let takenPages: u32 = 0;

/** Length of the run that takeBulk() returned last. */
export function lastTakenPages(): u32 {
  return takenPages;
}

/**
 * Takes up to `wanted` pages out of the first chunk that an order-0 request would use; NO_CHUNK
 * where the lists of `type` are empty.
 */
function takeRun(zone: ZoneNr, type: Migratetype, wanted: u32): Pfn {
  for (let order: u32 = 0; order <= MAX_ORDER; ++order) {
    const pfn = firstOf(zone, order, type);
    if (pfn == NO_CHUNK) continue;
    removeChunk(zone, pfn, order);
    takenPages = min(wanted, 1 << order);
    addFreePages(zone, -takenPages);
    restore(zone, pfn + takenPages, pfn + (1 << order), type);
    return pfn;
  }
  return NO_CHUNK;
}

/**
 * Puts [from, end), the rest of a chunk cut at `from`, back at the list heads as its aligned binary
 * decomposition.
 */
function restore(zone: ZoneNr, from: u32, end: Pfn, type: Migratetype): void {
  while (from < end) {
    const order = min(ctz(from), MAX_ORDER);
    const entry = entryOf(from);
    if (order < PAGEBLOCK_ORDER) recordFor(entry);
    insertChunk(zone, from, order, type, false);
    from += 1 << order;
  }
}

/**
 * Up to `wanted` pages, as one run in the order of requests of order 0, whatever the order of this
 * one; caches are off. Returns the run's first pfn and sets lastTakenPages(); NO_CHUNK where not
 * even one page can be had.
 *
 * A run never crosses the point where the next request would go elsewhere: the low watermark of its
 * zone, the end of its chunk. Where the first zone above its watermark has no chunk of `type`, one
 * ordinary request (with fallback) is made.
 */
export function takeBulk(wanted: u32, request: Request): Pfn {
  const type = requestType(request);
  const kind = requestKind(request);
  const node = requestNode(request);
  const flags = requestFlags(request);
  const length = zoneListLength();
  for (let index: u32 = 0; index < length; ++index) {
    const place = zoneListAt(node, index);
    const zone = place & ~OVERFLOW;
    if (!isEligible(place, kind)) continue;
    if (nodeOf(zone) != node && flags & ALLOC_THISNODE) break;
    let budget = freePages(zone);
    if (!(flags & ALLOC_NO_WATERMARKS)) {
      const floor = neededFree(zone, 0, kind, lowWatermark(zone));
      budget = budget > floor ? budget - floor : 0;
    }
    if (budget == 0) continue;
    if (isCached(zone, 0)) break;
    const pfn = takeRun(zone, type, min(wanted, budget));
    if (pfn != NO_CHUNK) return pfn;
    break;
  }
  takenPages = 1;
  return takePages(singlePage(request));
}
