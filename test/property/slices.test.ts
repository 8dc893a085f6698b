import fc from "fast-check";
import { expect, test } from "vitest";

import { AllocFlag, Hold, Migratetype, PageClass } from "../../src/core/abi.js";
import { KernelError } from "../../src/core/kernel-error.js";
import { brokenRuleOf } from "../../src/guest/broken-rule.js";
import { Guest } from "../../src/guest/guest.js";
import type { NewGuestOptions } from "../../src/guest/options.js";
import { linuxProfile, PROFILE_NAMES } from "../../src/linux/profile.js";
import { coreWorkload } from "../../src/scenario/workload/index.js";
import { GiB, MiB } from "../../src/units.js";
import { coreModule } from "../core-under-test.js";
import { nrRuns, PATIENCE, seedText } from "./nr-runs.js";

// A request in slices, however often it pauses, comes to the same end as one in one go; one that is
// aborted leaves a guest that is whole and goes on.

const POLICIES = ["sense-first", "bigger-chunks-first+retry-on-free", "isolate-first+shrink-slab"];

const options: fc.Arbitrary<NewGuestOptions> = fc
  .record({
    profile: fc.constantFrom(...PROFILE_NAMES),
    forceBbm: fc.boolean(),
    autoOnline: fc.constantFrom("online", "online_kernel", "online_movable"),
    policy: fc.constantFrom(undefined, ...POLICIES),
    memoryBlockSize: fc.constantFrom(128 * MiB, 512 * MiB),
  })
  .map(({ profile, forceBbm, autoOnline, policy, memoryBlockSize }) => ({
    profile,
    memoryBlockSize,
    core: coreModule(),
    bootSize: 512 * MiB,
    online: { autoOnline },
    ...(policy === undefined || forceBbm ? {} : { policy }),
    ...(forceBbm && linuxProfile(profile).driver.bigBlockMode ? { driver: { forceBbm } } : {}),
    devices: [{ regionSize: GiB }, { regionSize: GiB, node: 1 }],
  }));

/** What happens to the guest while time passes, in the midst of its driver's runs. */
interface Life {
  readonly pages: number;
  readonly kernelPages: number;
  readonly everyNs: number;
  readonly migratesEvery: number;
}

const life: fc.Arbitrary<Life> = fc.record({
  pages: fc.integer({ min: 0, max: 200_000 }),
  kernelPages: fc.integer({ min: 0, max: 40 }),
  everyNs: fc.integer({ min: 200_000, max: 20_000_000 }),
  migratesEvery: fc.integer({ min: 2, max: 9 }),
});

/** Guests to which nothing happens any more. */
const over = new WeakSet<Guest>();
const isOver = (guest: Guest): boolean => over.has(guest);

/** Both devices plugged, memory in use, a workload and migrations on timers. */
async function begun(of: NewGuestOptions, { pages, kernelPages, ...windows }: Life) {
  const guest = await Guest.create(of);
  for (const index of [0, 1]) guest.requestSize(GiB, index);
  const runs: [number, number][] = [];
  const request = { order: 0, node: 0, flags: AllocFlag.Compound } as const;
  const movable = {
    type: Migratetype.Movable,
    pageClass: PageClass.Anon,
    kind: "Movable",
  } as const;
  guest.pages.allocBulk(pages, { ...request, ...movable }, runs);
  const kernel = {
    type: Migratetype.Unmovable,
    pageClass: PageClass.Slab,
    kind: "Normal",
  } as const;
  for (let at = 0; at < kernelPages; at++) guest.pages.tryAlloc({ ...request, ...kernel });
  for (const [start, nr] of runs) if (nr > 9) guest.pages.freeRun(start + 3, 5);
  const held = runs[3]?.[0];
  if (held !== undefined) guest.pages.setPage(held, PageClass.Anon, Hold.Again);
  const workload = guest.pages.workloads.add(coreWorkload("anonymous"), 7, {
    ...{ target: 20_000, faultRate: 50_000, churnRate: 5_000, chunk: 16 },
    ...{ thpShare: 30, capacity: 40_000 },
  });
  guest.pages.workloads.start(workload);
  const { clock } = guest;
  let times = 0;
  const tick = (): void => {
    if (isOver(guest)) return;
    guest.pages.workloads.run(workload, windows.everyNs / 1000);
    for (const { device } of guest.devices) {
      device.migrating = ++times % windows.migratesEvery === 0;
    }
    if (times < 2000) clock.setTimer(clock.nowNs + windows.everyNs, tick);
  };
  clock.setTimer(clock.nowNs + windows.everyNs, tick);
  return guest;
}

/** Everything that can be seen of it, and the sums of a snapshot, which has the rest. */
function lookOf(guest: Guest): object {
  return {
    snapshot: [...new Uint32Array(guest.snapshot().slice(0, 32))],
    ns: guest.clock.nowNs,
    maps: guest.devices.map((_, index) => guest.pluggedMap(index)),
    entries: guest.log.entries.slice(-300),
    length: guest.log.length,
    broken: brokenRuleOf(guest, false),
  };
}

/** undefined for an old driver and a device that insists on a feature. */
function guestOrNone(error: unknown): undefined {
  if (!(error instanceof KernelError) && !(error instanceof RangeError)) throw error;
}

test("the seed of these lives", () => {
  console.log(`slices: ${nrRuns(10, 500)} lives, ${seedText()}`);
});

test(
  "a request in slices comes to the same end as one in one go, bit for bit",
  async () => {
    const size = fc.nat(512).map((blocks) => blocks * 2 * MiB);
    const sizes = fc.array(fc.tuple(size, fc.nat(1)), { minLength: 1, maxLength: 4, size: "max" });
    const sliceMs = fc.constantFrom(0, 1);
    await fc.assert(
      fc.asyncProperty(options, life, sizes, sliceMs, async (of, how, asked, sliceMs) => {
        const whole = await begun(of, how).catch(guestOrNone);
        fc.pre(whole !== undefined);
        const sliced = await begun(of, how);
        for (const [bytes, index] of asked) {
          whole.requestSize(bytes, index);
          const request = sliced.requestSizeInSlices(bytes, { index, sliceMs });
          let slices = 0;
          for (const { done, total, unit } of request) {
            slices++;
            expect([done <= total + GiB, unit]).toEqual([true, "bytes"]);
          }
          expect(slices).toBeGreaterThan(0);
          expect(request.change).toMatchObject({
            pluggedSize: whole.devices[index]?.device.pluggedSize,
            interrupted: false,
          });
          expect(lookOf(sliced)).toEqual(lookOf(whole));
          // through a retry or two
          for (const guest of [whole, sliced]) guest.advanceTo(guest.clock.nowMs + 25_000);
          expect(lookOf(sliced)).toEqual(lookOf(whole));
        }
      }),
      { numRuns: nrRuns(10, 500) },
    );
  },
  PATIENCE,
);

test(
  "a request that is aborted leaves a whole guest, what it did, and nothing to do",
  async () => {
    await fc.assert(
      fc.asyncProperty(options, life, fc.nat(400), fc.boolean(), async (of, how, after, byStop) => {
        const guest = await begun(of, how).catch(guestOrNone);
        fc.pre(guest !== undefined);
        const { device, driver } = guest;
        const abort = new AbortController();
        let slices = 0;
        const request = guest.requestSizeInSlices(0, {
          sliceMs: 0,
          ...(byStop ? { stop: abort.signal } : { signal: abort.signal }),
          onProgress: () => {
            if (slices % 16 === 0) expect(guest.pages.validate()).toBeUndefined();
            if (++slices > after) abort.abort(new Error("enough"));
          },
        });
        const outcome = await request.result().catch((error: unknown) => error);
        expect(brokenRuleOf(guest, false)).toBeUndefined();
        if (request.change.interrupted) {
          if (byStop) expect(outcome).toEqual(request.change);
          else expect(outcome).toEqual(new Error("enough"));
          expect(device.requestedSize).toBeGreaterThanOrEqual(device.pluggedSize);
        }
        expect(request.change.pluggedSize).toBe(device.pluggedSize);
        over.add(guest);
        // it gives a snapshot, and the rest goes as it always does
        const again = await Guest.restore(guest.snapshot(), { core: coreModule() });
        expect(again.driver.hasWork).toBe(driver.hasWork);
        guest.requestSize(512 * MiB);
        again.requestSize(512 * MiB);
        expect(again.pluggedMap()).toBe(guest.pluggedMap());
        expect(brokenRuleOf(guest, false)).toBeUndefined();
      }),
      { numRuns: nrRuns(10, 300) },
    );
  },
  PATIENCE,
);

test("a loop that is left ends the request where it is", async () => {
  const guest = await Guest.create({ core: coreModule(), regionSize: 4 * GiB });
  for (const { done } of guest.requestSizeInSlices(4 * GiB, { sliceMs: 0 })) {
    if (done >= GiB) break;
  }
  expect(guest.device.pluggedSize).toBe(GiB);
  expect(guest.device.requestedSize).toBe(GiB);
  expect(guest.driver.hasWork).toBe(false);
  expect(brokenRuleOf(guest, false)).toBeUndefined();
});

test("what is asked for in a pause is noticed by the run that goes on, and no other begins", async () => {
  const guest = await Guest.create({ core: coreModule(), regionSize: 4 * GiB });
  const slices = guest.requestSizeInSlices(4 * GiB, { sliceMs: 0 })[Symbol.iterator]();
  slices.next();
  expect(() => guest.requestSizeInSlices(0)).toThrow(KernelError);
  expect(() => guest.snapshot()).toThrow(KernelError);
  guest.requestSize(256 * MiB);
  expect(guest.device.pluggedSize).toBe(128 * MiB);
  while (slices.next().done !== true);
  expect(guest.device.pluggedSize).toBe(256 * MiB);
});

test("a request runs once, and a signal that is aborted already changes nothing", async () => {
  const guest = await Guest.create({ core: coreModule() });
  const request = guest.requestSizeInSlices(GiB);
  await request.result();
  await expect(request.result()).rejects.toThrow("a request in slices must be run once only");
  const signal = AbortSignal.abort(new Error("no"));
  expect(() => guest.requestSizeInSlices(0, { signal })).toThrow("no");
  expect(guest.device.requestedSize).toBe(GiB);
  expect(() => guest.requestSizeInSlices(0, { sliceMs: -1 })).toThrow(
    "sliceMs must be a number of milliseconds >= 0",
  );
});
