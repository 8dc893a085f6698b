import { expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const BUDDY = 1n << 10n;
const SLAB = 1n << 7n;
const HEAD = SLAB | (1n << 15n);
const TAIL = SLAB | (1n << 16n);

const BLOCKS = 8;
const WITH_SLABS = 3;

/** A guest with free memory but for slabs of these lengths in one pageblock. */
async function guestWithSlabs(lengths: readonly number[], inDevice = true): Promise<PageMemory> {
  const pages = await PageMemory.create(
    BLOCKS * PAGEBLOCK_PAGES,
    linuxProfile("v6.1").mm,
    coreModule(),
  );
  const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
  const flags = new BigUint64Array(BLOCKS * PAGEBLOCK_PAGES).fill(BUDDY);
  for (const [index, length] of lengths.entries()) {
    const at = WITH_SLABS * PAGEBLOCK_PAGES + index * 64;
    flags[at] = length === 1 ? SLAB : HEAD;
    flags.fill(TAIL, at + 1, at + length);
  }
  pages.loader.loadFlags(0, zone.id, new Uint8Array(flags.buffer), undefined, inDevice);
  pages.loader.finishLoad(false);
  return pages;
}

function canBeEmptied(pages: PageMemory): boolean {
  return pages.allocContig(WITH_SLABS * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES).errno === 0;
}

test.each([
  { name: "one slab", lengths: [8], freed: true },
  { name: "three slabs of one size", lengths: [1, 1, 1], freed: true },
  { name: "four slabs", lengths: [1, 1, 1, 1], freed: false },
  { name: "slabs of two sizes", lengths: [1, 4], freed: false },
  { name: "slabs of two sizes, the last one short", lengths: [4, 4, 1], freed: false },
])("$name in a pageblock freed when memory goes offline: $freed", async ({ lengths, freed }) => {
  const pages = await guestWithSlabs(lengths);
  expect(canBeEmptied(pages)).toBe(false);
  expect(pages.offline(0, PAGEBLOCK_PAGES).errno).toBe(0);
  expect(canBeEmptied(pages)).toBe(freed);
  expect(pages.validate()).toBeUndefined();
});

test("a slab in boot memory stays", async () => {
  const pages = await guestWithSlabs([1], false);
  expect(pages.offline(0, PAGEBLOCK_PAGES).errno).toBe(0);
  expect(canBeEmptied(pages)).toBe(false);
});
