// Linear memory from the pageblock table on: it grows, in phases, and what is handed out is never
// given back.

import { ENOBUFS } from "../abi";
import { SCRATCH, TABLE } from "./layout";

/**
 * Bytes and alignment of a slab of page records: one page of WebAssembly memory; see
 * record-slab.ts.
 */
export const SLAB_BYTES: usize = 0x10000;
const WASM_PAGE: u64 = <u64>SLAB_BYTES;
/** 65536 pages would make byte counts wrap to 0 in 32 bits. */
const MAX_WASM_PAGES: u64 = 65535;
/**
 * Growth step, so that records never cause one `memory.grow` each: 4 MiB or a quarter of what is
 * there. V8 collects garbage at each growth; what is grown ahead is no memory before it is touched.
 */
const GROW_PAGES: u64 = 64;

let brk: u64 = <u64>TABLE;

/** Where the pageblock table ends; records lie behind it. */
export let tableEnd: usize = TABLE;

/** Bytes in use so far, without what was grown ahead. */
export function usedBytes(): u32 {
  return <u32>brk;
}

/** Slabs that can be taken before memory has to grow. */
export let nrSlabsAhead: u32 = 0;

function wasmPagesUp(bytes: u64): u64 {
  return (bytes + WASM_PAGE - 1) / WASM_PAGE;
}

function measureAhead(): void {
  nrSlabsAhead = memory.size() - <u32>wasmPagesUp(brk);
}

/** True if memory up to `end` is there, after growing where needed. Grows ahead in phases. */
function growTo(end: u64): bool {
  const have = <u64>memory.size();
  const need = wasmPagesUp(end);
  if (need <= have) return true;
  if (need > MAX_WASM_PAGES) return false;
  let step = have >> 2;
  if (step < GROW_PAGES) step = GROW_PAGES;
  let target = have + step;
  if (target < need) target = need;
  if (target > MAX_WASM_PAGES) target = MAX_WASM_PAGES;
  if (memory.grow(<i32>(target - have)) >= 0) return true;
  return memory.grow(<i32>(need - have)) >= 0;
}

/** `bytes` of zeroed memory for good, or 0 where linear memory is exhausted. 8-byte aligned. */
export function reserve(bytes: u64): usize {
  if (!growTo(brk + bytes)) return 0;
  const at = <usize>brk;
  brk = (brk + bytes + 7) & ~(<u64>7);
  measureAhead();
  return at;
}

/** True if `count` slabs can be taken, after growing where needed. */
export function ensureSlabs(count: u32): bool {
  const fits = growTo((wasmPagesUp(brk) + count) * WASM_PAGE);
  measureAhead();
  return fits;
}

/** A zeroed slab for good. ensureSlabs() has been called. */
export function takeSlab(): usize {
  assert(nrSlabsAhead > 0);
  const at = wasmPagesUp(brk) * WASM_PAGE;
  brk = at + WASM_PAGE;
  --nrSlabsAhead;
  return <usize>at;
}

/** Takes the pageblock table's place. Returns 0 or -ENOBUFS. */
export function reserveTable(bytes: u64): i32 {
  assert(brk == <u64>TABLE);
  assert(<u64>__heap_base <= <u64>SCRATCH);
  if (!reserve(bytes)) return -ENOBUFS;
  tableEnd = <usize>brk;
  return 0;
}
