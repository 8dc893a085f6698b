import { describe, expect, test } from "vitest";

import type { CaptureMemoryBlock, CaptureZone } from "../../../src/capture/capture.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { zoneRanges } from "../../../src/capture/zone-ranges.js";
import { openCapture } from "../../../src/node/index.js";
import { webServerPath } from "./sample-captures.js";

const BLOCK_PAGES = 32768;

function zone(
  node: number,
  startBlock: number,
  blocks: number,
): Pick<CaptureZone, "kind" | "node" | "startPfn" | "spanned"> {
  return {
    kind: "Normal",
    node,
    startPfn: startBlock * BLOCK_PAGES,
    spanned: blocks * BLOCK_PAGES,
  };
}

/** Nodes of memory blocks 32 to 35 where node 0 spans all of them and node 1 the middle ones. */
async function nodesOf(nodes: readonly (number | undefined)[]): Promise<number[]> {
  const capture = await readCapture(await openCapture(webServerPath));
  const [sample] = capture.zones;
  const memoryBlocks = nodes.map((node, at): CaptureMemoryBlock => ({
    id: 32 + at,
    state: "online",
    validZones: ["Normal"],
    ...(node === undefined ? {} : { node }),
  }));
  const zones = [zone(0, 32, 4), zone(1, 33, 2)].map((one) => ({ ...sample, ...one }));
  const ranges = zoneRanges({ ...capture, memoryBlocks, zones: zones as CaptureZone[] });
  return ranges.map((range) => range.node);
}

describe("memory blocks of nodes that interleave", () => {
  test("belong to the narrowest zone that spans them where nothing says their node", async () => {
    expect(await nodesOf([undefined, undefined, undefined, undefined])).toEqual([0, 1, 1, 0]);
  });

  test("belong to their node where the capture has it", async () => {
    expect(await nodesOf([0, 0, 1, 0])).toEqual([0, 0, 1, 0]);
  });

  test("are not lost where no zone is of their node", async () => {
    expect(await nodesOf([7, 0, 1, 0])).toEqual([0, 0, 1, 0]);
  });
});
