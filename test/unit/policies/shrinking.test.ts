import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Migratetype, PageClass } from "../../../src/core/abi.js";
import { Guest } from "../../../src/guest/guest.js";
import { openCapture } from "../../../src/node/index.js";
import { predict } from "../../../src/predict/predict.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { resolvePolicy } from "../../../src/policies/choice/resolve-policy.js";
import { MiB, SimulatedGuest } from "../virtio-mem/simulated-guest.js";

const GiB = 1024 * MiB;
/** Kernel pages in every memory block, so that none can be emptied, and a few empty slabs. */
const SCATTER = join(import.meta.dirname, "../../golden/recordings/d-scatter-medium-seed1");

function allocate(guest: Guest, nr: number, type: Migratetype, pageClass: PageClass): number[] {
  const request = { order: 0, type, pageClass, kind: "Normal" as const, node: 0 };
  return Array.from({ length: nr }, () => guest.pages.tryAlloc(request)!);
}

function grown(policy: string): Promise<Guest> {
  return Guest.create({
    bootSize: 512 * MiB,
    regionSize: GiB,
    online: { autoOnline: "online_kernel" },
    policy,
  }).then((guest) => {
    guest.requestSize(GiB);
    return guest;
  });
}

describe("drop-slab", () => {
  test("gets memory back that reclaimable slab held, and counts what it dropped", async () => {
    const left = new Map<string, number>();
    for (const policy of ["linux", "drop-slab"]) {
      const guest = await grown(policy);
      const slab = allocate(guest, 4000, Migratetype.Reclaimable, PageClass.Slab);
      // keep one page per 400: as a burst leaves them behind
      for (const [at, pfn] of slab.entries()) if (at % 400 !== 0) guest.pages.free(pfn, 0);
      guest.requestSize(0);
      left.set(policy, guest.device.pluggedSize);
      const dropped = [...guest.log.of("shrink")].reduce((sum, { nrPages }) => sum + nrPages, 0);
      expect(dropped > 0).toBe(policy === "drop-slab");
      expect(guest.pages.validate()).toBeUndefined();
    }
    expect(left.get("linux")).toBeGreaterThan(0);
    expect(left.get("drop-slab")).toBeLessThan(left.get("linux")!);
  });

  test("gains nothing where no slab blocks, and drops none then", async () => {
    const guest = await grown("drop-slab");
    guest.requestSize(0);
    expect(guest.device.pluggedSize).toBe(0);
    expect([...guest.log.of("shrink")]).toEqual([]);
  });

  test("drops about half of the reclaimable slab, and none that is not reclaimable", async () => {
    const guest = await grown("linux");
    allocate(guest, 2000, Migratetype.Reclaimable, PageClass.Slab);
    expect(guest.pages.dropSlab(0)).toBe(0);
    const dropped = guest.pages.dropSlab(50);
    expect(dropped).toBeGreaterThan(900);
    expect(dropped).toBeLessThan(1100);
    expect(guest.pages.dropSlab(100)).toBe(2000 - dropped);
    allocate(guest, 100, Migratetype.Unmovable, PageClass.Slab);
    expect(guest.pages.dropSlab(100)).toBe(0);
  });
});

describe("shrink-slab", () => {
  test("gets more from a guest in which no memory block can be emptied", async () => {
    const capture = () => openCapture(SCATTER).then((files) => readCapture(files));
    const linux = await predict(await capture());
    const policy = await predict(await capture(), { policy: "shrink-slab" });
    expect(policy.pluggedSizeAfter).toBeLessThan(linux.pluggedSizeAfter);
    expect(policy.cost.droppedSlabPages).toBeGreaterThan(0);
    expect(policy.cost.droppedSlabPages).toBeLessThan(32);
  });
});

describe("drop-caches", () => {
  test("drops pages of files that Linux would have kept, and moves fewer", async () => {
    const costs = [];
    for (const policy of ["linux", "drop-caches"]) {
      const guest = await grown(policy);
      const cache = allocate(guest, 100_000, Migratetype.Movable, PageClass.FileClean);
      expect(cache).not.toContain(undefined);
      guest.requestSize(512 * MiB);
      expect(guest.pages.validate()).toBeUndefined();
      costs.push([...guest.log.of("shrink")].map(({ nrPages }) => nrPages));
    }
    expect(costs).toEqual([[], [100_000]]);
  });
});

describe("reserve", () => {
  test("stops where the guest would have less free memory than that", () => {
    const { unplug } = resolvePolicy("reserve=200MiB", linuxProfile("v6.1"));
    let guest: SimulatedGuest | undefined = undefined;
    const freeSize = (): number => 300 * MiB - (256 * MiB - guest!.device.pluggedSize);
    guest = new SimulatedGuest({ driver: { policy: unplug, freeSize } });
    guest.resize(256 * MiB);
    guest.resize(0);
    expect(guest.device.pluggedSize).toBe(156 * MiB);
    expect(guest.results().at(-1)).toBe(-12);
    const without = new SimulatedGuest();
    without.resize(256 * MiB);
    without.resize(0);
    expect(without.device.pluggedSize).toBe(0);
  });
});
