import { spreadOf, type Spread } from "../compare/comparison.js";
import type { SweepFigures } from "./job.js";
import type { SweepPlan } from "./plan.js";
import type { SweepSetting } from "./setting.js";

/** What a setting came to, over its seeds. Sizes are bytes, times virtual milliseconds. */
export interface SweepRow {
  /** Index among the plan's settings. */
  readonly at: number;
  /** The value of each axis. */
  readonly setting: SweepSetting;
  /** Runs that are there, in the order of the seeds. */
  readonly runs: readonly SweepFigures[];
  /** One per seed; undefined where the run is missing. */
  readonly bySeed: readonly (SweepFigures | undefined)[];
  /** Runs that are not there: not made yet, or failed. */
  readonly missing: number;
  /** Guests in which a program was killed for lack of memory, or that panicked. */
  readonly harmed: number;
  /** Guests that panicked. */
  readonly panicked: number;
  /** Programs that were killed, in all runs. */
  readonly kills: number;
  /** Largest order to shrink. */
  readonly askedSize: number;
  /** Of that. */
  readonly returnedSize: Spread;
  /** Base pages. */
  readonly movedPages: Spread;
  /** Until all of it was given back; null: never. */
  readonly to100Ms: Spread;
  /** No other setting is as good in all of harm, memory, moves and time, and better in one. */
  readonly isOnFront: boolean;
}

/** Figures of a run by the names that tables for programs give them. */
export const FIGURE_COLUMNS: ReadonlyMap<string, (run: SweepFigures) => number | null> = new Map([
  ["asked_bytes", ({ askedSize }: SweepFigures) => askedSize],
  ["returned_bytes", ({ returnedSize }: SweepFigures) => returnedSize],
  ["oom_kills", ({ oomKills }: SweepFigures) => oomKills],
  ["panicked_ms", ({ panickedMs }: SweepFigures) => panickedMs],
  ["moved_pages", ({ movedPages }: SweepFigures) => movedPages],
  ["dropped_pages", ({ droppedPages }: SweepFigures) => droppedPages],
  ["to_50_percent_ms", ({ to50Ms }: SweepFigures) => to50Ms],
  ["to_90_percent_ms", ({ to90Ms }: SweepFigures) => to90Ms],
  ["to_100_percent_ms", ({ to100Ms }: SweepFigures) => to100Ms],
  ["attempts", ({ attempts }: SweepFigures) => attempts],
  ["failed_attempts", ({ failedAttempts }: SweepFigures) => failedAttempts],
  ["failed_allocations", ({ failedAllocations }: SweepFigures) => failedAllocations],
  ["requests", ({ requests }: SweepFigures) => requests],
  ["largest_free_run_bytes", ({ largestFreeRun }: SweepFigures) => largestFreeRun],
]);

/** A sweep with what has run of it. */
export interface SweepResult {
  /** What was to run. */
  readonly plan: SweepPlan;
  /** Settings with at least one run, the best first. */
  readonly rows: readonly SweepRow[];
  /** Runs that are missing: not made yet, or failed. */
  readonly missing: number;
  /** Why runs failed, in words. */
  readonly failures: readonly SweepFailure[];
}

/** A run that could not be made. */
export interface SweepFailure {
  /** Its setting. */
  readonly setting: SweepSetting;
  /** Its seed. */
  readonly seed: number;
  /** Why. */
  readonly error: string;
}

/**
 * Puts runs together by setting and ranks the settings: those in which no guest was harmed first,
 * then by memory that comes back, pages moved, time. A guest that was harmed freed memory that it
 * needed, so none of its figures makes up for that.
 *
 * @param plan - What was to run.
 * @param results - Figures by key.
 * @param failures - Runs that could not be made.
 *
 * @example
 * ```js
 * import {
 *   judgeSweep,
 *   parseAxis,
 *   planSweep,
 *   runScenarioJob,
 *   scenarioWith,
 * } from "virtio-mem-engine";
 *
 * const value = {
 *   duration: "4s",
 *   device: { regionSize: "1GiB", requestedSize: "1GiB" },
 *   host: [{ at: "2s", requestedSize: 0 }],
 * };
 * const subject = { kind: "scenario", name: "idle", value };
 * const axes = [parseAxis("device.blockSize=2MiB,4MiB")];
 * const plan = await planSweep(subject, { axes, engine: "1" });
 * const results = new Map();
 * for (const { key, setting, seed } of plan.jobs) {
 *   const scenario = scenarioWith(subject, plan.settings[setting]);
 *   results.set(key, await runScenarioJob(scenario, seed));
 * }
 * console.log(judgeSweep(plan, results).rows.length); // 2
 * ```
 */
export function judgeSweep(
  plan: SweepPlan,
  results: ReadonlyMap<string, SweepFigures>,
  failures: readonly SweepFailure[] = [],
): SweepResult {
  const bySeed = plan.settings.map((): (SweepFigures | undefined)[] => []);
  for (const { key, setting } of plan.jobs) bySeed[setting]?.push(results.get(key));
  const rows = bySeed.flatMap((of, at) =>
    of.every((figures) => figures === undefined) ? [] : [rowOf(plan, at, of)],
  );
  const ranked = rows.sort(byMerit);
  const missing = plan.jobs.length - rows.reduce((sum, row) => sum + row.runs.length, 0);
  return {
    plan,
    rows: ranked.map((row) => ({ ...row, isOnFront: isOnFront(row, ranked) })),
    missing,
    failures,
  };
}

function rowOf(
  plan: SweepPlan,
  at: number,
  bySeed: readonly (SweepFigures | undefined)[],
): SweepRow {
  const runs = bySeed.filter((figures) => figures !== undefined);
  const harmed = runs.filter(({ oomKills, panickedMs }) => oomKills > 0 || panickedMs !== null);
  return {
    at,
    setting: plan.settings[at] ?? {},
    runs,
    bySeed,
    missing: plan.seeds.length - runs.length,
    harmed: harmed.length,
    panicked: runs.filter(({ panickedMs }) => panickedMs !== null).length,
    kills: runs.reduce((sum, { oomKills }) => sum + oomKills, 0),
    askedSize: Math.max(...runs.map(({ askedSize }) => askedSize)),
    returnedSize: spreadOf(runs, "returnedSize"),
    movedPages: spreadOf(runs, "movedPages"),
    to100Ms: spreadOf(runs, "to100Ms"),
    isOnFront: false,
  };
}

/** Figures to compare, each the less the better, the most important first. */
function meritOf({ harmed, kills, returnedSize, movedPages, to100Ms }: SweepRow): number[] {
  return [
    harmed,
    kills,
    -(returnedSize.median ?? 0),
    movedPages.median ?? Infinity,
    to100Ms.median ?? Infinity,
  ];
}

function byMerit(a: SweepRow, b: SweepRow): number {
  const [left, right] = [meritOf(a), meritOf(b)];
  const at = left.findIndex((value, i) => value !== right[i]);
  return at < 0 ? a.at - b.at : (left[at] ?? 0) < (right[at] ?? 0) ? -1 : 1;
}

/** Among guests that were not harmed; where all were, among all. */
function isOnFront(row: SweepRow, rows: readonly SweepRow[]): boolean {
  const isAnySafe = rows.some(({ harmed }) => harmed === 0);
  if (isAnySafe && row.harmed > 0) return false;
  const own = meritOf(row);
  return !rows.some((other) => {
    const theirs = meritOf(other);
    return (
      theirs.every((value, at) => value <= (own[at] ?? 0)) &&
      theirs.some((value, at) => value < (own[at] ?? 0))
    );
  });
}
