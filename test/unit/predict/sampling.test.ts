import { fileURLToPath } from "node:url";

import { describe, expect, test, vi } from "vitest";

import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import { openCapture } from "../../../src/node/index.js";
import { predict, predictLoaded } from "../../../src/predict/predict.js";
import { RandomDraws } from "../../../src/predict/random-draws.js";
import { narrowestInterval } from "../../../src/predict/sampling.js";

const MiB = 2 ** 20;
const example = fileURLToPath(
  new URL("../../../examples/captures/web-server.tar.gz", import.meta.url),
);

describe("the narrowest interval", () => {
  const sizes = [10, 11, 11, 12, 12, 12, 13, 13, 90];

  test("leaves out the far samples that it may", () => {
    expect(narrowestInterval(sizes, 12, 90)).toEqual([10, 13]);
    expect(narrowestInterval(sizes, 12, 50)).toEqual([11, 12]);
  });

  test("holds all of them where it must", () => {
    expect(narrowestInterval(sizes, 12, 99)).toEqual([10, 90]);
  });

  test("reaches to the predicted size", () => {
    expect(narrowestInterval([4, 4, 4, 4], 8, 90)).toEqual([4, 8]);
    expect(narrowestInterval([], 8, 90)).toEqual([8, 8]);
  });
});

describe("draws", () => {
  test.each([
    [0.3, 12],
    [0.02, 0.5],
    [0.9, 300],
  ])("of a share of mean %d and likeness %d have that mean and spread", (mean, likeness) => {
    const draws = new RandomDraws(4);
    const shares = Array.from({ length: 20_000 }, () =>
      draws.beta(mean * likeness, (1 - mean) * likeness),
    );
    const average = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - average) ** 2, 0) / shares.length;
    expect(Math.abs(average - mean)).toBeLessThan(0.01);
    expect(variance / ((mean * (1 - mean)) / (likeness + 1))).toBeGreaterThan(0.9);
    expect(variance / ((mean * (1 - mean)) / (likeness + 1))).toBeLessThan(1.1);
  });

  test("shuffle into every order there is", () => {
    const draws = new RandomDraws(1);
    const seen = new Set(Array.from({ length: 200 }, () => draws.shuffled(3).join("")));
    expect(seen.size).toBe(6);
  });
});

describe("a prediction of the example", () => {
  test("has an interval that grows with what it has to hold, and chances for all that was plugged", async () => {
    const capture = await readCapture(await openCapture(example));
    const sure = await predict(capture, { samples: 20, confidence: 95 });
    const half = await predict(capture, { samples: 20, confidence: 50 });
    const width = ({ interval: [low, high] }: typeof sure): number => high - low;
    expect(width(sure)).toBeGreaterThan(width(half));
    expect(sure.samples).toBe(20);
    expect(sure.confidence).toBe(95);
    expect(width(sure)).toBeLessThan(100 * MiB);
    const covered = sure.stays.reduce((sum, { size }) => sum + size, 0);
    expect(covered).toBe(sure.pluggedSizeBefore);
    const expected = sure.stays.reduce((sum, { size, probability }) => sum + size * probability, 0);
    expect(expected).toBeGreaterThan(sure.interval[0]);
    expect(expected).toBeLessThan(sure.interval[1]);
    expect(await predict(capture, { samples: 20, confidence: 95 })).toEqual(sure);
  }, 60_000);

  test("without samples has an estimated interval much like a drawn one, and says so", async () => {
    const capture = await readCapture(await openCapture(example));
    const drawn = await predict(capture, { samples: 60 });
    const estimated = await predict(capture, { samples: 0 });
    expect(estimated.notes.join()).toContain("no samples");
    for (const end of [0, 1] as const) {
      expect(Math.abs(estimated.interval[end] - drawn.interval[end])).toBeLessThan(24 * MiB);
    }
    expect(estimated.interval[1]).toBeGreaterThan(estimated.interval[0]);
    const expected = estimated.stays.reduce(
      (sum, { size, probability }) => sum + size * probability,
      0,
    );
    expect(expected).toBeGreaterThan(estimated.interval[0]);
    expect(expected).toBeLessThan(estimated.interval[1]);
  }, 60_000);

  test("that grows takes no copy of the core's memory: its guest is not drawn", async () => {
    const capture = await readCapture(await openCapture(example));
    const loaded = await Guest.load(capture);
    const keep = vi.spyOn(loaded, "keep");
    const size = loaded.pluggedSize;
    const grown = predictLoaded(loaded, size, {}, (guest) => {
      guest.requestSize(size);
    });
    expect(grown.pluggedSizeBefore).toBe(size);
    expect(grown.stays).toEqual([{ offset: 0, size, probability: 1 }]);
    expect(keep).not.toHaveBeenCalled();
  });

  test.each([
    [{ samples: -1 }, "samples must be a whole number from 0 to 10000, got -1"],
    [{ samples: 1.5 }, "samples must"],
    [{ confidence: 49 }, "confidence must be a whole number from 50 to 99, got 49"],
    [{ confidence: 100 }, "confidence must"],
  ])("refuses %j", async (options, message) => {
    const capture = await readCapture(await openCapture(example));
    await expect(predict(capture, options)).rejects.toThrow(message);
  });
});
