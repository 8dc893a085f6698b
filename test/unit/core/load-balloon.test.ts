import { describe, expect, test } from "vitest";

import { classOfState, PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import { freeBlock, KPF, loadedGuest } from "./loaded-guest.js";

const { offline, uptodate, private: isPrivate, mmap } = KPF;
const whole = (): BigUint64Array => freeBlock().fill(offline);

function classAt(pages: { pageState(pfn: number): number }, block: number, page = 0): number {
  return classOfState(pages.pageState(block * PAGEBLOCK_PAGES + page));
}

describe("offline pages of the device", () => {
  test("are unplugged where the whole pageblock is, else in a balloon", async () => {
    const mixed = freeBlock();
    mixed[7] = offline;
    const { pages } = await loadedGuest([whole(), mixed, freeBlock()]);
    expect(classAt(pages, 0)).toBe(PageClass.Offline);
    expect(classAt(pages, 1, 7)).toBe(PageClass.Balloon);
    expect(pages.allocContig(PAGEBLOCK_PAGES, PAGEBLOCK_PAGES).errno).toBe(0);
  });

  test("are in a balloon where the host has them plugged", async () => {
    const { pages } = await loadedGuest([whole(), whole()], {
      after: ({ loader }) => {
        loader.markPlugged(PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
      },
    });
    expect([classAt(pages, 0), classAt(pages, 1)]).toEqual([PageClass.Offline, PageClass.Balloon]);
  });

  test("are in a balloon as far as the host has them plugged, by device block", async () => {
    const { pages } = await loadedGuest([whole()], {
      after: ({ loader }) => {
        loader.markPlugged(128, 256);
      },
    });
    const classes = [127, 128, 383, 384].map((page) => classAt(pages, 0, page));
    const { Offline, Balloon } = PageClass;
    expect(classes).toEqual([Offline, Balloon, Balloon, Offline]);
  });

  test("are in a balloon, from the lowest on, as far as its counter says", async () => {
    const mixed = freeBlock();
    mixed.fill(offline, 0, 8);
    const { pages } = await loadedGuest([mixed, whole(), whole()], {
      after: ({ loader }) => {
        loader.noteBalloon(8 + PAGEBLOCK_PAGES);
      },
    });
    expect([classAt(pages, 1), classAt(pages, 2)]).toEqual([PageClass.Balloon, PageClass.Offline]);
  });

  test("are in a balloon before any page that is not offline", async () => {
    const { pages } = await loadedGuest([freeBlock(), whole(), whole()], {
      after: ({ loader }) => {
        loader.noteBalloon(PAGEBLOCK_PAGES);
      },
    });
    const classes = [0, 1, 2].map((index) => classAt(pages, index));
    expect(classes.slice(1)).toEqual([PageClass.Balloon, PageClass.Offline]);
    expect(pages.freePages(0)).toBe(PAGEBLOCK_PAGES);
  });

  test("that are up to date are in a balloon (7.2)", async () => {
    const { pages } = await loadedGuest([whole().fill(offline | uptodate)]);
    expect(classAt(pages, 0)).toBe(PageClass.Balloon);
  });
});

describe("pages of zsmalloc", () => {
  const group = (first: bigint, others: bigint): BigUint64Array => {
    const block = freeBlock();
    block[0] = first;
    block.fill(others, 1, 4);
    return block;
  };

  test.each([
    { name: "6.1", block: group(mmap | isPrivate, mmap) },
    { name: "6.12", block: group(isPrivate, 0n) },
    { name: "7.2", block: group(uptodate | isPrivate, uptodate) },
  ])("of $name move, where their zone counts them", async ({ block }) => {
    const { pages } = await loadedGuest([block, freeBlock()], {
      before: ({ loader }, zone) => {
        loader.noteZspages(zone, 4);
      },
    });
    expect(pages.allocContig(0, PAGEBLOCK_PAGES)).toMatchObject({ errno: 0, migratedPages: 4 });
  });

  test("are kernel memory where nobody counts any", async () => {
    const { pages } = await loadedGuest([group(isPrivate, 0n), freeBlock()]);
    expect(classAt(pages, 0)).toBe(PageClass.Kernel);
  });

  test("are told from free pages in ZONE_MOVABLE by their number", async () => {
    const block = group(isPrivate, 0n);
    block.fill(0n, 100, 110);
    const { pages } = await loadedGuest([block, freeBlock()], {
      zone: "Movable",
      before: ({ loader }, zone) => {
        loader.noteZspages(zone, 4);
      },
    });
    expect(classAt(pages, 0, 3)).toBe(PageClass.DriverMovable);
    // three beside the one that shows what it is
    expect(classAt(pages, 0, 100)).toBe(PageClass.Free);
    expect(classAt(pages, 0, 104)).toBe(PageClass.Free);
  });

  test("take the marks of no kernel in ZONE_MOVABLE, where no kernel memory lies", async () => {
    const { pages } = await loadedGuest([group(isPrivate, 0n), freeBlock()], { zone: "Movable" });
    expect(classAt(pages, 0)).toBe(PageClass.DriverMovable);
  });
});
