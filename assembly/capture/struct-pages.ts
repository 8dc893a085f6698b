// From the kernel's own struct pages to the extended page state that page-flags.ts reads. Where the
// fields lie differs between kernels; the guest says it (src/capture/struct-page-layout.ts).

import { EINVAL, MAX_ORDER } from "../abi";
import { SCRATCH, STAGING, STAGING2, STAGING_BYTES } from "../mm/layout";
import { Pfn } from "../mm/numbers";
import { IN_CACHE, NO_PAGE, addLink } from "./page-links";
import {
  X_ANON,
  X_COUNT,
  X_IN_CHUNK,
  X_KNOWN,
  X_LRU,
  X_MAPS_SHIFT,
  X_MOVABLE_OPS,
  X_NO_TYPE,
  X_ONLINE,
} from "./page-flags";

/** The smallest and the largest struct page, in bytes. */
const LEAST_SIZE: u32 = 32;
const MOST_SIZE: u32 = 256;
/** Low bits of page.mapping: the page is of a driver that moves it (up to 6.16). */
const MAPPING_BITS: u64 = 3;
const MAPPING_MOVABLE: u64 = 2;
/** It is of a program. */
const MAPPING_ANON: u64 = 1;

/** Bytes of a struct page; 0: nothing is known of it. */
export let structSize: u32 = 0;
// Where its fields begin, in bytes. That of how often a folio is mapped as a whole lies in a later
// struct page of the folio; 0: not known.
let flagsAt: u32 = 0;
let refsAt: u32 = 0;
let mapsAt: u32 = 0;
let mappingAt: u32 = 0;
let wholeMapsAt: u32 = 0;
// Bits of page.flags.
let lruBit: u32 = 0;
let headBit: u32 = 0;
/** Where the links of a page on a list begin; NO_LINKS: not known. Next is first, then previous. */
const NO_LINKS: u32 = 0xffffffff;
let linksAt: u32 = NO_LINKS;
/** Where the order of a free chunk is. */
let orderAt: u32 = 0;
/** What the field of the map count holds in a free chunk's first page, as far as the mask goes. */
let freeType: u32 = 0;
let freeMask: u32 = 0;
/** Address of the struct page of pfn 0. */
let memmap: u64 = 0;

/**
 * Takes the layout of a struct page from the scratch area: u32 {bytes; offsets of flags, _refcount,
 * _mapcount, mapping, and of the map count of the whole folio, from its first page on, or 0; bits
 * of flags that mean lru and head; offsets of the links, or NO_LINKS, and of the order of a free
 * chunk; what a free chunk has in place of the map count, and a mask for it; address of the struct
 * page of pfn 0, two words}. Returns 0 or -EINVAL.
 */
export function setLayout(): i32 {
  const size = load<u32>(SCRATCH);
  if (size < LEAST_SIZE || size > MOST_SIZE || size & 7) return -EINVAL;
  for (let field: u32 = 4; field <= 16; field += 4) {
    if (load<u32>(SCRATCH + field) > size - 8 || load<u32>(SCRATCH + field) & 3) return -EINVAL;
  }
  const whole = load<u32>(SCRATCH, 20);
  if (whole > 4 * size - 4 || whole & 3) return -EINVAL;
  if (load<u32>(SCRATCH, 24) > 63 || load<u32>(SCRATCH, 28) > 63) return -EINVAL;
  const links = load<u32>(SCRATCH, 32);
  const order = load<u32>(SCRATCH, 36);
  if (links != NO_LINKS && (links > size - 16 || order > size - 8 || (links | order) & 7)) {
    return -EINVAL;
  }
  linksAt = links;
  orderAt = order;
  freeType = load<u32>(SCRATCH, 40);
  freeMask = load<u32>(SCRATCH, 44);
  memmap = load<u64>(SCRATCH, 48);
  structSize = size;
  flagsAt = load<u32>(SCRATCH, 4);
  refsAt = load<u32>(SCRATCH, 8);
  mapsAt = load<u32>(SCRATCH, 12);
  mappingAt = load<u32>(SCRATCH, 16);
  wholeMapsAt = whole;
  lruBit = load<u32>(SCRATCH, 24);
  headBit = load<u32>(SCRATCH, 28);
  return 0;
}

/**
 * Turns the `nr` struct pages in the staging area, of the pages from `start` on, into extended
 * states in the second one, from the word `at` on, and notes their links. False where memory is
 * exhausted.
 */
export function decode(at: u32, nr: u32, start: Pfn): bool {
  const end = STAGING2 + ((<usize>(at + nr)) << 3);
  let page = STAGING;
  for (let word = STAGING2 + ((<usize>at) << 3); word < end; word += 8) {
    const isUsed = load<i32>(page + refsAt) != 0;
    if (linksAt != NO_LINKS && !isUsed && !noteLinks(page, start)) return false;
    const isFree = start - chunk < chunkPages;
    store<u64>(word, isFree ? X_ONLINE | X_NO_TYPE | X_IN_CHUNK : stateOf(page));
    page += structSize;
    ++start;
  }
  return true;
}

/** The free chunk whose first page was seen last. */
let chunk: Pfn = 0;
let chunkPages: u32 = 0;

/** Notes the links of a page without references, if it is on a list of free ones. */
function noteLinks(page: usize, pfn: Pfn): bool {
  const type = load<u32>(page + mapsAt);
  let kind = IN_CACHE;
  if ((type & freeMask) == freeType) {
    const order = load<u64>(page + orderAt);
    if (order > MAX_ORDER) return true;
    kind = <u32>order;
    chunk = pfn;
    chunkPages = 1 << kind;
  } else if (type != u32.MAX_VALUE || (load<u64>(page + flagsAt) >> lruBit) & 1) {
    return true;
  }
  const next = load<u64>(page + linksAt);
  const prev = load<u64>(page + linksAt + 8);
  // no pointers: a part of a larger page; poisoned ones of a page that has left a list
  if ((next | prev) & 7 || min(next, prev) >> 56 != 0xff) return true;
  const after = pageOfLink(next);
  // never on any list: memory that was set up lately is linked to itself
  return after == pfn || addLink(pfn, after, pageOfLink(prev), kind);
}

/** The page whose links are at this address. */
function pageOfLink(address: u64): Pfn {
  const into = address - memmap - linksAt;
  const pfn = into / structSize;
  return pfn < NO_PAGE && pfn * structSize == into ? <u32>pfn : NO_PAGE;
}

/** Extended state of a struct page; 0 where nothing is known of it. */
function stateOf(page: usize): u64 {
  const flags = load<u64>(page + flagsAt);
  let maps = mapsIn(page + mapsAt);
  if ((flags >> headBit) & 1) {
    if (!wholeMapsAt) return 0;
    // The pages of the staging area's end have others behind them: the second one, or zeros.
    maps += mapsIn(page + wholeMapsAt);
  }
  const refs = <u64>max<i32>(load<i32>(page + refsAt), 0);
  let state = X_ONLINE | X_NO_TYPE | min(refs, X_COUNT) | (min(maps, X_COUNT) << X_MAPS_SHIFT);
  if ((flags >> lruBit) & 1) state |= X_LRU;
  const mapping = load<u64>(page + mappingAt) & MAPPING_BITS;
  if (mapping == MAPPING_MOVABLE) state |= X_MOVABLE_OPS;
  if (mapping == MAPPING_ANON) state |= X_ANON;
  return linksAt == NO_LINKS ? state : state | X_KNOWN;
}

/** Map counts begin at -1; below that the field holds the type of the page. */
function mapsIn(at: usize): u64 {
  return <u64>max<i32>(load<i32>(at) + 1, 0);
}

/** Do `nr` struct pages fit into the staging area? */
export function areStaged(nr: u32): bool {
  return structSize > 0 && <u64>nr * structSize <= <u64>STAGING_BYTES;
}
