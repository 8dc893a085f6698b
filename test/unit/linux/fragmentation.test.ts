import { describe, expect, test } from "vitest";

import {
  fragmentationIndex,
  unusableIndex,
  unusablePercent,
} from "../../../src/linux/fragmentation.js";

/** Free chunks of some orders; none of the others. */
function chunks(some: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 11 }, (_, order) => some[order] ?? 0);
}

describe("fragmentation indices", () => {
  test.each([
    { name: "nothing free", free: {}, order: 0, unusable: 1000, index: 0, percent: 0 },
    { name: "one page, order 0", free: { 0: 1 }, order: 0, unusable: 0, index: -1000, percent: 0 },
    {
      name: "one page, order 1",
      free: { 0: 1 },
      order: 1,
      unusable: 1000,
      index: -500,
      percent: 100,
    },
    {
      name: "two pages, order 1",
      free: { 0: 2 },
      order: 1,
      unusable: 1000,
      index: 0,
      percent: 100,
    },
    {
      name: "three of four",
      free: { 0: 2, 1: 1 },
      order: 1,
      unusable: 500,
      index: -1000,
      percent: 50,
    },
    { name: "one order 10", free: { 10: 1 }, order: 10, unusable: 0, index: -1000, percent: 0 },
    {
      name: "a checkerboard",
      free: { 0: 512 },
      order: 10,
      unusable: 1000,
      index: 998,
      percent: 100,
    },
  ])("$name", ({ free, order, unusable, index, percent }) => {
    expect(unusableIndex(chunks(free), order)).toBe(unusable);
    expect(fragmentationIndex(chunks(free), order)).toBe(index);
    expect(unusablePercent(chunks(free), order)).toBe(percent);
  });

  test.each([unusableIndex, fragmentationIndex, unusablePercent])(
    "%o wants an order that the zone has",
    (indexOf) => {
      for (const order of [-1, 11, 0.5, NaN]) {
        expect(() => indexOf(chunks({ 0: 1 }), order)).toThrow(
          new RangeError(`order must be from 0 to 10, got ${order}`),
        );
      }
    },
  );
});
