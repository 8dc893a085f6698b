import { expect, test } from "vitest";

import { Hold, Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { Errno } from "../../../src/errno.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

/** A movable zone of 8 MiB in which one page, that was kernel memory for once, is `pageClass`. */
function zoneWith(pageClass: PageClass): { pages: PageMemory; pfn: number } {
  const pages = PageMemory.createSync(2048, linuxProfile("v6.1").mm, coreModule());
  const zone = pages.addZone("Movable", 0);
  pages.online(zone, 0, 2048, [[0, 2048]]);
  const pfn = pages.tryAlloc({
    order: 0,
    type: Migratetype.Movable,
    pageClass: PageClass.Anon,
    kind: "Movable",
    node: 0,
  });
  if (pfn === undefined) throw new Error("no page");
  pages.setPage(pfn, pageClass, Hold.None);
  return { pages, pfn };
}

test("a reserved page forbids isolation in ZONE_MOVABLE, too", () => {
  const { pages, pfn } = zoneWith(PageClass.Reserved);
  expect(pages.allocContig(0, 512)).toMatchObject({
    errno: -Errno.EBUSY,
    stage: "isolate",
    blockingPfn: pfn,
    blockingClass: "reserved",
  });
  expect(pages.offline(0, 2048)).toEqual({ errno: -Errno.EBUSY, blockingPfn: pfn });
  expect(pages.validate()).toBeUndefined();
});

test("any other page in ZONE_MOVABLE passes isolation and is found by the final test", () => {
  const { pages, pfn } = zoneWith(PageClass.Poisoned);
  expect(pages.allocContig(0, 512)).toMatchObject({
    errno: -Errno.EBUSY,
    stage: "test",
    blockingPfn: pfn,
  });
});
