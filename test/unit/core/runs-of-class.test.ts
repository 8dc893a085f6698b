import { expect, test } from "vitest";

import { PAGEBLOCK_PAGES, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const BUDDY = 1n << 10n;
const SLAB = 1n << 7n;
const OFFLINE = 1n << 23n;

test.each([0, 1, 2, 3, 4, 8])(
  "an unplugged subblock ends where a free chunk of order %i starts",
  async (order) => {
    const pages = await PageMemory.create(
      3 * PAGEBLOCK_PAGES,
      linuxProfile("v6.1").mm,
      coreModule(),
    );
    const zone = new ZoneTable(pages, { minFreeLimitKib: 262_144 }).zone("Normal", 0);
    const flags = new BigUint64Array(3 * PAGEBLOCK_PAGES).fill(OFFLINE);
    const second = PAGEBLOCK_PAGES;
    flags.fill(SLAB, second, 2 * PAGEBLOCK_PAGES);
    flags.fill(BUDDY, second, second + 2 ** order);
    pages.loader.loadFlags(0, zone.id, new Uint8Array(flags.buffer), undefined, true);
    pages.loader.finishLoad(false);
    expect([...pages.runsOfClass(0, 3 * PAGEBLOCK_PAGES, PAGEBLOCK_PAGES)]).toEqual([
      [0, PAGEBLOCK_PAGES, PageClass.Offline],
      [second, PAGEBLOCK_PAGES, PageClass.Free],
      [2 * second, PAGEBLOCK_PAGES, PageClass.Offline],
    ]);
  },
);
