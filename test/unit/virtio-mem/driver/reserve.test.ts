import { describe, expect, test } from "vitest";

import { Reserve } from "../../../../src/virtio-mem/driver/reserve.js";

const PAGE = 4096;
/** Pages of a subblock of 2 MiB. */
const SUBBLOCK = 512;

/** A guest with so many pages free, so many of them above the marks, and some that are dropped. */
function sourceOf({ free = 0, aboveMarks = 0, droppable = 0 }) {
  return {
    freeSize: () => free * PAGE,
    pagesAboveMarks: () => aboveMarks,
    droppablePages: (_startPfn: number, nrPages: number) => Math.min(droppable, nrPages),
  };
}

test("nothing to be left allows all", () => {
  const reserve = new Reserve(0, sourceOf({}), SUBBLOCK);
  expect(reserve.allows(0, 1_000_000, 1_000_000)).toBe(true);
  expect(reserve.isReached).toBe(false);
});

describe("a reserve in bytes", () => {
  const reserve = new Reserve(100 * PAGE, sourceOf({ free: 700, droppable: 512 }), SUBBLOCK);

  test("holds for what goes and what was promised together", () => {
    expect(reserve.allows(0, 600)).toBe(true);
    expect(reserve.allows(0, 601)).toBe(false);
    expect([reserve.allows(0, 512, 88), reserve.allows(0, 512, 89)]).toEqual([true, false]);
  });

  test("takes all pages in use for pages that need room", () => {
    expect(reserve.toMove(0, 512, 100)).toBe(412);
    expect(reserve.isReached).toBe(false);
  });
});

describe("a reserve at the high watermarks", () => {
  const at = (source: Parameters<typeof sourceOf>[0]): Reserve =>
    new Reserve("high-watermarks", sourceOf(source), SUBBLOCK);

  test("lets go what is above them, but for what was promised", () => {
    expect(at({ aboveMarks: 512 }).allows(0, 512)).toBe(true);
    expect(at({ aboveMarks: 511 }).allows(0, 512)).toBe(false);
    expect(at({ aboveMarks: 600 }).allows(0, 512, 88)).toBe(true);
    expect(at({ aboveMarks: 600 }).allows(0, 512, 89)).toBe(false);
  });

  test("needs no room for pages that are dropped", () => {
    expect(at({ aboveMarks: 112, droppable: 400 }).allows(0, 512)).toBe(true);
    expect(at({ aboveMarks: 111, droppable: 400 }).allows(0, 512)).toBe(false);
    // all of them are dropped: but what is below the marks stays so
    expect(at({ aboveMarks: 0, droppable: 512 }).allows(0, 512)).toBe(true);
    expect(at({ aboveMarks: -1, droppable: 512 }).allows(0, 512)).toBe(false);
    expect(at({ droppable: 400 }).toMove(0, 512, 100)).toBe(12);
  });

  test("may be passed by the last subblock of a run, by all but a page of it", () => {
    const reserve = at({ aboveMarks: 1 });
    expect(reserve.allows(0, 512)).toBe(false);
    reserve.isLast = true;
    expect(reserve.allows(0, 512)).toBe(true);
    expect(reserve.allows(0, 513)).toBe(false);
    expect(reserve.isReached).toBe(false);
    expect(new Reserve("until-high-watermarks", sourceOf({}), SUBBLOCK).isReached).toBe(true);
  });
});
