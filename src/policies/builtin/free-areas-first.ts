import type { Policy } from "../policy.js";

/**
 * Ranks all plugged chunks of the device by the pages that would have to move, emptiest first:
 * memory that is free already goes without moving anything, and is then no target for the pages of
 * the others, which so move once and not again and again.
 */
export const FREE_AREAS_FIRST: Policy = {
  name: "free-areas-first",
  summary: "takes what is free first, then what has the fewest pages to move",
  unplug: {
    rank: (view, chunk) => {
      let toMove = 0;
      for (const nr of view.senseChunk(chunk)?.movablePages ?? []) toMove += nr;
      return toMove / chunk.count;
    },
  },
};
