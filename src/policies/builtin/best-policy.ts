import type { Policy } from "../policy.js";
import { FREE_AREAS_FIRST } from "./free-areas-first.js";
import { ISOLATE_FIRST } from "./isolate-first.js";
import { SENSE_FIRST } from "./sense-first.js";
import { SHRINK_SLAB } from "./shrink-slab.js";

/**
 * Moves the fewest pages for the memory that Linux returns as well without touching the last
 * reserve of the guest (docs/better-policy.md).
 */
export const BEST_POLICY: Policy = {
  name: "best-policy",
  summary:
    "sense-first, free-areas-first, isolate-first and shrink-slab, down to the high watermarks",
  unplug: {
    ...SENSE_FIRST.unplug,
    ...FREE_AREAS_FIRST.unplug,
    ...ISOLATE_FIRST.unplug,
    ...SHRINK_SLAB.unplug,
    reserve: "until-high-watermarks",
  },
};
