import type { UnplugPolicyName } from "../driver-profile.js";
import type { UnplugPolicy } from "./unplug-policy.js";

/** RFC v3 (September 2019): ascending, subblock by subblock, ZONE_MOVABLE left alone. */
const RFC3_SEED: UnplugPolicy = {
  name: "rfc3-seed",
  passes: [["offline-partial"], ["offline"], ["kernel-partial"], ["kernel"]],
  memoryBlocks: "ascending",
  subblocks: "ascending",
  chunks: [1],
  attempts: { kernel: 1, movable: 0 },
};

/**
 * v5.8: downwards, whole memory blocks first. ZONE_MOVABLE is left alone while it is online.
 */
const V5_8: UnplugPolicy = {
  name: "v5.8",
  passes: [["offline-partial"], ["offline"], ["kernel-partial"], ["kernel"]],
  memoryBlocks: "descending",
  subblocks: "descending",
  chunks: ["memory-block", 1],
  attempts: { kernel: 1, movable: 0 },
};

/** v5.10: ZONE_MOVABLE is not told apart. */
const V5_10: UnplugPolicy = {
  ...V5_8,
  name: "v5.10",
  passes: [
    ["offline-partial"],
    ["offline"],
    ["kernel-partial", "movable-partial"],
    ["kernel", "movable"],
  ],
  attempts: { kernel: 1, movable: 1 },
};

/** v5.11: not told apart, but that it is tried five times. */
const V5_11: UnplugPolicy = { ...V5_10, name: "v5.11", attempts: { kernel: 1, movable: 5 } };

/**
 * Linux from v5.14 on: downwards, partly plugged memory blocks first so that whole ones can be
 * removed, ZONE_MOVABLE before the kernel's zones.
 */
const LINUX: UnplugPolicy = {
  name: "linux",
  passes: [
    ["offline-partial"],
    ["offline"],
    ["movable-partial"],
    ["kernel-partial"],
    ["movable"],
    ["kernel"],
  ],
  memoryBlocks: "descending",
  subblocks: "descending",
  chunks: ["memory-block", 1],
  attempts: { kernel: 1, movable: 5 },
};

/** The unplug behaviour of real drivers, by the name that a version profile gives. */
export const LINUX_POLICIES: Readonly<Record<UnplugPolicyName, UnplugPolicy>> = {
  "rfc3-seed": RFC3_SEED,
  "v5.8": V5_8,
  "v5.10": V5_10,
  "v5.11": V5_11,
  linux: LINUX,
};
