import { describe, expect, test } from "vitest";

import { Migratetype, PageClass, PAGEBLOCK_PAGES } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { Errno } from "../../../src/errno.js";
import { linuxProfile, type ProfileName } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

const NR_BLOCKS = 16;

/** A zone of 32 MiB, of which the first pageblock is full of pages that can move. */
function memoryOf(profile: ProfileName): { memory: PageMemory; pfns: number[] } {
  const memory = PageMemory.createSync(
    NR_BLOCKS * PAGEBLOCK_PAGES,
    linuxProfile(profile).mm,
    coreModule(),
  );
  const zone = memory.addZone("Normal", 0);
  const nrPages = NR_BLOCKS * PAGEBLOCK_PAGES;
  memory.online(zone, 0, nrPages, [[0, nrPages]]);
  const pfns = Array.from({ length: PAGEBLOCK_PAGES }, () =>
    memory.tryAlloc({
      order: 0,
      node: 0,
      type: Migratetype.Movable,
      pageClass: PageClass.Anon,
      kind: "Normal",
    }),
  );
  if (pfns.some((pfn) => pfn === undefined)) throw new Error("the zone has room");
  return { memory, pfns: pfns.map((pfn) => pfn ?? 0) };
}

describe("a slab among pages that can move", () => {
  test.each([
    { profile: "v6.12", stage: "isolate", moved: 0 },
    { profile: "v6.18", stage: "test", moved: PAGEBLOCK_PAGES - 1 },
  ] as const)(
    "refuses in $profile at stage $stage, after $moved pages have moved",
    ({ profile, stage, moved }) => {
      const { memory, pfns } = memoryOf(profile);
      const [first = 0] = pfns;
      const slab = first + 100;
      memory.setPage(slab, PageClass.Slab, 0);
      const start = first - (first % PAGEBLOCK_PAGES);
      expect(memory.allocContig(start, PAGEBLOCK_PAGES)).toMatchObject({
        errno: -Errno.EBUSY,
        stage,
        blockingPfn: slab,
        migratedPages: moved,
      });
      expect(memory.validate()).toBeUndefined();
    },
  );
});

test.each([
  { profile: "v5.8", moves: true },
  { profile: "v5.10", moves: true },
  { profile: "v6.1", moves: true },
  { profile: "rfc3", moves: false },
] as const)("a THP moves as a whole in $profile: $moves", ({ profile, moves }) => {
  const { memory } = memoryOf(profile);
  const thp = memory.tryAlloc({
    order: 9,
    node: 0,
    type: Migratetype.Movable,
    pageClass: PageClass.Thp,
    kind: "Normal",
    flags: 8,
  });
  if (thp === undefined) throw new Error("the zone has room");
  const [start, nr] = linuxProfile(profile).mm.isolatePageblock
    ? [thp, PAGEBLOCK_PAGES]
    : [thp - (thp % (2 * PAGEBLOCK_PAGES)), 2 * PAGEBLOCK_PAGES];
  expect(memory.allocContig(start, nr).errno === 0).toBe(moves);
});
