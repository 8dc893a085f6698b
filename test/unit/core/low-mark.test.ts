import { describe, expect, test } from "vitest";

import { Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

const PAGES = 4096;
const ORDERS = Array.from({ length: 11 }, (_, order) => order);
const DMA32 = 0;
const NORMAL = 1;

/** Two zones of one node, both all free; a request prefers ZONE_NORMAL. */
function twoZones(): PageMemory {
  const memory = PageMemory.createSync(2 * PAGES, linuxProfile("v6.1").mm, coreModule());
  for (const [zone, kind] of (["DMA32", "Normal"] as const).entries()) {
    expect(memory.addZone(kind, 0)).toBe(zone);
    memory.online(zone, zone * PAGES, PAGES, [[zone * PAGES, PAGES]]);
  }
  return memory;
}

function zoneOf(memory: PageMemory, order: number): number | undefined {
  const pfn = memory.tryAlloc({
    order,
    type: Migratetype.Movable,
    pageClass: PageClass.Kernel,
    kind: "Normal",
    node: 0,
  });
  return pfn === undefined ? undefined : memory.zoneIndex(pfn);
}

describe.each(ORDERS)("a request of order %i", (order) => {
  test.each([
    { more: 2 ** order, zone: NORMAL },
    { more: 2 ** order - 1, zone: DMA32 },
  ])("with $more pages above the low mark comes from zone $zone", ({ more, zone }) => {
    const memory = twoZones();
    memory.setWatermarks(NORMAL, 0, PAGES - more, PAGES);
    expect(zoneOf(memory, order)).toBe(zone);
    expect(memory.validate()).toBeUndefined();
  });

  test.each([
    { more: 2 ** order, zone: NORMAL },
    { more: 2 ** order - 1, zone: DMA32 },
  ])("with $more pages above mark and reserve comes from zone $zone", ({ more, zone }) => {
    const memory = twoZones();
    memory.setLowmemReserve(NORMAL, "Normal", 100);
    memory.setLowmemReserve(NORMAL, "Movable", 1000);
    memory.setWatermarks(NORMAL, 0, PAGES - 100 - more, PAGES);
    expect(zoneOf(memory, order)).toBe(zone);
  });
});

test("a zone with caches is above its mark by the pages that are not cached", () => {
  const memory = twoZones();
  memory.setCache(NORMAL, 1, 8, 60);
  memory.setWatermarks(NORMAL, 0, PAGES - 9, PAGES);
  // the first request fills the cache with 8 pages: one page less and the next would be below the
  // mark
  expect(zoneOf(memory, 0)).toBe(NORMAL);
  expect(memory.freePages(NORMAL)).toBe(PAGES - 8);
  expect(zoneOf(memory, 0)).toBe(NORMAL);
  memory.setWatermarks(NORMAL, 0, PAGES - 8, PAGES);
  expect(zoneOf(memory, 0)).toBe(DMA32);
  memory.setCache(NORMAL, 0, 0, 0);
  expect(memory.validate()).toBeUndefined();
});
