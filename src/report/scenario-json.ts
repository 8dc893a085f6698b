import type { ScenarioResult } from "../scenario/result.js";

/** A result as `run --json` prints it: public API, written down in docs/run.schema.json. */
export interface ScenarioJson extends ScenarioResult {
  /** Milliseconds that the run itself took. The only field that differs between two runs. */
  readonly wallMs: number;
}

/** The object to print as JSON, always with the keys in the same order. */
export function scenarioJson(result: ScenarioResult, wallMs: number): ScenarioJson {
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
    wallMs,
    summary,
    devices,
    workloads,
    events,
    samples,
  };
}
