import fc from "fast-check";
import { expect, test } from "vitest";
import { RunBitmap } from "../../src/virtio-mem/run-bitmap.js";

const LENGTH = 200;

const run = fc
  .tuple(fc.nat(LENGTH), fc.nat(LENGTH))
  .map(([a, b]) => ({ start: Math.min(a, b), count: Math.abs(a - b) }));

test("a bitmap does what an array of booleans does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ run, value: fc.boolean() }), { maxLength: 20 }),
      fc.array(fc.record({ run, value: fc.boolean() }), { minLength: 1, maxLength: 20 }),
      (fills, questions) => {
        const bitmap = new RunBitmap(LENGTH);
        const model = new Array<boolean>(LENGTH).fill(false);
        for (const { run, value } of fills) {
          bitmap.fill(run.start, run.count, value);
          model.fill(value, run.start, run.start + run.count);
        }
        expect(model.map((_, i) => bitmap.get(i))).toEqual(model);
        for (const { run, value } of questions) {
          const { start, count } = run;
          const end = start + count;
          const part = model.slice(start, end);
          expect(bitmap.isAll(start, count, value)).toBe(part.every((bit) => bit === value));
          expect(bitmap.countSet(start, count)).toBe(part.filter((bit) => bit).length);
          const first = part.indexOf(value);
          expect(bitmap.next(start, end, value)).toBe(first < 0 ? end : start + first);
          const last = part.lastIndexOf(value);
          expect(bitmap.previous(end - 1, start, value)).toBe(start + last);
        }
      },
    ),
    { numRuns: 500 },
  );
});
