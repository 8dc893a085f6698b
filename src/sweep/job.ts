import type { Capture } from "../capture/capture.js";
import type { RunFigures } from "../compare/comparison.js";
import { compareOnCapture, compareOnScenario } from "../compare/compare.js";
import type { ProfileName } from "../linux/profile.js";
import type { Scenario } from "../scenario/scenario.js";
import type { CaptureRequest } from "./plan.js";

/** What one run of a sweep came to. */
export interface SweepFigures extends RunFigures {
  /** Bytes that the largest order to shrink asked for. */
  readonly askedSize: number;
}

/** How a run is followed and ended. */
export interface SweepJobOptions {
  /** Asked in the midst of the run; `true` ends it. */
  readonly stopWhen?: () => boolean;
  /**
   * Is told how far the run is.
   *
   * @param share - The part that is done, 0 to 1.
   */
  readonly onShare?: (share: number) => void;
}

/**
 * Runs a scenario of a sweep.
 *
 * @param scenario - With its setting.
 * @param seed - In place of its own.
 * @param options - How it is followed and ended.
 * @returns undefined where it was ended early.
 * @throws as runScenario() does.
 *
 * @example
 * ```js
 * import { runScenarioJob, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "4s",
 *   device: { regionSize: "1GiB", requestedSize: "1GiB" },
 *   host: [{ at: "2s", requestedSize: 0 }],
 * });
 * console.log((await runScenarioJob(scenario, 1)).askedSize); // 1073741824
 * ```
 */
export async function runScenarioJob(
  scenario: Scenario,
  seed: number,
  options: SweepJobOptions = {},
): Promise<SweepFigures | undefined> {
  const comparison = await compareOnScenario(scenario, [scenario.policy ?? "linux"], {
    seeds: [seed],
    ...followOf(options),
  });
  return figuresOf(comparison);
}

/**
 * Asks a captured guest what a setting says.
 *
 * @param capture - The guest.
 * @param request - What is asked of it.
 * @param options - How it is followed and ended.
 * @returns undefined where it was ended early.
 * @throws as compareOnCapture() does.
 *
 * @example
 * ```js
 * import { readCapture, requestOf, runCaptureJob } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const figures = await runCaptureJob(capture, requestOf({ requestedSize: "1GiB" }));
 * console.log(figures.returnedSize); // 2147483648
 * ```
 */
export async function runCaptureJob(
  capture: Capture,
  { policy, profile, ...request }: CaptureRequest,
  options: SweepJobOptions = {},
): Promise<SweepFigures | undefined> {
  const comparison = await compareOnCapture(capture, [policy], {
    ...request,
    profile: profile as ProfileName | "auto",
    ...followOf(options),
  });
  return figuresOf(comparison);
}

function followOf({ stopWhen, onShare }: SweepJobOptions) {
  return {
    ...(stopWhen === undefined ? {} : { stopWhen }),
    onProgress: ({ done }: { done: number }) => onShare?.(done),
  };
}

function figuresOf({
  policies: [only],
  askedSize,
}: Awaited<ReturnType<typeof compareOnScenario>>): SweepFigures | undefined {
  const figures = only?.runs[0];
  return figures === undefined ? undefined : { askedSize, ...figures };
}
