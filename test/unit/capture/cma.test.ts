import { expect, test } from "vitest";

import { cmaNotes } from "../../../src/capture/cma.js";

const zone = (kind: "DMA32" | "Normal", blocks: number) => ({
  node: 0,
  kind,
  freeChunks: new Map<string, readonly number[]>(),
  pageblocks: new Map([["CMA", blocks]]),
});

test("CMA is named with its zones where pagetypeinfo shows it", () => {
  expect(cmaNotes([zone("DMA32", 0), zone("Normal", 128)], new Map())).toEqual([
    "CMA is not modelled: 256 MiB of zone Normal (node 0) are CMA, and count as other memory does",
  ]);
});

test("CMA is named by its size where only meminfo shows it", () => {
  expect(cmaNotes(undefined, new Map([["CmaTotal", 2 ** 24]]))).toEqual([
    "CMA is not modelled: 16 MiB are CMA, and count as other memory does",
  ]);
});

test("a guest without CMA has no note", () => {
  expect(cmaNotes([zone("Normal", 0)], new Map([["CmaTotal", 0]]))).toEqual([]);
});
