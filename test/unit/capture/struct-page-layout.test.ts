import { describe, expect, test } from "vitest";

import { Btf } from "../../../src/capture/btf.js";
import { structPageLayout } from "../../../src/capture/struct-page-layout.js";
import { VmcoreInfo } from "../../../src/capture/vmcoreinfo.js";
import { btfOf, PAGE_TYPES, type SampleType } from "./sample-types.js";

const NOTE = `SIZE(page)=64
OFFSET(page.flags)=0
OFFSET(page._refcount)=52
OFFSET(page._mapcount)=48
OFFSET(page.mapping)=24
NUMBER(PG_lru)=4
NUMBER(PG_head_mask)=65536
`;

const folio = (bits: number): SampleType[] => [
  ...PAGE_TYPES,
  { kind: 4, name: "folio", members: [{ name: "_entire_mapcount", type: 1, bits }] },
];

function layoutOf(note: string, types?: readonly SampleType[]) {
  const btf = types === undefined ? undefined : Btf.parse(btfOf(types), "btf");
  return structPageLayout(VmcoreInfo.parse(note, "info"), btf, "info");
}

describe("the layout of a struct page", () => {
  test("is what the kernel says", () => {
    expect(layoutOf(NOTE)).toEqual({
      size: 64,
      flags: 0,
      refCount: 52,
      mapCount: 48,
      mapping: 24,
      wholeMapCount: undefined,
      lruBit: 4,
      headBit: 16,
    });
  });

  test.each([
    ["the second struct page", PAGE_TYPES, 84],
    ["the folio", folio(88 * 8), 88],
    ["the folio, in its third struct page", folio(132 * 8), 132],
    ["nowhere: in the first struct page", folio(8 * 8), undefined],
    ["nowhere: behind the last one", folio(256 * 8), undefined],
  ])("has the count of whole mappings in %s", (_, types, at) => {
    expect(layoutOf(NOTE, types).wholeMapCount).toBe(at);
  });

  test.each([
    ["SIZE(page)=64", "SIZE(page)=0", "SIZE(page) must be a number from 1 up"],
    ["SIZE(page)=64", "SIZE(page)=56", "must be a power of two from 32 to 256 bytes, got 56"],
    ["SIZE(page)=64", "SIZE(page)=4096", "must be a power of two from 32 to 256 bytes, got 4096"],
    [
      "refcount)=52",
      "refcount)=64",
      "OFFSET(page._refcount) must be a multiple of 4 that ends within 64 bytes, got 64",
    ],
    ["refcount)=52", "refcount)=62", "got 62"],
    ["mapping)=24", "mapping)=60", "OFFSET(page.mapping) must be a multiple of 8"],
    ["PG_lru)=4", "PG_lru)=64", "NUMBER(PG_lru) must name a bit of 64, got 64"],
    ["mask)=65536", "mask)=65537", "NUMBER(PG_head_mask) must name a bit"],
    ["mask)=65536", "mask)=0", "NUMBER(PG_head_mask) must name a bit"],
  ])("cannot be: %s as %s", (line, lie, message) => {
    expect(() => layoutOf(NOTE.replace(line, lie))).toThrow(message);
  });
});
