import type { WhatIf } from "../../src/index.js";

/** What a person has chosen for a capture: what a link to it holds. */
export interface Settings {
  readonly device: number;
  readonly requestedSize: number;
  readonly profile: string;
  readonly policy: string;
  readonly done: readonly WhatIf[];
}

export const DEFAULTS: Settings = {
  device: 0,
  requestedSize: 0,
  profile: "auto",
  policy: "linux",
  done: [],
};

/** What a person has chosen for a scenario. */
export interface ScenarioSettings {
  readonly policy: string;
  readonly profile: string;
  readonly seed: string;
}

export const SCENARIO_DEFAULTS: ScenarioSettings = { policy: "", profile: "", seed: "" };
