import { expect, test } from "vitest";

import { whyAnswer } from "../../../src/check/device-reason.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";

import type { Step } from "../../../src/conformance/request-line.js";

const MIB = 2 ** 20;

const device = new VirtioMemDevice({
  addr: 4096 * MIB,
  regionSize: 1024 * MIB,
  blockSize: 2 * MIB,
  requestedSize: 64 * MIB,
});

const request = (offset: bigint, nbBlocks: number): Step => ({
  kind: "request",
  code: 0,
  offset,
  nbBlocks,
});

test.each<[what: string, step: Step, words: string]>([
  ["nothing named", request(0n, 0), "no blocks are named"],
  ["an odd address", request(4096n, 1), "the address is not that of a block"],
  ["an address below the region", request(-2n * BigInt(MIB), 1), "it leaves the usable region"],
  ["a range that ends outside", request(1022n * BigInt(MIB), 2), "it leaves the usable region"],
  ["more than is requested", request(0n, 33), "more than the 64 MiB requested"],
  ["a request that may go well", request(0n, 32), "range and size allow it"],
  ["a size", { kind: "requested-size", size: 5n }, "this is 5 bytes"],
  ["no size", { kind: "requested-size", size: undefined }, "this is none"],
  ["a reset", { kind: "system_reset" }, "other rules for this step"],
])("says of %s why", (_, step, words) => {
  expect(whyAnswer(device, device.config, step)).toContain(words);
});
