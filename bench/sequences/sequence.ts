import type { Allocator } from "../contenders/allocator.js";
import { stopwatch, type Elapsed } from "../measure/stopwatch.js";

/** How long the sequences are. */
export interface Scale {
  /** Pages of the model: 2^24 are 64 GiB. */
  readonly pages: number;
  /** Operation pairs of repeat and hot. */
  readonly repeats: number;
  /** Timed steps of churn. */
  readonly steps: number;
}

/** What one sequence took. */
export interface Measure extends Elapsed {
  readonly workload: string;
  readonly ops: number;
  /** 0 where the sequence has none. Equal for equal contenders. */
  readonly checksum: number;
  readonly bytes: number;
}

/** Orders that the sequences are run at. */
export const ORDERS = [0, 9] as const;

/** Memory from which on sequences that take long are shortened. */
export function isLarge({ pages }: Scale): boolean {
  return pages > 2 ** 24;
}

/** Runs and times one part of a sequence. */
export function timed(
  allocator: Allocator,
  workload: string,
  ops: number,
  run: () => number,
): Measure {
  const elapsed = stopwatch();
  const checksum = run();
  return { workload, ...elapsed(), ops, checksum, bytes: allocator.bytes() };
}
