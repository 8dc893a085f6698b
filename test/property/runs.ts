const nightly = process.env.NIGHTLY === "1";

/** Time for a property in ms: a minute in CI, an hour with NIGHTLY=1. */
export const PATIENCE = nightly ? 3_600_000 : 60_000;

/**
 * Runs of a property: what CI has time for, or with NIGHTLY=1 twenty times as many. Looking for a
 * smaller counterexample ends with the time, too.
 */
export function runs(inCi: number): { numRuns: number; interruptAfterTimeLimit: number } {
  return {
    numRuns: nightly ? inCi * 20 : inCi,
    interruptAfterTimeLimit: PATIENCE - 10_000,
  };
}
