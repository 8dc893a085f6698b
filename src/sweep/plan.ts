import type { Capture } from "../capture/capture.js";
import { optionError, shortened } from "../input-error.js";
import { nearHint } from "../near-name.js";
import { scenarioOf } from "../scenario/parse.js";
import type { Scenario } from "../scenario/scenario.js";
import { isModulePath } from "../policies/choice/module-path.js";
import { policiesOf } from "../policies/choice/resolve-policy.js";
import { PROFILE_NAMES } from "../linux/profile.js";
import { formatCount, parseDuration, parseSize } from "../units.js";
import type { SweepAxis } from "./axis.js";
import { sweepKey } from "./key.js";
import { withSetting, type SweepSetting } from "./setting.js";

/** What is run again and again. */
export type SweepSubject =
  | {
      /** A scenario is run. */
      readonly kind: "scenario";
      /** What tables call it. */
      readonly name: string;
      /** The object that the file says, not resolved yet. */
      readonly value: unknown;
      /** Hash of the files of the capture that it begins with, where its key `start` names one. */
      readonly startDigest?: string;
    }
  | {
      /** A capture is predicted. */
      readonly kind: "capture";
      /** What tables call it. */
      readonly name: string;
      /** Hash of its files. */
      readonly digest: string;
    };

/** Asked of a captured guest in one run. */
export interface CaptureRequest {
  /** Bytes. */
  readonly requestedSize: number;
  /** Linux version. */
  readonly profile: string;
  /** Policies. */
  readonly policy: string;
  /** Bytes; the version's own where it is left out. */
  readonly subblockSize?: number;
  /** Virtual milliseconds to go on for. */
  readonly untilMs?: number;
}

/** One run of a sweep. */
export interface SweepJob {
  /** By which its result is found; a hash of all that decides the result. */
  readonly key: string;
  /** Index of its setting among the plan's. */
  readonly setting: number;
  /** What chance is drawn from; of a scenario. */
  readonly seed: number;
}

/** All runs of a sweep, checked. */
export interface SweepPlan {
  /** Scenario or capture. */
  readonly kind: SweepSubject["kind"];
  /** What tables call it. */
  readonly name: string;
  /** Of the engine whose results these are: its version and its core. */
  readonly engine: string;
  /** What is varied. */
  readonly axes: readonly SweepAxis[];
  /** Seeds of each setting; one for captures. */
  readonly seeds: readonly number[];
  /** Every combination, the last axis fastest. */
  readonly settings: readonly SweepSetting[];
  /** Setting by setting, seed by seed. */
  readonly jobs: readonly SweepJob[];
  /** Virtual milliseconds of a run by setting; 0 where that is not known before. */
  readonly durations: readonly number[];
  /** Of all that the sweep is: two plans of the same digest have the same jobs. */
  readonly digest: string;
}

/** How a sweep is planned. */
export interface SweepPlanOptions {
  /** What is varied; none: one setting. */
  readonly axes: readonly SweepAxis[];
  /** Seeds of each setting. Default: 1. */
  readonly nrSeeds?: number;
  /** Version and core; part of each key. */
  readonly engine: string;
  /** The capture that a scenario begins with, of which the subject has the digest. */
  readonly start?: Capture;
  /** Runs that are not too many. Default: 10,000. */
  readonly mostRuns?: number;
}

const MOST_RUNS = 10_000;
const MOST_SEEDS = 1000;

/**
 * Plans a sweep and checks every combination, before anything runs.
 *
 * @param subject - What is run.
 * @param options - What is varied, and how far.
 * @throws ScenarioError or RangeError for the first combination that cannot be run; RangeError
 *   where there are too many.
 *
 * @example
 * ```js
 * import { parseAxis, planSweep } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const axes = [parseAxis("device.blockSize=2MiB,4MiB")];
 * const plan = await planSweep(subject, { axes, nrSeeds: 3, engine: "1" });
 * console.log(plan.jobs.length); // 6
 * ```
 */
export async function planSweep(
  subject: SweepSubject,
  options: SweepPlanOptions,
): Promise<SweepPlan> {
  const { axes, engine, start, nrSeeds = 1, mostRuns = MOST_RUNS } = options;
  assertSeeds(subject, nrSeeds);
  assertPathsDiffer(axes);
  const nrRuns = axes.reduce((product, { values }) => product * values.length, nrSeeds);
  if (nrRuns > mostRuns) {
    throw optionError(
      `a sweep must have at most ${formatCount(mostRuns)} runs, got ${formatCount(nrRuns)}` +
        (mostRuns === MOST_RUNS ? "; --yes runs them all" : ""),
    );
  }
  const settings = settingsOf(axes);
  const jobs: SweepJob[] = [];
  const durations: number[] = [];
  const seeds = seedsOf(subject, { nrSeeds, start });
  for (const [at, setting] of settings.entries()) {
    const what = resolved(subject, setting, start);
    durations.push("durationMs" in what ? what.durationMs : 0);
    for (const seed of seeds) {
      jobs.push({ key: await keyOf(what, { seed, engine }), setting: at, seed });
    }
  }
  const digest = await sweepKey(jobs.map(({ key }) => key));
  const { kind, name } = subject;
  return { kind, name, engine, axes, seeds, settings, jobs, durations, digest };
}

/** All that decides a result besides seed and engine; captures by their digest. */
type Resolved =
  | (Omit<Scenario, "start"> & { readonly start: string | undefined })
  | (CaptureRequest & { readonly capture: string });

function resolved(
  subject: SweepSubject,
  setting: SweepSetting,
  start: Capture | undefined,
): Resolved {
  return subject.kind === "scenario"
    ? { ...scenarioWith(subject, setting, start), start: subject.startDigest }
    : { capture: subject.digest, ...requestOf(setting) };
}

/** What decides a result besides what is run. */
interface KeyParts {
  readonly seed: number;
  readonly engine: string;
}

function keyOf(what: Resolved, { seed, engine }: KeyParts): Promise<string> {
  return sweepKey([engine, { ...what, seed }]);
}

/**
 * The key of one run, as a plan has it.
 *
 * @param subject - What is run.
 * @param setting - The value of each axis.
 * @param parts - Seed and engine, and the capture that a scenario begins with.
 * @throws ScenarioError or RangeError where it cannot be run.
 *
 * @internal
 */
export function jobKey(
  subject: SweepSubject,
  setting: SweepSetting,
  parts: KeyParts & { readonly start?: Capture | undefined },
): Promise<string> {
  return keyOf(resolved(subject, setting, parts.start), parts);
}

/**
 * Every combination of the values of some axes, the last axis fastest.
 *
 * @internal
 */
export function settingsOf(axes: readonly SweepAxis[]): SweepSetting[] {
  return axes.reduce<SweepSetting[]>(
    (settings, { path, values }) =>
      settings.flatMap((setting) => values.map((value) => ({ ...setting, [path]: value }))),
    [{}],
  );
}

/**
 * The scenario of one setting. Its policy `linux` is the driver of the profile, whichever that is.
 *
 * @param subject - The scenario.
 * @param setting - What is set in it.
 * @param start - The capture that it begins with, as read by the caller. Default: none.
 * @throws ScenarioError or RangeError where it cannot be run.
 *
 * @example
 * ```js
 * import { scenarioWith } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const { devices } = scenarioWith(subject, { "device.blockSize": "4MiB" });
 * console.log(devices[0].blockSize); // 4194304
 * ```
 */
export function scenarioWith(
  subject: SweepSubject & { kind: "scenario" },
  setting: SweepSetting,
  start?: Capture,
): Scenario {
  const scenario = scenarioOf(withSetting(subject.value, setting), subject.name, start);
  const { policy } = scenario;
  if (policy?.split("+").some((name) => isModulePath(name.trim())) === true) {
    throw optionError(`policy must be named ones in a sweep, got the module ${shortened(policy)}`);
  }
  return policy === "linux" ? { ...scenario, policy: undefined } : scenario;
}

const REQUEST_PATHS = ["requestedSize", "profile", "policy", "subblockSize", "until"];

/**
 * What one setting asks of a captured guest.
 *
 * @param setting - The value of each option.
 * @throws RangeError for a path that a capture does not have, with the near one, or a wrong value.
 *
 * @example
 * ```js
 * import { requestOf } from "virtio-mem-engine";
 *
 * console.log(requestOf({ requestedSize: "1GiB" }).requestedSize); // 1073741824
 * ```
 */
export function requestOf(setting: SweepSetting): CaptureRequest {
  for (const path of Object.keys(setting)) {
    if (REQUEST_PATHS.includes(path)) continue;
    throw optionError(
      `--vary of a capture must be one of ${REQUEST_PATHS.join(", ")}, got ${shortened(path)}` +
        (path.includes(".") ? ", which only scenarios have" : nearHint(path, REQUEST_PATHS)),
    );
  }
  const text = (path: string): string | undefined =>
    setting[path] === undefined ? undefined : String(setting[path]);
  const profile = text("profile") ?? "auto";
  if (profile !== "auto" && !PROFILE_NAMES.some((name) => name === profile)) {
    throw optionError(
      `profile must be one of auto, ${PROFILE_NAMES.join(", ")}, got ${shortened(profile)}`,
    );
  }
  const policy = text("policy") ?? "linux";
  policiesOf(policy);
  const [subblockSize, until] = [text("subblockSize"), text("until")];
  return {
    requestedSize: parseSize(text("requestedSize") ?? "0", "requestedSize"),
    profile,
    policy,
    ...(subblockSize === undefined ? {} : { subblockSize: parseSize(subblockSize) }),
    ...(until === undefined ? {} : { untilMs: parseDuration(until, "until") }),
  };
}

function seedsOf(
  subject: SweepSubject,
  { nrSeeds, start }: { readonly nrSeeds: number; readonly start: Capture | undefined },
): number[] {
  const first = subject.kind === "scenario" ? scenarioWith(subject, {}, start).seed : 1;
  return Array.from({ length: nrSeeds }, (_, at) => (first + at) % 2 ** 32);
}

function assertSeeds({ kind }: SweepSubject, nrSeeds: number): void {
  if (!Number.isInteger(nrSeeds) || nrSeeds < 1 || nrSeeds > MOST_SEEDS) {
    throw optionError(`--seeds must be a whole number from 1 to ${MOST_SEEDS}, got ${nrSeeds}`);
  }
  if (kind === "capture" && nrSeeds > 1) {
    throw optionError("--seeds must be left out for a capture, in which nothing is drawn");
  }
}

function assertPathsDiffer(axes: readonly SweepAxis[]): void {
  const paths = axes.map(({ path }) => path);
  const twice = paths.find((path, at) => paths.indexOf(path) !== at);
  if (twice !== undefined) {
    throw optionError(`--vary must name each path once, got ${shortened(twice)} twice`);
  }
  if (paths.includes("seed")) throw optionError("--vary must leave seeds to --seeds, got seed");
  if (paths.includes("start")) {
    throw optionError("--vary must leave the capture to the scenario's key start, got start");
  }
}
