// The map of linear memory. Everything below TABLE has a fixed place; the pageblock
// table is sized once; what follows is handed out by `reserve` and never given back.
//
//   0         64 K      72 K     80 K    96 K      128 K     640 K     1.125 M     2 M
//   +---------+---------+--------+-------+---------+---------+----------+--- - ----+----------------+-----------------
//   | static  | scratch | zones  | lists | (spare) | staging | staging2 |          | pageblocks     | records, caches,
//   | data    | 8 K     | 8 K    | 16 K  |         | 512 K   | 512 K    |          | 32 B each      | bitmaps, journal
//   +---------+---------+--------+-------+---------+---------+----------+--- - ----+----------------+-----------------

import { ENOBUFS } from "./abi";

/** Where calls leave results of more than one number; see each export. */
export const SCRATCH: usize = 0x10000;
export const SCRATCH_BYTES: u32 = 0x2000;
export const ZONES: usize = 0x12000;
export const LISTS: usize = 0x14000;
/** Where TypeScript puts a piece of kpageflags (u64 per page) before loading it. */
export const STAGING: usize = 0x20000;
export const STAGING_BYTES: u32 = 0x80000;
/** The piece of extended page state (pgx) for the same pages. */
export const STAGING2: usize = 0xa0000;
export const TABLE: usize = 0x200000;

const WASM_PAGE: u64 = 65536;
/** 65536 pages would make byte counts wrap to 0 in 32 bits. */
const MAX_WASM_PAGES: u64 = 65535;
/** Growth step, so that records never cause one `memory.grow` each: 4 MiB or 1/16 of what is there. */
const GROW_PAGES: u64 = 64;

/** Bytes of a page record; see page.ts. Everything behind the table is a multiple of it, so that a link tells its record. */
export const RECORD_STRIDE: u32 = 2568;

let brk: u64 = <u64>TABLE;

/** Where the pageblock table ends and records may begin. */
export let recordsBase: usize = TABLE;

/** Bytes in use so far, without what was grown ahead. */
export function usedBytes(): u32 {
  return <u32>brk;
}

/** True if `bytes` more fit, after growing where needed. Grows ahead in phases. */
export function ensure(bytes: u64): bool {
  const have = <u64>memory.size();
  const need = (brk + bytes + WASM_PAGE - 1) / WASM_PAGE;
  if (need <= have) return true;
  if (need > MAX_WASM_PAGES) return false;
  let step = have >> 4;
  if (step < GROW_PAGES) step = GROW_PAGES;
  let target = have + step;
  if (target < need) target = need;
  if (target > MAX_WASM_PAGES) target = MAX_WASM_PAGES;
  if (memory.grow(<i32>(target - have)) >= 0) return true;
  return memory.grow(<i32>(need - have)) >= 0;
}

/** `bytes` (rounded up to whole records) of zeroed memory for good, or 0 where linear memory is exhausted. 8-byte aligned. */
export function reserve(bytes: u64): usize {
  const rounded = ((bytes + RECORD_STRIDE - 1) / RECORD_STRIDE) * RECORD_STRIDE;
  if (!ensure(rounded)) return 0;
  const at = <usize>brk;
  brk += rounded;
  return at;
}

/** Takes the pageblock table's place. Returns 0 or -ENOBUFS. */
export function reserveTable(bytes: u64): i32 {
  assert(brk == <u64>TABLE);
  assert(<u64>__heap_base <= <u64>SCRATCH);
  if (!ensure(bytes)) return -ENOBUFS;
  brk += bytes;
  recordsBase = <usize>brk;
  return 0;
}
