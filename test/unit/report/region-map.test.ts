import { describe, expect, test } from "vitest";
import {
  heldSize,
  leadingFate,
  pluggedSize,
  RegionMap,
  sizeOf,
} from "../../../src/report/region-map.js";
import { compileServer, drawnPrediction, MiB } from "./sample-prediction.js";

describe("RegionMap", () => {
  test("every byte has one fate, and what is plugged afterwards is the predicted size", () => {
    const prediction = compileServer();
    const map = new RegionMap(prediction);
    expect(map.total.reduce((sum, size) => sum + size, 0)).toBe(prediction.regionSize);
    expect(pluggedSize(map.total)).toBe(prediction.pluggedSizeAfter);
    expect(heldSize(map.total)).toBe(134 * MiB);
  });

  test("reasons come with the most memory first", () => {
    const reasons = new RegionMap(compileServer()).reasons;
    expect(reasons.map(({ group, subblocks, size }) => [group, subblocks, size / MiB])).toEqual([
      ["buffer", 40, 80],
      ["slab", 20, 40],
      ["kernel", 4, 8],
      ["memmap", 3, 6],
    ]);
  });

  test("where obstacles overlap the smaller one wins, and no byte counts twice", () => {
    const prediction = drawnPrediction(["#".repeat(64)]);
    const map = new RegionMap({
      ...prediction,
      obstacles: [
        { offset: 0, size: 128 * MiB, pfn: null, class: null, stage: "memory", tries: 1 },
        { offset: 4 * MiB, size: 2 * MiB, pfn: 9, class: "slab", stage: "isolate", tries: 1 },
      ],
    });
    expect(sizeOf(map.total, "slab")).toBe(2 * MiB);
    expect(sizeOf(map.total, "memory")).toBe(126 * MiB);
  });

  test("an obstacle that went in a later pass does not count", () => {
    const prediction = drawnPrediction([".".repeat(64)]);
    const map = new RegionMap({
      ...prediction,
      obstacles: [{ offset: 0, size: 2 * MiB, pfn: 9, class: "slab", stage: "isolate", tries: 1 }],
    });
    expect(map.reasons).toEqual([]);
  });

  test("a part of a device block has its part of the block's size", () => {
    const map = new RegionMap(
      drawnPrediction(["s", "."], { deviceBlockSize: 256 * MiB, subblockSize: 256 * MiB }),
    );
    expect(sizeOf(map.tally(128 * MiB, 384 * MiB), "slab")).toBe(128 * MiB);
    expect(sizeOf(map.tally(128 * MiB, 384 * MiB), "given-back")).toBe(128 * MiB);
    expect(sizeOf(map.tally(64 * MiB, 128 * MiB), "slab")).toBe(64 * MiB);
  });

  test("ranges outside the region are empty", () => {
    const map = new RegionMap(compileServer());
    expect(map.tally(-128 * MiB, 0).every((size) => size === 0)).toBe(true);
  });
});

test("one refusing subblock leads, however many went", () => {
  const map = new RegionMap(drawnPrediction([".".repeat(63) + "b"]));
  expect(leadingFate(map.tally(0, 128 * MiB))).toBe("buffer");
});

test("what is given back, but may well stay, has a fate of its own", () => {
  const prediction = drawnPrediction([".".repeat(64)]);
  const { deviceBlockSize } = prediction;
  const stays = [
    { offset: 0, size: 8 * deviceBlockSize, probability: 0.02 },
    { offset: 8 * deviceBlockSize, size: 2 * deviceBlockSize, probability: 0.4 },
    { offset: 10 * deviceBlockSize, size: 54 * deviceBlockSize, probability: 0 },
  ];
  const map = new RegionMap({ ...prediction, stays });
  expect(sizeOf(map.total, "unsure")).toBe(2 * deviceBlockSize);
  expect(sizeOf(map.total, "given-back")).toBe(62 * deviceBlockSize);
});
