import fc from "fast-check";
import { expect, test } from "vitest";

import { Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { linuxProfile } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { PATIENCE, runs } from "./runs.js";

/**
 * Two attempts per pageblock among pages that are held by chance; what came of them, and all lists.
 */
function play(seed: number, probability: number): { errnos: number[]; lists: number[][] } {
  const memory = PageMemory.createSync(8 * 512, linuxProfile("v6.1").mm, coreModule());
  const zone = memory.addZone("Normal", 0);
  memory.online(zone, 0, 8 * 512, [[0, 8 * 512]]);
  memory.seedRandom(seed);
  memory.setHoldProbability(PageClass.Anon, probability);
  const runs: [number, number][] = [];
  const request = { type: Migratetype.Movable, pageClass: PageClass.Anon, node: 0, order: 0 };
  memory.allocBulk(1500, { ...request, kind: "Normal" }, runs);
  const errnos: number[] = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    errnos.push(memory.allocContig((attempt % 4) * 512, 512).errno);
    expect(memory.validate()).toBeUndefined();
  }
  const lists = Array.from({ length: 11 }, (_, order) =>
    memory.freeList(zone, order, Migratetype.Movable),
  );
  return { errnos, lists };
}

const probability = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 1000);

test(
  "the same seed gives the same results and lists, whatever the probability",
  () => {
    fc.assert(
      fc.property(fc.nat(), probability, (seed, probability) => {
        expect(play(seed, probability)).toEqual(play(seed, probability));
      }),
      runs(30),
    );
  },
  PATIENCE,
);

test("another seed gives other lists", () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => JSON.stringify(play(seed + 1, 0.002)));
  expect(new Set(seeds).size).toBeGreaterThan(10);
});

test("never and always are certain", () => {
  expect(play(7, 0).errnos).toEqual([0, 0, 0, 0, -16, -16, -16, -16]);
  expect(play(7, 1).errnos.slice(0, 2)).toEqual([-16, -16]);
});

test(
  "about as many pages are held as the probability says",
  () => {
    // 500 pages in the first pageblock: with one of 500 held on average, one attempt in e succeeds
    const successes = Array.from(
      { length: 150 },
      (_, seed) => play(seed * 7919 + 1, 0.002).errnos[0],
    );
    const share = successes.filter((errno) => errno === 0).length / successes.length;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.5);
  },
  PATIENCE,
);
