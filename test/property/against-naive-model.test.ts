import fc from "fast-check";
import { describe, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../src/core/abi.js";
import type { Hold } from "../../src/core/abi.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import { linuxProfile, type ProfileName } from "../../src/linux/profile.js";
import { Twin, type TwinZone } from "../naive/twin.js";
import { MEMORY_PROFILES } from "./memory-profiles.js";
import { PATIENCE, runs } from "./runs.js";

// Random guests: after every step the core and the naive model have the same lists, pages and
// journals.

const BLOCK = 512;

interface Use {
  readonly type: Migratetype;
  readonly pageClass: PageClass;
  /** The only order that it comes in. */
  readonly order?: number;
  readonly flags?: number;
}

const USES: readonly Use[] = [
  { type: Migratetype.Unmovable, pageClass: PageClass.Kernel },
  { type: Migratetype.Unmovable, pageClass: PageClass.Slab, flags: AllocFlag.Compound },
  { type: Migratetype.Reclaimable, pageClass: PageClass.Slab },
  { type: Migratetype.Movable, pageClass: PageClass.Kernel },
  { type: Migratetype.Movable, pageClass: PageClass.Anon, order: 0 },
  { type: Migratetype.Movable, pageClass: PageClass.FileClean, order: 0 },
  { type: Migratetype.Movable, pageClass: PageClass.Buffer, order: 0 },
  { type: Migratetype.Movable, pageClass: PageClass.DriverMovable, order: 0 },
  { type: Migratetype.Movable, pageClass: PageClass.LruPending, order: 0 },
  {
    type: Migratetype.Movable,
    pageClass: PageClass.Thp,
    order: 9,
    flags: AllocFlag.Compound,
  },
];

interface Layout {
  readonly name: string;
  readonly nrBlocks: number;
  readonly zones: readonly TwinZone[];
  /** The unit in which memory goes on and offline. */
  readonly unit: number;
}

const [DMA32, Normal, Movable] = ["DMA32", "Normal", "Movable"] as const;

const LAYOUTS: readonly Layout[] = [
  {
    name: "one zone from pfn 4096 on",
    nrBlocks: 14,
    zones: [{ kind: Normal, node: 0, firstBlock: 8, nrBlocks: 4 }],
    unit: 2,
  },
  {
    name: "two nodes, four zones",
    nrBlocks: 18,
    zones: [
      { kind: DMA32, node: 0, firstBlock: 0, nrBlocks: 2 },
      { kind: Normal, node: 0, firstBlock: 2, nrBlocks: 4 },
      { kind: Movable, node: 0, firstBlock: 6, nrBlocks: 4 },
      { kind: Normal, node: 1, firstBlock: 12, nrBlocks: 4 },
    ],
    unit: 2,
  },
  {
    name: "zones that begin and end inside 4 MiB",
    nrBlocks: 11,
    zones: [
      { kind: Normal, node: 0, firstBlock: 1, nrBlocks: 4 },
      { kind: Movable, node: 0, firstBlock: 5, nrBlocks: 3 },
    ],
    unit: 2,
  },
];

interface Request {
  readonly use: number;
  readonly order: number;
  readonly kind: ZoneKind;
  readonly node: number;
  readonly flags: number;
}

type Step =
  | { readonly do: "alloc"; readonly request: Request; readonly nr: number }
  | { readonly do: "free"; readonly index: number }
  | { readonly do: "thin"; readonly every: number; readonly first: number }
  | { readonly do: "contig"; readonly at: number; readonly nr: number; readonly flags: number }
  | { readonly do: "give back" | "mark offline" | "unisolate"; readonly index: number }
  | { readonly do: "isolate"; readonly at: number; readonly nr: number }
  | { readonly do: "hold"; readonly index: number; readonly every: number; readonly hold: Hold }
  | { readonly do: "online"; readonly at: number; readonly zone: number; readonly plugged: boolean }
  | { readonly do: "offline"; readonly at: number }
  | { readonly do: "marks"; readonly zone: number; readonly pages: number }
  | { readonly do: "cache"; readonly zone: number; readonly batch: number; readonly high: number }
  | { readonly do: "drain"; readonly what: "caches" | "lru" };

const block = fc.nat(31);
const pages = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 4 }).map((nr) => nr * BLOCK), weight: 4 },
  { arbitrary: fc.integer({ min: 1, max: 1200 }), weight: 1 },
);
const at = fc.oneof(
  { arbitrary: block.map((number) => number * BLOCK), weight: 4 },
  { arbitrary: fc.nat(32 * BLOCK), weight: 1 },
);
const request: fc.Arbitrary<Request> = fc.record({
  use: fc.nat(USES.length - 1),
  order: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(10)),
  kind: fc.constantFrom(Normal, Movable, DMA32),
  node: fc.nat(1),
  flags: fc.constantFrom(0, 0, 0, AllocFlag.NoWatermarks, AllocFlag.ThisNode),
});

function one<Kind extends Step["do"]>(kind: Kind): { do: fc.Arbitrary<Kind> } {
  return { do: fc.constant(kind) };
}

const index = fc.nat();
const zone = fc.nat(3);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({ ...one("alloc"), request, nr: fc.integer({ min: 1, max: 9 }) }),
    weight: 6,
  },
  {
    arbitrary: fc.record({ ...one("alloc"), request, nr: fc.integer({ min: 1, max: 1500 }) }),
    weight: 3,
  },
  { arbitrary: fc.record({ ...one("free"), index }), weight: 4 },
  {
    arbitrary: fc.record({
      ...one("thin"),
      every: fc.integer({ min: 1, max: 9 }),
      first: fc.nat(99),
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({ ...one("contig"), at, nr: pages, flags: fc.constantFrom(0, 2, 6) }),
    weight: 5,
  },
  { arbitrary: fc.record({ ...one("give back"), index }), weight: 2 },
  { arbitrary: fc.record({ ...one("mark offline"), index }), weight: 1 },
  { arbitrary: fc.record({ ...one("isolate"), at, nr: pages }), weight: 2 },
  { arbitrary: fc.record({ ...one("unisolate"), index }), weight: 2 },
  {
    arbitrary: fc.record({
      ...one("hold"),
      index,
      every: fc.integer({ min: 1, max: 50 }),
      hold: fc.constantFrom<Hold>(0, 1, 2, 3),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ ...one("online"), at: block, zone, plugged: fc.boolean() }), weight: 2 },
  { arbitrary: fc.record({ ...one("offline"), at: block }), weight: 2 },
  { arbitrary: fc.record({ ...one("marks"), zone, pages: fc.nat(600) }), weight: 1 },
  {
    arbitrary: fc.record({
      ...one("cache"),
      zone,
      batch: fc.integer({ min: 1, max: 40 }),
      high: fc.constantFrom(0, 1, 8, 60, 300),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ ...one("drain"), what: fc.constantFrom("caches", "lru") }), weight: 1 },
);

/** The part of [start, start + nr) that lies in one online zone, from `start` on. */
function clipped(twin: Twin, start: number, nr: number): number {
  const own = twin.core.zoneIndex(start);
  if (own === undefined) return 0;
  let end = start;
  while (end < start + nr && twin.core.zoneIndex(end) === own) end++;
  return end - start;
}

function play(twin: Twin, profile: ProfileName, layout: Layout, step: Step): void {
  const nrZones = layout.zones.length;
  switch (step.do) {
    case "alloc": {
      const { type, pageClass, order = step.request.order, flags = 0 } = USES[step.request.use]!;
      const { kind, node } = step.request;
      const nr = order > 3 ? Math.min(step.nr, 5) : step.nr;
      for (let done = 0; done < nr; done++) {
        const all = { order, type, pageClass, kind, node, flags: flags | step.request.flags };
        if (twin.alloc(all) === undefined) break;
      }
      break;
    }
    case "free": {
      const owner = twin.owners[step.index % Math.max(twin.owners.length, 1)];
      if (owner !== undefined) twin.free(owner);
      break;
    }
    case "thin":
      for (const owner of twin.owners.filter((_, at) => (at + step.first) % step.every === 0)) {
        twin.free(owner);
      }
      break;
    case "contig": {
      const start = step.at % (layout.nrBlocks * BLOCK);
      const nr = clipped(twin, start, step.nr);
      twin.core.setMigrationTargets(step.flags);
      twin.naive.setMigrationTargets(step.flags);
      if (nr > 0) twin.contig(start, nr);
      break;
    }
    case "give back":
      if (twin.ranges.length > 0) twin.giveBack(step.index % twin.ranges.length);
      break;
    case "mark offline":
      if (twin.ranges.length > 0) twin.markOffline(step.index % twin.ranges.length);
      break;
    case "isolate": {
      const start = step.at % (layout.nrBlocks * BLOCK);
      const nr = clipped(twin, start, step.nr);
      if (nr > 0) twin.isolate(start, nr);
      break;
    }
    case "unisolate":
      if (twin.isolated.length > 0) twin.unisolate(step.index % twin.isolated.length);
      break;
    case "hold":
      twin.hold(step.index, step.every, step.hold);
      break;
    case "online": {
      const first = step.at % layout.nrBlocks;
      if (first + layout.unit > layout.nrBlocks) break;
      if (clipped(twin, first * BLOCK, 1) + clipped(twin, (first + 1) * BLOCK, 1) > 0) break;
      const runs: [number, number][] = step.plugged
        ? [[first * BLOCK, layout.unit * BLOCK]]
        : [[first * BLOCK + 256, 256]];
      twin.online(step.zone % nrZones, first, layout.unit, runs);
      break;
    }
    case "offline": {
      const first = step.at % layout.nrBlocks;
      if (!linuxProfile(profile).mm.isolatePageblock && first % 2 > 0) break;
      const nr = layout.unit * BLOCK;
      if (clipped(twin, first * BLOCK, nr) === nr) twin.offline(first * BLOCK, nr);
      break;
    }
    case "marks": {
      const at = step.zone % nrZones;
      twin.core.setWatermarks(at, step.pages >> 1, step.pages, step.pages);
      twin.naive.setWatermarks(at, step.pages >> 1, step.pages);
      break;
    }
    case "cache":
      twin.setCache(step.zone % nrZones, step.batch, step.high);
      break;
    case "drain":
      twin.drain(step.what);
      break;
  }
}

describe.each(MEMORY_PROFILES)("%s", (profile) => {
  test.each(LAYOUTS)(
    "the core and the naive model agree after every step: $name",
    (layout) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
          const twin = new Twin(profile, layout.nrBlocks, layout.zones);
          for (const step of steps) {
            play(twin, profile, layout, step);
            twin.compare();
          }
        }),
        runs(40),
      );
    },
    PATIENCE,
  );
});
