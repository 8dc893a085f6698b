// Runs scenarios, and looks at their guests now and then on the way.

import {
  compareOnScenario,
  InputError,
  parseScenario,
  runScenario,
  scenarioGuestAt,
  scenarioText,
  type Guest,
  type RunScenarioOptions,
  type Scenario,
} from "../../../src/index.js";
import { comparisonAnswer } from "./comparison.js";
import { KindSampler } from "./kinds.js";
import type { Calls, ComparisonAnswer, ScenarioAnswer } from "./protocol.js";
import { lookAt, Recorder, regionOfDevice } from "./recorder.js";

const TEXT_COLUMNS = 100;
/** Looks at a guest on the way, at most. */
const MOST_FRAMES = 240;
const MOST_FRAME_BYTES = 2 ** 26;

export interface RunFollow {
  readonly onShare: (share: number) => void;
  readonly stop: AbortSignal;
}

export async function runForPage(
  asked: Calls["run"]["in"],
  { onShare, stop }: RunFollow,
): Promise<ScenarioAnswer> {
  const { scenario, choice } = toRun(asked);
  const watched = new Watched(scenario.durationMs, scenario.record.everyMs);
  const options: RunScenarioOptions = {
    stop,
    watch: (guest) => {
      watched.begin(guest);
    },
    onProgress: ({ done, total }) => {
      onShare(done / total);
    },
    ...choice,
  };
  const result = await runScenario(scenario, options).result();
  return {
    result,
    words: scenarioText(result, { columns: TEXT_COLUMNS }),
    asked,
    ...watched.taken(),
  };
}

export async function compareForPage(
  { text, name, policies, profiles, seeds }: Calls["compareScenario"]["in"],
  { onShare, stop }: RunFollow,
): Promise<ComparisonAnswer> {
  const scenario = parseScenario(text, name);
  const comparison = await compareOnScenario(scenario, policies, {
    stop,
    seeds: Array.from({ length: seeds }, (_, at) => scenario.seed + at),
    ...(profiles.length === 0 ? {} : { profiles: profiles as never }),
    onProgress: ({ done, total }) => {
      onShare(done / total);
    },
  });
  return comparisonAnswer(comparison);
}

function toRun({ text, name, policy, profile, seed }: Calls["run"]["in"]): {
  scenario: Scenario;
  choice: Pick<RunScenarioOptions, "policy" | "seed">;
} {
  const scenario = under(parseScenario(text, name), profile);
  const choice = {
    ...(policy === "" ? {} : { policy }),
    ...(seed === "" ? {} : { seed: seedOf(seed) }),
  };
  return { scenario, choice };
}

/** The guest of the last moment that was asked for: others ask for more of its pages. */
let visited: { readonly key: string; readonly guest: Guest } | undefined;

/** Pages of a scenario's guest at a moment: the scenario runs once more, up to there. */
export async function scenarioPages(
  { asked, atMs, firstPfn, count }: Calls["scenarioPages"]["in"],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const key = JSON.stringify([asked, atMs]);
  if (visited?.key !== key) {
    visited = undefined;
    const { scenario, choice } = toRun(asked);
    visited = { key, guest: await scenarioGuestAt(scenario, atMs, { ...choice, signal }) };
  }
  const states = new Uint8Array(count);
  visited.guest.pages.look.pages(firstPfn, states);
  return states;
}

function under(scenario: Scenario, profile: string): Scenario {
  if (profile === "") return scenario;
  return { ...scenario, guest: { ...scenario.guest, profile: profile as never } };
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed > 0xffffffff) {
    throw new InputError(
      `seed must be a whole number from 0 to 4294967295, got ${text.slice(0, 60)}`,
    );
  }
  return seed;
}

/** Follows a guest: its devices' logs, and how it looks at equal steps of time. */
class Watched {
  readonly #everyMs: number;
  readonly #durationMs: number;
  #kinds: KindSampler | undefined;
  #recorders: Recorder[] = [];
  #frames: Uint8Array[][] = [];

  constructor(durationMs: number, everyMs: number) {
    this.#durationMs = durationMs;
    this.#everyMs = Math.max(everyMs, durationMs / MOST_FRAMES);
  }

  begin(guest: Guest): void {
    this.#kinds = new KindSampler(guest);
    this.#recorders = guest.devices.map((_, index) => new Recorder(guest, index));
    this.#frames = guest.devices.map(() => []);
    const regions = guest.devices.map((_, index) => regionOfDevice(guest, index));
    const bytes = regions.reduce((sum, { cells }) => sum + cells, 0);
    const most = Math.max(2, Math.floor(MOST_FRAME_BYTES / bytes));
    const everyNs = Math.max(this.#everyMs, this.#durationMs / most) * 1e6;
    const look = (): void => {
      this.#kinds?.sample();
      for (const [index, region] of regions.entries()) {
        this.#frames[index]?.push(lookAt(guest, region, "classes"));
      }
      guest.clock.setTimer(guest.clock.nowNs + everyNs, look);
    };
    look();
  }

  taken(): Pick<ScenarioAnswer, "kinds" | "timelines" | "frames"> {
    return {
      kinds: this.#kinds?.taken() ?? null,
      timelines: this.#recorders.map((recorder) => recorder.timeline()),
      frames: this.#frames,
    };
  }
}
