// Bitmaps of the device and the driver.

import * as bits from "../inspect/bitmap";
import { EINVAL, ENOBUFS } from "../abi";
import { SCRATCH } from "../mm/layout";
import { nrPageblocks } from "../mm/pageblock";

/** Largest bitmap, in bits: 128 MiB. */
const MAX_BITS: u32 = 1 << 30;

function hasRun(map: u32, start: u32, count: u32): bool {
  if (!bits.isBitmap(map)) return false;
  const nr = bits.bitsOf(map);
  return start <= nr && count <= nr - start;
}

/** A cleared bitmap of `nr` bits, for good. Returns its handle, -EINVAL or -ENOBUFS. */
export function createBitmap(nr: u32): u32 {
  if (nrPageblocks == 0 || nr == 0 || nr > MAX_BITS) return -EINVAL;
  const map = <u32>bits.createBitmap(nr);
  return map ? map : -ENOBUFS;
}

/** Sets, or clears with `set` 0, `count` bits from `start` on. Returns 0 or -EINVAL. */
export function writeBits(map: u32, start: u32, count: u32, set: u32): i32 {
  if (!hasRun(map, start, count)) return -EINVAL;
  bits.writeRun(map, start, count, set != 0);
  return 0;
}

/** 0 or 1, or -EINVAL. */
export function testBit(map: u32, bit: u32): i32 {
  if (!hasRun(map, bit, 1)) return -EINVAL;
  return bits.testBit(map, bit);
}

/**
 * First bit >= `from` that is set, or clear with `set` 0; 0xffffffff where there is none; -EINVAL.
 */
export function nextBit(map: u32, from: u32, set: u32): u32 {
  return bits.isBitmap(map) ? bits.nextBit(map, from, set != 0) : -EINVAL;
}

/**
 * Last bit <= `from` that is set, or clear with `set` 0; 0xffffffff where there is none; -EINVAL.
 */
export function previousBit(map: u32, from: u32, set: u32): u32 {
  return bits.isBitmap(map) ? bits.previousBit(map, from, set != 0) : -EINVAL;
}

/** Set bits in [start, start + count), or -EINVAL. */
export function countBits(map: u32, start: u32, count: u32): u32 {
  return hasRun(map, start, count) ? bits.countBits(map, start, count) : -EINVAL;
}

/**
 * How many bits from `from` on, at most `limit`, are set, or clear with `set` 0. -EINVAL where
 * `from` is no bit.
 */
export function runLength(map: u32, from: u32, set: u32, limit: u32): u32 {
  return hasRun(map, from, 1) ? bits.runLength(map, from, set != 0, limit) : -EINVAL;
}

/**
 * Length of the longest run of set bits, or clear ones with `set` 0, or -EINVAL; scratch[0] = its
 * first bit, 0xffffffff where there is none.
 */
export function longestRun(map: u32, set: u32): u32 {
  if (!bits.isBitmap(map)) return -EINVAL;
  const length = bits.longestRun(map, set != 0);
  store<u32>(SCRATCH, bits.longestRunStart());
  return length;
}
