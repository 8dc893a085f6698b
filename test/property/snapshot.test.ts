import fc from "fast-check";
import { expect, test } from "vitest";

import { AllocFlag, Hold, Migratetype, PageClass } from "../../src/core/abi.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import { KernelError } from "../../src/core/kernel-error.js";
import { Guest } from "../../src/guest/guest.js";
import type { NewGuestOptions } from "../../src/guest/options.js";
import { linuxProfile, PROFILE_NAMES } from "../../src/linux/profile.js";
import type { LogEntry } from "../../src/log/event-log.js";
import { coreWorkload } from "../../src/scenario/workload/index.js";
import { MiB, GiB } from "../../src/units.js";
import { coreModule } from "../core-under-test.js";
import { nrRuns, PATIENCE, seedText } from "./nr-runs.js";

// A guest that is taken up from a snapshot, at any moment of any life, goes on as the other one.

type Step =
  | { readonly kind: "resize"; readonly device: number; readonly blocks: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "take"; readonly pages: number; readonly pageClass: PageClass }
  | { readonly kind: "give"; readonly share: number }
  | { readonly kind: "hold"; readonly at: number; readonly hold: Hold }
  | { readonly kind: "online" | "offline"; readonly at: number }
  | { readonly kind: "migrate"; readonly device: number; readonly on: boolean }
  | { readonly kind: "work"; readonly ms: number }
  | { readonly kind: "suspend" | "wake-up" | "ask" | "remove"; readonly device: number }
  | { readonly kind: "drop" };

const device = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("resize" as const), device, blocks: fc.nat(512) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(90_000) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("take" as const),
      pages: fc.integer({ min: 1, max: 60_000 }),
      pageClass: fc.constantFrom(PageClass.Anon, PageClass.FileClean, PageClass.Kernel),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("give" as const), share: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("hold" as const),
      at: fc.nat(1000),
      hold: fc.constantFrom(Hold.None, Hold.Pinned),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom("online", "offline"), at: fc.nat(15) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("migrate" as const), device, on: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("work" as const), ms: fc.nat(2000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("suspend", "wake-up", "ask", "ask", "remove"),
      device,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const) }) },
);

const options: fc.Arbitrary<NewGuestOptions> = fc
  .record({
    profile: fc.constantFrom(...PROFILE_NAMES),
    forceBbm: fc.boolean(),
    autoOnline: fc.constantFrom("offline", "online", "online_kernel", "online_movable"),
    onlinePolicy: fc.constantFrom("contig-zones", "auto-movable"),
    policy: fc.constantFrom(
      undefined,
      "sense-first",
      "bigger-chunks-first+retry-on-free",
      "isolate-first+shrink-slab",
    ),
    flavours: fc.tuple(
      fc.constantFrom("qemu", "cloud-hypervisor", "firecracker"),
      fc.constantFrom("qemu", "qemu-arm"),
    ),
  })
  .map(({ profile, forceBbm, autoOnline, onlinePolicy, policy, flavours }) => ({
    profile,
    core: coreModule(),
    bootSize: 512 * MiB,
    online: { autoOnline, onlinePolicy },
    ...(policy === undefined || forceBbm ? {} : { policy }),
    ...(forceBbm && linuxProfile(profile).driver.bigBlockMode ? { driver: { forceBbm } } : {}),
    devices: [
      { regionSize: GiB, flavour: flavours[0] },
      { regionSize: GiB, flavour: flavours[1], node: 1 },
    ],
  }));

/** A life, which remembers what it has taken. Two that play the same steps are the same. */
class Life {
  readonly guest: Guest;
  readonly #runs: [startPfn: number, nrPages: number][];
  readonly #workload: number;

  constructor(guest: Guest, runs: readonly [number, number][] = [], workload?: number) {
    this.guest = guest;
    this.#runs = runs.map((run) => [...run]);
    this.#workload =
      workload ??
      guest.pages.workloads.add(coreWorkload("anonymous"), 7, {
        ...{ target: 20_000, faultRate: 50_000, churnRate: 5_000, chunk: 16 },
        ...{ thpShare: 30, capacity: 40_000 },
      });
  }

  /** The same life, in another core. */
  async again(): Promise<Life> {
    const guest = await Guest.restore(this.guest.snapshot(), { core: coreModule() });
    return new Life(guest, this.#runs, this.#workload);
  }

  play(step: Step): void {
    try {
      this.#play(step);
    } catch (error) {
      // what the present state forbids changes nothing
      if (!(error instanceof KernelError) && !(error instanceof RangeError)) throw error;
    }
  }

  #play(step: Step): void {
    const { guest } = this;
    const { pages, clock, hotplug } = guest;
    switch (step.kind) {
      case "resize":
        guest.requestSize(step.blocks * 2 * MiB, step.device);
        break;
      case "wait":
        guest.advanceTo(clock.nowMs + step.ms);
        break;
      case "take": {
        const { pageClass } = step;
        const isKernel = pageClass === PageClass.Kernel;
        const type = isKernel ? Migratetype.Unmovable : Migratetype.Movable;
        const kind: ZoneKind = isKernel ? "Normal" : "Movable";
        const request = { order: 0, type, pageClass, kind, node: 0, flags: AllocFlag.Compound };
        pages.allocBulk(step.pages, request, this.#runs);
        break;
      }
      case "give":
        for (let nr = Math.ceil((this.#runs.length * step.share) / 10); nr > 0; nr--) {
          const [start = 0, nrPages = 0] = this.#runs.pop() ?? [];
          pages.freeRun(start, nrPages);
        }
        break;
      case "hold": {
        const [start = 0] = this.#runs[step.at % Math.max(1, this.#runs.length)] ?? [];
        if (start > 0) pages.setPage(start, PageClass.Anon, step.hold);
        break;
      }
      case "online":
        hotplug.onlineMemoryBlock(32 + step.at, "online");
        for (const { driver } of guest.devices) driver.run();
        break;
      case "offline":
        hotplug.offlineMemoryBlock(32 + step.at);
        for (const { driver } of guest.devices) driver.run();
        break;
      case "migrate":
        this.#device(step.device).device.migrating = step.on;
        break;
      case "work":
        pages.workloads.start(this.#workload);
        pages.workloads.run(this.#workload, step.ms * 1000);
        break;
      case "suspend":
        this.#device(step.device).driver.trySuspend("to-ram");
        break;
      case "wake-up":
        this.#device(step.device).driver.wakeUp();
        break;
      case "ask":
        // the run stays queued
        this.#device(step.device).driver.ask();
        break;
      case "remove":
        this.#device(step.device).driver.remove();
        break;
      case "drop":
        pages.dropFileCache();
        break;
    }
  }

  #device(index: number): Guest["devices"][number] {
    return this.guest.devices[index] ?? { ...this.guest.devices[0]! };
  }

  /** Everything that can be seen of it, and a snapshot, which has the rest. */
  look(): object {
    const { guest } = this;
    return {
      snapshot: [...new Uint32Array(guest.snapshot().slice(0, 32))],
      ns: guest.clock.nowNs,
      zones: guest.zones.save(),
      maps: guest.devices.map((_, index) => guest.pluggedMap(index)),
      broken: guest.devices.map(({ driver }) => driver.isBroken),
      valid: guest.pages.validate(),
    };
  }

  entriesFrom(length: number): LogEntry[] {
    return this.guest.log.entries.slice(length);
  }
}

const IN_CI = 12;
/** Of each a snapshot in its midst. */
const NIGHTLY = 1000;

test("the seed of these lives", () => {
  console.log(`snapshots: ${nrRuns(IN_CI, NIGHTLY)} lives, ${seedText()}`);
});

test(
  "a guest goes on from a snapshot as the guest that it is of, bit for bit",
  async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 12, size: "max" });
    await fc.assert(
      fc.asyncProperty(options, steps, steps, async (of, before, after) => {
        const guest = await Guest.create(of).catch((error: unknown) => {
          // an old driver and a device that insists on a feature
          if (error instanceof KernelError || error instanceof RangeError) return undefined;
          throw error;
        });
        fc.pre(guest !== undefined);
        const life = new Life(guest);
        for (const step of before) life.play(step);
        const again = await life.again();
        const length = life.guest.log.entries.length;
        expect(again.look()).toEqual(life.look());
        for (const step of after) {
          life.play(step);
          again.play(step);
          expect(again.look()).toEqual(life.look());
        }
        expect(again.entriesFrom(0)).toEqual(life.entriesFrom(length));
      }),
      { numRuns: nrRuns(IN_CI, NIGHTLY) },
    );
  },
  PATIENCE,
);
