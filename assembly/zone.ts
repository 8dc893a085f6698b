// Zones: counters, marks and zone lists. 256 bytes each.
//
//   byte 0                44      48         52        56        60     64     68    72    76     80              100    104     108     112         122
//        +----------------+-------+----------+---------+---------+------+------+-----+-----+------+---------------+------+-------+-------+-----------+
//        | nrFree[11]     | free  | isolated | managed | present | kind | node | min | low | high | reserve[5]    | lru  | boost | cache | orders[5] |
//        +----------------+-------+----------+---------+---------+------+------+-----+-----+------+---------------+------+-------+-------+-----------+
//
// nrFree    free chunks by order, over all list types (what buddyinfo prints).
// free      NR_FREE_PAGES: pages in free chunks outside the ISOLATE lists.
// isolated  pageblocks of type ISOLATE.
// reserve   lowmem reserve in pages against requests whose highest zone kind is the index.
// lru       pages on LRU lists.
// cache     address of the zone's per-CPU caches, 0 = off.
// orders    orders that have chunks, by list type.

import { EINVAL, ENOMEM, MAX_ZONES, ZONE_DMA32, ZONE_KINDS, ZONE_NORMAL } from "./abi";
import { ZONES } from "./layout";

const ZONE_SHIFT: u32 = 8;

export let nrZones: u32 = 0;
let nrNodes: u32 = 0;

export function zoneAt(zone: u32): usize {
  return ZONES + ((<usize>zone) << ZONE_SHIFT);
}

export function nrFreeOf(zone: u32, order: u32): u32 {
  return load<u32>(zoneAt(zone) + ((<usize>order) << 2));
}
export function addNrFree(zone: u32, order: u32, delta: i32): void {
  const at = zoneAt(zone) + ((<usize>order) << 2);
  store<u32>(at, load<u32>(at) + delta);
}

// Which orders have chunks, a bit each, one u16 per list type.
const ORDERS: usize = 112;

function ordersAt(zone: u32, type: u32): usize {
  return zoneAt(zone) + ORDERS + ((<usize>type) << 1);
}

/** Orders that have chunks on the lists of `type`, a bit each. */
export function ordersOf(zone: u32, type: u32): u32 {
  return load<u16>(ordersAt(zone, type));
}
export function markOrder(zone: u32, order: u32, type: u32): void {
  const at = ordersAt(zone, type);
  store<u16>(at, load<u16>(at) | (<u16>((<u32>1) << order)));
}
export function clearOrder(zone: u32, order: u32, type: u32): void {
  const at = ordersAt(zone, type);
  store<u16>(at, load<u16>(at) & ~(<u16>((<u32>1) << order)));
}

export function freePages(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 44);
}
export function addFreePages(zone: u32, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, 44) + delta, 44);
}

export function isolatedBlocks(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 48);
}
export function addIsolatedBlocks(zone: u32, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, 48) + delta, 48);
}

export function presentPages(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 56);
}
export function addPresentPages(zone: u32, delta: i32): void {
  const at = zoneAt(zone);
  preferencesKnown = false;
  store<u32>(at, load<u32>(at, 56) + delta, 56);
}

export function kindOf(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 60);
}
export function nodeOf(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 64);
}

export function lruPages(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 100);
}
export function addLruPages(zone: u32, delta: i32): void {
  const at = zoneAt(zone);
  store<u32>(at, load<u32>(at, 100) + delta, 100);
}

export function cacheOf(zone: u32): usize {
  return load<u32>(zoneAt(zone), 108);
}
export function setCache(zone: u32, cache: usize): void {
  store<u32>(zoneAt(zone), <u32>cache, 108);
}

/** LRU pages of all zones of a node. */
export function lruOfNode(node: u32): u32 {
  let sum: u32 = 0;
  for (let zone: u32 = 0; zone < nrZones; ++zone) if (nodeOf(zone) == node) sum += lruPages(zone);
  return sum;
}

/** Sets the watermarks, in pages. */
export function setMarks(zone: u32, min: u32, low: u32, high: u32): void {
  const at = zoneAt(zone);
  store<u32>(at, min, 68);
  store<u32>(at, low, 72);
  store<u32>(at, high, 76);
}
export function minMark(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 68);
}
export function lowMark(zone: u32): u32 {
  return load<u32>(zoneAt(zone), 72);
}

export function setReserve(zone: u32, kind: u32, pages: u32): void {
  store<u32>(zoneAt(zone) + ((<usize>kind) << 2), pages, 80);
}
export function reserveOf(zone: u32, kind: u32): u32 {
  return load<u32>(zoneAt(zone) + ((<usize>kind) << 2), 80);
}

// Zone lists: for each of up to 16 nodes the zones in the order in which a request of that node
// tries them: own node first, then by distance of the node numbers; in a node from the highest kind down.
const ZONE_LISTS: usize = ZONES + 0x1000;

export function zoneListLength(): u32 {
  return nrZones;
}
export function zoneListAt(node: u32, index: u32): u32 {
  return load<u8>(ZONE_LISTS + ((<usize>node) << 4) + index);
}

function distance(a: u32, b: u32): u32 {
  return a > b ? ((a - b) << 1) | 1 : (b - a) << 1;
}

/** Sort key of a zone in the zone list of `node`; smaller comes first. */
function zoneListKey(node: u32, zone: u32): u32 {
  return (distance(node, nodeOf(zone)) << 8) | ((ZONE_KINDS - kindOf(zone)) << 4) | zone;
}

function buildZoneLists(): void {
  for (let node: u32 = 0; node < MAX_ZONES; ++node) {
    const list = ZONE_LISTS + ((<usize>node) << 4);
    for (let filled: u32 = 0; filled < nrZones; ++filled) {
      let at = filled;
      const key = zoneListKey(node, filled);
      while (at > 0 && zoneListKey(node, load<u8>(list + at - 1)) > key) {
        store<u8>(list + at, load<u8>(list + at - 1));
        --at;
      }
      store<u8>(list + at, <u8>filled);
    }
  }
}

/** Adds an empty zone. Returns its index, -EINVAL for a bad kind, node or a twin, -ENOMEM when there are MAX_ZONES. */
export function createZone(kind: u32, node: u32): i32 {
  if (kind >= ZONE_KINDS || node >= MAX_ZONES) return -EINVAL;
  if (nrZones == MAX_ZONES) return -ENOMEM;
  let newNode: u32 = 1;
  for (let zone: u32 = 0; zone < nrZones; ++zone) {
    if (nodeOf(zone) != node) continue;
    if (kindOf(zone) == kind) return -EINVAL;
    newNode = 0;
  }
  const at = zoneAt(nrZones);
  store<u32>(at, kind, 60);
  store<u32>(at, node, 64);
  ++nrZones;
  nrNodes += newNode;
  preferencesKnown = false;
  buildZoneLists();
  return nrZones - 1;
}

// For each node and highest zone kind: the zone that a request tries first, with FIRST_NOFRAGMENT, or NO_FIRST.
const FIRST_ZONES: usize = ZONES + 0x1100;
const FIRST_NOFRAGMENT: u32 = 0x80;
const NO_FIRST: u32 = 0xff;
let preferencesKnown: bool = false;

/** The zone of its own node that a request tries first, or -1. */
export function firstZone(kind: u32, node: u32): i32 {
  const first = firstAt(kind, node);
  return first == NO_FIRST ? -1 : first & ~FIRST_NOFRAGMENT;
}

/**
 * Does a request start with NOFRAGMENT? Only where it prefers ZONE_NORMAL, and the node has DMA32 memory or there is one node
 * only (page-allocator.md 6.3).
 */
export function startsNoFragment(kind: u32, node: u32): bool {
  const first = firstAt(kind, node);
  return first != NO_FIRST && (first & FIRST_NOFRAGMENT) != 0;
}

function firstAt(kind: u32, node: u32): u32 {
  if (!preferencesKnown) learnPreferences();
  return load<u8>(FIRST_ZONES + ((<usize>node) << 3) + kind);
}

function learnPreferences(): void {
  for (let node: u32 = 0; node < MAX_ZONES; ++node) {
    for (let kind: u32 = 0; kind < ZONE_KINDS; ++kind) {
      store<u8>(FIRST_ZONES + ((<usize>node) << 3) + kind, <u8>findFirst(kind, node));
    }
  }
  preferencesKnown = true;
}

function findFirst(kind: u32, node: u32): u32 {
  for (let index: u32 = 0; index < nrZones; ++index) {
    const zone = zoneListAt(node, index);
    if (kindOf(zone) > kind) continue;
    if (nodeOf(zone) != node) return NO_FIRST;
    return avoidsFragments(zone) ? zone | FIRST_NOFRAGMENT : zone;
  }
  return NO_FIRST;
}

function avoidsFragments(zone: u32): bool {
  if (kindOf(zone) != ZONE_NORMAL) return false;
  if (nrNodes == 1) return true;
  for (let other: u32 = 0; other < nrZones; ++other) {
    if (nodeOf(other) == nodeOf(zone) && kindOf(other) == ZONE_DMA32) {
      return presentPages(other) > 0;
    }
  }
  return false;
}
