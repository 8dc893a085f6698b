import { outOfMemory } from "../out-of-memory.js";
import { isInputError, visibleText } from "../input-error.js";
import type { Capture } from "../capture/capture.js";
import {
  runCaptureJob,
  runScenarioJob,
  type SweepFigures,
  type SweepJobOptions,
} from "../sweep/job.js";
import { requestOf, scenarioWith, type SweepSubject } from "../sweep/plan.js";
import type { SweepSetting } from "../sweep/setting.js";

/** A run to make. */
export interface SweepOrder {
  readonly setting: SweepSetting;
  readonly seed: number;
}

/** How a run ended. */
export type SweepEnd =
  | { readonly type: "done"; readonly figures: SweepFigures }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly error: string };

/** What a run is made of. */
export interface SweepSource {
  readonly subject: SweepSubject;
  /** The subject, or what it begins with. */
  readonly capture: () => Promise<Capture>;
}

/** Makes a run; one that cannot be made is an answer as well, with the reason. */
export async function endOf(
  { setting, seed }: SweepOrder,
  { subject, capture }: SweepSource,
  options: SweepJobOptions,
): Promise<SweepEnd> {
  try {
    const figures =
      subject.kind === "scenario"
        ? await runScenarioJob(
            scenarioWith(subject, setting, await startOf({ subject, capture })),
            seed,
            options,
          )
        : await runCaptureJob(await capture(), requestOf(setting), options);
    return figures === undefined ? { type: "stopped" } : { type: "done", figures };
  } catch (error) {
    return { type: "failed", error: wordsOf(error) };
  }
}

/** The capture that the scenario begins with, where it begins with one. */
export async function startOf({ subject, capture }: SweepSource): Promise<Capture | undefined> {
  const isStarted = subject.kind === "scenario" && subject.startDigest !== undefined;
  return isStarted ? capture() : undefined;
}

function wordsOf(error: unknown): string {
  const memory = outOfMemory(error);
  if (memory !== undefined) return memory;
  const name = isInputError(error) || !(error instanceof Error) ? "" : `${error.name}: `;
  return visibleText(`${name}${error instanceof Error ? error.message : String(error)}`);
}
