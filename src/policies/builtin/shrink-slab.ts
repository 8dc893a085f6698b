import type { Policy } from "../policy.js";

/**
 * Lets the slab caches give back the slabs of which no object is in use, before the first attempt.
 * Linux does so only when a memory block goes offline, which comes too late for the attempts
 * before, and never where no memory block can be emptied.
 */
export const SHRINK_SLAB: Policy = {
  name: "shrink-slab",
  summary: "gives empty slabs back before the first attempt",
  unplug: { before: ["empty-slabs"] },
};
