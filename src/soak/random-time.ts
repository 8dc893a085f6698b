import type { SeededRandom } from "../seeded-random.js";

/** How long a random guest is watched. */
export const DURATION_S = 120;

/** Seconds of the run, in steps of a tenth. */
export function timeOf(random: SeededRandom, from = 0): number {
  return from + random.below((DURATION_S - from) * 10 - 1) / 10;
}
