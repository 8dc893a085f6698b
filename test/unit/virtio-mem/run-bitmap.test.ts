import { describe, expect, test } from "vitest";

import { RunBitmap } from "../../../src/virtio-mem/run-bitmap.js";

/** Two words and a part of a third one. */
const LENGTH = 70;

/**
 * Runs that begin, end and meet at each edge of a word:
 *
 * ```text
 *  word        0         |         1         |    2
 *  bits  0 ..... 30 . 31 | 32 . 33 ..... 63  | 64 .. 69
 * ```
 */
const RUNS: readonly (readonly [start: number, count: number])[] = [
  [0, 1],
  [0, 32],
  [1, 30],
  [5, 1],
  [31, 1],
  [31, 2],
  [32, 32],
  [30, 36],
  [0, 70],
  [63, 2],
  [64, 6],
  [69, 1],
  [10, 0],
];

/** The same map as a list of booleans. */
function withRun(start: number, count: number): { map: RunBitmap; bits: boolean[] } {
  const map = new RunBitmap(LENGTH);
  map.fill(start, count, true);
  const bits = Array.from({ length: LENGTH }, (_, at) => at >= start && at < start + count);
  return { map, bits };
}

function bitsOf(map: RunBitmap): boolean[] {
  return Array.from({ length: map.length }, (_, at) => map.get(at));
}

describe.each(RUNS)("with the run of %i, %i bits", (start, count) => {
  const { map, bits } = withRun(start, count);

  test("each bit of it is set, and no other", () => {
    expect(bitsOf(map)).toEqual(bits);
    expect(map.setRuns()).toEqual(count === 0 ? [] : [start, count]);
    expect(map.length).toBe(LENGTH);
  });

  test("clearing it clears it alone", () => {
    const full = new RunBitmap(LENGTH);
    full.fill(0, LENGTH, true);
    full.fill(start, count, false);
    expect(bitsOf(full)).toEqual(bits.map((bit) => !bit));
  });

  test.each([true, false])("the next and the previous bit that is %s are the nearest", (value) => {
    for (let from = 0; from <= LENGTH; from++) {
      for (const end of [from, from + 1, 31, 32, 33, 64, LENGTH].filter((end) => end <= LENGTH)) {
        const nearest = bits.findIndex((bit, at) => at >= from && at < end && bit === value);
        expect(map.next(from, end, value)).toBe(nearest < 0 ? end : nearest);
      }
    }
    for (let from = -1; from < LENGTH; from++) {
      for (const first of [0, 1, 31, 32, 33, 64]) {
        const inRange = bits.map((bit, at) => at >= first && at <= from && bit === value);
        const nearest = inRange.lastIndexOf(true);
        expect(map.previous(from, first, value)).toBe(nearest < 0 ? first - 1 : nearest);
      }
    }
  });

  test("bits are counted, and compared, in any range", () => {
    for (let from = 0; from <= LENGTH; from++) {
      for (const nr of [0, 1, 2, 31, 32, 33, LENGTH].filter((nr) => from + nr <= LENGTH)) {
        const range = bits.slice(from, from + nr);
        expect(map.countSet(from, nr)).toBe(range.filter(Boolean).length);
        expect(map.isAll(from, nr, true)).toBe(range.every(Boolean));
        expect(map.isAll(from, nr, false)).toBe(!range.some(Boolean));
      }
    }
  });
});

test("runs are listed ascending, as long as possible", () => {
  const map = new RunBitmap(LENGTH);
  for (const [start, count] of [
    [68, 2],
    [3, 2],
    [5, 1],
    [31, 33],
  ] as const) {
    map.fill(start, count, true);
  }
  expect(map.setRuns()).toEqual([3, 3, 31, 33, 68, 2]);
});

test.each([
  0x0000_0000, 0x0000_0001, 0x8000_0000, 0xffff_ffff, 0x5555_5555, 0xaaaa_aaaa, 0x0f0f_00ff,
  0xdead_beef,
])("the bits of the word %i are counted", (word) => {
  const map = new RunBitmap(32);
  const bits = Array.from({ length: 32 }, (_, at) => ((word >>> at) & 1) === 1);
  for (const [at, bit] of bits.entries()) if (bit) map.fill(at, 1, true);
  expect(map.countSet(0, 32)).toBe(bits.filter(Boolean).length);
});
