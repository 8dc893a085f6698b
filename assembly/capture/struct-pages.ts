// From the kernel's own struct pages to the extended page state that page-flags.ts reads. Where the
// fields lie differs between kernels; the guest says it (src/capture/struct-page-layout.ts).

import { EINVAL } from "../abi";
import { SCRATCH, STAGING, STAGING2, STAGING_BYTES } from "../mm/layout";
import { X_COUNT, X_LRU, X_MAPS_SHIFT, X_MOVABLE_OPS, X_NO_TYPE, X_ONLINE } from "./page-flags";

/** The smallest and the largest struct page, in bytes. */
const LEAST_SIZE: u32 = 32;
const MOST_SIZE: u32 = 256;
/** Low bits of page.mapping: the page is of a driver that moves it (up to 6.16). */
const MAPPING_BITS: u64 = 3;
const MAPPING_MOVABLE: u64 = 2;

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

/**
 * Takes the layout of a struct page from the scratch area: u32 {bytes; offsets of flags, _refcount,
 * _mapcount, mapping, and of the map count of the whole folio, from its first page on, or 0; bits
 * of flags that mean lru and head}. Returns 0 or -EINVAL.
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
 * Turns the `nr` struct pages in the staging area into extended states in the second one, from the
 * word `at` on.
 */
export function decode(at: u32, nr: u32): void {
  const end = STAGING2 + ((<usize>(at + nr)) << 3);
  let page = STAGING;
  for (let word = STAGING2 + ((<usize>at) << 3); word < end; word += 8) {
    store<u64>(word, stateOf(page));
    page += structSize;
  }
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
  if ((load<u64>(page + mappingAt) & MAPPING_BITS) == MAPPING_MOVABLE) state |= X_MOVABLE_OPS;
  return state;
}

/** Map counts begin at -1; below that the field holds the type of the page. */
function mapsIn(at: usize): u64 {
  return <u64>max<i32>(load<i32>(at) + 1, 0);
}

/** Do `nr` struct pages fit into the staging area? */
export function areStaged(nr: u32): bool {
  return structSize > 0 && <u64>nr * structSize <= <u64>STAGING_BYTES;
}
