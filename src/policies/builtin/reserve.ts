import { sizeValue } from "../policy-value.js";
import type { PolicyFamily } from "../policy-family.js";

/** By which the reserve is called that each zone sets for itself. */
const HIGH = "high";

/**
 * Refuses to unplug what would leave the guest with less free memory than this; `high`: less than
 * the high watermarks of its zones.
 */
export const RESERVE: PolicyFamily = {
  name: "reserve",
  summary: "unplugs only as long as so much memory stays free; high: the zones' high watermarks",
  value: "128MiB",
  make: (value) => ({
    unplug: { reserve: value === HIGH ? "high-watermarks" : sizeValue("reserve", value) },
  }),
};
