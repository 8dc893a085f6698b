import type { Doubt } from "../core/abi.js";

export type DoubtName = keyof typeof Doubt;

/** What the pages of a capture are known by: flags alone, or reference counts as well. */
export type Evidence = "flags" | "references";

/**
 * How often subblocks of a kind turned out otherwise than the rules say, in the recordings of one kernel: a share of its own in each
 * guest, which is why two numbers are needed.
 */
export interface TurnedShare {
  readonly evidence: Evidence;
  readonly kind: DoubtName;
  /** Kernel series: `6.12`; `any`: all of them together. */
  readonly kernel: string;
  /** Requests in which it was seen, subblocks of the kind in them, and those that turned out otherwise. */
  readonly guests: number;
  readonly subblocks: number;
  readonly turned: number;
  /** Mean of the share, 0 to 1. */
  readonly mean: number;
  /** How alike guests are: the share of a guest is drawn from a beta distribution with a + b of this. */
  readonly likeness: number;
}

/** Where memory ran out, by how much of the requested change the real size missed the predicted one: quantiles 5, 15 ... 95 %. */
export interface ShortageError {
  readonly evidence: Evidence;
  readonly guests: number;
  readonly quantiles: readonly number[];
}

/** Shares of page kinds in a recorded guest's device memory. */
export interface RecordedGuest {
  readonly kernel: string;
  readonly shares: readonly number[];
}

/** What was learned from recordings. */
export interface Distributions {
  /** Names of the recordings by kernel series. */
  readonly recordings: Readonly<Record<string, readonly string[]>>;
  readonly shares: readonly TurnedShare[];
  readonly shortage: readonly ShortageError[];
  readonly guests: readonly RecordedGuest[];
}
