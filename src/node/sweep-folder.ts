import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { CaptureFiles } from "../capture/capture-files.js";
import { InputError, shown } from "../input-error.js";
import type { SweepFigures } from "../sweep/job.js";
import { settingsOf, type SweepPlan } from "../sweep/plan.js";
import { namesIn } from "./folder.js";

const FORMAT = 1;
const PLAN = "sweep.json";
const RESULTS = "results";

/** What sweep.json says: the plan, with the keys of its runs in order. */
interface PlanFile extends Pick<
  SweepPlan,
  "kind" | "name" | "engine" | "digest" | "axes" | "seeds"
> {
  readonly format: number;
  readonly keys: readonly string[];
}

/** A file of `results/`: one run, by its key. */
interface ResultFile {
  readonly key: string;
  readonly engine: string;
  readonly figures: SweepFigures;
}

/**
 * The results of a sweep on disk: `sweep.json` with the plan, and `results/KEY.json` for each run.
 * Several processes may write to one folder, and results of one may be copied into another: equal
 * keys are equal results. A file is there as a whole or not at all.
 */
export class SweepFolder {
  /** Where it is. */
  readonly path: string;
  /** What it is about. */
  readonly plan: SweepPlan;

  private constructor(path: string, plan: SweepPlan) {
    this.path = path;
    this.plan = plan;
  }

  /**
   * The folder of a sweep, made where it is not there.
   *
   * @param path - Where it is, or is to be.
   * @param plan - What is to run.
   * @throws InputError where the folder is of another sweep, or cannot be written.
   */
  static open(path: string, plan: SweepPlan): SweepFolder {
    const found = planIn(path);
    if (found !== undefined && found.digest !== plan.digest) {
      const what =
        found.engine === plan.engine ? "other settings or another input" : "another version";
      throw new InputError(`--results must name a folder of this sweep, got one of ${what}`);
    }
    const folder = new SweepFolder(path, plan);
    writing(() => {
      // not with `recursive`: it never ends where the system refuses a folder with ENOENT (/proc)
      for (const part of [path, join(path, RESULTS)]) make(part);
    });
    if (found === undefined) folder.#write(PLAN, planFileOf(plan));
    return folder;
  }

  /**
   * A folder that is there.
   *
   * @param path - Where it is.
   * @throws InputError where it is none of a sweep.
   */
  static read(path: string): SweepFolder {
    const found = planIn(path);
    if (found === undefined) {
      throw new InputError(`a results folder must hold ${PLAN}, got none in ${shown(path)}`);
    }
    return new SweepFolder(path, planOf(found));
  }

  /** Figures of the runs that are there, by key. Files that are damaged count as missing. */
  results(): Map<string, SweepFigures> {
    const wanted = new Set(this.plan.jobs.map(({ key }) => key));
    const results = new Map<string, SweepFigures>();
    for (const name of namesIn(join(this.path, RESULTS))) {
      const key = name.replace(/\.json$/, "");
      if (!wanted.has(key)) continue;
      const result = parsed(join(this.path, RESULTS, name)) as ResultFile | undefined;
      if (result?.key === key && result.engine === this.plan.engine) {
        results.set(key, result.figures);
      }
    }
    return results;
  }

  /**
   * Keeps the figures of a run.
   *
   * @param key - Of the run.
   * @param figures - What it came to.
   * @throws InputError where the folder cannot be written, a full disk for instance.
   */
  write(key: string, figures: SweepFigures): void {
    const result: ResultFile = { key, engine: this.plan.engine, figures };
    this.#write(join(RESULTS, `${key}.json`), result);
  }

  #write(name: string, content: unknown): void {
    const file = join(this.path, name);
    // process numbers are no names where containers or machines share the folder
    const beside = `${file}.${randomUUID()}.part`;
    writing(() => {
      try {
        writeFileSync(beside, `${JSON.stringify(content)}\n`);
        renameSync(beside, file);
      } catch (cause) {
        rmSync(beside, { force: true });
        throw cause;
      }
    });
  }
}

/** Another process may be as fast. */
function make(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

function writing(write: () => void): void {
  try {
    write();
  } catch (cause) {
    const found = (cause instanceof Error ? cause.message : String(cause)).replace(
      /, \w+ '.*$/s,
      "",
    );
    throw new InputError(`--results must name a folder that can be written, got ${found}`, {
      cause,
    });
  }
}

function planFileOf({ jobs, kind, name, engine, digest, axes, seeds }: SweepPlan): PlanFile {
  const keys = jobs.map(({ key }) => key);
  return { format: FORMAT, kind, name, engine, digest, axes, seeds, keys };
}

function planOf({ keys, kind, name, engine, digest, axes, seeds }: PlanFile): SweepPlan {
  const settings = settingsOf(axes);
  const jobs = keys.map((key, at) => ({
    key,
    setting: Math.floor(at / seeds.length),
    seed: seeds[at % seeds.length] ?? 0,
  }));
  return { kind, name, engine, digest, axes, seeds, settings, jobs, durations: [] };
}

/** @throws InputError where there is something else than a plan. */
function planIn(path: string): PlanFile | undefined {
  if (!namesIn(path).includes(PLAN)) return undefined;
  const found = parsed(join(path, PLAN)) as Partial<PlanFile> | undefined;
  const isPlan =
    found?.format === FORMAT &&
    Array.isArray(found.keys) &&
    Array.isArray(found.axes) &&
    Array.isArray(found.seeds);
  if (!isPlan) {
    throw new InputError(`${shown(join(path, PLAN))} must be a sweep's, got something else`);
  }
  return found as PlanFile;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * A hash of all files of a capture.
 *
 * @param files - From openCapture().
 *
 * @example
 * ```js
 * import { captureDigest, openCapture } from "virtio-mem-engine/node";
 *
 * console.log((await captureDigest(await openCapture("web-server.tar.gz"))).length); // 64
 * ```
 */
export async function captureDigest(files: CaptureFiles): Promise<string> {
  const hash = createHash("sha256");
  for (const name of [...files.names()].sort()) {
    hash.update(`${name}\0`);
    for await (const piece of files.open(name)) hash.update(piece);
  }
  return hash.digest("hex");
}
