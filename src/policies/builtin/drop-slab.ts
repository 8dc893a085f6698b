import type { Policy } from "../policy.js";

/**
 * Drops dentries, inodes and other reclaimable slab once in a run that has left something, and goes
 * through the run again. RFC v4 of the driver proposed it.
 */
export const DROP_SLAB: Policy = {
  name: "drop-slab",
  summary: "drops reclaimable slab when something stays, and tries once more",
  unplug: { whenShort: ["slab"] },
};
