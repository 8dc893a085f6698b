import type { PolicyFamily } from "../policy-family.js";
import { wholeValue } from "../policy-value.js";

/**
 * Linux's answer to the question of the ratio, since v5.15; the value is its parameter in percent.
 */
const AUTO_MOVABLE: PolicyFamily = {
  name: "auto-movable",
  summary: "added memory goes to ZONE_MOVABLE up to so many percent of the kernel's memory",
  value: "301",
  make: (value) => ({
    online: {
      autoOnline: "online",
      onlinePolicy: "auto-movable",
      autoMovableRatio: wholeValue("auto-movable", value, 0, 1_000_000),
    },
  }),
};

/**
 * A zone that movable pages use first, and the kernel only when nothing else above the DMA zones is
 * left: it cannot starve the kernel as ZONE_MOVABLE does, and mostly unplugs as well.
 */
const PREFER_MOVABLE: PolicyFamily = {
  name: "prefer-movable",
  summary: "so many memory blocks go to ZONE_PREFER_MOVABLE for each one in ZONE_NORMAL",
  value: "4",
  make: (value) => ({
    online: {
      autoOnline: "online",
      onlinePolicy: "prefer-movable",
      preferMovableRatio: wholeValue("prefer-movable", value, 1, 1000),
    },
  }),
};

export const ZONES: readonly PolicyFamily[] = [AUTO_MOVABLE, PREFER_MOVABLE];
