import { describe, expect, test } from "vitest";

import { classOfState, PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import type { PageMemory } from "../../../src/core/page-memory.js";
import type { ProfileName } from "../../../src/linux/profile.js";
import { Errno } from "../../../src/errno.js";
import { freeBlock, KPF, loadedGuest } from "./loaded-guest.js";

const { uptodate, lru, mmap, anon, swapbacked, swapcache, referenced, slab } = KPF;
const ANON = uptodate | lru | mmap | anon | swapbacked;
const blockOf = (word: bigint): BigUint64Array => freeBlock().fill(word);

/** Errno of an attempt on the first pageblock. */
async function attempt(
  blocks: readonly BigUint64Array[],
  before?: (pages: PageMemory) => void,
): Promise<number> {
  const { pages } = await loadedGuest(blocks, before === undefined ? {} : { before });
  return pages.allocContig(0, PAGEBLOCK_PAGES).errno;
}

describe("when no page is free for a migration target", () => {
  const full = [blockOf(ANON), blockOf(ANON), blockOf(ANON)];

  test("the attempt ends with -ENOMEM where there is no swap", async () => {
    expect(await attempt(full)).toBe(-Errno.ENOMEM);
  });

  test("anonymous pages are swapped out as far as swap is free", async () => {
    const withSwap = (nrPages: number) => (pages: PageMemory) => {
      pages.loader.noteSwap(nrPages, 0);
    };
    expect(await attempt(full, withSwap(PAGEBLOCK_PAGES))).toBe(0);
    expect(await attempt(full, withSwap(PAGEBLOCK_PAGES - 1))).toBe(-Errno.ENOMEM);
  });

  test("swap in compressed memory takes pages itself", async () => {
    const withZram = (nrPages: number) => (pages: PageMemory) => {
      pages.loader.noteSwap(nrPages, 0.25);
    };
    expect(await attempt(full, withZram(PAGEBLOCK_PAGES))).toBe(-Errno.ENOMEM);
    expect(await attempt(full, withZram(2 * PAGEBLOCK_PAGES))).toBe(0);
  });

  test("swap in compressed memory takes a quarter of what it gives at this cost", async () => {
    // of 682 pages in swap zram has taken 170, which leaves the 512 targets
    const least = 682;
    const withZram = (nrPages: number) => (pages: PageMemory) => {
      pages.loader.noteSwap(nrPages, 0.25);
    };
    expect(await attempt(full, withZram(least - 1))).toBe(-Errno.ENOMEM);
    expect(await attempt(full, withZram(least))).toBe(0);
  });

  test("pages of the swap cache go without swap being free", async () => {
    const cached = blockOf(uptodate | lru | anon | swapbacked | swapcache);
    expect(await attempt([blockOf(ANON), cached])).toBe(0);
  });
});

describe("slab pages of buffer heads", () => {
  const FILES = 39;
  const FILE = uptodate | lru | KPF.private;
  const files = (): BigUint64Array[] => Array.from({ length: FILES }, () => blockOf(FILE));

  /** Errnos of attempts on a pageblock of slab pages, before and after the files were dropped. */
  async function attempts(word: bigint, profile: ProfileName): Promise<number[]> {
    const { pages } = await loadedGuest([...files(), blockOf(word)], { profile });
    const start = FILES * PAGEBLOCK_PAGES;
    const errnos = [pages.allocContig(start, PAGEBLOCK_PAGES).errno];
    for (let block = 0; block < FILES; block++) {
      pages.allocContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES);
    }
    return [...errnos, pages.allocContig(start, PAGEBLOCK_PAGES).errno];
  }

  test("go with the file pages that they belong to", async () => {
    expect(await attempts(slab, "v6.1")).toEqual([-Errno.EBUSY, 0]);
  });

  test("leave a few behind where slab caches have sheaves (6.18)", async () => {
    expect(await attempts(slab, "upstream")).toEqual([-Errno.EBUSY, -Errno.EBUSY]);
  });

  test("go with file pages that are reclaimed, too", async () => {
    const { pages } = await loadedGuest([...files(), blockOf(slab), blockOf(ANON)]);
    const start = FILES * PAGEBLOCK_PAGES;
    const before = pages.countPages(start, PAGEBLOCK_PAGES).unmovable;
    expect(before).toBe(PAGEBLOCK_PAGES);
    expect(pages.allocContig(start + PAGEBLOCK_PAGES, PAGEBLOCK_PAGES).errno).toBe(0);
    expect(pages.countPages(start, PAGEBLOCK_PAGES).unmovable).toBeLessThan(before);
  });

  test("are single pages: larger slabs hold other objects", async () => {
    expect(await attempts(slab | KPF.head, "v6.1")).toEqual([-Errno.EBUSY, -Errno.EBUSY]);
  });
});

describe("pinned pages", () => {
  const guest = (): BigUint64Array[] => {
    const block = blockOf(ANON);
    block[5] = ANON | referenced;
    return [block, freeBlock(), freeBlock()];
  };

  test("are the touched ones where the guest counts pins", async () => {
    expect(await attempt(guest())).toBe(0);
    const withPins = (pages: PageMemory): void => {
      pages.loader.notePins(1, true);
    };
    expect(await attempt(guest(), withPins)).toBe(-Errno.EBUSY);
  });

  test("are not all that are touched where that says nothing (7.2)", async () => {
    const touched = [blockOf(ANON | referenced), freeBlock(), freeBlock()];
    const { pages } = await loadedGuest(touched, {
      before: ({ loader }) => {
        loader.notePins(1, true);
      },
    });
    expect(pages.allocContig(0, PAGEBLOCK_PAGES).errno).toBe(0);
  });

  test("that do not show are as many as the guest counts", async () => {
    const touched = [blockOf(ANON | referenced), freeBlock(), freeBlock()];
    const { loaded } = await loadedGuest(touched, {
      before: ({ loader }) => {
        loader.notePins(7, false);
      },
    });
    expect(loaded).toMatchObject({ hiddenPins: 7, openPages: PAGEBLOCK_PAGES, pinnedPages: 0 });
  });

  test("that do not show are as frequent as among the pages that a program has freed", async () => {
    const block = blockOf(ANON | referenced);
    block.fill(KPF.buddy, 0, PAGEBLOCK_PAGES / 2);
    for (const page of [3, 77, 140]) block[page] = (ANON | referenced) ^ mmap;
    const { loaded } = await loadedGuest([block, freeBlock(), freeBlock()], {
      before: ({ loader }) => {
        loader.notePins(0, false);
      },
    });
    expect(loaded).toMatchObject({ hiddenPins: 3, openPages: PAGEBLOCK_PAGES / 2, pinnedPages: 3 });
  });

  test("that do not show hold pageblocks of a drawn guest", async () => {
    const { pages } = await loadedGuest([blockOf(ANON | referenced), freeBlock(), freeBlock()], {
      before: ({ loader }) => {
        loader.notePins(7, false);
        loader.setHiddenPinChance(1);
      },
      seed: 5,
    });
    expect(pages.allocContig(0, PAGEBLOCK_PAGES).errno).toBe(-Errno.EBUSY);
  });
});

test("clean metadata buffers are not held before 5.13", async () => {
  const block = freeBlock();
  block[0] = lru | referenced | KPF.private;
  const held = async (profile: ProfileName): Promise<boolean> => {
    const { pages } = await loadedGuest([block, freeBlock()], { profile });
    expect(classOfState(pages.pageState(0))).toBe(PageClass.Buffer);
    return pages.allocContig(0, PAGEBLOCK_PAGES).errno !== 0;
  };
  expect([await held("v5.10"), await held("v6.1")]).toEqual([false, true]);
});

test("few metadata pages among much data were written in bulk, and are not held", async () => {
  const block = freeBlock();
  block[0] = lru | referenced | KPF.private;
  const { pages } = await loadedGuest([block, blockOf(uptodate | lru), blockOf(uptodate | lru)]);
  expect(pages.allocContig(0, PAGEBLOCK_PAGES).errno).toBe(0);
});
