import { describe, expect, test } from "vitest";

import { classOfState, Hold, PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import { folioBlock, freeBlock, KPF, loadedGuest } from "./loaded-guest.js";

const { uptodate, lru, dirty, mmap, anon, swapbacked, head, tail, thp } = KPF;
const FILE = uptodate | lru;
const ANON = uptodate | lru | mmap | anon | swapbacked;
const ORDER = 4;

describe("folios", () => {
  test.each([
    { name: "clean file cache, up to 6.9", first: FILE, rest: 0n, want: PageClass.FileClean },
    { name: "clean file cache, from 6.10 on", first: FILE, rest: FILE, want: PageClass.FileClean },
    { name: "dirty file cache", first: FILE | dirty, rest: 0n, want: PageClass.FileDirty },
    { name: "tmpfs", first: FILE | swapbacked, rest: 0n, want: PageClass.Shmem },
    { name: "programs, up to 6.9", first: ANON, rest: mmap | anon, want: PageClass.Anon },
    { name: "programs, from 6.10 on", first: ANON, rest: ANON, want: PageClass.Anon },
  ])("of $name are what their first page is", async ({ first, rest, want }) => {
    const block = folioBlock(ORDER, first | head | thp, rest | tail | thp);
    const { pages } = await loadedGuest([block, freeBlock(), freeBlock()]);
    for (const pfn of [0, 1, (1 << ORDER) - 1, PAGEBLOCK_PAGES - 1]) {
      expect(classOfState(pages.pageState(pfn))).toBe(want);
    }
  });

  test("of clean file cache are dropped whole, none of their pages moves", async () => {
    const block = folioBlock(ORDER, FILE | head | thp, tail | thp);
    const { pages } = await loadedGuest([block, freeBlock()]);
    const result = pages.allocContig(0, PAGEBLOCK_PAGES);
    expect(result).toMatchObject({ errno: 0, droppedPages: PAGEBLOCK_PAGES, migratedPages: 0 });
  });

  test.each([
    { first: ANON, want: PageClass.Thp },
    { first: FILE, want: PageClass.FileClean },
  ])("of 512 pages are a THP where they are anonymous: $want", async ({ first, want }) => {
    const block = folioBlock(9, first | head | thp, tail | thp);
    const { pages } = await loadedGuest([block]);
    expect(classOfState(pages.pageState(0))).toBe(want);
    expect(classOfState(pages.pageState(511))).toBe(want);
  });

  test("with a reference too many are held with all their pages", async () => {
    const online = 1n << 32n;
    const onLru = 1n << 34n;
    const block = folioBlock(ORDER, FILE | head | thp, tail | thp);
    const extended = block.map(
      (_, page) => online | onLru | (page < 1 << ORDER ? 17n : 16n) | (1n << 28n),
    );
    const { pages } = await loadedGuest([block], { extended });
    const holdOf = (pfn: number): number => (pages.pageState(pfn) >> 5) & 3;
    expect(holdOf(0)).toBe(Hold.Pinned);
    expect(holdOf(15)).toBe(Hold.Pinned);
    expect(holdOf(16)).toBe(Hold.None);
  });

  test("of the kernel stay what they are", async () => {
    const { pages } = await loadedGuest([folioBlock(3, head, tail)]);
    expect(classOfState(pages.pageState(0))).toBe(PageClass.KernelCompound);
    expect(classOfState(pages.pageState(7))).toBe(PageClass.KernelCompound);
  });
});
