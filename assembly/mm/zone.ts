// Zones: free lists, counters and watermarks. 1 KiB each, so that all of it is at constant
// distances from one address:
//
//   byte 0           64                  704                     768                    1024
//        +-----------+- - - - - - - - - -+-----------------------+----------------------+
//        | order 0   | orders 1 to 10    | counters, masks       | watermarks           |
//        +-----------+- - - - - - - - - -+-----------------------+----------------------+
//
// order       a sentinel {u32 next, u32 prev} for each list type (free-list.ts); at byte 56 the
//             number of free chunks of this order over all list types (what buddyinfo prints).
// counters    u32 each: free, lru, isolated, present, kind, node, cache, cachedOrders.
//   free      NR_FREE_PAGES: pages in free chunks outside the ISOLATE lists.
//   lru       pages on LRU lists; beside free, because most pages change both.
//   isolated  pageblocks of type ISOLATE.
//   cache     address of the zone's per-CPU caches, 0 = off; cachedOrders has a bit for each order
//             that goes through them.
// watermarks  u32 each: min, low; then by the highest zone kind of a request the lowmem reserve in
//             pages, and the fast-path threshold: a request that leaves more free pages than that
//             takes the fast path.

import {
  EINVAL,
  ENOMEM,
  MAX_ZONES,
  ZONE_DMA32,
  ZONE_KINDS,
  ZONE_NORMAL,
  ZONE_PREFER_MOVABLE,
} from "../abi";
import {
  FIRST_ZONES,
  FIRST_ZONES_BYTES,
  PREFERRED_ZONES,
  PREFERRED_ZONES_BYTES,
  ZONELISTS,
  ZONELISTS_BYTES,
  ZONES,
  ZONES_BYTES,
} from "./layout";
import { LinkAddr, Migratetype, ZoneNr } from "./numbers";

const ZONE_SHIFT: u32 = 10;
const ORDER_SHIFT: u32 = 6;
// one zone more than there can be: the one without memory, see preferredZone()
if (MAX_ZONES << 4 > ZONELISTS_BYTES) ERROR("ZONELISTS is too small");
if (MAX_ZONES << 3 > FIRST_ZONES_BYTES) ERROR("FIRST_ZONES is too small");
if (MAX_ZONES << 3 > PREFERRED_ZONES_BYTES) ERROR("PREFERRED_ZONES is too small");
if ((MAX_ZONES + 1) << ZONE_SHIFT > ZONES_BYTES) ERROR("ZONES is too small");
/** From the lists of one order to those of the next. */
export const ORDER_BYTES: usize = 1 << ORDER_SHIFT;
const NR_FREE_AT: usize = 56;
const NR_FREE: usize = ZONES + NR_FREE_AT;
// From the number of a zone, shifted, to its fields.
const FREE: usize = ZONES + 704;
const LRU: usize = ZONES + 708;
const ISOLATED: usize = ZONES + 712;
const PRESENT: usize = ZONES + 716;
const KIND: usize = ZONES + 720;
const NODE: usize = ZONES + 724;
const CACHE: usize = ZONES + 728;
const CACHED_ORDERS: usize = ZONES + 732;
const MIN: usize = ZONES + 768;
const LOW: usize = ZONES + 772;
const RESERVES: usize = ZONES + 776;
const FAST_PATH_THRESHOLDS: usize = ZONES + 800;

export let nrZones: u32 = 0;
let nrNodes: u32 = 0;

function zoneAt(zone: ZoneNr): usize {
  return (<usize>zone) << ZONE_SHIFT;
}

export function nrFreeOf(zone: ZoneNr, order: u32): u32 {
  return load<u32>(linesOf(zone, order), NR_FREE);
}
export function addNrFree(zone: ZoneNr, order: u32, delta: i32): void {
  const at = linesOf(zone, order);
  store<u32>(at, load<u32>(at, NR_FREE) + delta, NR_FREE);
}

/** addNrFree() of the order and zone that the list with this sentinel belongs to. */
export function addNrFreeOf(list: LinkAddr, delta: i32): void {
  const at = list & ~(ORDER_BYTES - 1);
  store<u32>(at, load<u32>(at, NR_FREE_AT) + delta, NR_FREE_AT);
}

/** Where the lists of an order are. */
function linesOf(zone: ZoneNr, order: u32): usize {
  return zoneAt(zone) + ((<usize>order) << ORDER_SHIFT);
}

/** Address of the sentinel of a free list. */
export function listOf(zone: ZoneNr, order: u32, type: Migratetype): LinkAddr {
  return ZONES + linesOf(zone, order) + ((<usize>type) << 3);
}

export function freePages(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), FREE);
}
export function addFreePages(zone: ZoneNr, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, FREE) + delta, FREE);
}

/** Adds to both counters at once: free pages in the lower half, LRU pages in the upper one. */
export function addFreeAndLru(zone: ZoneNr, delta: u64): void {
  const at = zoneAt(zone);
  store<u64>(at, load<u64>(at, FREE) + delta, FREE);
}

export function isolatedBlocks(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), ISOLATED);
}
export function addIsolatedBlocks(zone: ZoneNr, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, ISOLATED) + delta, ISOLATED);
}

export function presentPages(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), PRESENT);
}
export function addPresentPages(zone: ZoneNr, delta: i32): void {
  const at = zoneAt(zone);
  const before = load<u32>(at, PRESENT);
  store<u32>(at, before + delta, PRESENT);
  if (before == 0 || before + delta == 0) rebuildPreferredZones();
}

export function kindOf(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), KIND);
}
export function nodeOf(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), NODE);
}

export function lruPages(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), LRU);
}
export function addLruPages(zone: ZoneNr, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, LRU) + delta, LRU);
}

export function cacheOf(zone: ZoneNr): usize {
  return load<u32>(zoneAt(zone), CACHE);
}
/** Switches the zone's caches on, for `orders`, a bit each; off with 0, 0. */
export function setCache(zone: ZoneNr, cache: usize, orders: u32): void {
  store<u32>(zoneAt(zone), <u32>cache, CACHE);
  store<u32>(zoneAt(zone), orders, CACHED_ORDERS);
  setFastPathThresholds(zone);
}

/** Does an allocation or free of `order` in this zone go through a cache? */
export function isCached(zone: ZoneNr, order: u32): bool {
  return ((load<u32>(zoneAt(zone), CACHED_ORDERS) >> order) & 1) != 0;
}

/** LRU pages of all zones of a node. */
export function lruOfNode(node: u32): u32 {
  let sum: u32 = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) if (nodeOf(zone) == node) sum += lruPages(zone);
  return sum;
}

/** Sets the watermarks, in pages. */
export function setZoneWatermarks(zone: ZoneNr, min: u32, low: u32): void {
  const at = zoneAt(zone);
  store<u32>(at, min, MIN);
  store<u32>(at, low, LOW);
  setFastPathThresholds(zone);
}
export function minWatermark(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), MIN);
}
export function lowWatermark(zone: ZoneNr): u32 {
  return load<u32>(zoneAt(zone), LOW);
}

export function setReserve(zone: ZoneNr, kind: u32, pages: u32): void {
  store<u32>(zoneAt(zone) + ((<usize>kind) << 2), pages, RESERVES);
  setFastPathThresholds(zone);
}
export function reserveOf(zone: ZoneNr, kind: u32): u32 {
  return load<u32>(zoneAt(zone) + ((<usize>kind) << 2), RESERVES);
}

/** More free pages than any zone has, also with the pages of a request added. */
const OUT_OF_REACH: u32 = 0xfffffc00;

/**
 * A request for one page up to `kind` that finds more free pages than this is above the low
 * watermark, and takes the fast path; one of a larger order needs as many more as it has pages
 * beyond the first. Out of reach while the zone has caches.
 */
export function fastPathThreshold(zone: ZoneNr, kind: u32): u32 {
  return load<u32>(zoneAt(zone) + ((<usize>kind) << 2), FAST_PATH_THRESHOLDS);
}

function setFastPathThresholds(zone: ZoneNr): void {
  for (let kind: u32 = 0; kind < ZONE_KINDS; ++kind) {
    const floor = cacheOf(zone) ? OUT_OF_REACH : lowWatermark(zone) + reserveOf(zone, kind);
    store<u32>(zoneAt(zone) + ((<usize>kind) << 2), floor, FAST_PATH_THRESHOLDS);
  }
}

// Zone lists: for each of up to 16 nodes the zones in the order in which a request of that node
// tries them: own node first, then by distance of the node numbers; in a node from the highest kind
// down. A ZONE_PREFER_MOVABLE stands in the list a second time, after ZONE_NORMAL, marked OVERFLOW:
// there the kernel's own requests find it when nothing else above the DMA zones is left.

/** Bit of a zone's second place in a zone list: only for requests up to ZONE_NORMAL. */
export const OVERFLOW: u32 = 0x80;

/** Places in each zone list. */
let listLength: u32 = 0;

export function zoneListLength(): u32 {
  return listLength;
}
/** A place of a zone list: a zone's index, with OVERFLOW or without. */
export function zoneListAt(node: u32, index: u32): u32 {
  return load<u8>(ZONELISTS + ((<usize>node) << 4) + index);
}

function distance(a: u32, b: u32): u32 {
  return a > b ? ((a - b) << 1) | 1 : (b - a) << 1;
}

/** May a request whose highest zone kind is `kind` use the zone at this place of a list? */
export function isEligible(place: u32, kind: u32): bool {
  return place & OVERFLOW ? kind == ZONE_NORMAL : kindOf(place) <= kind;
}

/** Sort key of a place in the zone list of `node`; smaller comes first. */
function zoneListKey(node: u32, place: u32): u32 {
  const zone = place & ~OVERFLOW;
  const behind: u32 = place & OVERFLOW ? ZONE_KINDS - ZONE_NORMAL : ZONE_KINDS - kindOf(zone);
  return (distance(node, nodeOf(zone)) << 9) | (behind << 5) | (place & OVERFLOW ? 16 : 0) | zone;
}

function buildZoneLists(): void {
  listLength = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) {
    insertPlace(zone);
    if (kindOf(zone) == ZONE_PREFER_MOVABLE) insertPlace(zone | OVERFLOW);
  }
}

/** Puts a place where it belongs in the lists of all nodes. */
function insertPlace(place: u32): void {
  for (let node: u32 = 0; node < MAX_ZONES; ++node) {
    const list = ZONELISTS + ((<usize>node) << 4);
    const key = zoneListKey(node, place);
    let at = listLength;
    while (at > 0 && zoneListKey(node, load<u8>(list + at - 1)) > key) {
      store<u8>(list + at, load<u8>(list + at - 1));
      --at;
    }
    store<u8>(list + at, <u8>place);
  }
  ++listLength;
}

/**
 * Adds an empty zone. Returns its index, -EINVAL for a bad kind, node or a twin, -ENOMEM when there
 * are MAX_ZONES.
 */
export function createZone(kind: u32, node: u32): i32 {
  if (kind >= ZONE_KINDS || node >= MAX_ZONES) return -EINVAL;
  const places: u32 = kind == ZONE_PREFER_MOVABLE ? 2 : 1;
  if (nrZones == MAX_ZONES || listLength + places > MAX_ZONES) return -ENOMEM;
  let newNode: u32 = 1;
  for (let zone: u32 = 0; zone < nrZones; ++zone) {
    if (nodeOf(zone) != node) continue;
    if (kindOf(zone) == kind) return -EINVAL;
    newNode = 0;
  }
  const at = zoneAt(nrZones);
  store<u32>(at, kind, KIND);
  store<u32>(at, node, NODE);
  ++nrZones;
  nrNodes += newNode;
  buildZoneLists();
  rebuildPreferredZones();
  return nrZones - 1;
}

// For each node and highest zone kind: the zone that a request tries first, with FIRST_NOFRAGMENT,
// or NO_FIRST.
export const FIRST_NOFRAGMENT: u32 = 0x80;
export const NO_FIRST: u32 = 0xff;
// The same as an index without FIRST_NOFRAGMENT.
/** Stands behind the last zone for one without memory. */
const NO_ZONE_INDEX: u32 = MAX_ZONES;

/**
 * The zone of its own node that a request tries first, with FIRST_NOFRAGMENT where it starts so:
 * only where it prefers ZONE_NORMAL, and the node has DMA32 memory or there is one node only
 * (ALLOC_NOFRAGMENT in `alloc_flags_nofragment()`, from v5.0). NO_FIRST where the node has none.
 */
export function firstZone(kind: u32, node: u32): u32 {
  return load<u8>(FIRST_ZONES + ((<usize>node) << 3) + kind);
}

/** The zone of firstZone(), or where there is none one that never has a free page. */
export function preferredZone(kind: u32, node: u32): ZoneNr {
  return load<u8>(PREFERRED_ZONES + ((<usize>node) << 3) + kind);
}

function rebuildPreferredZones(): void {
  for (let node: u32 = 0; node < MAX_ZONES; ++node) {
    for (let kind: u32 = 0; kind < ZONE_KINDS; ++kind) {
      const first = findFirst(kind, node);
      const at = ((<usize>node) << 3) + kind;
      store<u8>(FIRST_ZONES + at, <u8>first);
      store<u8>(
        PREFERRED_ZONES + at,
        <u8>(first == NO_FIRST ? NO_ZONE_INDEX : first & ~FIRST_NOFRAGMENT),
      );
    }
  }
}

function findFirst(kind: u32, node: u32): u32 {
  for (let index: u32 = 0; index < listLength; ++index) {
    const place = zoneListAt(node, index);
    const zone = place & ~OVERFLOW;
    if (!isEligible(place, kind)) continue;
    if (nodeOf(zone) != node) return NO_FIRST;
    return avoidsFragments(zone) ? zone | FIRST_NOFRAGMENT : zone;
  }
  return NO_FIRST;
}

function avoidsFragments(zone: ZoneNr): bool {
  if (kindOf(zone) != ZONE_NORMAL) return false;
  if (nrNodes == 1) return true;
  for (let other: u32 = 0; other < nrZones; ++other) {
    if (nodeOf(other) == nodeOf(zone) && kindOf(other) == ZONE_DMA32) {
      return presentPages(other) > 0;
    }
  }
  return false;
}
