// Visits the memory blocks with the fewest pages to move first, one subblock at a time, and skips
// subblocks of which more than a quarter would have to move.
import type { Policy } from "virtio-mem-engine";

const MOST_PAGES = 128;

const policy: Policy = {
  name: "calm-first",
  summary: "unplugs what needs few moves, and skips the rest",
  unplug: {
    chunks: [1],
    // which memory blocks, in which order: those with the fewest pages to move first
    memoryBlocks: (view) => {
      const ids = Array.from({ length: view.count }, (_, at) => view.firstId + at);
      const cost = new Map(
        ids.map((id) => [id, view.sense(id)?.movablePages.reduce((sum, nr) => sum + nr, 0) ?? 0]),
      );
      return ids.sort((a, b) => (cost.get(a) ?? 0) - (cost.get(b) ?? 0));
    },
    // before each attempt: few enough pages to move?
    accepts: [
      (view, chunk) => {
        const look = view.senseChunk(chunk);
        return look === undefined || Math.max(...look.movablePages) <= MOST_PAGES;
      },
    ],
  },
  retry: { minimumMs: 10_000, maximumMs: 600_000, factor: 3 },
};

export default policy;
