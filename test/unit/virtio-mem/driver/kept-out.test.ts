import { beforeEach, expect, test } from "vitest";
import {
  PreIsolation,
  type SubblockIsolation,
} from "../../../../src/virtio-mem/driver/pre-isolation.js";

const isolated = new Set<number>();
/** Subblock 3 cannot be isolated; subblock n has 10 n free pages. */
const isolation: SubblockIsolation = {
  tryIsolate: (_, subblock) => {
    if (subblock !== 3) isolated.add(subblock);
    return isolated.has(subblock);
  },
  release: (_, subblock) => {
    if (!isolated.delete(subblock)) throw new Error(`subblock ${subblock} is not isolated`);
  },
  freePages: (_, subblock) => 10 * subblock,
};
const chunk = (start: number, count = 1) => ({ id: 40, start, count });

/** As many of `chunks` isolated as are wanted. */
function keptOf(chunks: readonly ReturnType<typeof chunk>[], wanted: number): PreIsolation {
  const kept = new PreIsolation(isolation);
  for (const one of chunks) if (!kept.keep(one, wanted)) break;
  return kept;
}

beforeEach(() => {
  isolated.clear();
});

test("isolates the first that are wanted, each once, and none that refuses", () => {
  const kept = keptOf([chunk(2, 2), chunk(2), chunk(0, 2), chunk(7)], 3);
  expect([...isolated]).toEqual([2, 0, 1]);
  kept.releaseAll();
  expect(isolated.size).toBe(0);
});

test("un-isolates what is about to be taken, once", () => {
  const kept = keptOf([chunk(0), chunk(1), chunk(2)], 3);
  kept.release(chunk(0, 2));
  expect([...isolated]).toEqual([2]);
  kept.release(chunk(0));
  kept.releaseAll();
  expect(isolated.size).toBe(0);
});

test("makes room from the end on, as much as is needed", () => {
  const kept = keptOf(
    [5, 6, 7, 8].map((at) => chunk(at)),
    4,
  );
  expect(kept.makeRoom(81)).toBe(true);
  expect([...isolated]).toEqual([5, 6]);
  expect(kept.isGivenUp(chunk(6))).toBe(false);
  expect(kept.isGivenUp(chunk(6, 2))).toBe(true);
  expect(kept.makeRoom(1000)).toBe(true);
  expect(kept.makeRoom(1)).toBe(false);
  expect(isolated.size).toBe(0);
});
