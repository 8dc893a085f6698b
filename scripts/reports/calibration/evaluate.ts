import { captureOf } from "../../../src/check/check-guest.js";
import { playHost } from "../../../src/check/guest-replay.js";
import { Guest } from "../../../src/guest/guest.js";
import type { Evidence } from "../../../src/predict/learned.js";
import { narrowestInterval, type SamplingOptions } from "../../../src/predict/sampling.js";
import { predictLoaded } from "../../../src/predict/predict.js";
import type { Prediction } from "../../../src/predict/prediction.js";
import type { ObservedGuest } from "./observed-guest.js";

/** What is claimed, in percent. */
export const CLAIMS = [50, 80, 90, 95] as const;

/** How well a prediction with intervals met one recorded request. */
export interface Verdict {
  readonly name: string;
  readonly kernel: string;
  readonly evidence: Evidence;
  readonly real: number;
  readonly predicted: number;
  readonly regionSize: number;
  /** By claim. */
  readonly intervals: readonly (readonly [low: number, high: number])[];
  /**
   * Subblocks plugged before, and sums of squared errors: of their probabilities, and of the rules.
   */
  readonly subblocks: number;
  readonly squaredError: number;
  readonly squaredErrorOfRules: number;
}

/** Predicts a recorded request again, from distributions that know nothing of it. */
export async function judge(guest: ObservedGuest, sampling: SamplingOptions): Promise<Verdict> {
  const { recorded, kernel, evidence } = guest;
  const { observation, files, name } = recorded;
  const capture = await captureOf(files, observation, { flagsOnly: evidence === "flags" });
  let sizes: readonly number[] | undefined;
  const options = {
    ...sampling,
    onSizes: (drawn: readonly number[]) => {
      sizes = drawn;
    },
  };
  const loaded = await Guest.load(capture);
  const prediction = predictLoaded(loaded, observation.requestedSize, options, (one) => {
    playHost(one, observation);
  });
  const errors = squaredErrors(prediction, observation.pluggedAfter);
  return {
    name,
    kernel,
    evidence,
    real: sizeOf(observation.pluggedAfter, observation.deviceBlockSize),
    predicted: prediction.pluggedSizeAfter,
    regionSize: prediction.regionSize,
    intervals: CLAIMS.map((claim) =>
      sizes === undefined
        ? prediction.interval
        : narrowestInterval(sizes, prediction.pluggedSizeAfter, claim),
    ),
    ...errors,
  };
}

function sizeOf(plugged: string, blockSize: number): number {
  return plugged.replaceAll("0", "").length * blockSize;
}

function squaredErrors(
  prediction: Prediction,
  real: string,
): Pick<Verdict, "subblocks" | "squaredError" | "squaredErrorOfRules"> {
  const { deviceBlockSize, pluggedAfter, stays } = prediction;
  const sums = { subblocks: 0, squaredError: 0, squaredErrorOfRules: 0 };
  for (const { offset, size, probability } of stays) {
    for (let at = offset / deviceBlockSize; at < (offset + size) / deviceBlockSize; at++) {
      const stayed = real[at] === "1" ? 1 : 0;
      sums.subblocks++;
      sums.squaredError += (probability - stayed) ** 2;
      sums.squaredErrorOfRules += pluggedAfter[at] === real[at] ? 0 : 1;
    }
  }
  return sums;
}
