import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import type { PageRequest } from "../../src/core/page-request.js";
import { linuxProfile, type ProfileName } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { MEMORY_PROFILES } from "./memory-profiles.js";
import { PATIENCE, runs } from "./runs.js";

// The bulk lemmas of the engine model: many pages at once are the same pages, and leave the same
// lists, as one by one.

const BLOCK = 512;
const NR_BLOCKS = 10;

interface Past {
  /** Pages allocated at first, and of which type. */
  readonly filled: readonly { readonly nr: number; readonly type: Migratetype }[];
  /** One page of `every` is freed again. */
  readonly every: number;
  readonly marks: number;
  /** An order-9 chunk of the type, taken and given back, so that pageblocks have several types. */
  readonly claims: readonly Migratetype[];
}

const type = fc.constantFrom<Migratetype>(
  Migratetype.Unmovable,
  Migratetype.Movable,
  Migratetype.Reclaimable,
);
const past: fc.Arbitrary<Past> = fc.record({
  filled: fc.array(fc.record({ nr: fc.nat(1500), type }), { maxLength: 4 }),
  every: fc.integer({ min: 1, max: 40 }),
  marks: fc.nat(300),
  claims: fc.array(type, { maxLength: 4 }),
});

function requestOf(type: Migratetype, order = 0): PageRequest {
  const pageClass = type === Migratetype.Movable ? PageClass.Anon : PageClass.Slab;
  const flags = AllocFlag.Compound;
  return { order, type, pageClass, kind: "Normal", node: 0, flags };
}

/** A guest with that past, and its pages in use. */
function guest(profile: ProfileName, past: Past): { memory: PageMemory; used: number[] } {
  const memory = PageMemory.createSync(NR_BLOCKS * BLOCK, linuxProfile(profile).mm, coreModule());
  const zones = [memory.addZone("DMA32", 0), memory.addZone("Normal", 0)];
  memory.online(zones[0]!, 0, 4 * BLOCK, [[0, 4 * BLOCK]]);
  memory.online(zones[1]!, 4 * BLOCK, 6 * BLOCK, [[4 * BLOCK, 6 * BLOCK]]);
  memory.setWatermarks(zones[1]!, past.marks >> 1, past.marks, past.marks);
  for (const claim of past.claims) {
    const pfn = memory.tryAlloc(requestOf(claim, 9));
    if (pfn !== undefined) memory.free(pfn, 9);
  }
  const all: number[] = [];
  for (const { nr, type } of past.filled) {
    for (let page = 0; page < nr; page++) all.push(memory.tryAlloc(requestOf(type)) ?? -1);
  }
  const allocated = all.filter((pfn) => pfn >= 0);
  const used = allocated.filter((_, index) => index % past.every !== 0);
  for (const pfn of allocated) if (!used.includes(pfn)) memory.free(pfn, 0);
  return { memory, used };
}

/** Everything that can be seen of a guest. */
function view(memory: PageMemory): unknown {
  const lists = [0, 1].flatMap((zone) =>
    Array.from({ length: 11 }, (_, order) =>
      Object.values(Migratetype).map((type) => memory.freeList(zone, order, type)),
    ),
  );
  const types = Array.from({ length: NR_BLOCKS }, (_, block) =>
    memory.pageblockType(block * BLOCK),
  );
  const free = [memory.freePages(0), memory.freePages(1)];
  return { lists, types, free, broken: memory.validate() };
}

describe.each(MEMORY_PROFILES)("%s", (profile) => {
  test(
    "lemma L1: allocBulk() is so many single allocations, in their order",
    () => {
      fc.assert(
        fc.property(past, fc.nat(3000), type, (past, nr, type) => {
          const { memory: bulk } = guest(profile, past);
          const { memory: single } = guest(profile, past);
          const runs: [number, number][] = [];
          const got = bulk.allocBulk(nr, requestOf(type), runs);
          const pages = runs.flatMap(([start, pages]) =>
            Array.from({ length: pages }, (_, page) => start + page),
          );
          const expected: number[] = [];
          while (expected.length < nr) {
            const pfn = single.tryAlloc(requestOf(type));
            if (pfn === undefined) break;
            expected.push(pfn);
          }
          expect(pages).toEqual(expected);
          expect(got).toBe(expected.length);
          expect(view(bulk)).toEqual(view(single));
        }),
        runs(60),
      );
    },
    PATIENCE,
  );

  test(
    "lemma L2: freeRun() is so many single frees, ascending",
    () => {
      fc.assert(
        fc.property(past, fc.nat(), fc.nat(1500), (past, from, most) => {
          const { memory: bulk, used } = guest(profile, past);
          const { memory: single } = guest(profile, past);
          if (used.length === 0) return;
          const sorted = [...used].sort((a, b) => a - b);
          const first = from % sorted.length;
          const start = sorted[first]!;
          let nr = 0;
          const zone = bulk.zoneIndex(start);
          while (nr < most && sorted[first + nr] === start + nr) {
            if (bulk.zoneIndex(start + nr) !== zone) break;
            nr++;
          }
          if (nr === 0) return;
          bulk.freeRun(start, nr);
          for (let pfn = start; pfn < start + nr; pfn++) single.free(pfn, 0);
          expect(view(bulk)).toEqual(view(single));
        }),
        runs(60),
      );
    },
    PATIENCE,
  );

  test(
    "lemma L2: freeing an aligned range at once is freeing its pages, ascending",
    () => {
      fc.assert(
        fc.property(past, fc.nat(9), fc.nat(), type, (past, order, skip, type) => {
          const { memory: whole } = guest(profile, past);
          const { memory: pieces } = guest(profile, past);
          for (let other = 0; other < skip % 4; other++) {
            for (const memory of [whole, pieces]) memory.tryAlloc(requestOf(type, order));
          }
          const pfn = whole.tryAlloc(requestOf(type, order));
          expect(pieces.tryAlloc(requestOf(type, order))).toBe(pfn);
          if (pfn === undefined) return;
          whole.free(pfn, order);
          for (let page = pfn; page < pfn + 2 ** order; page++) pieces.free(page, 0);
          expect(view(whole)).toEqual(view(pieces));
        }),
        runs(60),
      );
    },
    PATIENCE,
  );
});

test("allocBulk() goes on after as many runs as one call of the core may return", () => {
  const { memory } = guest("v6.1", { filled: [], every: 1, marks: 0, claims: [] });
  const pages = Array.from({ length: 5120 }, () => memory.tryAlloc(requestOf(Migratetype.Movable)));
  for (const pfn of pages) if (pfn !== undefined && pfn % 2 === 0) memory.free(pfn, 0);
  const runs: [number, number][] = [];
  expect(memory.allocBulk(9999, requestOf(Migratetype.Movable), runs)).toBe(2560);
  expect(new Set(runs.map(([start]) => start % 2))).toEqual(new Set([0]));
  expect(runs).toHaveLength(2560);
  expect(memory.validate()).toBeUndefined();
});
