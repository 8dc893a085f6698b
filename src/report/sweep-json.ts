import type { Spread } from "../compare/comparison.js";
import type { SweepFigures } from "../sweep/job.js";
import type { SweepFailure, SweepResult } from "../sweep/judge.js";
import type { SweepAxis } from "../sweep/axis.js";
import type { SweepSetting } from "../sweep/setting.js";
import { sweepSentence } from "../sweep/sentence.js";

/** A setting as `sweep --format json` prints it; fields as in SweepRow. */
export interface SweepRowJson {
  /** The value of each axis. */
  readonly setting: SweepSetting;
  /** Whether no other setting is as good in everything. */
  readonly isOnFront: boolean;
  /** Guests in which a program was killed, or that panicked. */
  readonly harmed: number;
  /** Guests that panicked. */
  readonly panicked: number;
  /** Programs that were killed. */
  readonly kills: number;
  /** Largest order to shrink, in bytes. */
  readonly askedSize: number;
  /** Bytes of that. */
  readonly returnedSize: Spread;
  /** Base pages. */
  readonly movedPages: Spread;
  /** Virtual milliseconds until all was given back. */
  readonly to100Ms: Spread;
  /** Each run by seed; null where it is missing. */
  readonly runs: readonly (SweepFigures | null)[];
}

/** A sweep as `sweep --format json` prints it. */
export interface SweepJson {
  /** What was run. */
  readonly kind: "scenario" | "capture";
  /** Its name. */
  readonly name: string;
  /** Version and core that made the results. */
  readonly engine: string;
  /** Hash of all runs of the plan. */
  readonly digest: string;
  /** The answer in sentences. */
  readonly sentence: string;
  /** What was varied. */
  readonly axes: readonly SweepAxis[];
  /** Seeds of each setting. */
  readonly seeds: readonly number[];
  /** Runs that are missing. */
  readonly missing: number;
  /** The best first. */
  readonly rows: readonly SweepRowJson[];
  /** Runs that could not be made. */
  readonly failures: readonly SweepFailure[];
}

/**
 * The object to print as JSON.
 *
 * @param result - From judgeSweep().
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepJson } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * console.log(sweepJson(judgeSweep(plan, new Map())).missing); // 1
 * ```
 */
export function sweepJson(result: SweepResult): SweepJson {
  const { plan, missing, failures } = result;
  const { kind, name, engine, digest, axes, seeds } = plan;
  return {
    kind,
    name,
    engine,
    digest,
    sentence: sweepSentence(result),
    axes,
    seeds,
    missing,
    rows: result.rows.map((row) => ({
      setting: row.setting,
      isOnFront: row.isOnFront,
      harmed: row.harmed,
      panicked: row.panicked,
      kills: row.kills,
      askedSize: row.askedSize,
      returnedSize: row.returnedSize,
      movedPages: row.movedPages,
      to100Ms: row.to100Ms,
      runs: row.bySeed.map((figures) => figures ?? null),
    })),
    failures,
  };
}
