/** Runs of a property: what CI has time for, or with NIGHTLY=1 twenty times as many. */
export function runs(inCi: number): { numRuns: number } {
  return { numRuns: process.env.NIGHTLY === "1" ? inCi * 20 : inCi };
}

/** Time for a property in ms: a minute in CI, an hour with NIGHTLY=1. */
export const PATIENCE = process.env.NIGHTLY === "1" ? 3_600_000 : 60_000;
