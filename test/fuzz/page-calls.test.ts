import fc from "fast-check";
import { expect, test } from "vitest";

import { Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { ZONE_KINDS } from "../../src/core/zone-kind.js";
import { linuxProfile, PROFILE_NAMES } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { FUZZ_TIMEOUT, fuzz, outcomeOfSync } from "./fuzzing.js";

// The pages of a guest called with anything at all, as a program in JavaScript may. The exports of
// the core themselves have this in test/unit/core/bad-input.test.ts.

const NR_PAGES = 16 * 512;

/** Arguments that are nearly right most of the time. */
const argument: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(NR_PAGES + 600) },
  { weight: 6, arbitrary: fc.constantFrom(0, 1, 2, 3, 9, 10, 11, 31, 511, 512, 1024, 2048) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      -1,
      0.5,
      NaN,
      Infinity,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 32 + 512,
      2 ** 53,
      -(2 ** 40),
      undefined,
      null,
      "512",
      true,
      10n,
      Symbol.iterator,
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({}, [], [512], () => 1, new Date(0)) },
  {
    weight: 4,
    arbitrary: fc.record({
      order: fc.constantFrom<unknown>(0, 1, 3, 9, 10, 11, -1, "0", NaN),
      type: fc.constantFrom<unknown>(...Object.values(Migratetype), 7, undefined),
      pageClass: fc.constantFrom<unknown>(...Object.values(PageClass), 40),
      kind: fc.constantFrom<unknown>(...ZONE_KINDS, 2, "normal", "__proto__"),
      node: fc.constantFrom<unknown>(0, 1, 16),
      flags: fc.constantFrom<unknown>(0, 1, 4, 0xffff, undefined),
    }),
  },
);

/** What a program can call. What takes memory for good, or as long as it is told, is left out. */
const METHODS = [
  "addZone",
  "setWatermarks",
  "setLowmemReserve",
  "setCache",
  "drainCaches",
  "drainLru",
  "seedRandom",
  "setHoldProbability",
  "setMigrationTargets",
  "setZeroFilledPages",
  "tryAlloc",
  "free",
  "freeRun",
  "setPage",
  "pageState",
  "setSignalPending",
  "allocContig",
  "freeContig",
  "markOffline",
  "tryIsolate",
  "unisolate",
  "onlinePages",
  "offline",
  "freePages",
  "freeChunks",
  "compactionMoves",
  "longestFreeRun",
  "presentPages",
  "freeList",
  "pageblockType",
  "zoneIndex",
  "countPages",
  "countRemovable",
  "countBySubblock",
  "doubtsBySubblock",
  "countByClass",
  "dropSlab",
  "dropFileCache",
  "memoryUse",
] as const;

/** Their parameters that are no whole numbers. */
const OTHERS: Readonly<Partial<Record<(typeof METHODS)[number], readonly number[]>>> = {
  tryAlloc: [0],
  setHoldProbability: [1],
  setSignalPending: [0],
};

const call = fc.record({
  method: fc.constantFrom(...METHODS),
  args: fc.array(argument, { minLength: 3, maxLength: 5 }),
});

function memory(profile: (typeof PROFILE_NAMES)[number]): PageMemory {
  const pages = PageMemory.createSync(NR_PAGES, linuxProfile(profile).mm, coreModule());
  const zone = pages.addZone("Normal", 0);
  pages.online(zone, 0, NR_PAGES / 2, [[0, NR_PAGES / 2]]);
  const movable = pages.addZone("Movable", 0);
  pages.online(movable, NR_PAGES / 2, NR_PAGES / 4, [[NR_PAGES / 2, NR_PAGES / 8]]);
  pages.allocBulk(
    500,
    {
      order: 0,
      type: Migratetype.Movable,
      pageClass: PageClass.Anon,
      kind: "Movable",
      node: 0,
    },
    [],
  );
  return pages;
}

/** Everything that can be asked about without changing it. */
function lookAt(pages: PageMemory): string {
  const zones = [0, 1].map((zone) => [
    pages.freePages(zone),
    pages.freeChunks(zone),
    pages.countByClass(zone),
  ]);
  const states = Array.from({ length: 64 }, (_, at) => {
    const outcome = outcomeOfSync(() => pages.pageState(at * 128 + 7), true);
    return outcome.kind === "answer" ? outcome.value : -1;
  });
  return JSON.stringify([zones, states]);
}

/** The first argument that the core would take for another number. */
function oddArgument(method: (typeof METHODS)[number], args: readonly unknown[]): unknown {
  const { length } = (PageMemory.prototype as unknown as Record<string, () => void>)[method] ?? [];
  const others = OTHERS[method] ?? [];
  const numbers = args.slice(0, length).filter((_, at) => !others.includes(at));
  return numbers.find((value) => typeof value !== "number" || value >>> 0 !== value);
}

test(
  "any call with any arguments answers, or is refused in words and changes nothing",
  async () => {
    const inputs = fc.record({
      profile: fc.constantFrom(...PROFILE_NAMES),
      calls: fc.array(call, { minLength: 1, maxLength: 40 }),
    });
    await fuzz(inputs, ({ profile, calls }) => {
      const pages = memory(profile);
      for (const { method, args } of calls) {
        const target = pages as unknown as Record<string, (...args: unknown[]) => unknown>;
        expect(target[method], method).toBeTypeOf("function");
        const before = lookAt(pages);
        const outcome = outcomeOfSync(() => target[method]?.(...args), true);
        if (outcome.kind === "refused") expect(lookAt(pages), method).toBe(before);
        else expect(oddArgument(method, args), method).toBeUndefined();
        expect(pages.validate(), method).toBeUndefined();
      }
    });
  },
  FUZZ_TIMEOUT,
);
