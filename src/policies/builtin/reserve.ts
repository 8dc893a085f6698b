import { sizeValue } from "../policy-value.js";
import type { PolicyFamily } from "../policy-family.js";

/** Refuses to unplug what would leave the guest with less free memory than this. */
export const RESERVE: PolicyFamily = {
  name: "reserve",
  summary: "unplugs only as long as so much memory stays free",
  value: "128MiB",
  make: (value) => ({ unplug: { reserve: sizeValue("reserve", value) } }),
};
