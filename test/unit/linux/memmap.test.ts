import { expect, test } from "vitest";

import { Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { chargeMemmap, freeMemmap } from "../../../src/linux/memmap.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const NR_PAGES = 1024;

async function zoneOfTwoPageblocks(): Promise<PageMemory> {
  const pages = await PageMemory.create(NR_PAGES, linuxProfile("v6.1").mm, coreModule());
  const { id } = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
  pages.online(id, 0, NR_PAGES, [[0, NR_PAGES]]);
  return pages;
}

const page = { type: Migratetype.Unmovable, pageClass: PageClass.Kernel, kind: "Normal" } as const;

test("a memmap of single pages in a row goes back wherever the row begins", async () => {
  const pages = await zoneOfTwoPageblocks();
  pages.allocBulk(NR_PAGES, { ...page, order: 0, node: 0 }, []);
  expect(pages.freePages(0)).toBe(0);
  freeMemmap(pages, [32, 512]);
  expect(pages.freePages(0)).toBe(512);
  pages.validate();
});

test("a memmap goes back whole, or its single pages do", async () => {
  const pages = await zoneOfTwoPageblocks();
  const whole = chargeMemmap(pages, 1, 0) ?? [];
  expect(whole).toHaveLength(2);
  const pfn = pages.tryAlloc({ ...page, order: 0, node: 0 }) ?? NaN;
  expect(chargeMemmap(pages, 1, 0)).toBeUndefined();
  expect(pages.freePages(0)).toBe(511);
  freeMemmap(pages, whole);
  pages.free(pfn, 0);
  expect(pages.freePages(0)).toBe(NR_PAGES);
});
