// A checksum of linear memory, for copies of it that leave the process. No hash against intent: it
// finds what was cut off, exchanged or damaged.

import { usedBytes } from "../mm/reserve";

const PRIME: u64 = 0x9e3779b97f4a7c15;

function mixed(sum: u64, word: u64): u64 {
  sum = (sum ^ word) * PRIME;
  return sum ^ (sum >> 32);
}

/** The checksum of all bytes in use. */
export function checksumOfMemory(): u64 {
  const end = <usize>usedBytes();
  const whole = end & ~7;
  let sum: u64 = end;
  for (let at: usize = 0; at < whole; at += 8) sum = mixed(sum, load<u64>(at));
  for (let at = whole; at < end; ++at) sum = mixed(sum, load<u8>(at));
  return sum;
}
