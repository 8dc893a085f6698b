import { describe, expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import { freeBlock, KPF, loadedGuest } from "./loaded-guest.js";

const ANON = KPF.uptodate | KPF.lru | KPF.mmap | KPF.anon | KPF.swapbacked;
/** A page of tmpfs in the LRU-add batch of the CPU that has just allocated it. */
const PENDING = KPF.uptodate | KPF.dirty | KPF.swapbacked;

/** A pageblock whose first pages have these words, in the order given; the others are free. */
function blockOf(...runs: readonly (readonly [pages: number, word: bigint])[]): BigUint64Array {
  const block = freeBlock();
  let page = 0;
  for (const [pages, word] of runs) block.fill(word, page, (page += pages));
  return block;
}

async function freePages(block: BigUint64Array): Promise<number> {
  const { pages } = await loadedGuest([block]);
  return pages.freePages(0);
}

describe("pages without flags", () => {
  test("are in a per-CPU cache beside pages of a program", async () => {
    expect(await freePages(blockOf([300, ANON], [12, 0n]))).toBe(PAGEBLOCK_PAGES - 300);
  });

  test("also where a page of the running process waits in an LRU-add batch", async () => {
    const block = blockOf([300, ANON], [1, PENDING], [12, 0n]);
    expect(await freePages(block)).toBe(PAGEBLOCK_PAGES - 301);
  });

  test("are the kernel's beside a slab", async () => {
    const block = blockOf([300, ANON], [1, KPF.slab], [12, 0n]);
    expect(await freePages(block)).toBe(PAGEBLOCK_PAGES - 313);
  });
});
