import type { ProfileName } from "../linux/profile.js";
import type { Parting } from "./parting.js";
import { optionError } from "../input-error.js";

/** What one run under one policy came to. Sizes are bytes, times virtual milliseconds. */
export interface RunFigures {
  /** Of what the host's largest order to shrink asked for. */
  readonly returnedSize: number;
  /** From that order on until half, nine tenths and all of it were given back; null: never. */
  readonly to50Ms: number | null;
  /** The same until nine tenths had come. */
  readonly to90Ms: number | null;
  /** The same until all of it had come. */
  readonly to100Ms: number | null;
  /** Base pages moved. */
  readonly movedPages: number;
  /** Attempts that failed. */
  readonly failedAttempts: number;
  /** Chunks that workloads asked for in vain. */
  readonly failedAllocations: number;
  /** Programs that the guest killed for lack of memory. */
  readonly oomKills: number;
  /**
   * When it panicked, since boot; null: it lived. Figures of a guest that panicked are those of
   * that moment.
   */
  readonly panickedMs: number | null;
  /** The longest run of free, aligned 2 MiB at the end. */
  readonly largestFreeRun: number;
  /** Pages looked at. */
  readonly scannedPages: number;
  /** Clean file pages dropped. */
  readonly droppedPages: number;
  /** Attempts of alloc_contig_range(). */
  readonly attempts: number;
  /** Requests to the device. */
  readonly requests: number;
}

/** Name of a figure of a run. */
export type FigureName = keyof RunFigures;

/** A figure over the seeds. A time that was never reached counts as longer than all others. */
export interface Spread {
  /** Median. */
  readonly median: number | null;
  /** Smallest. */
  readonly least: number | null;
  /** Largest. */
  readonly most: number | null;
}

/** One policy and its runs. */
export interface ComparedPolicy {
  /** Names of its policies, joined by `+`. */
  readonly policy: string;
  /** Version of Linux, where versions are compared as well. */
  readonly profile?: ProfileName;
  /**
   * Where its run with the first seed first did something else than that of the first entry; null:
   * nowhere; missing for the first entry itself.
   */
  readonly parting?: Parting | null;
  /** One per seed, in the order of the seeds. */
  readonly runs: readonly RunFigures[];
}

/** Policies on identical guests: each ran once per seed. */
export interface Comparison {
  /** What was compared on. */
  readonly kind: "capture" | "scenario";
  /** What was run: a file's name or a scenario's title. */
  readonly subject: string;
  /** Bytes that the largest order to shrink asked for; of the first run. */
  readonly askedSize: number;
  /** Seeds of the runs. */
  readonly seeds: readonly number[];
  /** In the order in which they were given. */
  readonly policies: readonly ComparedPolicy[];
  /** It was ended early: later policies and seeds are missing. */
  readonly interrupted: boolean;
}

/**
 * How many of a policy's guests panicked.
 *
 * @param compared - A policy with its runs.
 *
 * @example
 * ```js
 * import { compareOnScenario, panicsOf, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const { policies } = await compareOnScenario(scenario, ["linux"]);
 * console.log(panicsOf(policies[0])); // 0
 * ```
 */
export function panicsOf({ runs }: ComparedPolicy): number {
  return runs.filter(({ panickedMs }) => panickedMs !== null).length;
}

/**
 * Median, least and most of one figure.
 *
 * @param runs - Runs of one policy.
 * @param figure - Which figure of {@link RunFigures}.
 * @throws RangeError if there is no run.
 *
 * @example
 * ```js
 * import { compareOnScenario, scenarioOf, spreadOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "10s",
 *   device: { regionSize: "2GiB", requestedSize: "2GiB" },
 *   host: [{ at: "5s", requestedSize: "1GiB" }],
 * });
 * const { policies } = await compareOnScenario(scenario, ["linux"]);
 * console.log(spreadOf(policies[0].runs, "returnedSize").median); // 1073741824
 * ```
 */
export function spreadOf(runs: readonly RunFigures[], figure: FigureName): Spread {
  const values = runs.map((run) => run[figure] ?? Infinity).sort((a, b) => a - b);
  const [least] = values;
  if (least === undefined) throw optionError("runs must hold at least one run, got none");
  const middle = values[(values.length - 1) >> 1] ?? least;
  const upper = values[values.length >> 1] ?? middle;
  const median = middle === upper ? middle : (middle + upper) / 2;
  return {
    median: orNull(median),
    least: orNull(least),
    most: orNull(values.at(-1) ?? least),
  };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** What a policy, and the version where versions are compared, is called. @internal */
export function comparedName({
  policy,
  profile,
}: Pick<ComparedPolicy, "policy" | "profile">): string {
  return profile === undefined ? policy : `${policy}, ${profile}`;
}
