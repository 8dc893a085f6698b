import { describe, expect, test, vi } from "vitest";

import { PageMemory } from "../../../src/core/page-memory.js";
import { Guest } from "../../../src/guest/guest.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { ownMinOf, watermarksOf } from "../../../src/linux/watermarks.js";
import { ZoneTable } from "../../../src/linux/zone-table.js";
import { coreModule } from "../../core-under-test.js";

const MiB = 2 ** 20;

describe("the marks of ZONE_MOVABLE", () => {
  test("are those of a recorded guest of 6.12 where it has a min mark of its own", () => {
    const minFree = 4 * 11066;
    expect(watermarksOf(222_690, 222_690, minFree)).toEqual({
      min: 11066,
      low: 13832,
      high: 16598,
    });
    expect(watermarksOf(524_288, 222_690, minFree, true)).toEqual({
      min: 128,
      low: 6641,
      high: 13154,
    });
  });

  test.each([
    [0, 32],
    [32_767, 32],
    [65_536, 64],
    [10_000_000, 128],
  ])("%i managed pages have a min mark of %i", (managed, min) => {
    expect(ownMinOf(managed)).toBe(min);
  });

  test.each([
    ["share", 7840],
    ["own", 128],
  ] as const)("with its %s: min_free_kbytes is found again", (movableMin, min) => {
    const pages = PageMemory.createSync(1 << 20, linuxProfile("v6.1").mm, coreModule());
    const zones = new ZoneTable(pages, { minFreeLimitKib: 262_144, movableMin });
    const normal = zones.zone("Normal", 0);
    const movable = zones.zone("Movable", 0);
    normal.managed = 220_909;
    movable.managed = 524_288;
    // min_free_kbytes was set to 60000
    const shared = 60_000 / 4;
    const others = movableMin === "own" ? shared : Math.floor((shared * 220_909) / 745_197);
    zones.adoptWatermarks(normal, { min: others, low: others, high: others }, 0);
    const own = movableMin === "own" ? min : shared - others;
    zones.adoptWatermarks(movable, { min: own, low: own, high: own }, 0);
    zones.settleMinFree();
    zones.recompute();
    expect(Math.abs(normal.watermarks.min - others)).toBeLessThan(2);
    expect(Math.abs(movable.watermarks.min - own)).toBeLessThan(2);
    expect(zones.copy().find("Movable", 0)?.watermarks).toEqual(movable.watermarks);
  });
});

describe("lowmem reserves", () => {
  test.each([
    ["v6.12", false],
    ["v6.18", true],
  ] as const)("in %s follow each subblock: %s", async (profile, follow) => {
    const guest = await Guest.create({ profile, regionSize: 1024 * MiB, core: coreModule() });
    guest.requestSize(1024 * MiB);
    const setReserve = vi.spyOn(guest.pages, "setLowmemReserve");
    guest.requestSize(960 * MiB);
    expect(guest.device.pluggedSize).toBe(960 * MiB);
    expect(setReserve.mock.calls.length > 0).toBe(follow);
  });
});
