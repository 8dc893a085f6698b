import fc from "fast-check";
import { expect, test } from "vitest";

import { AllocFlag, Hold, Migratetype, PageClass } from "../../src/core/abi.js";
import { KernelError } from "../../src/core/kernel-error.js";
import { Guest } from "../../src/guest/guest.js";
import { PROFILE_NAMES } from "../../src/linux/profile.js";
import { coreWorkload } from "../../src/scenario/workload/index.js";
import { MiB, GiB, PAGE_SIZE } from "../../src/units.js";
import { coreModule } from "../core-under-test.js";
import { nrRuns, PATIENCE, seedText } from "./nr-runs.js";

// What a look says has changed since another one is what a comparison of all pages finds, and what
// it leaves out has not changed, in the guest itself and in its forks.

type Step =
  | { readonly kind: "resize"; readonly blocks: number }
  | { readonly kind: "take"; readonly pages: number; readonly pageClass: PageClass }
  | { readonly kind: "give"; readonly share: number }
  | { readonly kind: "set"; readonly at: number; readonly pageClass: PageClass }
  | { readonly kind: "work"; readonly ms: number }
  | { readonly kind: "isolate"; readonly at: number }
  | { readonly kind: "drop" | "nothing" | "fork" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("resize" as const), blocks: fc.nat(256) }),
  fc.record({
    kind: fc.constant("take" as const),
    pages: fc.integer({ min: 1, max: 30_000 }),
    pageClass: fc.constantFrom(PageClass.Anon, PageClass.FileClean, PageClass.Kernel),
  }),
  fc.record({ kind: fc.constant("give" as const), share: fc.nat(9) }),
  fc.record({
    kind: fc.constant("set" as const),
    at: fc.nat(1000),
    pageClass: fc.constantFrom(PageClass.Anon, PageClass.Shmem, PageClass.Slab),
  }),
  fc.record({ kind: fc.constant("work" as const), ms: fc.nat(500) }),
  fc.record({ kind: fc.constant("isolate" as const), at: fc.nat(120) }),
  fc.record({ kind: fc.constantFrom("drop", "nothing", "fork") }),
);

const SIZE = 512 * MiB;
/** Pageblocks of a subblock. */
const EACH = [1, 2, 3] as const;

/** Everything that any look tells, by pageblock. */
function allOf(guest: Guest): { pages: Uint8Array; zones: Uint8Array } {
  const nr = guest.pages.nrPageblocks;
  const [pages, zones] = [new Uint8Array(nr * 512), new Uint8Array(nr)];
  guest.pages.look.pages(0, pages);
  guest.pages.look.zonesBySubblock(0, 512, zones);
  return { pages, zones };
}

/** Pageblocks in which something differs. */
function differing(before: ReturnType<typeof allOf>, after: ReturnType<typeof allOf>): number[] {
  return [...after.zones].flatMap((zone, block) => {
    const [from, to] = [block * 512, block * 512 + 512];
    const isSame =
      zone === before.zones[block] &&
      Buffer.compare(before.pages.subarray(from, to), after.pages.subarray(from, to)) === 0;
    return isSame ? [] : [block];
  });
}

/** What the present state forbids changes nothing: a page has moved that is to be set, say. */
function tried(...args: Parameters<typeof played>): void {
  try {
    played(...args);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
  }
}

function played(guest: Guest, step: Step, runs: [number, number][], workload: number): void {
  const { pages } = guest;
  switch (step.kind) {
    case "resize":
      guest.requestSize(step.blocks * 2 * MiB);
      break;
    case "take": {
      const { pageClass } = step;
      const isKernel = pageClass === PageClass.Kernel;
      const type = isKernel ? Migratetype.Unmovable : Migratetype.Movable;
      const kind = isKernel ? "Normal" : "Movable";
      const flags = AllocFlag.Compound;
      pages.allocBulk(step.pages, { order: 0, type, pageClass, kind, node: 0, flags }, runs);
      break;
    }
    case "give":
      for (let nr = Math.ceil((runs.length * step.share) / 10); nr > 0; nr--) {
        const [start = 0, nrPages = 0] = runs.pop() ?? [];
        pages.freeRun(start, nrPages);
      }
      break;
    case "set": {
      const run = runs[step.at % Math.max(1, runs.length)];
      if (run !== undefined) pages.setPage(run[0], step.pageClass, Hold.None);
      break;
    }
    case "work":
      pages.workloads.run(workload, step.ms * 1000);
      break;
    case "isolate":
      if (pages.tryIsolate(step.at * 1024, 1024)) pages.unisolate(step.at * 1024, 1024);
      break;
    case "drop":
      pages.dropFileCache();
      break;
  }
}

test("the seed of these looks", () => {
  console.log(`looks: ${nrRuns(30, 1000)} lives, ${seedText()}`);
});

test(
  "the changes since a look are those that a comparison finds, also after a fork",
  async () => {
    const profile = fc.constantFrom(...PROFILE_NAMES.slice(2));
    await fc.assert(
      fc.asyncProperty(
        profile,
        fc.array(step, { maxLength: 12, size: "max" }),
        async (of, steps) => {
          const core = coreModule();
          const options = { profile: of, core, bootSize: SIZE, regionSize: SIZE } as const;
          let guest = await Guest.create(options);
          const runs: [number, number][] = [];
          const workload = guest.pages.workloads.add(coreWorkload("anonymous"), 7, {
            ...{ target: 20_000, faultRate: 50_000, churnRate: 5_000, chunk: 16 },
            ...{ thpShare: 30, capacity: 40_000 },
          });
          guest.pages.workloads.start(workload);
          const nr = guest.pages.nrPageblocks;
          const pictures = EACH.map((each) => new Uint8Array(Math.floor(nr / each)));
          const numbers = EACH.map((each, at) => {
            const all = guest.pages.look.changesBySubblock(0, 0, each * 512, pictures[at]!);
            expect(all.subblocks.length).toBe(pictures[at]?.length);
            return all.number;
          });
          for (const step of steps) {
            const before = allOf(guest);
            if (step.kind === "fork") guest = await guest.fork({ core });
            else tried(guest, step, runs, workload);
            const blocks = differing(before, allOf(guest));
            for (const [at, each] of EACH.entries()) {
              const picture = pictures[at]!;
              const { look } = guest.pages;
              const { number, subblocks } = look.changesBySubblock(
                numbers[at]!,
                0,
                each * 512,
                picture,
              );
              numbers[at] = number;
              const told = new Set(subblocks);
              const missing = blocks
                .map((block) => Math.floor(block / each))
                .filter((subblock) => subblock < picture.length && !told.has(subblock));
              expect(missing).toEqual([]);
              const whole = new Uint8Array(picture.length);
              look.bySubblock(0, each * 512, whole);
              expect(picture).toEqual(whole);
              if (step.kind === "nothing" || step.kind === "fork") expect(told.size).toBe(0);
              expect([...subblocks]).toEqual([...told].sort((a, b) => a - b));
            }
          }
        },
      ),
      { numRuns: nrRuns(30, 1000) },
    );
  },
  PATIENCE,
);

test("few changes are few, in a guest of many subblocks", async () => {
  const guest = await Guest.create({ core: coreModule(), regionSize: 400 * GiB });
  const picture = new Uint8Array((400 * GiB) / (2 * MiB));
  const start = guest.device.addr / PAGE_SIZE;
  const { look } = guest.pages;
  const { number } = look.changesBySubblock(0, start, 512, picture);
  guest.requestSize(128 * MiB);
  const changed = look.changesBySubblock(number, start, 512, picture);
  expect([...changed.subblocks]).toEqual(Array.from({ length: 64 }, (_, at) => at));
  expect(look.changesBySubblock(changed.number, start, 512, picture).subblocks.length).toBe(0);
  // an older number tells of what came since
  expect(look.changesBySubblock(number, start, 512, picture).subblocks.length).toBe(64);
});

test("a number that no look has given is refused", async () => {
  const guest = await Guest.create({ core: coreModule() });
  const { look } = guest.pages;
  const into = new Uint8Array(1);
  expect(look.changesBySubblock(0, 0, 512, into).number).toBe(1);
  for (const since of [2, -1, 0.5, NaN]) {
    expect(() => look.changesBySubblock(since, 0, 512, into)).toThrow(
      `since must be the number of an earlier look, 0 to 1, got ${since}`,
    );
  }
  expect(() => look.changesBySubblock(1, 1, 512, into)).toThrow();
  expect(() => look.changesBySubblock(1, 0, 100, into)).toThrow(
    "nrPages must be a multiple of 512, got 100",
  );
});
