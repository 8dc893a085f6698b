import { expect, test } from "vitest";

import { LINUX_POLICIES } from "../../../../src/virtio-mem/driver/linux-policies.js";

const ONLY_KERNEL = [["offline-partial"], ["offline"], ["kernel-partial"], ["kernel"]];
const BOTH_ZONES = [
  ["offline-partial"],
  ["offline"],
  ["kernel-partial", "movable-partial"],
  ["kernel", "movable"],
];
const MOVABLE_FIRST = [
  ["offline-partial"],
  ["offline"],
  ["movable-partial"],
  ["kernel-partial"],
  ["movable"],
  ["kernel"],
];

// What docs/transitions.md says of each version, in one table.
test.each([
  { name: "rfc3-seed", passes: ONLY_KERNEL, order: "ascending", chunks: [1], movable: 0 },
  {
    name: "v5.8",
    passes: ONLY_KERNEL,
    order: "descending",
    chunks: ["memory-block", 1],
    movable: 0,
  },
  {
    name: "v5.10",
    passes: BOTH_ZONES,
    order: "descending",
    chunks: ["memory-block", 1],
    movable: 1,
  },
  {
    name: "v5.11",
    passes: BOTH_ZONES,
    order: "descending",
    chunks: ["memory-block", 1],
    movable: 5,
  },
  {
    name: "linux",
    passes: MOVABLE_FIRST,
    order: "descending",
    chunks: ["memory-block", 1],
    movable: 5,
  },
] as const)("$name goes $order, and tries ZONE_MOVABLE $movable times", (row) => {
  const { name, passes, order, chunks, movable } = row;
  expect(LINUX_POLICIES[name]).toEqual({
    name,
    passes,
    memoryBlocks: order,
    subblocks: order,
    chunks,
    attempts: { kernel: 1, movable },
  });
});
