import { describe, expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const FREE = 1n << 10n;
const FILE = (1n << 3n) | (1n << 5n);
const DIRTY = 1n << 4n;
/** Metadata of a file system: on the LRU, with buffers, not up to date as a page, touched. */
const BUFFER = (1n << 2n) | (1n << 5n) | (1n << 35n);

const BLOCKS = 16;
const CLEAN_LOW = 2;
const CLEAN_HIGH = 12;
const CHANGED = 6;

/**
 * Pageblocks that an attempt cannot empty, of a guest with clean buffers in two of them and
 * `changed` dirty ones between.
 */
async function heldBlocks(changed: number, dirtyData: number): Promise<number[]> {
  const pages = await PageMemory.create(
    BLOCKS * PAGEBLOCK_PAGES,
    linuxProfile("v6.1").mm,
    coreModule(),
  );
  const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
  const flags = new BigUint64Array(BLOCKS * PAGEBLOCK_PAGES).fill(FREE);
  flags[CLEAN_LOW * PAGEBLOCK_PAGES] = BUFFER;
  flags[CLEAN_HIGH * PAGEBLOCK_PAGES] = BUFFER;
  for (let page = 0; page < changed; page++)
    flags[CHANGED * PAGEBLOCK_PAGES + page] = BUFFER | DIRTY;
  for (let page = 0; page < dirtyData; page++) flags[page] = FILE | DIRTY;
  pages.loader.loadFlags(0, zone.id, new Uint8Array(flags.buffer), undefined, true);
  pages.loader.finishLoad(false);
  const held: number[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const startPfn = block * PAGEBLOCK_PAGES;
    if (pages.allocContig(startPfn, PAGEBLOCK_PAGES).errno !== 0) held.push(block);
    else pages.freeContig(startPfn, PAGEBLOCK_PAGES);
  }
  return held;
}

describe("clean buffers of file system metadata", () => {
  test("are released in a guest with dirty file data", async () => {
    expect(await heldBlocks(0, 1)).toEqual([]);
  });

  test("are held in a guest that has just been synced", async () => {
    expect(await heldBlocks(0, 0)).toEqual([CLEAN_LOW, CLEAN_HIGH]);
  });

  test("are released below metadata that was changed since the sync", async () => {
    expect(await heldBlocks(8, 0)).toEqual([CHANGED, CLEAN_HIGH]);
  });

  test("are held in spite of a stray changed page", async () => {
    expect(await heldBlocks(7, 0)).toEqual([CLEAN_LOW, CHANGED, CLEAN_HIGH]);
  });
});
