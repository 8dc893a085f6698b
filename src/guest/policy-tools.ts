import type { VirtualClock } from "../clock.js";
import { classOfState, PAGE_SIZE, PAGEBLOCK_PAGES, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { Calibration } from "../linux/calibration.js";
import type { ZoneTable } from "../linux/zone-table.js";
import type { VirtioMemDriverOptions } from "../virtio-mem/driver/driver.js";

type PolicyTools = Required<
  Pick<
    VirtioMemDriverOptions,
    | "sense"
    | "lookedPageNs"
    | "isolation"
    | "shrink"
    | "freeSize"
    | "pagesAboveMarks"
    | "droppablePages"
  >
>;

/**
 * Share of the reclaimable slab pages that dropping slab frees, in percent: on the others lies an
 * object in use.
 */
export const DROPPED_SLAB_PERCENT = 50;

/** What a policy may do to a guest beyond attempts, and what that costs in virtual time. */
export function policyTools(
  pages: PageMemory,
  zones: ZoneTable,
  clock: VirtualClock,
  prices: Calibration,
): PolicyTools {
  const spend = (ns: number): void => {
    clock.advanceNs(Math.round(ns));
  };
  return {
    sense: (startPfn, nrPages, count) => {
      const counts = pages.countBySubblock(startPfn, nrPages, count);
      for (let at = 0; at < count; at++) {
        if (!isGigantic(pages, startPfn + at * nrPages)) continue;
        counts.unmovablePages[at] = nrPages;
        counts.movablePages[at] = 0;
      }
      return counts;
    },
    lookedPageNs: prices.lookedPageNs,
    isolation: {
      tryIsolate: (startPfn, nrPages) => {
        spend((nrPages / PAGEBLOCK_PAGES) * prices.perPageblockNs);
        return pages.tryIsolate(startPfn, nrPages);
      },
      unisolate: (startPfn, nrPages) => {
        pages.unisolate(startPfn, nrPages);
      },
    },
    shrink: (cache) => {
      if (cache === "file-cache") {
        const dropped = pages.dropFileCache();
        spend(dropped * prices.droppedPageNs);
        return dropped;
      }
      const dropped = pages.dropSlab(cache === "slab" ? DROPPED_SLAB_PERCENT : 0);
      spend(dropped * prices.droppedSlabPageNs);
      return dropped;
    },
    freeSize: () => zones.all().reduce((sum, { id }) => sum + pages.freePages(id), 0) * PAGE_SIZE,
    pagesAboveMarks: () => zones.pagesAboveMarks(),
    droppablePages: (startPfn, nrPages) => {
      let clean = 0;
      for (const [, nr, pageClass] of pages.runsOfClass(startPfn, nrPages, 1)) {
        if (pageClass === PageClass.FileClean) clean += nr;
      }
      return clean;
    },
  };
}

/**
 * A subblock begins in a page of 1 GiB where it is part of one: the scan for unmovable pages lets
 * it pass, and isolate_or_dissolve_huge_page() refuses it (v5.13 on). Its head tells at a look.
 */
function isGigantic(pages: PageMemory, pfn: number): boolean {
  return classOfState(pages.pageState(pfn)) === PageClass.Gigantic;
}
