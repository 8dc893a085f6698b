import { describe, expect, test } from "vitest";

import { classOfState, PAGEBLOCK_PAGES, PageClass, Relief } from "../../../src/core/abi.js";
import type { ProfileName } from "../../../src/linux/profile.js";
import { Errno } from "../../../src/errno.js";
import { folioBlock, freeBlock, KPF, loadedGuest } from "./loaded-guest.js";

const { huge, head, tail, mmap, anon, uptodate } = KPF;
const used = (): BigUint64Array =>
  folioBlock(9, huge | head | mmap | anon | uptodate, huge | tail | mmap | anon | uptodate);
const free = (): BigUint64Array => folioBlock(9, huge | head, huge | tail);
const block = (index: number): number => index * PAGEBLOCK_PAGES;

/** Errnos of attempts on pageblocks, one after the other. */
async function attempts(
  blocks: readonly BigUint64Array[],
  tried: readonly number[],
  profile: ProfileName = "v6.1",
): Promise<number[]> {
  const { pages } = await loadedGuest(blocks, { profile });
  return tried.map((index) => pages.allocContig(block(index), PAGEBLOCK_PAGES).errno);
}

describe("huge pages of 2 MiB", () => {
  test("that are free are replaced by fresh ones", async () => {
    expect(await attempts([free(), freeBlock(), freeBlock()], [0])).toEqual([0]);
  });

  test("that are free end the attempt with -ENOMEM where no fresh one can be had", async () => {
    expect(await attempts([free(), used()], [0])).toEqual([-Errno.ENOMEM]);
  });

  test("in use move to a fresh page where the pool is empty", async () => {
    expect(await attempts([used(), freeBlock(), freeBlock()], [0])).toEqual([0]);
  });

  test("in use leave a page of the pool behind, which a second try replaces (up to 6.13)", async () => {
    const guest = [used(), free(), freeBlock(), freeBlock(), freeBlock()];
    expect(await attempts(guest, [0, 0])).toEqual([-Errno.EBUSY, 0]);
  });

  test("in use move into what was just emptied (up to 6.13)", async () => {
    const guest = [used(), used(), free(), freeBlock(), freeBlock(), freeBlock()];
    expect(await attempts(guest, [1, 0])).toEqual([-Errno.EBUSY, -Errno.EBUSY]);
    const { pages } = await loadedGuest(guest);
    pages.allocContig(block(1), PAGEBLOCK_PAGES);
    pages.allocContig(block(0), PAGEBLOCK_PAGES);
    expect(classOfState(pages.pageState(block(1)))).toBe(PageClass.Hugetlb);
    expect(classOfState(pages.pageState(block(0)))).toBe(PageClass.HugetlbFree);
  });

  test("leave nothing behind from 6.14 on", async () => {
    const guest = [used(), used(), free(), freeBlock(), freeBlock(), freeBlock(), freeBlock()];
    expect(await attempts(guest, [1, 0], "upstream")).toEqual([0, 0]);
  });

  test("in use move to a page of the pool outside the range (6.14)", async () => {
    const guest = [used(), free(), freeBlock(), freeBlock(), freeBlock()];
    const { pages } = await loadedGuest(guest, { profile: "upstream" });
    expect(pages.allocContig(block(0), PAGEBLOCK_PAGES).errno).toBe(0);
    expect(classOfState(pages.pageState(block(1)))).toBe(PageClass.Hugetlb);
  });

  test("in use move to the lowest page of the pool", async () => {
    const { pages } = await loadedGuest([used(), free(), free(), freeBlock(), freeBlock()]);
    pages.allocContig(block(0), PAGEBLOCK_PAGES);
    const classes = [1, 2].map((index) => classOfState(pages.pageState(block(index))));
    expect(classes).toEqual([PageClass.Hugetlb, PageClass.HugetlbFree]);
  });

  test("that were replaced are no pages of the pool any more", async () => {
    const { pages } = await loadedGuest([free(), freeBlock(), freeBlock(), freeBlock()]);
    expect(pages.allocContig(block(0), PAGEBLOCK_PAGES).errno).toBe(0);
    expect(pages.relieve(Relief.HugePages)).toBe(PAGEBLOCK_PAGES);
    expect(pages.freePages(0)).toBe(3 * PAGEBLOCK_PAGES);
    expect(pages.validate()).toBeUndefined();
  });

  test("of the pool that are promised to others are no targets", async () => {
    const { pages } = await loadedGuest([used(), free(), freeBlock(), freeBlock()], {
      before: ({ loader }) => {
        loader.noteHugePool(1, 0);
      },
    });
    expect(pages.allocContig(0, PAGEBLOCK_PAGES).errno).toBe(0);
    expect(classOfState(pages.pageState(block(1)))).toBe(PageClass.HugetlbFree);
  });
});

describe("a huge page larger than 2 MiB", () => {
  test("ends every attempt on it with -ENOMEM, and says which page it was", async () => {
    const rest = freeBlock().fill(huge | tail);
    const { pages } = await loadedGuest([freeBlock(), free(), rest, freeBlock(), freeBlock()]);
    for (const index of [1, 2]) {
      const { errno, blockingPfn } = pages.allocContig(block(index), PAGEBLOCK_PAGES);
      expect([errno, blockingPfn]).toEqual([-Errno.ENOMEM, block(index)]);
      expect(classOfState(pages.pageState(block(index)))).toBe(PageClass.Gigantic);
    }
    expect(pages.allocContig(block(3), PAGEBLOCK_PAGES).errno).toBe(0);
  });
});
