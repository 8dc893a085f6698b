import fc from "fast-check";
import { expect, test } from "vitest";

import { classOfState, MAX_ORDER, Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { linuxProfile } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { MEMORY_PROFILES } from "./memory-profiles.js";
import { PATIENCE, runs } from "./runs.js";

// Whatever a capture says of its pages, the guest made from it is sound, and stays so.

const BLOCK = 512;
const NR_BLOCKS = 8;

/** Bits of /proc/kpageflags that a load looks at. */
const BITS = [
  0, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 23, 24, 26, 32, 33, 35,
];

const word = fc
  .array(fc.constantFrom(...BITS), { maxLength: 5 })
  .map((bits) => bits.reduce((word, bit) => word | (1n << BigInt(bit)), 0n));
/** Free, in use, without flags, a part of a THP: what makes up most of a guest. */
const likely = fc.constantFrom(1n << 10n, 0x20n | (1n << 12n) | (1n << 11n), 0n, 1n << 22n);
const extendedWord = fc.bigInt({ min: 0n, max: 2n ** 40n });

/** Runs of equal pages. */
function stretches(value: fc.Arbitrary<bigint>) {
  return fc.array(fc.tuple(fc.constantFrom(1, 2, 8, 64, 512, 700), value), { maxLength: 40 });
}

function wordsOf(runs: readonly (readonly [number, bigint])[]): BigUint64Array<ArrayBuffer> {
  const words = new BigUint64Array(NR_BLOCKS * BLOCK);
  let at = 0;
  for (const [nr, value] of runs) words.fill(value, at, (at += nr));
  return words;
}

function bytes(words: BigUint64Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(words.buffer);
}

test.each(MEMORY_PROFILES)(
  "a guest from any page flags keeps every invariant, also while it is used: %s",
  (profile) => {
    fc.assert(
      fc.property(
        stretches(fc.oneof(likely, word)),
        fc.option(stretches(extendedWord)),
        fc.boolean(),
        fc.boolean(),
        fc.nat(2000),
        (flags, extended, movable, inDevice, cached) => {
          const memory = PageMemory.createSync(
            NR_BLOCKS * BLOCK,
            linuxProfile(profile).mm,
            coreModule(),
          );
          const zones = [memory.addZone("Normal", 0), memory.addZone("Movable", 0)];
          const half = (NR_BLOCKS / 2) * BLOCK;
          const [words, more] = [wordsOf(flags), wordsOf(extended ?? [])];
          for (const [index, start] of [0, half].entries()) {
            const range = [start, start + half] as const;
            memory.loader.loadFlags(
              start,
              zones[movable ? index : 0]!,
              bytes(words.slice(...range)),
              extended === null ? undefined : bytes(more.slice(...range)),
              inDevice,
            );
          }
          if (extended === null) for (const zone of zones) memory.loader.classifyZone(zone, cached);
          memory.loader.finishLoad(extended !== null);
          expect(memory.validate()).toBeUndefined();

          const present = zones.map((zone) => memory.presentPages(zone));
          for (let block = 0; block < NR_BLOCKS; block++) {
            const start = block * BLOCK;
            if (memory.zoneIndex(start) === undefined) continue;
            memory.allocContig(start + (block % 3) * 100, BLOCK - (block % 3) * 100);
            expect(memory.validate()).toBeUndefined();
          }
          const request = { order: 0, type: Migratetype.Unmovable, pageClass: PageClass.Slab };
          for (let page = 0; page < 300; page++) {
            if (memory.tryAlloc({ ...request, kind: "Normal", node: 0 }) === undefined) break;
          }
          expect(memory.validate()).toBeUndefined();
          expect(zones.map((zone) => memory.presentPages(zone))).toEqual(present);
        },
      ),
      runs(80),
    );
  },
  PATIENCE,
);

/** A load of these pages, as far as it is before it ends. */
function loaded(words: BigUint64Array<ArrayBuffer>): PageMemory {
  const memory = PageMemory.createSync(words.length, linuxProfile("v6.1").mm, coreModule());
  const zone = memory.addZone("Normal", 0);
  memory.loader.loadFlags(0, zone, bytes(words), undefined, false);
  return memory;
}

test(
  "what a page is does not depend on the pages before it, however many different words they have",
  () => {
    const UNITS: readonly number[] = [PageClass.Thp, PageClass.Hugetlb, PageClass.HugetlbFree];
    const alone = new Map<bigint, number>();
    const stateAlone = (value: bigint): number => {
      const known = alone.get(value);
      if (known !== undefined) return known;
      const state = loaded(new BigUint64Array(BLOCK).fill(value)).pageState(7);
      alone.set(value, state);
      return state;
    };
    // more different words than a load remembers: bits that mean nothing; no compound pages,
    // which go by their first page
    const compound = 3n << 15n;
    const anyWord = fc
      .tuple(word, fc.integer({ min: 40, max: 60 }))
      .map(([flags, bit]) => (flags & ~compound) | (1n << BigInt(bit)));
    const stock = fc.uniqueArray(anyWord, { minLength: 80, maxLength: 120 });
    fc.assert(
      fc.property(stock, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (values, seed) => {
        const usual = values.filter((value) => !UNITS.includes(classOfState(stateAlone(value))));
        const words = new BigUint64Array(4 * BLOCK);
        let random = seed;
        for (let page = 0; page < words.length; page++) {
          random = (Math.imul(random, 48271) >>> 0) % (2 ** 31 - 1);
          words[page] = usual[random % usual.length]!;
        }
        const mixed = loaded(words);
        const states = Array.from(words, (_, page) => mixed.pageState(page));
        expect(states).toEqual(Array.from(words, stateAlone));
        // what settles the pins counts every page, whatever their order
        const sorted = loaded(words.toSorted());
        const pinned = mixed.loader.finishLoad(false).pinnedPages;
        expect(sorted.loader.finishLoad(false).pinnedPages).toBe(pinned);
      }),
      runs(8),
    );
  },
  PATIENCE,
);

/**
 * The largest aligned pieces of each run of free pages, by order; a chunk of two pageblocks only
 * where both are whole.
 */
function chunksOf(isFree: readonly boolean[]): number[][] {
  const chunks = Array.from({ length: MAX_ORDER + 1 }, (): number[] => []);
  for (let page = 0; page < isFree.length;) {
    let order = MAX_ORDER;
    const isWhole = () => isFree.slice(page, page + 2 ** order).every(Boolean);
    while (order >= 0 && (page % 2 ** order !== 0 || !isWhole())) order--;
    if (order >= 0) chunks[order]!.push(page);
    page += order < 0 ? 1 : 2 ** order;
  }
  return chunks;
}

test(
  "the free lists of a loaded guest hold the largest aligned chunks, ascending",
  () => {
    const [free, anon] = [1n << 10n, 0x20n | (1n << 12n) | (1n << 11n)];
    fc.assert(
      fc.property(stretches(fc.constantFrom(free, anon, anon)), (runsOfPages) => {
        const words = wordsOf([...runsOfPages, [NR_BLOCKS * BLOCK, anon]]);
        const memory = loaded(words);
        memory.loader.finishLoad(false);
        const lists = Array.from({ length: MAX_ORDER + 1 }, (_, order) =>
          memory.freeList(0, order, Migratetype.Movable),
        );
        expect(lists).toEqual(chunksOf(Array.from(words, (value) => value === free)));
      }),
      runs(60),
    );
  },
  PATIENCE,
);

test("cached pages that are to stay must be taken over before the load ends", () => {
  const memory = PageMemory.createSync(2 * BLOCK, linuxProfile("v6.1").mm, coreModule());
  const zone = memory.addZone("Normal", 0);
  // online pages without flags and references, among free ones
  const flags = new BigUint64Array(BLOCK).fill(1n << 10n).fill(0n, 32, 41);
  memory.loader.loadFlags(0, zone, bytes(flags), bytes(new BigUint64Array(BLOCK)), false, true);
  const cached = memory.countPages(0, BLOCK).free;
  expect(() => memory.loader.finishLoad(true)).toThrow("build the free lists: EINVAL");
  expect(() => {
    memory.loader.adoptCache(zone);
  }).toThrow("EINVAL");
  memory.setCache(zone, 1, 8, 60);
  memory.loader.adoptCache(zone);
  memory.loader.finishLoad(true);
  expect(memory.validate()).toBeUndefined();
  expect(cached).toBe(BLOCK - 9);
  expect(memory.freePages(zone)).toBe(BLOCK - 9);
  memory.drainCaches(zone);
  expect(memory.freePages(zone)).toBe(BLOCK);
});

test("nothing that needs the free lists is possible while a load goes on", () => {
  const memory = PageMemory.createSync(4 * BLOCK, linuxProfile("v6.1").mm, coreModule());
  const zone = memory.addZone("Normal", 0);
  const flags = bytes(new BigUint64Array(2 * BLOCK).fill(1n << 10n));
  memory.loader.loadFlags(0, zone, flags, undefined, false);
  const request = { order: 0, type: Migratetype.Movable, pageClass: PageClass.Anon, node: 0 };
  for (const act of [
    () => memory.tryAlloc({ ...request, kind: "Normal" }),
    () => memory.allocContig(0, BLOCK),
    () => memory.tryIsolate(0, BLOCK),
    () => {
      memory.online(zone, 2 * BLOCK, BLOCK, []);
    },
    () => memory.offline(0, BLOCK),
    () => {
      memory.drainCaches(zone);
    },
  ]) {
    expect(act).toThrow("EINVAL");
  }
  memory.loader.finishLoad(false);
  expect(memory.freePages(zone)).toBe(2 * BLOCK);
  expect(() => memory.loader.finishLoad(false)).toThrow("EINVAL");
  expect(() => {
    memory.loader.loadFlags(2 * BLOCK, zone, flags, undefined, false);
  }).toThrow("EINVAL");
  expect(memory.validate()).toBeUndefined();
});
