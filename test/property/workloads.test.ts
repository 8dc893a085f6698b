import fc from "fast-check";
import { expect, test } from "vitest";

import { PAGEBLOCK_PAGES } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import { ZoneKindNumber } from "../../src/core/abi.js";
import { linuxProfile } from "../../src/linux/profile.js";
import { coreWorkload, type WorkloadKind } from "../../src/scenario/workload/index.js";
import { coreModule } from "../core-under-test.js";
import { PATIENCE, runs } from "./runs.js";

const NORMAL_BLOCKS = 24;
const MOVABLE_BLOCKS = 24;
const BLOCKS = NORMAL_BLOCKS + MOVABLE_BLOCKS;
const PAGES = BLOCKS * PAGEBLOCK_PAGES;

const pages = fc.integer({ min: 1, max: PAGES / 3 });
const order = fc.integer({ min: 0, max: 3 });
const ms = fc.integer({ min: 1, max: 3000 });

/** A workload of each kind that fits this guest at times and at times does not. */
const workload = fc.oneof(
  fc
    .tuple(pages, pages, pages, fc.integer({ min: 1, max: 700 }), fc.integer({ min: 0, max: 1000 }))
    .map((settings) => ({ kind: "anonymous" as const, settings: [...settings, PAGES] })),
  fc
    .tuple(pages, pages, fc.integer({ min: 0, max: 1000 }))
    .map((settings) => ({ kind: "page-cache" as const, settings })),
  fc
    .tuple(
      pages,
      order,
      fc.constantFrom(8, 9, 10),
      fc.constantFrom(0, 2),
      ms,
      fc.integer({ min: 1, max: 12 }),
    )
    .map(([rate, of, pageClass, type, shortest, octaves]) => ({
      kind: "kernel" as const,
      settings: [rate >> of, of, pageClass, type, shortest * 1000, octaves, PAGES / 8],
    })),
  fc
    .tuple(fc.integer({ min: 2, max: 2000 }), fc.integer({ min: 1, max: 300 }), order)
    .map(([period, burst, of]) => ({
      kind: "network" as const,
      settings: [period * 1000, burst, of, period * 400],
    })),
  fc
    .tuple(
      fc.integer({ min: 1, max: 600 }),
      pages,
      fc.constantFrom(ZoneKindNumber.Normal, ZoneKindNumber.Movable),
    )
    .map((settings) => ({ kind: "pins" as const, settings })),
  fc
    .tuple(
      ms,
      fc.integer({ min: 1, max: 1200 }),
      ms,
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(0, 500, 1000),
    )
    .map((settings) => ({ kind: "functions" as const, settings })),
  fc
    .tuple(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 4, max: 2000 }),
      fc.integer({ min: 2, max: 3000 }),
    )
    .map((settings) => ({
      kind: "compile" as const,
      settings: [...settings, 300, 1000, PAGES],
    })),
  fc
    .tuple(fc.integer({ min: 2, max: 2000 }), fc.integer({ min: 1, max: 4 }), fc.constantFrom(0, 1))
    .map(([each, threads, movable]) => ({
      kind: "frag" as const,
      settings: [each, threads, 50, 10, 200_000, movable],
    })),
);

/** Settings in the order of their numbers, by name. */
function named(kind: WorkloadKind, values: readonly number[]): Record<string, number> {
  const entries = Object.entries(coreWorkload(kind).settings).map(([name, at]) => [
    name,
    values[at],
  ]);
  return Object.fromEntries(entries) as Record<string, number>;
}

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("run"), us: fc.integer({ min: 1, max: 800_000 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("evacuate"), block: fc.nat(BLOCKS - 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("drop"), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stop"), which: fc.nat(7) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("start"), which: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pin"), which: fc.nat(7), nr: fc.nat(300) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unpin"), which: fc.nat(7) }) },
) as fc.Arbitrary<{ do: string; us?: number; block?: number; which?: number; nr?: number }>;

function guest(): PageMemory {
  const memory = PageMemory.createSync(PAGES, linuxProfile("v6.1").mm, coreModule());
  for (const [kind, first, nr] of [
    ["Normal", 0, NORMAL_BLOCKS],
    ["Movable", NORMAL_BLOCKS, MOVABLE_BLOCKS],
  ] as const) {
    const zone = memory.addZone(kind, 0);
    const [start, count] = [first * PAGEBLOCK_PAGES, nr * PAGEBLOCK_PAGES];
    memory.online(zone, start, count, [[start, count]]);
    memory.setWatermarks(zone, 20, 40, 60);
  }
  return memory;
}

test(
  "workloads have what is not free, wherever it was moved, and give all of it back",
  () => {
    fc.assert(
      fc.property(
        fc.array(workload, { minLength: 1, maxLength: 6 }),
        fc.array(step, { minLength: 5, maxLength: 40, size: "max" }),
        fc.nat(),
        (specs, steps, seed) => {
          const memory = guest();
          const { workloads } = memory;
          const ids = specs.map(({ kind, settings }) =>
            workloads.add(coreWorkload(kind), seed, named(kind, settings)),
          );
          const free = (): number => memory.freePages(0) + memory.freePages(1);
          const held = (): number => ids.reduce((sum, id) => sum + workloads.look(id).pages, 0);
          for (const id of ids) workloads.start(id);
          for (const { do: action, us = 0, block = 0, which = 0, nr = 0 } of steps) {
            const id = ids[which % ids.length]!;
            const isRunning = workloads.look(id).state === "running";
            if (action === "run") for (const each of ids) workloads.run(each, us);
            else if (action === "evacuate") evacuate(memory, block);
            else if (action === "drop") workloads.dropCaches(id);
            else if (action === "stop") workloads.stop(id);
            else if (action === "start" && !isRunning) workloads.start(id);
            else if (action === "pin") workloads.pin(id, nr);
            else if (action === "unpin") workloads.unpin(id);
            expect(free() + held()).toBe(PAGES);
            expect(memory.validate()).toBeUndefined();
          }
          for (const id of ids) workloads.stop(id);
          expect(free() + held()).toBe(PAGES);
          expect(memory.validate()).toBeUndefined();
          // the page cache outlives its readers
          for (const id of ids) workloads.dropCaches(id);
          expect(free()).toBe(PAGES);
        },
      ),
      runs(40),
    );
  },
  PATIENCE,
);

/** Takes a pageblock if everything can be moved out of it, and gives it back. */
function evacuate(memory: PageMemory, block: number): void {
  const start = block * PAGEBLOCK_PAGES;
  if (memory.allocContig(start, PAGEBLOCK_PAGES).errno === 0) {
    memory.freeContig(start, PAGEBLOCK_PAGES);
  }
}
