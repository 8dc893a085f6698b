import type { Doubt } from "../core/abi.js";

/** Name of a kind of subblock that may turn out otherwise than the rules say. */
export type DoubtName = keyof typeof Doubt;

/** What the pages of a capture are known by: flags alone, or reference counts as well. */
export type Evidence = "flags" | "references";

/**
 * How often subblocks of a kind turned out otherwise than the rules say, in the recordings of one
 * kernel: a share of its own in each guest, which is why two numbers are needed.
 */
export interface TurnedShare {
  /** What the pages were known by. */
  readonly evidence: Evidence;
  /** Kind of subblock. */
  readonly kind: DoubtName;
  /** Kernel series: `6.12`; `any`: all of them together. */
  readonly kernel: string;
  /** Requests in which it was seen. */
  readonly guests: number;
  /** Subblocks of the kind in them. */
  readonly subblocks: number;
  /** Those of them that turned out otherwise. */
  readonly turned: number;
  /** Mean of the share, 0 to 1. */
  readonly mean: number;
  /**
   * How alike guests are: the share of a guest is drawn from a beta distribution with a + b of
   * this.
   */
  readonly likeness: number;
}

/**
 * Where memory ran out, by how much of the requested change the real size missed the predicted one:
 * quantiles 5, 15 ... 95 %.
 */
export interface ShortageError {
  /** What the pages were known by. */
  readonly evidence: Evidence;
  /** Requests in which it was seen. */
  readonly guests: number;
  /** Relative errors, ascending. */
  readonly quantiles: readonly number[];
}

/** Shares of page kinds in a recorded guest's device memory. */
export interface RecordedGuest {
  /** Kernel series. */
  readonly kernel: string;
  /** 0 to 1 each. */
  readonly shares: readonly number[];
}

/** What was learned from recordings. */
export interface Distributions {
  /** Names of the recordings by kernel series. */
  readonly recordings: Readonly<Record<string, readonly string[]>>;
  /** How often subblocks turned out otherwise. */
  readonly shares: readonly TurnedShare[];
  /** By how much sizes were missed where memory ran out. */
  readonly shortage: readonly ShortageError[];
  /** What the recorded guests were like. */
  readonly guests: readonly RecordedGuest[];
}
