import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { Bitmap } from "../../../src/core/bitmap.js";
import { CapacityError } from "../../../src/core/kernel-error.js";
import { loadCoreUnderTest } from "../../core-under-test.js";
import { runs } from "../../property/runs.js";

const core = loadCoreUnderTest();
core.setup(8, 0);

/** Maps by their length; a test clears the one that it takes. */
const maps = new Map<number, Bitmap>();

function cleared(length: number): Bitmap {
  const map = maps.get(length) ?? new Bitmap(core, length);
  maps.set(length, map);
  map.write(0, length, false);
  return map;
}

/** "..##." as a bitmap. */
function drawn(drawing: string): Bitmap {
  const map = cleared(drawing.length);
  for (const [bit, sign] of [...drawing].entries()) if (sign === "#") map.write(bit, 1, true);
  return map;
}

function draw(map: Bitmap): string {
  return Array.from({ length: map.length }, (_, bit) => (map.test(bit) ? "#" : ".")).join("");
}

describe("write", () => {
  test.each([
    { length: 1, start: 0, count: 1 },
    { length: 10, start: 3, count: 0 },
    { length: 10, start: 10, count: 0 },
    { length: 64, start: 0, count: 64 },
    { length: 65, start: 64, count: 1 },
    { length: 128, start: 63, count: 2 },
    { length: 128, start: 64, count: 64 },
    { length: 200, start: 5, count: 190 },
    { length: 256, start: 64, count: 128 },
    { length: 300, start: 0, count: 300 },
  ])("touches exactly $count bits from $start on of $length", ({ length, start, count }) => {
    const map = cleared(length);
    const end = start + count;
    map.write(start, count, true);
    expect(draw(map)).toBe(".".repeat(start) + "#".repeat(count) + ".".repeat(length - end));
    map.write(0, length, true);
    map.write(start, count, false);
    expect(draw(map)).toBe("#".repeat(start) + ".".repeat(count) + "#".repeat(length - end));
  });
});

test.each([
  { map: "..##.", from: 0, set: true, next: 2, previous: undefined },
  { map: "..##.", from: 2, set: true, next: 2, previous: 2 },
  { map: "..##.", from: 4, set: true, next: undefined, previous: 3 },
  { map: "..##.", from: 2, set: false, next: 4, previous: 1 },
  { map: "#####", from: 2, set: false, next: undefined, previous: undefined },
  { map: ".....", from: 2, set: true, next: undefined, previous: undefined },
  { map: `#${".".repeat(140)}#`, from: 1, set: true, next: 141, previous: 0 },
  { map: `.${"#".repeat(126)}.`, from: 63, set: false, next: 127, previous: 0 },
  { map: "#".repeat(64), from: 63, set: false, next: undefined, previous: undefined },
])("from bit $from of $map the search for $set finds $next and $previous", (row) => {
  const map = drawn(row.map);
  expect(map.next(row.from, row.set)).toBe(row.next);
  expect(map.previous(row.from, row.set)).toBe(row.previous);
});

test.each([
  { map: ".....", set: true, run: undefined },
  { map: ".....", set: false, run: { start: 0, length: 5 } },
  { map: "#.##.##", set: true, run: { start: 2, length: 2 } },
  { map: "#.##.##", set: false, run: { start: 1, length: 1 } },
  { map: `${"#".repeat(70)}.${"#".repeat(71)}`, set: true, run: { start: 71, length: 71 } },
  { map: "#".repeat(64), set: false, run: undefined },
])("the longest run of $set in $map is $run", ({ map, set, run }) => {
  expect(drawn(map).longestRun(set)).toEqual(run);
});

describe("the longest run", () => {
  const LENGTH = 4 * 64 + 13;

  // runs of lengths about that of a word, wherever they lie in it, beside one that is a bit
  // shorter, as long, or a bit longer
  test.each([1, 2, 15, 31, 32, 33, 60, 61, 62, 63, 64, 65, 66, 127, 128, 129])(
    "of %i bits is found at every place",
    (length) => {
      for (let at = 0; at + length <= LENGTH; at++) {
        for (const other of [length - 1, length, length + 1]) {
          for (const start of [at - other - 1, at + length + 1]) {
            if (start < 0 || start + other > LENGTH || other < 1) continue;
            const map = cleared(LENGTH);
            map.write(at, length, true);
            map.write(start, other, true);
            const isOther = other > length || (other === length && start < at);
            const expected = isOther ? { start, length: other } : { start: at, length };
            expect(map.longestRun(true)).toEqual(expected);
            const flipped = cleared(LENGTH);
            flipped.write(0, LENGTH, true);
            flipped.write(at, length, false);
            flipped.write(start, other, false);
            expect(flipped.longestRun(false)).toEqual(expected);
          }
        }
      }
    },
  );
});

test("bits are as in a plain array, whatever is written", () => {
  const length = fc.integer({ min: 1, max: 300 });
  const writes = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.boolean()), { maxLength: 20 });
  fc.assert(
    fc.property(length, writes, fc.nat(), fc.boolean(), (length, writes, at, set) => {
      const map = cleared(length);
      const plain = Array.from({ length }, () => false);
      for (const [first, size, set] of writes) {
        const start = first % (length + 1);
        const count = size % (length - start + 1);
        map.write(start, count, set);
        plain.fill(set, start, start + count);
      }
      const from = at % length;
      const found = (bit: number) => (bit < 0 ? undefined : bit);
      expect(draw(map)).toBe(plain.map((bit) => (bit ? "#" : ".")).join(""));
      expect(map.next(from, set)).toBe(found(plain.indexOf(set, from)));
      expect(map.previous(from, set)).toBe(found(plain.lastIndexOf(set, from)));
      expect(map.count()).toBe(plain.filter(Boolean).length);
      expect(map.count(from)).toBe(plain.slice(from).filter(Boolean).length);
      expect(map.count(0, from)).toBe(plain.slice(0, from).filter(Boolean).length);
      const end = plain.indexOf(!set, from);
      expect(map.runLength(from, set)).toBe((end < 0 ? length : end) - from);
      const runsOf = [
        ...plain
          .map((bit) => (bit === set ? "x" : " "))
          .join("")
          .matchAll(/x+/g),
      ];
      const longest = runsOf.reduce<{ start: number; length: number } | undefined>(
        (best, { 0: run, index }) =>
          run.length > (best?.length ?? 0) ? { start: index, length: run.length } : best,
        undefined,
      );
      expect(map.longestRun(set)).toEqual(longest);
    }),
    runs(300),
  );
});

test("two maps do not touch each other", () => {
  const [first, second] = [new Bitmap(core, 64), new Bitmap(core, 64)];
  first.write(0, 64, true);
  expect(second.count()).toBe(0);
  second.write(0, 64, true);
  first.write(0, 64, false);
  expect(second.count()).toBe(64);
});

describe("arguments that are no bits", () => {
  const map = new Bitmap(core, 100);

  test.each<{ name: string; act: () => unknown; message: string }>([
    {
      name: "test",
      act: () => map.test(100),
      message: "bit must be a whole number from 0 to 99, got 100",
    },
    {
      name: "next",
      act: () => map.next(-1, true),
      message: "from must be a whole number from 0 to 99, got -1",
    },
    {
      name: "previous",
      act: () => map.previous(1.5, true),
      message: "from must be a whole number from 0 to 99, got 1.5",
    },
    {
      name: "runLength",
      act: () => map.runLength(NaN, true),
      message: "from must be a whole number from 0 to 99, got NaN",
    },
    {
      name: "write",
      act: () => {
        map.write(101, 0, true);
      },
      message: "start must be a whole number from 0 to 100, got 101",
    },
    {
      name: "write",
      act: () => {
        map.write(90, 11, true);
      },
      message: "count must be a whole number from 0 to 10, got 11",
    },
    {
      name: "count",
      act: () => map.count(0, 2 ** 32),
      message: "count must be a whole number from 0 to 100, got 4294967296",
    },
  ])("$name says: $message", ({ act, message }) => {
    expect(act).toThrow(new RangeError(message));
    expect(map.count()).toBe(0);
  });

  test.each([0, -1, 1.5, NaN, 2 ** 30 + 1])("a map of %d bits is refused", (length) => {
    expect(() => new Bitmap(core, length)).toThrow(
      new RangeError(`length must be a whole number from 1 to 1073741824, got ${length}`),
    );
  });
});

test("a map that does not fit is refused, and the others stay usable", () => {
  const full = loadCoreUnderTest();
  full.setup(8, 0);
  const map = new Bitmap(full, 64);
  const fill = (): void => {
    for (;;) new Bitmap(full, 2 ** 30);
  };
  expect(fill).toThrow(CapacityError);
  map.write(0, 64, true);
  expect(map.count()).toBe(64);
});
