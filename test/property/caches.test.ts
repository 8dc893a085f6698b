import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Migratetype } from "../../src/core/abi.js";
import { AllocFlag, MmFlag, PageClass } from "../../src/core/abi.js";
import { prepareRequest } from "../../src/core/page-request.js";
import { ZoneKindNumber } from "../../src/core/abi.js";
import { linuxProfile, type ProfileName } from "../../src/linux/profile.js";
import { loadCoreUnderTest } from "../core-under-test.js";
import { MEMORY_PROFILES } from "./memory-profiles.js";
import { PATIENCE, runs } from "./runs.js";

// Caches of several CPUs. With one CPU they are compared with the naive model.

const NR_PAGES = 8 * 512;

type Step =
  | {
      readonly do: "alloc";
      readonly order: number;
      readonly type: Migratetype;
      readonly nr: number;
    }
  | { readonly do: "free"; readonly index: number; readonly nr: number }
  | { readonly do: "contig"; readonly block: number }
  | { readonly do: "drain" };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("alloc" as const),
    order: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 9),
    type: fc.constantFrom<Migratetype>(0, 1, 2),
    nr: fc.integer({ min: 1, max: 100 }),
  }),
  fc.record({ do: fc.constant("free" as const), index: fc.nat(), nr: fc.nat(100) }),
  fc.record({ do: fc.constant("contig" as const), block: fc.nat(7) }),
  fc.record({ do: fc.constant("drain" as const) }),
);

function coreOf(profile: ProfileName) {
  const core = loadCoreUnderTest();
  const { mm } = linuxProfile(profile);
  let flags = 0;
  for (const [name, bit] of Object.entries(MmFlag)) {
    if (mm[name as keyof typeof MmFlag]) flags |= bit;
  }
  expect(core.setup(NR_PAGES / 512, flags)).toBe(0);
  const zone = core.addZone(ZoneKindNumber.Normal, 0);
  expect(core.startOnline(zone, 0, NR_PAGES)).toBe(0);
  expect(core.onlinePages(0, NR_PAGES)).toBe(0);
  expect(core.endOnline(0, NR_PAGES)).toBe(0);
  return { core, zone };
}

describe.each(MEMORY_PROFILES)("%s", (profile) => {
  test(
    "caches of several CPUs lose nothing, keep the invariants, and give everything back",
    () => {
      const cpus = fc.integer({ min: 1, max: 5 });
      const batch = fc.integer({ min: 1, max: 63 });
      const high = fc.integer({ min: 1, max: 400 });
      const steps = fc.array(fc.tuple(fc.nat(9), step), { maxLength: 30, size: "max" });
      fc.assert(
        fc.property(cpus, batch, high, steps, (cpus, batch, high, steps) => {
          const { core, zone } = coreOf(profile);
          expect(core.setCache(zone, cpus, batch, high, 2 * high)).toBe(0);
          let used: { pfn: number; order: number }[] = [];
          const taken: number[] = [];
          for (const [cpu, step] of steps) {
            core.setCpu(cpu);
            if (step.do === "alloc") {
              for (let at = 0; at < step.nr; at++) {
                const pageClass = step.type === 1 ? PageClass.DriverMovable : PageClass.Slab;
                const order = step.type === 1 ? 0 : step.order;
                const flags = AllocFlag.NoWatermarks;
                const { type } = step;
                const kind = "Normal";
                const request = prepareRequest({ order, type, pageClass, kind, node: 0, flags });
                const pfn = core.allocPages(request) >>> 0;
                if (pfn < NR_PAGES) used.push({ pfn, order });
              }
            } else if (step.do === "free") {
              const first = step.index % (used.length + 1);
              const freed = used.slice(first, first + step.nr);
              used = used.filter((owner) => !freed.includes(owner));
              for (const { pfn, order } of freed) expect(core.freePagesOf(pfn, order)).toBe(0);
            } else if (step.do === "drain") {
              expect(core.drainCaches(zone)).toBe(0);
              expect(core.cachedPagesOfZone(zone)).toBe(0);
            } else if (
              used.every(({ pfn }) => pfn >> 9 !== step.block) &&
              core.allocContig(step.block * 512, 512, 2 ** 32 - 1) === 0
            ) {
              taken.push(step.block * 512);
            }
            expect(core.validate()).toBe(0);
            const inUse = used.reduce((sum, { order }) => sum + 2 ** order, taken.length * 512);
            const free = core.freePagesOfZone(zone);
            expect(free + core.cachedPagesOfZone(zone) + inUse).toBe(NR_PAGES);
          }
          for (const { pfn, order } of used) expect(core.freePagesOf(pfn, order)).toBe(0);
          for (const pfn of taken) expect(core.freeContigRange(pfn, 512)).toBe(0);
          expect(core.setCache(zone, 0, 0, 0, 0)).toBe(0);
          expect(core.nrFreeChunks(zone, 10)).toBe(NR_PAGES / 1024);
          expect(core.validate()).toBe(0);
        }),
        runs(60),
      );
    },
    PATIENCE,
  );
});
