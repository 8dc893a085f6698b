import type { Round } from "../row.js";
import { randomSource, shuffled } from "./random.js";

/** Measures one contender once, in a fresh process. */
export interface Job {
  readonly name: string;
  run(): Promise<readonly Round[]>;
}

export interface Schedule {
  readonly rounds: number;
  /** Of the order in which the jobs of a round take turns. */
  readonly seed: number;
  /** Hears what is about to run. */
  readonly say: (line: string) => void;
}

/**
 * In each round every job once, in random order: what disturbs the machine meanwhile disturbs all
 * alike.
 */
export async function interleave(jobs: readonly Job[], schedule: Schedule): Promise<Round[]> {
  const random = randomSource(schedule.seed);
  const results: Round[] = [];
  for (let round = 1; round <= schedule.rounds; round++) {
    for (const job of shuffled(jobs, random)) {
      schedule.say(`round ${round} of ${schedule.rounds}: ${job.name}`);
      results.push(...(await job.run()));
    }
  }
  return results;
}
