// Where the pages of a request come from: the walks over the zone list with their watermarks
// (`get_page_from_freelist()`, v6.1).

import {
  ALLOC_NO_WATERMARKS,
  ALLOC_THISNODE,
  MIGRATE_MOVABLE,
  PAGE_DRIVER_MOVABLE,
  ZONE_MOVABLE,
} from "../abi";
import { hasChunk, takeChunk } from "./buddy";
import { NO_CHUNK } from "./free-list";
import { setStateAt } from "./page";
import { takeCached } from "./per-cpu-cache";
import { reclaimPages, takeSwapDebt } from "./reclaim";
import {
  OTHER_NODES,
  Request,
  fromZones,
  pagesOf,
  requestFlags,
  requestKind,
  requestNode,
  requestOrder,
  requestType,
} from "./request";
import {
  FIRST_NOFRAGMENT,
  NO_FIRST,
  OVERFLOW,
  firstZone,
  freePages,
  isCached,
  isEligible,
  lowWatermark,
  minWatermark,
  nodeOf,
  reserveOf,
  zoneListAt,
  zoneListLength,
} from "./zone";
import { Migratetype, Pfn, ZoneNr } from "./numbers";

/**
 * NR_FREE_PAGES that a request of `order` may not go below in this zone: `__zone_watermark_ok()`.
 */
export function neededFree(zone: ZoneNr, order: u32, kind: u32, mark: u32): u32 {
  return mark + reserveOf(zone, kind) + (1 << order) - 1;
}

function watermarkOk(zone: ZoneNr, order: u32, kind: u32, mark: u32): bool {
  if (freePages(zone) <= neededFree(zone, order, kind, mark)) return false;
  return order == 0 || hasChunk(zone, order);
}

/** A chunk of free pages of this zone, through its cache where it has one. */
function takeFromZone(zone: ZoneNr, order: u32, type: Migratetype, noFragment: bool): Pfn {
  return isCached(zone, order)
    ? takeCached(zone, order, type, noFragment)
    : takeChunk(zone, order, type, noFragment);
}

/**
 * One walk of the zone list. `useMin`: test the min watermark in place of low. `tried`: a zone that
 * has just failed so, or -1.
 */
function walk(request: Request, useMin: bool, noFragment: bool, tried: i32): Pfn {
  const order = requestOrder(request);
  const type = requestType(request);
  const kind = requestKind(request);
  const node = requestNode(request);
  const flags = requestFlags(request);
  const length = zoneListLength();
  for (let index: u32 = 0; index < length; ++index) {
    const place = zoneListAt(node, index);
    const zone = place & ~OVERFLOW;
    if (!isEligible(place, kind) || zone == tried) continue;
    if (noFragment && place & OVERFLOW) break; // better fragments above than kernel pages there
    if (nodeOf(zone) != node && (noFragment || flags & ALLOC_THISNODE)) break;
    if (nodeOf(zone) == node && flags & OTHER_NODES) continue;
    if (!(flags & ALLOC_NO_WATERMARKS)) {
      if (!watermarkOk(zone, order, kind, useMin ? minWatermark(zone) : lowWatermark(zone)))
        continue;
    }
    const pfn = takeFromZone(zone, order, type, noFragment);
    if (pfn != NO_CHUNK) return pfn;
  }
  return NO_CHUNK;
}

/**
 * Free pages for a request, or NO_CHUNK: all zones with the low watermark (first without
 * fragmenting, where the version's fast path does that), then all with the min watermark; single
 * pages then after reclaim, as long as it finds any. The pages are PAGE_FREE;
 * the caller sets their state.
 */
export function takePages(request: Request): Pfn {
  const kind = requestKind(request);
  const flags = requestFlags(request);
  const first = flags & OTHER_NODES ? NO_FIRST : firstZone(kind, requestNode(request));
  if (first == NO_FIRST) return takeByWalks(request, -1);
  // where every walk begins, without the loop
  const order = requestOrder(request);
  const zone = first & ~FIRST_NOFRAGMENT;
  const noFragment = first != zone;
  let tried: i32 = -1;
  if (flags & ALLOC_NO_WATERMARKS || watermarkOk(zone, order, kind, lowWatermark(zone))) {
    const pfn = takeFromZone(zone, order, requestType(request), noFragment);
    if (pfn != NO_CHUNK) return pfn;
    tried = zone;
  }
  if (!noFragment) return takeByWalks(request, tried);
  const pfn = walk(request, false, true, tried);
  return pfn == NO_CHUNK ? takeByWalks(request, -1) : pfn;
}

/** takePages() from the first walk on that may fragment. `tried`: see walk(). */
function takeByWalks(request: Request, tried: i32): Pfn {
  const pfn = walk(request, false, false, tried);
  if (pfn != NO_CHUNK || requestFlags(request) & ALLOC_NO_WATERMARKS) return pfn;
  const isSingle = requestOrder(request) == 0;
  let last = walk(request, true, false, -1);
  while (last == NO_CHUNK && isSingle && reclaimPages(requestKind(request)) > 0) {
    payForSwap(requestNode(request));
    last = walk(request, true, false, -1);
  }
  return last;
}

/**
 * Takes the pages that swap in compressed memory (zram) needs, whatever the watermarks say: reclaim
 * allocates them with PF_MEMALLOC.
 */
function payForSwap(node: u32): void {
  while (takeSwapDebt()) {
    const zones = fromZones(ZONE_MOVABLE, node, ALLOC_NO_WATERMARKS);
    const pfn = walk(pagesOf(0, MIGRATE_MOVABLE, PAGE_DRIVER_MOVABLE) | zones, true, false, -1);
    if (pfn == NO_CHUNK) return;
    setStateAt(pfn, PAGE_DRIVER_MOVABLE);
  }
}
