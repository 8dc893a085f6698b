// Bitmaps over subblocks or device blocks: 64 bits a word, searched word by word.
//
// A bitmap lives in linear memory for good: {u32 bits, u32 seal, u64 words[]}. Its address is its
// handle; the seal tells a handle from any other number. Bits from `bits` on in the last word stay
// clear.

import { TABLE } from "../mm/layout";
import { reserve, usedBytes } from "../mm/reserve";

const WORDS: usize = 8;
const NO_BIT: u32 = 0xffffffff;
const WORD_MASK: u32 = 63;
const ALL: u64 = u64.MAX_VALUE;
const SEAL: u32 = 0x6d617062;

/** A cleared bitmap of `bits` bits, or 0 where memory is out. */
export function createBitmap(bits: u32): usize {
  const words = (<u64>bits + 63) >> 6;
  const map = reserve(<u64>WORDS + (words << 3));
  if (map) {
    store<u32>(map, bits);
    store<u32>(map, sealOf(map), 4);
  }
  return map;
}

function sealOf(map: usize): u32 {
  return (<u32>map) ^ SEAL;
}

/** Is this number the handle of a bitmap? */
export function isBitmap(map: u32): bool {
  if (map < <u32>TABLE || map & 7 || map >= usedBytes()) return false;
  return load<u32>(map, 4) == sealOf(map);
}

export function bitsOf(map: usize): u32 {
  return load<u32>(map);
}

export function wordsOf(map: usize): usize {
  return map + WORDS;
}

function wordAt(map: usize, bit: u32): usize {
  return map + WORDS + ((<usize>(bit >> 6)) << 3);
}

/** Bits `from` and up within their word. */
function headMask(from: u32): u64 {
  return ALL << u64(from & WORD_MASK);
}

/** Bits up to and including `last` within their word. */
function tailMask(last: u32): u64 {
  return ALL >> u64(WORD_MASK - (last & WORD_MASK));
}

export function testBit(map: usize, bit: u32): bool {
  return ((load<u64>(wordAt(map, bit)) >> u64(bit & WORD_MASK)) & 1) != 0;
}

function write(word: usize, mask: u64, set: bool): void {
  const old = load<u64>(word);
  store<u64>(word, set ? old | mask : old & ~mask);
}

/** Sets or clears `count` bits from `start` on, each word once. The run lies inside the map. */
export function writeRun(map: usize, start: u32, count: u32, set: bool): void {
  if (count == 0) return;
  const last = start + count - 1;
  let word = wordAt(map, start);
  const lastWord = wordAt(map, last);
  if (word == lastWord) {
    write(word, headMask(start) & tailMask(last), set);
    return;
  }
  write(word, headMask(start), set);
  word += 8;
  if (word < lastWord) memory.fill(word, set ? 0xff : 0, lastWord - word);
  write(lastWord, tailMask(last), set);
}

/** Are four words in a row equal to `value`? */
function isUniform(word: usize, value: u64): bool {
  const low = (load<u64>(word) ^ value) | (load<u64>(word, 8) ^ value);
  return (low | (load<u64>(word, 16) ^ value) | (load<u64>(word, 24) ^ value)) == 0;
}

/** First bit >= `from` that is `set`, or NO_BIT. */
export function nextBit(map: usize, from: u32, set: bool): u32 {
  const bits = bitsOf(map);
  if (from >= bits) return NO_BIT;
  const flip: u64 = set ? 0 : ALL;
  let word = wordAt(map, from);
  const lastWord = wordAt(map, bits - 1);
  let value = (load<u64>(word) ^ flip) & headMask(from);
  while (value == 0) {
    // four words that are all the same at a glance
    while (word + 32 < lastWord && isUniform(word + 8, flip)) word += 32;
    if (word == lastWord) return NO_BIT;
    word += 8;
    value = load<u64>(word) ^ flip;
  }
  const bit = ((<u32>(word - map - WORDS)) << 3) + <u32>ctz(value);
  return bit < bits ? bit : NO_BIT;
}

/** Last bit <= `from` that is `set`, or NO_BIT. */
export function previousBit(map: usize, from: u32, set: bool): u32 {
  const bits = bitsOf(map);
  if (bits == 0) return NO_BIT;
  if (from >= bits) from = bits - 1;
  const flip: u64 = set ? 0 : ALL;
  const first = map + WORDS;
  let word = wordAt(map, from);
  let value = (load<u64>(word) ^ flip) & tailMask(from);
  while (value == 0) {
    if (word == first) return NO_BIT;
    word -= 8;
    value = load<u64>(word) ^ flip;
  }
  return ((<u32>(word - first)) << 3) + 63 - <u32>clz(value);
}

/** Set bits in [start, start + count). */
export function countBits(map: usize, start: u32, count: u32): u32 {
  if (count == 0) return 0;
  const last = start + count - 1;
  let word = wordAt(map, start);
  const lastWord = wordAt(map, last);
  if (word == lastWord) return <u32>popcnt(load<u64>(word) & headMask(start) & tailMask(last));
  let sum = popcnt(load<u64>(word) & headMask(start));
  word += 8;
  for (; word + 56 < lastWord; word += 64) {
    sum += popcnt(load<u64>(word)) + popcnt(load<u64>(word, 8));
    sum += popcnt(load<u64>(word, 16)) + popcnt(load<u64>(word, 24));
    sum += popcnt(load<u64>(word, 32)) + popcnt(load<u64>(word, 40));
    sum += popcnt(load<u64>(word, 48)) + popcnt(load<u64>(word, 56));
  }
  for (; word < lastWord; word += 8) sum += popcnt(load<u64>(word));
  return <u32>(sum + popcnt(load<u64>(lastWord) & tailMask(last)));
}

/** Length of the run of `set` bits that starts at `from`, at most `limit`. */
export function runLength(map: usize, from: u32, set: bool, limit: u32): u32 {
  const end = nextBit(map, from, !set);
  const length = (end == NO_BIT ? bitsOf(map) : end) - from;
  return min(length, limit);
}

let longestStart: u32 = NO_BIT;

/** Start of the run that longestRun() found last. */
export function longestRunStart(): u32 {
  return longestStart;
}

/** Runs inside of a word, apart from both its ends, are no longer than this. */
const LONGEST_INSIDE: u32 = 62;

/**
 * Length of the longest run of `set` bits, the lowest of equals; 0 with start NO_BIT where there is
 * none. A run takes a branch only if it is longer than all before it: a branch for each run is one
 * that no processor foresees.
 */
export function longestRun(map: usize, set: bool): u32 {
  const flip = <u64>set - 1;
  const bits = bitsOf(map);
  const first = map + WORDS;
  const last = wordAt(map, bits - 1);
  let best: u32 = 0;
  let bestStart: u32 = NO_BIT;
  // length of the run that the words so far end in
  let before: u32 = 0;
  for (let at = first; at <= last; at += 8) {
    // from here on only runs over several words can be longer
    for (; best >= LONGEST_INSIDE && at < last; at += 8) {
      const word = load<u64>(at) ^ flip;
      const length = before + <u32>ctz(~word);
      if (length > best) {
        best = length;
        bestStart = ((<u32>(at - first)) << 3) - before;
      }
      before = <u32>clz(~word) + (word == ALL ? before : 0);
    }
    let word = load<u64>(at) ^ flip;
    if (at == last) word &= tailMask(bits - 1);
    const length = before + <u32>ctz(~word);
    if (length > best) {
      best = length;
      bestStart = ((<u32>(at - first)) << 3) - before;
    }
    const inside = longestInside(word, best);
    if (inside) {
      best = inside;
      bestStart = ((<u32>(at - first)) << 3) + <u32>ctz(runsOf(word, inside));
    }
    before = <u32>clz(~word) + (word == ALL ? before : 0);
  }
  if (before > best) {
    best = before;
    bestStart = bits - before;
  }
  longestStart = bestStart;
  return best;
}

/** Length of the longest run of set bits of a word, if it is longer than `than`; else 0. */
function longestInside(word: u64, than: u32): u32 {
  if (than >= LONGEST_INSIDE || !runsOf(word, than + 1)) return 0;
  let length: u32 = 0;
  for (; word; word &= word >> 1) ++length;
  return length;
}

/** Where runs of `length`, 1 to 64, set bits of a word begin, a bit each. */
function runsOf(word: u64, length: u32): u64 {
  let left = length - 1;
  for (let step: u32 = 1; left > 0; step <<= 1) {
    const by = min(step, left);
    word &= word >> by;
    left -= by;
  }
  return word;
}
