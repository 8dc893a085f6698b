import type { VirtualClock } from "../clock.js";
import { PAGE_SIZE, PAGEBLOCK_PAGES } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { Calibration } from "../linux/calibration.js";
import type { ZoneTable } from "../linux/zone-table.js";
import type { VirtioMemDriverOptions } from "../virtio-mem/driver/driver.js";

type PolicyTools = Required<
  Pick<VirtioMemDriverOptions, "sense" | "lookedPageNs" | "isolation" | "shrink" | "freeSize">
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
    sense: (startPfn, nrPages, count) => pages.countBySubblock(startPfn, nrPages, count),
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
  };
}
