import fc from "fast-check";

import { PATIENCE } from "./runs.js";

/**
 * Runs of a property over sequences of steps: a few in CI, many with NIGHTLY=1. fast-check prints
 * the seed and the path of what fails.
 */
export function nrRuns(inCi: number, nightly = 10_000): number {
  return PATIENCE > 60_000 ? nightly : inCi;
}

/** The seed that all properties of this process use, in words. */
export function seedText(): string {
  return `seed ${fc.readConfigureGlobal().seed ?? "none"}`;
}

export { PATIENCE };
