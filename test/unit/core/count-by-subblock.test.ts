import { expect, test } from "vitest";
import { Hold, PageClass } from "../../../src/core/abi.js";
import { BLOCK, guestUnderTest } from "./guest-under-test.js";

/**
 * The eight pageblocks of ZONE_NORMAL as subblocks of `blocksEach`: what countPages() says of each;
 * held pages count as blocking.
 */
function fromTotals(core: ReturnType<typeof guestUnderTest>["core"], blocksEach: number) {
  return Array.from({ length: 8 / blocksEach }, (_, at) => {
    core.countPages(at * blocksEach * BLOCK, blocksEach * BLOCK);
    const [free = 0, movable = 0, unmovable = 0, held = 0] = new Uint32Array(
      core.memory.buffer,
      core.scratch(),
      4,
    );
    return [free, movable - held, unmovable + held];
  });
}

test.each([1, 2, 4])("subblocks of %i pageblocks count what their pageblocks do", (blocksEach) => {
  const { core, anon } = guestUnderTest();
  for (const pfn of anon.slice(0, 5)) core.setPage(pfn, PageClass.Anon, Hold.Pinned);
  const nr = 8 / blocksEach;
  expect(core.countBySubblock(0, blocksEach, nr)).toBe(0);
  const words = new Uint32Array(core.memory.buffer, core.staging(), 3 * nr);
  const counted = Array.from({ length: nr }, (_, at) => [0, 1, 2].map((i) => words[i * nr + at]));
  expect(counted).toEqual(fromTotals(core, blocksEach));
  const held = counted.reduce((sum, [, , inTheWay = 0]) => sum + inTheWay, 0);
  expect(held).toBeGreaterThanOrEqual(5 + 2 * BLOCK);
});
