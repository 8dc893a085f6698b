import type { ScenarioResult } from "../scenario/result.js";

/** A result as `run --json` prints it: public API, written down in docs/run.schema.json. */
export interface ScenarioJson extends ScenarioResult {
  /**
   * Real milliseconds that the run itself took, where it was measured. The only field that differs
   * between two runs.
   */
  readonly wallMs?: number;
}

/**
 * The object to print as JSON, always with the keys in the same order.
 *
 * @param result - From {@link runScenario}.
 * @param wallMs - Real milliseconds that the run took, where the caller measured them.
 *
 * @example
 * ```js
 * import { runScenario, scenarioJson, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const json = scenarioJson(await runScenario(scenario).result());
 * console.log(json.summary.oomKills); // 0
 * ```
 */
export function scenarioJson(result: ScenarioResult, wallMs?: number): ScenarioJson {
  const { title, seed, policy, profile, calibration, bootSize, durationMs, endedMs, interrupted } =
    result;
  const { summary, devices, workloads, events, samples } = result;
  return {
    title,
    seed,
    policy,
    profile,
    calibration,
    bootSize,
    durationMs,
    endedMs,
    interrupted,
    ...(wallMs === undefined ? {} : { wallMs }),
    summary,
    devices,
    workloads,
    events,
    samples,
  };
}
