import { describe, expect, test } from "vitest";

import { Doubt, PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const LRU = 1n << 5n;
const FREE = 1n << 10n;
const SLAB = 1n << 7n;
const PAGE_TABLE = 1n << 26n;
const FILE = LRU | (1n << 3n);
const ANON = LRU | (1n << 11n) | (1n << 12n) | (1n << 14n);
const PINNED = LRU | (1n << 12n) | (1n << 14n);
const DIRTY_BUFFER = LRU | (1n << 4n) | (1n << 35n);
const CLEAN_BUFFER = LRU | (1n << 2n) | (1n << 35n);

/** Some pages of each pageblock are this word, the others are free. */
interface Sample {
  readonly words: readonly bigint[];
  /** Which pages of it. Default: one. */
  readonly pages?: readonly number[];
  readonly zone?: ZoneKind;
  readonly seed?: number;
  readonly chances?: readonly (readonly [kind: Doubt, chance: number])[];
}

async function load({
  words,
  pages: places = [5],
  zone: kind = "Normal",
  seed = 0,
  chances = [],
}: Sample): Promise<{
  pages: PageMemory;
  doubts: number[];
  zone: number;
}> {
  const mm = linuxProfile("v6.1").mm;
  const pages = await PageMemory.create(words.length * PAGEBLOCK_PAGES, mm, coreModule());
  const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone(kind, 0);
  const flags = new BigUint64Array(words.length * PAGEBLOCK_PAGES).fill(FREE);
  for (const [block, word] of words.entries()) {
    for (const place of places) flags[block * PAGEBLOCK_PAGES + place] = word;
  }
  pages.loader.loadFlags(0, zone.id, new Uint8Array(flags.buffer), undefined, true);
  for (const [doubt, chance] of chances) pages.loader.setDoubtChance(doubt, chance);
  pages.loader.finishLoad(false, seed);
  expect(pages.validate()).toBeUndefined();
  const doubts = [...pages.doubtsBySubblock(0, PAGEBLOCK_PAGES, words.length)];
  return { pages, doubts, zone: zone.id };
}

describe("the doubt about a pageblock", () => {
  test("is that of what is in it", async () => {
    const words = [FREE, ANON, FILE, PINNED, DIRTY_BUFFER, PAGE_TABLE];
    expect((await load({ words })).doubts).toEqual([
      Doubt.Free,
      Doubt.Anon,
      Doubt.File,
      Doubt.Pinned,
      Doubt.BufferDirty,
      Doubt.Kernel,
    ]);
  });

  test("of clean metadata tells whether the journal holds it", async () => {
    expect((await load({ words: [CLEAN_BUFFER] })).doubts).toEqual([Doubt.BufferHeld]);
    const synced = { words: [CLEAN_BUFFER, FILE | (1n << 4n)] };
    expect((await load(synced)).doubts).toEqual([Doubt.BufferFree, Doubt.File]);
  });

  test("of clean metadata below the log blocks of seven transactions is that it is old", async () => {
    const words = new Array<bigint>(9).fill(CLEAN_BUFFER);
    const { doubts } = await load({ words, pages: [5, 100, 101] });
    expect(doubts).toEqual([
      ...new Array<Doubt>(3).fill(Doubt.BufferOld),
      ...new Array<Doubt>(6).fill(Doubt.BufferHeld),
    ]);
  });

  test("of the log blocks of the journal is that they are old", async () => {
    const words = [CLEAN_BUFFER, CLEAN_BUFFER];
    expect((await load({ words, pages: [7, 8] })).doubts).toEqual([
      Doubt.BufferOld,
      Doubt.BufferOld,
    ]);
    expect((await load({ words, pages: [7, 8, 9, 10] })).doubts).toEqual([
      Doubt.BufferHeld,
      Doubt.BufferHeld,
    ]);
  });

  test("in ZONE_MOVABLE is one for all that can go", async () => {
    const { doubts } = await load({ words: [FREE, ANON, PINNED], zone: "Movable" });
    expect(doubts).toEqual([Doubt.MovableZone, Doubt.MovableZone, Doubt.Pinned]);
  });

  test("about a larger subblock is that of the pageblock that stays", async () => {
    const { pages } = await load({ words: [FREE, SLAB, FREE, FREE] });
    expect([...pages.doubtsBySubblock(0, 2 * PAGEBLOCK_PAGES, 2)]).toEqual([
      Doubt.SlabIdle,
      Doubt.Free,
    ]);
  });
});

/** Which pageblocks an attempt gets. */
function goes(pages: PageMemory, count: number): boolean[] {
  return Array.from({ length: count }, (_, block) => {
    const { errno } = pages.allocContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
    if (errno === 0) pages.freeContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
    return errno === 0;
  });
}

describe("a sample of a guest", () => {
  const words = [FREE, ANON, PINNED, PAGE_TABLE, FREE, FREE];

  test("is the guest itself where nothing turns", async () => {
    const { pages } = await load({ words, seed: 7 });
    expect(goes(pages, 4)).toEqual([true, true, false, false]);
  });

  test.each([
    ["a free pageblock gets a page of the kernel", Doubt.Free, [false, true, false, false]],
    ["a movable page is held", Doubt.Anon, [true, false, false, false]],
    ["a pin is gone", Doubt.Pinned, [true, true, true, false]],
    ["kernel memory is freed", Doubt.Kernel, [true, true, false, true]],
  ] as const)("%s where the chance is 1", async (_, doubt, expected) => {
    const { pages } = await load({ words, seed: 7, chances: [[doubt, 1]] });
    expect(goes(pages, 4)).toEqual(expected);
  });

  test("turns about as many as the chance says, others by another seed", async () => {
    const many = {
      words: new Array<bigint>(120).fill(FREE),
      chances: [[Doubt.Free, 0.33]] as const,
    };
    const kept = async (seed: number): Promise<string> => {
      const { pages } = await load({ ...many, seed });
      return goes(pages, 120).map(Number).join("");
    };
    const [first, again, other] = [await kept(1), await kept(1), await kept(2)];
    expect(first).toBe(again);
    expect(first).not.toBe(other);
    const turned = first.replaceAll("1", "").length;
    expect(turned).toBeGreaterThan(20);
    expect(turned).toBeLessThan(60);
  });
});

test("the first pageblock turns as often as the others, over the seeds of samples", async () => {
  let turned = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { pages } = await load({ words: [FREE], seed, chances: [[Doubt.Free, 0.2]] });
    if (goes(pages, 1)[0] !== true) turned++;
  }
  expect(turned).toBeGreaterThan(3);
  expect(turned).toBeLessThan(24);
});

test("pages are counted by class, free chunks included", async () => {
  const { pages, zone } = await load({ words: [FREE, ANON, PAGE_TABLE] });
  const counts = pages.countByClass(zone, true);
  expect(counts[PageClass.Free]).toBe(3 * PAGEBLOCK_PAGES - 2);
  expect(counts[PageClass.Anon]).toBe(1);
  expect(counts[PageClass.PageTable]).toBe(1);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3 * PAGEBLOCK_PAGES);
});
