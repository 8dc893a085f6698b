import { describe, expect, test } from "vitest";

import { lowmemReserves, minFreeKib, watermarksOf } from "../../../src/linux/watermarks.js";

const GiB_PAGES = 2 ** 18;
const zone = (index: number, managed: number, high = 0) => ({
  index,
  managed,
  watermarks: { high },
});
const normal = (managed: number, high = 0) => zone(2, managed, high);

describe("minFreeKib", () => {
  test.each([
    { gib: 64, limit: 262144, kib: 32768 },
    { gib: 256, limit: 262144, kib: 65536 },
    { gib: 1024, limit: 262144, kib: 131072 },
    { gib: 1024, limit: 65536, kib: 65536 },
    { gib: 4096, limit: 262144, kib: 262144 },
    { gib: 16384, limit: 262144, kib: 262144 },
  ])("$gib GiB, at most $limit KiB: $kib KiB", ({ gib, limit, kib }) => {
    expect(minFreeKib([normal(gib * GiB_PAGES)], limit)).toBe(kib);
  });

  test("huge pages want 11 pageblocks' worth per populated kernel zone, if that is more", () => {
    const [dma, dma32] = [zone(0, 3840, 21), zone(1, 770048, 4665)];
    const all = [dma, dma32, normal(3407872, 20653)];
    expect(minFreeKib(all, 262144)).toBe(67584);
    expect(minFreeKib(all.slice(1), 262144)).toBe(45056);
    expect(minFreeKib([...all, zone(3, 2 ** 30)], 262144)).toBe(67584);
    expect(minFreeKib([...all.slice(1), { ...dma, managed: 0 }], 262144)).toBe(45056);
  });

  test("but at most a twentieth of the memory", () => {
    expect(minFreeKib([normal(20_000)], 262144)).toBe(4000);
  });

  test("what lies above the high mark counts, and 128 KiB are the least", () => {
    expect(minFreeKib([normal(64 * GiB_PAGES + 1000, 1000)], 262144)).toBe(32768);
    expect(minFreeKib([normal(100, 200)], 262144)).toBe(128);
  });
});

test.each([
  { zone: "DMA", managed: 3840, marks: { min: 15, low: 18, high: 21 } },
  { zone: "DMA32", managed: 770048, marks: { min: 3111, low: 3888, high: 4665 } },
  { zone: "Normal", managed: 3407872, marks: { min: 13769, low: 17211, high: 20653 } },
])("marks of $zone in a guest of 16 GiB", ({ managed, marks }) => {
  expect(watermarksOf(managed, 3840 + 770048 + 3407872, 67584)).toEqual(marks);
});

test("a thousandth of the zone lies between the marks, where a quarter of min is less", () => {
  expect(watermarksOf(1_000_000, 1_000_000, 4000)).toEqual({ min: 1000, low: 2000, high: 3000 });
});

test("no marks without memory", () => {
  expect(watermarksOf(0, 0, 67584)).toEqual({ min: 0, low: 0, high: 0 });
});

test.each([
  { index: 0, highest: 0, pages: 0 },
  { index: 0, highest: 1, pages: 3008 },
  { index: 0, highest: 2, pages: 16320 },
  { index: 1, highest: 1, pages: 0 },
  { index: 1, highest: 2, pages: 13312 },
  { index: 1, highest: 3, pages: 14336 },
  { index: 2, highest: 3, pages: 8192 },
  { index: 3, highest: 3, pages: 0 },
])(
  "zone $index keeps $pages pages from requests up to zone $highest",
  ({ index, highest, pages }) => {
    expect(lowmemReserves([3840, 770048, 3407872, 262144], index)[highest]).toBe(pages);
  },
);

test("a zone without memory keeps nothing", () => {
  expect(lowmemReserves([0, 770048, 3407872, 0], 0)).toEqual([0, 0, 0, 0]);
});
