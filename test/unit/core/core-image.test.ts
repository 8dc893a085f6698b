import { expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const BLOCKS = 64;
const FREE = 1n << 10n;
const ANON = (1n << 5n) | (1n << 11n) | (1n << 12n) | (1n << 14n);

async function guest(): Promise<PageMemory> {
  const mm = linuxProfile("v6.1").mm;
  const pages = await PageMemory.create(BLOCKS * PAGEBLOCK_PAGES, mm, coreModule());
  const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
  const flags = new BigUint64Array(BLOCKS * PAGEBLOCK_PAGES).fill(FREE);
  for (let page = 0; page < flags.length; page += 7) flags[page] = ANON;
  pages.loader.loadFlags(0, zone.id, new Uint8Array(flags.buffer), undefined, true);
  pages.loader.finishLoad(false);
  return pages;
}

/** Empties pageblocks one after the other, as far as memory goes. */
function lives(pages: PageMemory): string {
  const results = [];
  for (let block = BLOCKS - 1; block >= 8; block--) {
    results.push(pages.allocContig(block * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES));
  }
  results.push(pages.countPages(0, BLOCKS * PAGEBLOCK_PAGES), pages.memoryUse());
  return JSON.stringify(results);
}

test("a core that was set back lives the same life again", async () => {
  const pages = await guest();
  const image = pages.image();
  const before = JSON.stringify(pages.countPages(0, BLOCKS * PAGEBLOCK_PAGES));
  const first = lives(pages);
  for (let again = 0; again < 3; again++) {
    image.restore();
    expect(pages.validate()).toBeUndefined();
    expect(JSON.stringify(pages.countPages(0, BLOCKS * PAGEBLOCK_PAGES))).toBe(before);
    expect(lives(pages)).toBe(first);
  }
});

test("what a later image adds is gone after going back to an earlier one", async () => {
  const pages = await guest();
  const early = pages.image();
  // bitmaps take memory for good, and rely on new memory being zero
  const map = pages.createBitmap(2 ** 22);
  map.write(0, 2 ** 22, true);
  early.restore();
  const other = pages.createBitmap(2 ** 22);
  expect(other.count()).toBe(0);
  early.restore();
  expect(lives(pages)).toBe(lives(await guest()));
});
