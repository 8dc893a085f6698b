import { describe, expect, test } from "vitest";

import { AllocFlag, Hold, JournalKind, Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { Errno } from "../../../src/errno.js";
import { linuxProfile, type ProfileName } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

const BLOCK = 512;
const [DMA32, Normal, Movable] = ["DMA32", "Normal", "Movable"] as const;

type Zone = readonly [kind: ZoneKind, node: number, firstBlock: number, nrBlocks: number];

/** A guest with these zones, all of them online and free. */
function guest(profile: ProfileName, nrBlocks: number, ...zones: readonly Zone[]): PageMemory {
  const memory = PageMemory.createSync(nrBlocks * BLOCK, linuxProfile(profile).mm, coreModule());
  for (const [kind, node, first, nr] of zones) {
    const zone = memory.addZone(kind, node);
    memory.online(zone, first * BLOCK, nr * BLOCK, [[first * BLOCK, nr * BLOCK]]);
  }
  memory.journal.open(10_000);
  return memory;
}

function alloc(
  memory: PageMemory,
  pageClass: PageClass,
  order = 0,
  type: Migratetype = Migratetype.Movable,
  kind: ZoneKind = Normal,
): number {
  const pfn = memory.tryAlloc({ order, type, pageClass, kind, node: 0, flags: AllocFlag.Compound });
  if (pfn === undefined) throw new Error(`no memory for order ${order}`);
  return pfn;
}

function targets(memory: PageMemory): number[] {
  const moved = memory.journal.take().filter(({ kind }) => kind === JournalKind.Moved);
  return moved.map(({ target }) => target);
}

describe("isolation", () => {
  test("a 4 MiB unit of which one half is not online can be isolated by rfc3-seed", () => {
    const memory = guest("rfc3-seed", 3, [Normal, 0, 1, 2]);
    expect(memory.allocContig(BLOCK, BLOCK).errno).toBe(0);
    expect(memory.allocContig(2 * BLOCK, BLOCK).errno).toBe(0);
    expect(memory.validate()).toBeUndefined();
  });

  test("an order-10 chunk that is freed while its upper half is isolated is parted by upstream", () => {
    const memory = guest("upstream", 4, [Normal, 0, 0, 4]);
    const pfn = memory.tryAlloc({
      order: 10,
      type: Migratetype.Unmovable,
      pageClass: PageClass.Kernel,
      kind: Normal,
      node: 0,
    })!;
    expect(memory.tryIsolate(pfn + BLOCK, BLOCK)).toBe(true);
    memory.free(pfn, 10);
    expect(memory.freeList(0, 9, Migratetype.Unmovable)).toEqual([pfn]);
    expect(memory.freeList(0, 9, Migratetype.Isolate)).toEqual([pfn + BLOCK]);
    expect(memory.validate()).toBeUndefined();
  });

  test("pages given back through a cache do not merge with an isolated neighbour", () => {
    const memory = guest("v6.1", 2, [Normal, 0, 0, 2]);
    memory.setCache(0, 1, 8, 60);
    expect(memory.allocContig(0, BLOCK).errno).toBe(0);
    expect(memory.tryIsolate(BLOCK, BLOCK)).toBe(true);
    memory.freeContig(0, BLOCK);
    memory.drainCaches(0);
    expect(memory.freeList(0, 9, Migratetype.Movable)).toEqual([0]);
    expect(memory.freeList(0, 9, Migratetype.Isolate)).toEqual([BLOCK]);
    expect(memory.validate()).toBeUndefined();
  });

  test("pages given back into an isolated pageblock pass the cache by", () => {
    const memory = guest("v6.1", 2, [Movable, 0, 0, 2]);
    memory.setCache(0, 1, 8, 60);
    expect(memory.allocContig(0, BLOCK).errno).toBe(0);
    expect(memory.tryIsolate(0, BLOCK)).toBe(true);
    memory.freeContig(0, BLOCK);
    expect(memory.freeList(0, 9, Migratetype.Isolate)).toEqual([0]);
    expect(memory.freePages(0)).toBe(BLOCK);
    expect(memory.validate()).toBeUndefined();
  });
});

test.each([
  ["first", [1, 4]],
  ["last", [4, 1]],
])("an isolated neighbour merges with what leaves, and is listed anew; isolated %s", (_, order) => {
  const memory = guest("v6.1", 8, [Normal, 0, 0, 8]);
  const block = Math.floor(alloc(memory, PageClass.Anon) / BLOCK);
  const [neighbour, other] = [(block ^ 1) * BLOCK, (block ^ 4) * BLOCK];
  for (const distance of order)
    expect(memory.tryIsolate((block ^ distance) * BLOCK, BLOCK)).toBe(true);
  expect(memory.allocContig(block * BLOCK, BLOCK)).toMatchObject({ errno: 0, migratedPages: 1 });
  // freed by alloc_contig_range() as the rest of a chunk of order 10: to the head of its list
  expect(memory.freeList(0, 9, Migratetype.Isolate)).toEqual([neighbour, other]);
  expect(memory.validate()).toBeUndefined();
});

describe("2 MiB pages", () => {
  test("one that begins before the range blocks", () => {
    const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
    const thp = alloc(memory, PageClass.Thp, 9);
    expect(memory.allocContig(thp + 1, 10)).toMatchObject({
      errno: -Errno.EBUSY,
      stage: "test",
      blockingPfn: thp + 1,
      migratedPages: 0,
    });
    expect(memory.allocContig(thp, 10)).toMatchObject({ errno: 0, migratedPages: BLOCK });
    expect(memory.validate()).toBeUndefined();
  });

  test("one that cannot be moved stays whole", () => {
    const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
    const thp = alloc(memory, PageClass.Thp, 9);
    memory.setPage(thp, PageClass.Thp, Hold.Again);
    expect(memory.allocContig(thp, BLOCK)).toMatchObject({ errno: -Errno.EBUSY, stage: "migrate" });
    for (let pfn = thp; pfn < thp + BLOCK; pfn++) {
      expect(memory.pageState(pfn)).toBe(PageClass.Thp | (Hold.Again << 5));
    }
    memory.setPage(thp, PageClass.Thp, Hold.None);
    expect(memory.allocContig(thp, BLOCK)).toMatchObject({ errno: 0, migratedPages: BLOCK });
  });
});

describe.each([1, 2, 100, 256, 511, BLOCK])("a free pageblock with %i pages in a cache", (nr) => {
  /** The only pageblock, taken page by page; the last pages are freed into the cache. */
  function cachedBlock(): PageMemory {
    const memory = guest("v6.1", 1, [Normal, 0, 0, 1]);
    const pfns = Array.from({ length: BLOCK }, () => alloc(memory, PageClass.Anon));
    for (const pfn of pfns.slice(nr)) memory.free(pfn, 0);
    memory.setCache(0, 1, 63, 4 * BLOCK);
    for (const pfn of pfns.slice(0, nr)) memory.free(pfn, 0);
    expect(memory.freePages(0)).toBe(BLOCK - nr);
    return memory;
  }

  test("can be taken", () => {
    const memory = cachedBlock();
    expect(memory.allocContig(0, BLOCK)).toMatchObject({ errno: 0, migratedPages: 0 });
    expect(memory.validate()).toBeUndefined();
    memory.freeContig(0, BLOCK);
    memory.drainCaches(0);
    expect(memory.freeChunks(0)[9]).toBe(1);
    expect(memory.validate()).toBeUndefined();
  });

  test("comes back as one chunk where a signal ends the attempt", () => {
    const memory = cachedBlock();
    memory.setSignalPending(true);
    expect(memory.allocContig(0, BLOCK).errno).toBe(-Errno.EINTR);
    expect(memory.freeChunks(0)[9]).toBe(1);
    expect(memory.freePages(0)).toBe(BLOCK);
    expect(memory.validate()).toBeUndefined();
  });
});

describe("ranges inside of pageblocks", () => {
  test.each([
    [0, 3],
    [1, 9],
    [5, 11],
    [13, 130],
    [7, 249],
  ])("of the pages in use those from %i to %i move, and no other", (from, to) => {
    const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
    const used = Array.from({ length: 256 }, () => alloc(memory, PageClass.Anon)).sort(
      (a, b) => a - b,
    );
    const [start, end] = [used[from]!, used[to]! + 1];
    memory.journal.take();
    expect(memory.allocContig(start, end - start)).toMatchObject({
      errno: 0,
      migratedPages: to - from + 1,
    });
    const moved = memory.journal.take().map(({ source }) => source);
    expect(moved.sort((a, b) => a - b)).toEqual(used.slice(from, to + 1));
    expect(memory.validate()).toBeUndefined();
  });
});

test("pfns from 2^31 on are no errors", () => {
  const nrBlocks = 2 ** 22 + 2;
  const memory = guest("v6.1", nrBlocks, [Normal, 0, nrBlocks - 2, 2]);
  const pfn = alloc(memory, PageClass.Anon);
  expect(pfn).toBeGreaterThanOrEqual(2 ** 31);
  expect(memory.pageState(pfn)).toBe(PageClass.Anon);
  memory.free(pfn, 0);
  expect(memory.freePages(0)).toBe(2 * BLOCK);
});

test("a page that was freed while it waited for the LRU is forgotten", () => {
  const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
  const pfn = alloc(memory, PageClass.Anon);
  memory.setPage(pfn, PageClass.Anon, Hold.Fail);
  expect(memory.allocContig(pfn, 1).errno).toBe(-Errno.EBUSY);
  expect(memory.pageState(pfn)).toBe(PageClass.LruPending);
  memory.free(pfn, 0);
  expect(alloc(memory, PageClass.LruPending)).toBe(pfn);
  memory.drainLru();
  expect(memory.pageState(pfn)).toBe(PageClass.Anon);
  expect(memory.validate()).toBeUndefined();
});

test("a chunk in a cache goes to the list of its pageblock, whatever was requested, in upstream", () => {
  const memory = guest("upstream", 2, [Normal, 0, 0, 2]);
  for (let page = 0; page < 1024; page++) alloc(memory, PageClass.Anon);
  for (let pfn = 0; pfn < 8; pfn++) memory.free(pfn, 0);
  memory.setCache(0, 1, 4, 60);
  // the refill takes four pages of a movable pageblock, and one is used
  alloc(memory, PageClass.Kernel, 0, Migratetype.Unmovable);
  memory.drainCaches(0);
  expect(memory.freeList(0, 0, Migratetype.Unmovable)).toEqual([]);
  expect(memory.validate()).toBeUndefined();
});

describe("offlining", () => {
  test("moves pages to other nodes, if there are any, though the own one has room", () => {
    const memory = guest("v6.1", 8, [Normal, 0, 0, 4], [Normal, 1, 4, 4]);
    const pfn = alloc(memory, PageClass.Anon);
    expect(memory.offline(pfn, 2 * BLOCK).errno).toBe(0);
    expect(targets(memory)).toEqual([4 * BLOCK]);
  });

  test("moves them within the node where there is no other", () => {
    const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
    const pfn = alloc(memory, PageClass.Anon);
    expect(memory.offline(pfn, 2 * BLOCK).errno).toBe(0);
    expect(targets(memory)).toEqual([2 * BLOCK]);
  });

  test("keeps base pages of a kernel zone out of ZONE_MOVABLE, but not 2 MiB pages", () => {
    const memory = guest("v6.1", 8, [DMA32, 0, 0, 2], [Normal, 0, 2, 2], [Movable, 0, 4, 4]);
    const pfn = alloc(memory, PageClass.Anon);
    alloc(memory, PageClass.Thp, 9);
    expect(pfn).toBe(2 * BLOCK);
    expect(memory.offline(2 * BLOCK, 2 * BLOCK).errno).toBe(0);
    expect(targets(memory)).toEqual([0, 4 * BLOCK]);
  });

  test("leaves the free memory of an isolated neighbour where it is", () => {
    const memory = guest("v6.1", 6, [Normal, 0, 0, 6]);
    expect(memory.tryIsolate(3 * BLOCK, BLOCK)).toBe(true);
    expect(memory.offline(BLOCK, 2 * BLOCK).errno).toBe(0);
    expect(memory.freeList(0, 9, Migratetype.Isolate)).toEqual([3 * BLOCK]);
    expect(memory.freeList(0, 9, Migratetype.Movable)).toEqual([0]);
    expect(memory.validate()).toBeUndefined();
  });
});

test.each([
  { profile: "rfc3-seed", batches: [32, 8] },
  { profile: "v6.1", batches: [20, 20] },
] as const)(
  "$profile: batches of $batches where all LRU pages are moved",
  ({ profile, batches }) => {
    const memory = guest(profile, 6, [Normal, 0, 0, 6]);
    // 20 pages at the end of a pageblock and 20 at the start of the next, nothing else on the LRU
    const pages = Array.from({ length: 2048 }, () => alloc(memory, PageClass.DriverMovable));
    const [lowest] = [...pages].sort((a, b) => a - b);
    const middle = lowest! + BLOCK;
    for (const pfn of pages) {
      if (pfn < middle - 20 || pfn >= middle + 20) memory.free(pfn, 0);
      else memory.setPage(pfn, PageClass.Anon, Hold.None);
    }
    expect(memory.allocContig(lowest!, 2 * BLOCK).errno).toBe(0);
    // within a batch the sources descend
    const sources = memory.journal.take().map(({ source }) => source);
    const starts = sources.flatMap((pfn, at) => (at === 0 || pfn > sources[at - 1]! ? [at] : []));
    expect([...starts, 40].slice(1).map((end, index) => end - starts[index]!)).toEqual(batches);
  },
);

test("of a non-compound allocation the first page alone is on the LRU", () => {
  const memory = guest("v6.1", 4, [Normal, 0, 0, 4]);
  const request = { type: Migratetype.Movable, pageClass: PageClass.Anon, kind: Normal, node: 0 };
  for (const order of [1, 3, 8, 9, 10]) {
    const pfn = memory.tryAlloc({ ...request, order })!;
    expect(memory.validate()).toBeUndefined();
    memory.free(pfn, order);
    expect(memory.validate()).toBeUndefined();
  }
});
