import fc from "fast-check";
import { expect, test } from "vitest";

import { extendSpan, isInSpan, shrinkSpan } from "../../../src/linux/zone-span.js";

const STEP = 32768;

test("a span goes from the lowest to the highest memory block, whatever comes and goes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(15), fc.boolean()), { maxLength: 60 }),
      fc.nat(3),
      (steps, bootBlocks) => {
        const zone = { spanStart: 0, spanEnd: bootBlocks * STEP, bootEnd: bootBlocks * STEP };
        const there = new Set<number>();
        for (const [offset, comes] of steps) {
          const id = bootBlocks + offset;
          if (comes === there.has(id)) continue;
          if (comes) {
            there.add(id);
            extendSpan(zone, id * STEP, (id + 1) * STEP);
          } else {
            there.delete(id);
            shrinkSpan(zone, id * STEP, (id + 1) * STEP, STEP, (pfn) => there.has(pfn / STEP));
          }
          const all = bootBlocks > 0 ? [0, bootBlocks - 1, ...there] : [...there];
          const [low, high] = [Math.min(...all), Math.max(...all)];
          if (all.length === 0) expect(zone.spanStart).toBe(zone.spanEnd);
          else expect([zone.spanStart, zone.spanEnd]).toEqual([low * STEP, (high + 1) * STEP]);
        }
      },
    ),
  );
});

test("a range is in a span if any page of it is", () => {
  const zone = { spanStart: 100, spanEnd: 200, bootEnd: 0 };
  const inside = (start: number, end: number) => isInSpan(zone, start, end);
  expect([inside(0, 100), inside(0, 101), inside(199, 300), inside(200, 300)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect(isInSpan(undefined, 0, 1)).toBe(false);
});
