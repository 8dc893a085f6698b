import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, test } from "vitest";

import { recordedRequests, type RecordedRequest } from "../../scripts/reports/recordings.js";
import { decidedRequests, predictObservation } from "../../src/check/check-guest.js";
import type { DeviceRequest, Prediction } from "../../src/predict/prediction.js";
import { coreModule } from "../core-under-test.js";

const bundled = fileURLToPath(new URL("recordings/", import.meta.url));
const shared = fileURLToPath(new URL("../../../shared/recordings/", import.meta.url));
const root = existsSync(shared) ? shared : bundled;
const observations = await recordedRequests(root);
/** What the predictions of one recording may take together on a loaded machine. */
const TIMEOUT_MS = 120_000;

/**
 * Requests whose outcome nothing in the capture decides, and how many device blocks may differ:
 * memory running out to the page, metadata that only the journal knows of, slabs and LRU batches
 * that come and go, obstacles freed on purpose in between.
 */
const UNDECIDED: readonly (readonly [pattern: RegExp, deviceBlocks: number])[] = [
  [/^c-toofull/, 8],
  [/^d-natural/, 2],
  [/^d-scatter-sparse/, 2],
  [/^e-/, 40],
  [/^x-/, 40],
  [/^f-refill-holes.*step4/, 2],
  [/^m-cache.*step2/, 8],
  [/^r-retry/, 4],
  [/^s-grow.*\/grow$/, 64],
  [/^s-.*\/step[23]$/, 6],
  [/^u-user.*step2/, 2],
];

function toleratedBlocks(name: string): number {
  return UNDECIDED.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
}

async function predictionOf(
  { files, observation }: RecordedRequest,
  flagsOnly: boolean,
): Promise<Prediction> {
  // what samples add is looked at where only flags are known
  const options = { flagsOnly, core: coreModule(), samples: flagsOnly ? 20 : 0 };
  return predictObservation(files, observation, options);
}

function differing(prediction: Prediction, { observation }: RecordedRequest): number {
  return [...prediction.pluggedAfter].filter(
    (bit, block) => bit !== observation.pluggedAfter[block],
  ).length;
}

function words(requests: readonly Pick<DeviceRequest, "type" | "offset" | "nbBlocks">[]): string[] {
  return requests
    .filter(({ type }) => type === "PLUG" || type === "UNPLUG")
    .map(({ type, offset, nbBlocks }) => `${type} ${offset} ${nbBlocks}`);
}

test("there are recorded requests to predict", () => {
  expect(observations.length).toBeGreaterThan(20);
});

describe("with the extended page state", () => {
  test.each(observations.map((observation) => [observation.name, observation] as const))(
    "%s goes as the guest did",
    async (name, observation) => {
      const prediction = await predictionOf(observation, false);
      const tolerated = toleratedBlocks(name);
      expect(differing(prediction, observation)).toBeLessThanOrEqual(tolerated);
      if (tolerated === 0) {
        expect(words(prediction.requests)).toEqual(words(decidedRequests(observation.observation)));
      }
      expect(prediction.pluggedBefore).toBe(observation.observation.pluggedBefore);
    },
    TIMEOUT_MS,
  );
});

describe("with page flags and text files only", () => {
  const predictions: { recorded: RecordedRequest; prediction: Prediction }[] = [];

  beforeAll(async () => {
    for (const recorded of observations) {
      predictions.push({ recorded, prediction: await predictionOf(recorded, true) });
    }
  }, TIMEOUT_MS);

  test("at least 98 % of the device blocks that were tried end in the recorded state", () => {
    let tried = 0;
    let wrong = 0;
    for (const { recorded, prediction } of predictions) {
      const { pluggedBefore, pluggedAfter } = recorded.observation;
      for (const [block, bit] of [...pluggedAfter].entries()) {
        const own = prediction.pluggedAfter[block];
        const moved = bit !== pluggedBefore[block] || own !== pluggedBefore[block];
        if (moved) tried++;
        if (own !== bit && !recorded.name.startsWith("r-retry")) wrong++;
      }
    }
    expect(tried).toBeGreaterThan(0);
    expect(wrong / tried).toBeLessThanOrEqual(0.02);
  });

  test("at least 90 % of the final sizes lie in their intervals, which are narrow", () => {
    let inside = 0;
    const widths: number[] = [];
    for (const { recorded, prediction } of predictions) {
      const { pluggedAfter, deviceBlockSize } = recorded.observation;
      const real = [...pluggedAfter].filter((bit) => bit === "1").length * deviceBlockSize;
      const [low, high] = prediction.interval;
      if (real >= low && real <= high) inside++;
      expect(low).toBeLessThanOrEqual(prediction.pluggedSizeAfter);
      expect(high).toBeGreaterThanOrEqual(prediction.pluggedSizeAfter);
      widths.push((high - low) / prediction.regionSize);
    }
    widths.sort((a, b) => a - b);
    expect(inside / predictions.length).toBeGreaterThanOrEqual(0.9);
    expect(widths[widths.length >> 1]).toBeLessThanOrEqual(0.05);
  });
});

test("equal input gives an equal answer, bit for bit", async () => {
  const [observation] = observations;
  if (observation === undefined) throw new Error("no observation");
  expect(await predictionOf(observation, true)).toEqual(await predictionOf(observation, true));
});
