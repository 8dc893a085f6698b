import { expect, test } from "vitest";

import { Hold, Migratetype, PageClass } from "../../../src/core/abi.js";
import { KernelError } from "../../../src/core/kernel-error.js";
import { Guest } from "../../../src/guest/guest.js";
import { MiB } from "../../../src/units.js";
import { coreModule } from "../../core-under-test.js";

const BLOCK = 512;

test("the first blocking page is the first one that counts as such", async () => {
  const { pages } = await Guest.create({ core: coreModule(), bootSize: 128 * MiB });
  const take = (order: number, pageClass: PageClass, type: Migratetype): number => {
    const request = { order, type, pageClass, kind: "Normal" as const, node: 0 };
    return pages.tryAlloc(request) ?? NaN;
  };
  // every pageblock gets something, free pages in between
  for (let round = 0; round < 300; round++) {
    const pfn = take(round % 4, PageClass.Anon, Migratetype.Movable);
    if (round % 7 === 0) pages.setPage(pfn, PageClass.Anon, Hold.Pinned);
    if (round % 5 === 0) take(0, PageClass.Kernel, Migratetype.Unmovable);
    if (round % 3 === 0) pages.free(pfn, round % 4);
  }
  const firsts: (number | undefined)[] = [];
  const expected: (number | undefined)[] = [];
  for (let start = 4096; start < 4096 + 40 * BLOCK; start += BLOCK) {
    firsts.push(pages.firstBlockingPage(start, BLOCK));
    // one page alone is its own first one
    const all = Array.from({ length: BLOCK }, (_, at) => start + at);
    expected.push(all.find((pfn) => pages.firstBlockingPage(pfn, 1) === pfn));
    const [unmovable = 0] = pages.countBySubblock(start, BLOCK, 1).unmovablePages;
    expect(firsts.at(-1) === undefined).toBe(unmovable === 0);
  }
  expect(firsts).toEqual(expected);
  expect(firsts.filter((pfn) => pfn !== undefined).length).toBeGreaterThan(1);
  expect(firsts).toContain(undefined);
});

test("a range outside of the pfn space is refused", async () => {
  const { pages } = await Guest.create({ core: coreModule(), bootSize: 128 * MiB });
  expect(() => pages.firstBlockingPage(0, 0)).toThrow(KernelError);
  expect(() => pages.firstBlockingPage(pages.nrPageblocks * BLOCK, 1)).toThrow(KernelError);
  expect(() => pages.firstBlockingPage(-1, 1)).toThrow(RangeError);
});
