import type { Policy } from "../policy.js";

/**
 * Largest chunk below a memory block, in subblocks; larger than a memory block has are left out.
 */
const LARGEST = 512;

/**
 * Tries a whole memory block, then its halves, quarters and so on down to single subblocks: fewer
 * requests, and one isolation for more memory, as long as no page blocks.
 */
export const BIGGER_CHUNKS_FIRST: Policy = {
  name: "bigger-chunks-first",
  summary: "tries whole memory blocks, then halves, quarters and so on down to subblocks",
  unplug: { chunks: ["memory-block", ...halves(LARGEST)] },
};

function halves(size: number): number[] {
  const sizes: number[] = [];
  for (let at = size; at >= 1; at /= 2) sizes.push(at);
  return sizes;
}
