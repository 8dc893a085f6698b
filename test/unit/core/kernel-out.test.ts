import { describe, expect, it } from "vitest";

import { PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";
import { freeBlock, KPF } from "./loaded-guest.js";

const ANON = KPF.anon | KPF.lru | KPF.swapbacked | KPF.mmap;

/** A boot zone, and a device above it whose kernel memory moves out; pages by class of each. */
async function movedOut(boot: readonly BigUint64Array[], device: readonly BigUint64Array[]) {
  const nrBlocks = boot.length + device.length;
  const nrPages = nrBlocks * PAGEBLOCK_PAGES;
  const pages = await PageMemory.create(nrPages, linuxProfile("v6.1").mm, coreModule());
  const zones = new ZoneTable(pages, { minFreeLimitKib: 262_144 });
  const zone = zones.zone("Normal", 0);
  for (const [blocks, inDevice, first] of [
    [boot, false, 0],
    [device, true, boot.length],
  ] as const) {
    const flags = new BigUint64Array(blocks.flatMap((words) => [...words]));
    const bytes = new Uint8Array(flags.buffer);
    pages.loader.loadFlags(first * PAGEBLOCK_PAGES, zone.id, bytes, undefined, inDevice);
  }
  const start = boot.length * PAGEBLOCK_PAGES;
  pages.loader.takeKernelOut(start, device.length * PAGEBLOCK_PAGES);
  pages.loader.finishLoad(false);
  expect(pages.validate()).toBeUndefined();
  const bySubblock = (from: number, nr: number) =>
    pages.countBySubblock(from, nr * PAGEBLOCK_PAGES, 1);
  return {
    pages,
    zone,
    boot: bySubblock(0, boot.length),
    device: bySubblock(start, device.length),
  };
}

function blockOf(count: number, word: bigint): BigUint64Array {
  return freeBlock().map((free, page) => (page < count ? word : free));
}

describe("taking the kernel out of the device", () => {
  it("changes places with movable pages of boot memory, and keeps all counts", async () => {
    const found = await movedOut([blockOf(100, ANON)], [blockOf(30, KPF.slab)]);
    expect([...found.device.unmovablePages, ...found.device.movablePages]).toEqual([0, 30]);
    expect([...found.boot.unmovablePages, ...found.boot.movablePages]).toEqual([30, 70]);
    expect(found.pages.freePages(found.zone.id)).toBe(2 * PAGEBLOCK_PAGES - 130);
  });

  it("takes free pages once no movable ones are left", async () => {
    const found = await movedOut([blockOf(10, ANON)], [blockOf(30, KPF.slab)]);
    expect([...found.device.unmovablePages, ...found.device.movablePages]).toEqual([0, 10]);
    expect([...found.boot.unmovablePages, ...found.boot.freePages]).toEqual([
      30,
      PAGEBLOCK_PAGES - 30,
    ]);
  });

  it("leaves what finds no room", async () => {
    const found = await movedOut([blockOf(500, KPF.slab)], [blockOf(30, KPF.slab)]);
    expect([...found.device.unmovablePages]).toEqual([18]);
    expect(found.pages.countByClass(found.zone.id)[PageClass.Slab]).toBe(530);
  });
});
