import fc from "fast-check";
import { expect, test } from "vitest";

import { Migratetype, PageClass } from "../../src/core/abi.js";
import { Guest } from "../../src/guest/guest.js";
import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";
import { nrRuns, PATIENCE } from "./nr-runs.js";

// The accounting of a guest over a real core, with two devices on two nodes
// (docs/spec/driver.md#accounting and #invariants), and everything that the core checks of itself.

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const PAGE = 4096;
const NR_MEMORY_BLOCKS = 4;

type Step =
  | { readonly kind: "resize"; readonly device: number; readonly blocks: number }
  | { readonly kind: "online" | "offline"; readonly block: number; readonly movable: boolean }
  | { readonly kind: "use"; readonly node: number; readonly movable: boolean }
  | { readonly kind: "leave"; readonly which: number }
  | { readonly kind: "wait" | "migrate" };

const device = fc.nat(1);
const movable = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      device,
      blocks: fc.nat(NR_MEMORY_BLOCKS * 64),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("online" as const, "offline" as const),
      block: fc.nat(2 * NR_MEMORY_BLOCKS),
      movable,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("use" as const), node: device, movable }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("leave" as const), which: fc.nat(99) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("wait" as const, "migrate" as const) }),
  },
);

/** Pages of some process or of the kernel: 2 MiB each. */
type Used = [startPfn: number, nrPages: number][];

function play(guest: Guest, used: Used[], todo: Step): void {
  const { hotplug, pages } = guest;
  switch (todo.kind) {
    case "resize":
      guest.requestSize(todo.blocks * 2 * MiB, todo.device);
      break;
    case "online":
    case "offline": {
      const all = guest.devices.flatMap(({ driver }) => driver.memoryBlocks());
      const id = all[todo.block % Math.max(1, all.length)]?.id ?? 0;
      if (todo.kind === "offline") hotplug.offlineMemoryBlock(id);
      else hotplug.onlineMemoryBlock(id, todo.movable ? "online_movable" : "online");
      guest.driver.run();
      break;
    }
    case "use": {
      const runs: Used = [];
      const request = todo.movable
        ? { type: Migratetype.Movable, pageClass: PageClass.Anon, kind: "Movable" as const }
        : { type: Migratetype.Unmovable, pageClass: PageClass.Slab, kind: "Normal" as const };
      // migration may move movable pages, so only those that stay are given back
      pages.allocBulk(512, { ...request, order: 0, node: todo.node }, runs);
      if (!todo.movable) used.push(runs);
      break;
    }
    case "leave": {
      const [runs] = used.splice(todo.which % Math.max(1, used.length), 1);
      for (const [start, nr] of runs ?? []) pages.freeRun(start, nr);
      break;
    }
    case "wait":
      guest.advanceTo(guest.clock.nowMs + 60_000);
      break;
    case "migrate":
      guest.device.migrating = !guest.device.migrating;
  }
}

function check(guest: Guest, profile: ProfileName): void {
  const { zones, hotplug } = guest;
  const { accounting } = linuxProfile(profile).driver;
  let plugged = 0;
  let present = 0;
  for (const { driver, device } of guest.devices) {
    let all = 0;
    for (const { id, pluggedSize } of driver.memoryBlocks()) {
      all += pluggedSize;
      if (hotplug.memoryBlock(id)?.state !== "online") continue;
      plugged += pluggedSize;
      present += hotplug.memoryBlockSize;
    }
    expect(all).toBe(device.pluggedSize);
    expect(driver.isBroken).toBe(false);
  }
  const boot = zones.all().reduce((sum, { bootPresent }) => sum + bootPresent, 0);
  expect((zones.totalRam - boot) * PAGE).toBe(plugged);
  const hotplugged = zones.all().reduce((sum, zone) => sum + zone.present - zone.bootPresent, 0);
  expect(hotplugged * PAGE).toBe(present);
  const managed = zones.all().reduce((sum, zone) => sum + zone.managed, 0) - boot;
  // the versions of 2019 keep what is taken back, and lose what was never onlined
  if (accounting.takenLeaveManaged) expect(managed * PAGE).toBe(plugged);
  else expect(managed * PAGE).toBeLessThanOrEqual(present);
  for (const zone of zones.all()) {
    expect(zone.managed).toBeLessThanOrEqual(zone.present);
    expect(guest.pages.freePages(zone.id)).toBeLessThanOrEqual(zone.present);
  }
  guest.pages.validate();
}

test.each(PROFILE_NAMES)(
  "%s: total RAM, managed and present pages follow what happens",
  async (profile) => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("online", "offline", "online_kernel", "online_movable"),
        fc.constantFrom("contig-zones", "auto-movable"),
        fc.array(step, { minLength: 3, maxLength: 15, size: "max" }),
        async (autoOnline, onlinePolicy, steps) => {
          const regionSize = NR_MEMORY_BLOCKS * 128 * MiB;
          const guest = await Guest.create({
            profile,
            bootRanges: [
              { start: 0, size: 256 * MiB, node: 0 },
              { start: 4 * GiB, size: 128 * MiB, node: 1 },
            ],
            devices: [
              { regionSize, node: 0 },
              { regionSize, node: 1 },
            ],
            online: { autoOnline, onlinePolicy },
            core: coreModule(),
          });
          const used: Used[] = [];
          for (const todo of steps) {
            play(guest, used, todo);
            check(guest, profile);
          }
        },
      ),
      { numRuns: nrRuns(8, 300) },
    );
  },
  PATIENCE,
);
