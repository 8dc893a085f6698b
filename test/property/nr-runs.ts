import { PATIENCE } from "./runs.js";

/**
 * Runs of a property over sequences of steps: a few in CI, 10,000 with NIGHTLY=1. fast-check prints
 * the seed and the path of what fails.
 */
export function nrRuns(inCi: number): number {
  return PATIENCE > 60_000 ? 10_000 : inCi;
}

export { PATIENCE };
