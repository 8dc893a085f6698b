import { describe, expect, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../src/core/abi.js";
import { Errno } from "../../src/errno.js";
import {
  fragmentationIndex,
  unusableIndex,
  unusablePercent,
} from "../../src/linux/fragmentation.js";
import type { ProfileName } from "../../src/linux/profile.js";
import { ExampleZone, picture, START } from "./example-zone.js";

// Small states worked out by hand, each about one behaviour (docs/spec/engine-model.md). Where a
// test names no profile it is about v6.1.

const ALL: ProfileName[] = ["rfc3-seed", "v6.1", "upstream"];
const FROM_6_1: ProfileName[] = ["v6.1", "upstream"];

const FOUR_MOVABLE = "pb 4096=MOV 4608=MOV 5120=MOV 5632=MOV";
const SIX_MOVABLE = `${FOUR_MOVABLE} 6144=MOV 6656=MOV`;

/** Zone of 2048 pages in which single LRU pages fill everything. */
function fullOfLruPages(profile: ProfileName): ExampleZone {
  const zone = new ExampleZone(profile, 2048);
  expect(zone.movablePages(2048)).not.toContain(undefined);
  return zone;
}

describe("order of newly onlined memory", () => {
  test.each([
    ["rfc3-seed", "MOV 10:[6144,5120,4096]"],
    ["v6.1", "MOV 10:[4096,5120,6144]"],
    ["upstream", "MOV 10:[4096,5120,6144]"],
  ] as const)("%s", (profile, lists) => {
    const zone = new ExampleZone(profile, 2048);
    zone.online(6144, 1024);
    expect(zone.draw()).toBe(picture(lists, SIX_MOVABLE, "nr_free=3072"));
  });
});

test("allocating, splitting, merging", () => {
  const zone = new ExampleZone("v6.1", 2048);
  const rest = "3:[4104] 4:[4112] 5:[4128] 6:[4160] 7:[4224] 8:[4352] 9:[4608] 10:[5120]";

  expect([...zone.movablePages(3), zone.movable(2)]).toEqual([4096, 4097, 4098, 4100]);
  expect(zone.draw()).toBe(picture(`MOV 0:[4099] ${rest}`, FOUR_MOVABLE, "nr_free=2041"));

  zone.free(4098);
  expect(zone.draw()).toBe(picture(`MOV 1:[4098] ${rest}`, FOUR_MOVABLE, "nr_free=2042"));

  zone.free(4096);
  expect(zone.draw()).toBe(picture(`MOV 0:[4096] 1:[4098] ${rest}`, FOUR_MOVABLE, "nr_free=2043"));

  zone.free(4097);
  expect(zone.draw()).toBe(picture(`MOV 2:[4096] ${rest}`, FOUR_MOVABLE, "nr_free=2044"));
});

test("a freed chunk goes to the head, or to the tail where its parent is likely to merge", () => {
  const zone = new ExampleZone("v6.1", 2048);
  expect(zone.movablePages(16)).toEqual(Array.from({ length: 16 }, (_, page) => START + page));
  const lists = [4105, 4098, 4099, 4096, 4110].map((pfn) => {
    zone.free(pfn);
    return `free ${pfn} -> order0 [${zone.list(0).join(", ")}] order1 [${zone.list(1).join(", ")}]`;
  });
  expect(lists).toEqual([
    "free 4105 -> order0 [4105] order1 []",
    "free 4098 -> order0 [4098, 4105] order1 []",
    "free 4099 -> order0 [4105] order1 [4098]",
    "free 4096 -> order0 [4105, 4096] order1 [4098]",
    "free 4110 -> order0 [4110, 4105, 4096] order1 [4098]",
  ]);
});

test.each(ALL)("a MOVABLE pageblock that is half free is claimed, in %s", (profile) => {
  const zone = fullOfLruPages(profile);
  zone.freePages(4096, 4396);
  expect(zone.draw()).toBe(
    picture("MOV 2:[4392] 3:[4384] 5:[4352] 8:[4096]", FOUR_MOVABLE, "nr_free=300"),
  );
  expect(zone.unmovable(0)).toBe(4392);
  expect(zone.draw()).toBe(
    picture(
      "UNM 0:[4393] 1:[4394] 3:[4384] 5:[4352] 8:[4096]",
      "pb 4096=UNM 4608=MOV 5120=MOV 5632=MOV",
      "nr_free=299",
    ),
  );
});

describe("a pageblock that is less than half free", () => {
  test.each([
    ["rfc3-seed", "UNM"],
    ["v6.1", "UNM"],
    ["upstream", "MOV"],
  ] as const)("%s: the rest is on the lists of %s", (profile, type) => {
    const zone = fullOfLruPages(profile);
    zone.freePages(4608, 4708);
    expect(zone.unmovable(0)).toBe(4704);
    expect(zone.draw()).toBe(
      picture(`${type} 0:[4705] 1:[4706] 5:[4672] 6:[4608]`, FOUR_MOVABLE, "nr_free=99"),
    );
  });
});

test.each(FROM_6_1)("claiming an order-10 chunk, in %s", (profile) => {
  const zone = new ExampleZone(profile, 2048);
  expect(zone.unmovable(0)).toBe(4096);
  expect(zone.draw()).toBe(
    picture(
      "UNM 0:[4097] 1:[4098] 2:[4100] 3:[4104] 4:[4112] 5:[4128] 6:[4160] 7:[4224] 8:[4352] 9:[4608]",
      "MOV 10:[5120]",
      "pb 4096=UNM 4608=UNM 5120=MOV 5632=MOV",
      "nr_free=2047",
    ),
  );
});

describe("a MOVABLE request steals small pieces", () => {
  test.each([
    ["v6.1", "MOV"],
    ["upstream", "UNM"],
  ] as const)("%s: the rest is on the lists of %s", (profile, type) => {
    const zone = new ExampleZone(profile, 2048);
    for (let page = 0; page < 1024; page++) zone.unmovable(0);
    zone.movablePages(1024);
    zone.freePages(4104, 4112);
    zone.freePages(4200, 4202);
    const types = "pb 4096=UNM 4608=UNM 5120=MOV 5632=MOV";
    expect(zone.draw()).toBe(picture("UNM 1:[4200] 3:[4104]", types, "nr_free=10"));

    expect(zone.movablePages(3)).toEqual([4200, 4201, 4104]);
    expect(zone.draw()).toBe(picture(`${type} 0:[4105] 1:[4106] 2:[4108]`, types, "nr_free=7"));
  });
});

describe("alloc_contig_range() with migration", () => {
  test("eight pages in one batch", () => {
    const zone = new ExampleZone("v6.1", 2048);
    zone.movablePages(40);
    zone.freePages(4096, 4104);
    zone.freePages(4112, 4136);
    expect(zone.draw()).toBe(
      picture(
        "MOV 3:[4096] 4:[4112] 5:[4128] 6:[4160] 7:[4224] 8:[4352] 9:[4608] 10:[5120]",
        FOUR_MOVABLE,
        "nr_free=2040",
      ),
    );
    expect(zone.contig(4096, 4608)).toMatchObject({
      errno: 0,
      stage: "done",
      blockingPfn: undefined,
      migratedPages: 8,
      moves:
        "4111->4608, 4110->4609, 4109->4610, 4108->4611, 4107->4612, 4106->4613, 4105->4614, 4104->4615",
    });
    expect(zone.draw()).toBe(
      picture(
        "MOV 3:[4616] 4:[4624] 5:[4640] 6:[4672] 7:[4736] 8:[4864] 10:[5120]",
        FOUR_MOVABLE,
        "nr_free=1528",
      ),
    );
  });

  test("forty pages in two batches", () => {
    const zone = new ExampleZone("v6.1", 2048);
    zone.movablePages(40);
    const moves = [
      ...Array.from({ length: 32 }, (_, at) => `${4127 - at}->${4608 + at}`),
      ...Array.from({ length: 8 }, (_, at) => `${4135 - at}->${4640 + at}`),
    ];
    expect(zone.contig(4096, 4608)).toMatchObject({ errno: 0, moves: moves.join(", ") });
    expect(zone.draw()).toBe(
      picture(
        "MOV 3:[4648] 4:[4656] 6:[4672] 7:[4736] 8:[4864] 10:[5120]",
        FOUR_MOVABLE,
        "nr_free=1496",
      ),
    );
  });
});

describe("a blocking page defeats the attempt", () => {
  const before = picture(
    "MOV 3:[4104] 4:[4112] 5:[4128] 6:[4160] 7:[4224] 8:[4352] 9:[4608] 10:[5120]",
    FOUR_MOVABLE,
    "nr_free=2040",
  );

  test("a pinned page: what could move has moved", () => {
    const zone = new ExampleZone("v6.1", 2048);
    zone.movablePages(8);
    zone.pin(4099);
    expect(zone.draw()).toBe(before);
    expect(zone.contig(4096, 4608)).toMatchObject({
      errno: -Errno.EBUSY,
      stage: "test",
      blockingPfn: 4099,
      blockingClass: "anon",
      migratedPages: 7,
      moves: "4103->4608, 4102->4609, 4101->4610, 4100->4611, 4098->4612, 4097->4613, 4096->4614",
    });
    expect(zone.draw()).toBe(
      picture(
        "MOV 0:[4615,4098] 1:[4096] 2:[4100] 3:[4616,4104] 4:[4624,4112] 5:[4640,4128] 6:[4672,4160] 7:[4736,4224] 8:[4864,4352] 10:[5120]",
        FOUR_MOVABLE,
        "nr_free=2040",
      ),
    );
  });

  test("a slab page: nothing has changed", () => {
    const zone = new ExampleZone("v6.1", 2048);
    zone.movablePages(8);
    zone.makeKernel(4099);
    expect(zone.contig(4096, 4608)).toMatchObject({
      errno: -Errno.EBUSY,
      stage: "isolate",
      blockingPfn: 4099,
      blockingClass: "kernel",
      migratedPages: 0,
      moves: "",
    });
    expect(zone.draw()).toBe(before);
  });
});

describe("alloc_contig_range() and the type of its pageblocks", () => {
  const smallPieces =
    "0:[4096] 1:[4098] 2:[4100] 3:[4104] 4:[4112] 5:[4128] 6:[4160] 7:[4224] 8:[4352]";
  const typesBefore = "pb 4096=UNM 4608=UNM 5120=MOV 5632=MOV";

  test.each([
    [
      "v6.1",
      "forgets it",
      picture(
        `UNM ${smallPieces}`,
        "MOV 9:[4608] 10:[5120]",
        "pb 4096=UNM 4608=MOV 5120=MOV 5632=MOV",
        "nr_free=2047",
      ),
    ],
    [
      "upstream",
      "keeps it",
      picture(`UNM ${smallPieces} 9:[4608]`, "MOV 10:[5120]", typesBefore, "nr_free=2047"),
    ],
  ] as const)("%s %s on success", (profile, _, after) => {
    const zone = new ExampleZone(profile, 2048);
    expect([zone.unmovable(0), zone.unmovable(0)]).toEqual([4096, 4097]);
    zone.free(4096);
    expect(zone.draw()).toBe(
      picture(`UNM ${smallPieces} 9:[4608]`, "MOV 10:[5120]", typesBefore, "nr_free=2047"),
    );
    expect(zone.contig(4608, 5120).errno).toBe(0);
    zone.memory.freeContig(4608, 512);
    expect(zone.draw()).toBe(after);
  });

  const upperPieces =
    "0:[4609] 1:[4610] 2:[4612] 3:[4616] 4:[4624] 5:[4640] 6:[4672] 7:[4736] 8:[4864]";

  test.each([
    [
      "v6.1",
      "forgets it",
      picture(
        `UNM ${upperPieces}`,
        "MOV 9:[4096] 10:[5120]",
        "pb 4096=MOV 4608=UNM 5120=MOV 5632=MOV",
        "nr_free=2047",
      ),
    ],
    [
      "upstream",
      "keeps it",
      picture(`UNM ${upperPieces} 9:[4096]`, "MOV 10:[5120]", typesBefore, "nr_free=2047"),
    ],
  ] as const)("%s %s on failure", (profile, _, after) => {
    const zone = new ExampleZone(profile, 2048);
    expect([zone.unmovable(9), zone.unmovable(0)]).toEqual([4096, 4608]);
    zone.free(4096, 9);
    expect(zone.draw()).toBe(
      picture(`UNM ${upperPieces} 9:[4096]`, "MOV 10:[5120]", typesBefore, "nr_free=2047"),
    );
    expect(zone.contig(4096, 5120)).toMatchObject({
      errno: -Errno.EBUSY,
      stage: "isolate",
      blockingPfn: 4608,
    });
    expect(zone.draw()).toBe(after);
  });
});

test.each(FROM_6_1)("alloc_contig_range() inside an order-10 chunk, in %s", (profile) => {
  const zone = new ExampleZone(profile, 2048);
  for (const [taken, left] of [
    [4096, 4608],
    [4608, 4096],
  ] as const) {
    expect(zone.contig(taken, taken + 512)).toMatchObject({ errno: 0, moves: "" });
    expect(zone.draw()).toBe(picture(`MOV 9:[${left}] 10:[5120]`, FOUR_MOVABLE, "nr_free=1536"));
    zone.memory.freeContig(taken, 512);
    expect(zone.draw()).toBe(picture("MOV 10:[4096,5120]", FOUR_MOVABLE, "nr_free=2048"));
  }
});

describe("merging across pageblock types", () => {
  test.each([
    ["v6.1", "keeps its type", "pb 4096=MOV 4608=UNM 5120=MOV 5632=MOV"],
    ["upstream", "takes the type of the freed chunk", FOUR_MOVABLE],
  ] as const)("%s: the absorbed block %s", (profile, _, types) => {
    const zone = new ExampleZone(profile, 2048);
    // 4096 in use, the order-10 chunk 5120 out of the way: UNMOVABLE claims block 4608
    expect([zone.movable(9), zone.movable(10), zone.unmovable(9)]).toEqual([4096, 5120, 4608]);
    zone.free(5120, 10);
    expect(zone.draw()).toBe(
      picture("MOV 10:[5120]", "pb 4096=MOV 4608=UNM 5120=MOV 5632=MOV", "nr_free=1024"),
    );
    zone.free(4608, 9);
    zone.free(4096, 9);
    expect(zone.draw()).toBe(picture("MOV 10:[4096,5120]", types, "nr_free=2048"));
  });
});

test("ALLOC_NOFRAGMENT sends the request to the next zone", () => {
  const zone = fullOfLruPages("v6.1");
  zone.freePages(4608, 4708);
  const dma32 = zone.memory.addZone("DMA32", 0);
  zone.memory.online(dma32, 8192, 1024, [[8192, 1024]]);
  const before = zone.draw();

  expect(zone.unmovable(0)).toBe(8192);
  expect(zone.draw()).toBe(before);

  // without DMA32 memory the second walk, which may fragment, gives the result of a pageblock that
  // is less than half free
  while (zone.memory.freePages(dma32) > 0) zone.unmovable(0);
  expect(zone.draw()).toBe(before);
  expect(zone.unmovable(0)).toBe(4704);
  expect(zone.draw()).toBe(
    picture("UNM 0:[4705] 1:[4706] 5:[4672] 6:[4608]", FOUR_MOVABLE, "nr_free=99"),
  );
});

test("fragmentation indices of 256 single pages and one pageblock", () => {
  const zone = new ExampleZone("v6.1", 1024);
  zone.movablePages(1024);
  for (let pfn = 4096; pfn < 4608; pfn += 2) zone.free(pfn);
  zone.freePages(4608, 5120);
  const chunks = zone.memory.freeChunks(zone.zone);
  expect(chunks).toEqual([256, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);

  expect([0, 1, 9, 10].map((order) => unusableIndex(chunks, order))).toEqual([0, 333, 333, 1000]);
  expect([0, 1, 9, 10].map((order) => fragmentationIndex(chunks, order))).toEqual([
    -1000, -1000, -1000, 994,
  ]);
  expect([0, 1, 9, 10].map((order) => unusablePercent(chunks, order))).toEqual([0, 33, 33, 100]);
});

describe("alignment of the isolated range", () => {
  test("rfc3-seed: the neighbour in the 4 MiB unit must be isolatable, too", () => {
    const zone = new ExampleZone("rfc3-seed", 2048);
    expect(zone.movablePages(600)).toEqual(Array.from({ length: 600 }, (_, page) => 5120 + page));
    zone.makeKernel(5121);
    const before = picture(
      "MOV 3:[5720] 5:[5728] 7:[5760] 8:[5888] 10:[4096]",
      FOUR_MOVABLE,
      "nr_free=1448",
    );
    expect(zone.draw()).toBe(before);
    expect(zone.contig(5632, 6144)).toMatchObject({
      errno: -Errno.EBUSY,
      stage: "isolate",
      blockingPfn: 5121,
    });
    expect(zone.draw()).toBe(before);
  });

  test("v6.1: the neighbour does not matter", () => {
    const zone = new ExampleZone("v6.1", 2048);
    expect(zone.movablePages(600)).toEqual(Array.from({ length: 600 }, (_, page) => 4096 + page));
    zone.makeKernel(4097);
    expect(zone.contig(4608, 5120)).toMatchObject({ errno: 0, migratedPages: 88 });
    expect(zone.draw()).toBe(
      picture("MOV 3:[5208] 5:[5216] 7:[5248] 8:[5376] 9:[5632]", FOUR_MOVABLE, "nr_free=936"),
    );
  });
});

test("the border of an isolated pageblock", () => {
  const zone = new ExampleZone("v6.1", 2048);
  expect([zone.movable(9), zone.movable(9)]).toEqual([4096, 4608]);
  expect(zone.memory.tryIsolate(4096, 512)).toBe(true);
  const isolated = "pb 4096=ISO 4608=MOV 5120=MOV 5632=MOV";
  expect(zone.draw()).toBe(picture("MOV 10:[5120]", isolated, "nr_free=1024"));

  zone.free(4096, 9);
  zone.free(4608, 9);
  expect(zone.draw()).toBe(
    picture("MOV 9:[4608] 10:[5120]", "ISO 9:[4096]", isolated, "nr_free=1536"),
  );

  zone.memory.unisolate(4096, 512);
  expect(zone.draw()).toBe(picture("MOV 10:[5120,4096]", FOUR_MOVABLE, "nr_free=2048"));
});

test("no memory for a migration target", () => {
  const zone = new ExampleZone("v6.1", 1024);
  zone.movablePages(1024);
  zone.freePages(4608, 4612);
  expect(zone.contig(4096, 4608)).toMatchObject({
    errno: -Errno.ENOMEM,
    stage: "memory",
    blockingPfn: undefined,
    migratedPages: 4,
    moves: "4127->4608, 4126->4609, 4125->4610, 4124->4611",
  });
  expect(zone.draw()).toBe(picture("MOV 2:[4124]", "pb 4096=MOV 4608=MOV", "nr_free=4"));
});

test("memory that is given back is first in line", () => {
  const zone = new ExampleZone("v6.1", 3072);
  expect(zone.contig(5120, 6144)).toMatchObject({ errno: 0, moves: "" });
  expect(zone.draw()).toBe(picture("MOV 10:[4096,6144]", SIX_MOVABLE, "nr_free=2048"));
  zone.memory.freeContig(5120, 1024);
  expect(zone.draw()).toBe(picture("MOV 10:[5120,4096,6144]", SIX_MOVABLE, "nr_free=3072"));
});

test("per-CPU cache, batch 4 and high 8: four oldest pages overflow at the eighth", () => {
  const zone = new ExampleZone("v6.1", 2048);
  zone.memory.setCache(zone.zone, 1, 4, 8);
  expect(zone.movablePages(6)).toEqual([4096, 4097, 4098, 4099, 4100, 4101]);
  expect([4102, 4103].map((pfn) => zone.memory.pageState(pfn))).toEqual([
    PageClass.Cached,
    PageClass.Cached,
  ]);
  zone.freePages(4096, 4101);
  expect(zone.memory.freeChunks(zone.zone).slice(0, 3)).toEqual([0, 0, 0]);
  zone.free(4101);
  expect(zone.list(1)).toEqual([4096, 4102]);
  expect(zone.memory.freePages(zone.zone)).toBe(2048 - 4);
  expect(
    zone.memory.tryAlloc({
      order: 0,
      type: Migratetype.Movable,
      pageClass: PageClass.Anon,
      kind: "Normal",
      node: 0,
      flags: AllocFlag.ThisNode,
    }),
  ).toBe(4101);

  zone.free(4101);
  zone.memory.drainCaches(zone.zone);
  expect(zone.draw()).toBe(picture("MOV 10:[4096,5120]", FOUR_MOVABLE, "nr_free=2048"));
});
