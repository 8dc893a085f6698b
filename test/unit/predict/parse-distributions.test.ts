import { expect, test } from "vitest";

import { formatDistributions } from "../../../scripts/reports/calibration/format-distributions.js";
import { DISTRIBUTIONS } from "../../../src/predict/distributions.js";
import type { Distributions } from "../../../src/predict/learned.js";
import { parseDistributions } from "../../../src/predict/parse-distributions.js";

const LEARNED: Distributions = {
  recordings: { "6.1": ["a-idle", "b-busy"], "7.2": ["a-idle"] },
  shares: [
    {
      evidence: "flags",
      kind: "BufferHeld",
      kernel: "any",
      guests: 3,
      subblocks: 40,
      turned: 2,
      mean: 0.0512,
      likeness: 4.2,
    },
  ],
  shortage: [{ evidence: "references", guests: 2, quantiles: [-0.06, 0, 0.001] }],
  guests: [
    { kernel: "6.1", shares: [0.2, 0, 0.25] },
    { kernel: "7.2", shares: [] },
  ],
};

test("what was learned is written and read again", () => {
  expect(parseDistributions(formatDistributions(LEARNED))).toEqual(LEARNED);
});

test("the package names the recordings that it learned from, kernel by kernel", () => {
  expect(Object.keys(DISTRIBUTIONS.recordings)).toEqual(
    expect.arrayContaining(["5.10", "6.1", "6.12", "7.2"]),
  );
  expect(DISTRIBUTIONS.shares.length).toBeGreaterThan(50);
  for (const { mean, likeness } of DISTRIBUTIONS.shares) {
    expect(mean).toBeGreaterThan(0);
    expect(mean).toBeLessThan(1);
    expect(likeness).toBeGreaterThan(0);
  }
});

test.each([
  ["turned guesses Anon any 1 1 0 0.1 1", "evidence must be flags or references, got guesses"],
  ["turned flags toString any 1 1 0 0.1 1", "a kind of doubt must be one of None, MovableZone"],
])("%s is refused", (line, message) => {
  expect(() => parseDistributions(line)).toThrow(message);
});
