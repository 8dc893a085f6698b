import { describe, expect, test } from "vitest";

import { PageDescriber } from "../../../src/core/page-describer.js";
import type { KernelFlagLayout } from "../../../src/struct-page.js";

const SIZE = 64;
const BUDDY = 0xf0000000;
const OFFLINE = 0xf1000000;
const TABLE = 0xf2000000;
const SLAB = 0xf5000000;
const HUGETLB = 0xf4000000;

/** As in Linux 6.12. */
const NEW: KernelFlagLayout = {
  size: SIZE,
  flags: 0,
  refCount: 52,
  type: 48,
  mapping: 24,
  order: 40,
  compound: 8,
  wholeMapCount: SIZE + 28,
  allMapCount: SIZE + 24,
  largeBit: 9,
  huge: { by: "type", value: HUGETLB },
  typeMask: 0xff000000,
  buddyType: BUDDY,
  offlineType: OFFLINE,
  tableType: TABLE,
  slabType: SLAB,
  tailsShowFolio: true,
  shown: bits({ 0: 0, 3: 3, 4: 4, 5: 5, 6: 15, 10: 13, 17: 14, 20: 19 }),
};
/** As in Linux 5.10: types are a field of their own, slab is a bit, tails show their own flags. */
const OLD: KernelFlagLayout = {
  ...NEW,
  wholeMapCount: SIZE + 20,
  allMapCount: 0,
  largeBit: undefined,
  huge: { by: "byte", value: 2, at: SIZE + 16 },
  typeMask: 0xffffffff,
  buddyType: 0xffffff7f,
  offlineType: 0xfffffeff,
  tableType: 0xfffffdff,
  slabType: 0,
  tailsShowFolio: false,
  shown: bits({ 0: 0, 3: 3, 4: 4, 5: 5, 9: 7, 10: 13, 16: 15, 19: 14, 23: 19 }),
};

function bits(shown: Readonly<Record<number, number>>): (number | undefined)[] {
  return Array.from({ length: 32 }, (_, bit) => shown[bit]);
}

interface Fields {
  readonly flags?: number;
  readonly compound?: number;
  readonly mapping?: number;
  readonly order?: number;
  readonly type?: number;
  readonly refs?: number;
  /** Bytes of other meaning, i32 by offset. */
  readonly more?: Readonly<Record<number, number>>;
}

function pagesOf(list: readonly Fields[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(list.length * SIZE));
  for (const [page, fields] of list.entries()) {
    const at = page * SIZE;
    view.setUint32(at, fields.flags ?? 0, true);
    view.setUint32(at + 4, 0x30000000, true); // the zone
    view.setUint32(at + 8, fields.compound ?? 0, true);
    view.setUint32(at + 24, fields.mapping ?? 0, true);
    view.setUint32(at + 40, fields.order ?? 0, true);
    view.setInt32(at + 48, fields.type ?? -1, true);
    view.setInt32(at + 52, fields.refs ?? 1, true);
    for (const [offset, value] of Object.entries(fields.more ?? {})) {
      view.setInt32(at + Number(offset), value, true);
    }
  }
  return new Uint8Array(view.buffer);
}

async function wordsOf(layout: KernelFlagLayout, list: readonly Fields[]): Promise<string[]> {
  const describer = await PageDescriber.create(layout);
  const words = describer.describe(0, pagesOf(list)).slice();
  return [...new BigUint64Array(words.buffer)].map(named);
}

const NAMES: Readonly<Record<number, string>> = {
  0: "locked",
  3: "uptodate",
  4: "dirty",
  5: "lru",
  7: "slab",
  10: "buddy",
  11: "mmap",
  12: "anon",
  13: "swapcache",
  14: "swapbacked",
  15: "head",
  16: "tail",
  17: "huge",
  19: "hwpoison",
  21: "ksm",
  22: "thp",
  23: "offline",
  26: "pgtable",
};

function named(word: bigint): string {
  return Object.entries(NAMES)
    .filter(([bit]) => ((word >> BigInt(bit)) & 1n) === 1n)
    .map(([, name]) => name)
    .join(" ");
}

const TAIL: Fields = { compound: 1, refs: 0 };
/** Not mapped, neither as a whole nor page by page. */
const NOT_MAPPED = { [28]: -1, [24]: -1 };

describe("a struct page becomes the word of kpageflags", () => {
  test.each<[string, Fields, string]>([
    ["without flags", {}, ""],
    [
      "of a program",
      { flags: 0x20028, type: 0, mapping: 0x1001 },
      "uptodate lru mmap anon swapbacked",
    ],
    ["of KSM", { flags: 0x28, type: 2, mapping: 0x1003 }, "uptodate lru mmap anon ksm"],
    ["in swap", { flags: 0x20400, mapping: 0x1001 }, "anon swapcache swapbacked"],
    ["whose bit is another's without swap", { flags: 0x400 }, ""],
    ["of a page table", { type: TABLE | 0 }, "pgtable"],
    ["that is offline", { type: OFFLINE | 0 }, "offline"],
    ["of slab, whose count is no map count", { type: SLAB | 7 }, "slab"],
    ["that is poisoned", { flags: 0x100000 }, "hwpoison"],
  ])("%s", async (_, fields, words) => {
    expect(await wordsOf(NEW, [fields])).toEqual([words]);
  });

  test("of a free chunk, for each of its pages that nothing holds", async () => {
    const free = { type: BUDDY | 0, order: 2, refs: 0 };
    const inside = { refs: 0 };
    expect(await wordsOf(NEW, [free, inside, { refs: 1 }, inside, inside])).toEqual([
      "buddy",
      "buddy",
      "",
      "buddy",
      "",
    ]);
  });

  test("of a free chunk that an order above all names, for the first page only", async () => {
    const free = { type: BUDDY | 0, order: 60, refs: 0 };
    expect(await wordsOf(NEW, [free, { refs: 0 }])).toEqual(["buddy", ""]);
  });

  test("of a folio, on all of its pages", async () => {
    const head = { flags: 0x68, mapping: 0x1001 };
    const second = { ...TAIL, flags: 0x200, more: { 28: -1, 24: 0 } };
    expect(await wordsOf(NEW, [head, second, TAIL, TAIL, {}])).toEqual([
      "uptodate lru mmap anon head thp",
      "uptodate lru mmap anon tail thp",
      "uptodate lru mmap anon tail thp",
      "uptodate lru mmap anon tail thp",
      "",
    ]);
  });

  test("of a compound page of the kernel and of hugetlb", async () => {
    const second = { ...TAIL, more: NOT_MAPPED };
    expect(await wordsOf(NEW, [{ flags: 0x40 }, second])).toEqual(["head", "tail"]);
    const huge = { flags: 0x40, type: HUGETLB | 0 };
    expect(await wordsOf(NEW, [huge, second])).toEqual(["head huge", "tail huge"]);
  });

  test("as older kernels have it", async () => {
    const second = { ...TAIL, flags: 8, more: { 20: -1 } };
    const thp = { flags: 0x10038, mapping: 0x1001 };
    expect(await wordsOf(OLD, [thp, second, { ...TAIL, type: 0 }, TAIL])).toEqual([
      "uptodate dirty lru mmap anon head thp",
      "uptodate mmap anon tail thp",
      "mmap anon tail thp",
      "mmap anon tail thp",
    ]);
    const huge = { flags: 0x10000 };
    const byte = { ...TAIL, more: { 20: -1, 16: 2 } };
    expect(await wordsOf(OLD, [huge, byte, TAIL, TAIL])).toEqual([
      "head huge",
      "tail huge",
      "tail huge",
      "tail huge",
    ]);
    const slab = { flags: 0x10200, type: 5 };
    expect(await wordsOf(OLD, [slab, second])).toEqual(
      ["slab head", "uptodate slab tail"].map(order),
    );
    expect(await wordsOf(OLD, [{ type: ~0x80 }, { type: ~0x100 }, { type: ~0x200 }])).toEqual([
      "buddy",
      "offline",
      "pgtable",
    ]);
  });

  test("goes on in the next piece", async () => {
    const describer = await PageDescriber.create(NEW);
    const free = pagesOf([
      { type: BUDDY | 0, order: 3, refs: 0 },
      ...new Array<Fields>(3).fill({ refs: 0 }),
    ]);
    describer.describe(0, free);
    const wordsAt = (start: number) =>
      [...new BigUint64Array(describer.describe(start, pagesOf([{ refs: 0 }])).slice().buffer)].map(
        named,
      );
    expect(wordsAt(4)).toEqual(["buddy"]);
    // a gap ends it
    describer.describe(16, free);
    expect(wordsAt(24)).toEqual([""]);
  });

  test("is refused where fields lie beyond their struct, or pages are no whole ones", async () => {
    for (const layout of [
      { ...NEW, size: 24 },
      { ...NEW, order: 60 },
      { ...NEW, wholeMapCount: 256 },
      { ...NEW, largeBit: 65 },
      { ...NEW, huge: { by: "bit", value: 64 } as const },
      { ...NEW, huge: { by: "byte", value: 2, at: 256 } as const },
      { ...NEW, shown: bits({ 0: 64 }) },
    ]) {
      await expect(PageDescriber.create(layout)).rejects.toThrow("EINVAL");
    }
    const describer = await PageDescriber.create(NEW);
    expect(() => describer.describe(0, new Uint8Array(65))).toThrow(
      "must be at most 8192 whole ones",
    );
    expect(() => describer.describe(2, new Uint8Array(64))).toThrow("EINVAL");
  });
});

/** Names in the order of their bits. */
function order(words: string): string {
  return Object.values(NAMES)
    .filter((name) => words.split(" ").includes(name))
    .join(" ");
}
