import type { Parting } from "../compare/parting.js";
import {
  spreadOf,
  type Comparison,
  type FigureName,
  type RunFigures,
  type Spread,
} from "../compare/comparison.js";

/** A comparison as `compare --json` prints it. */
export interface ComparisonJson extends Omit<Comparison, "policies"> {
  /** As in a comparison, with spreads. */
  readonly policies: readonly {
    /** Names of the policies, joined by `+`. */
    readonly policy: string;
    /** Version of Linux, where versions are compared as well. */
    readonly profile?: string;
    /** Where it parts from the first; missing for the first. */
    readonly parting?: Parting | null;
    /** Each figure over all runs. */
    readonly figures: Readonly<Record<FigureName, Spread>>;
    /** The figures of each run, with its seed. */
    readonly runs: readonly (RunFigures & {
      /** Seed of the run. */
      readonly seed: number;
    })[];
  }[];
}

/** In the order of {@link RunFigures}. */
const FIGURES: readonly FigureName[] = [
  "returnedSize",
  "to50Ms",
  "to90Ms",
  "to100Ms",
  "movedPages",
  "failedAttempts",
  "failedAllocations",
  "oomKills",
  "panickedMs",
  "largestFreeRun",
  "scannedPages",
  "droppedPages",
  "attempts",
  "requests",
];

/**
 * The object to print as JSON, always with the keys in the same order.
 *
 * @param comparison - From {@link compareOnCapture} or {@link compareOnScenario}.
 *
 * @example
 * ```js
 * import { compareOnScenario, comparisonJson, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const json = comparisonJson(await compareOnScenario(scenario, ["linux"], { seeds: [7] }));
 * console.log(json.policies[0].runs[0].seed); // 7
 * ```
 */
export function comparisonJson(comparison: Comparison): ComparisonJson {
  const { kind, subject, askedSize, seeds, policies, interrupted } = comparison;
  return {
    kind,
    subject,
    askedSize,
    seeds,
    policies: policies.map(({ policy, profile, parting, runs }) => ({
      policy,
      ...(profile === undefined ? {} : { profile }),
      ...(parting === undefined ? {} : { parting }),
      figures: Object.fromEntries(
        FIGURES.map((figure) => [figure, spreadOf(runs, figure)]),
      ) as Record<FigureName, Spread>,
      runs: runs.map((run, at) => ({ seed: seeds[at] ?? 0, ...run })),
    })),
    interrupted,
  };
}
