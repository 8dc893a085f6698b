import type { Policy } from "../policy.js";

/**
 * Empties the memory blocks first that have the fewest plugged subblocks, and removes each as soon
 * as it is empty, again and again until that works: a removed memory block gives its struct pages
 * back, and fragments nothing.
 */
export const EMPTY_BLOCKS_FIRST: Policy = {
  name: "empty-blocks-first",
  summary: "empties memory blocks that are nearly empty first, and removes each at once",
  unplug: {
    passes: [
      ["offline-partial"],
      ["offline"],
      ["movable-partial", "kernel-partial"],
      ["movable", "kernel"],
    ],
    memoryBlocks: (view) => {
      const { firstId, count, pluggedSubblocks } = view;
      const ids = Uint32Array.from({ length: count }, (_, at) => firstId + at);
      const plugged = (id: number): number => pluggedSubblocks[id - firstId] ?? 0;
      return ids.sort((a, b) => plugged(a) - plugged(b) || b - a);
    },
    emptyMemoryBlocks: "removed-with-retry",
  },
};
