import { SeededRandom } from "../seeded-random.js";
import type { CoreSource } from "../core/load.js";
import { isInputError } from "../input-error.js";
import { drawn } from "../scenario/draw.js";
import { outOfMemory } from "../out-of-memory.js";
import { scenarioOf } from "../scenario/parse.js";
import { Simulation } from "../scenario/simulation.js";
import { nsOf } from "../units.js";
import { randomScenario, type ScenarioFile } from "./random-scenario.js";

export interface SoakOptions {
  /** Of everything: equal seeds give equal guests. */
  readonly seed: number;
  /** Events of guests after which everything is checked; it ends with the guest that reaches it. */
  readonly steps: number;
  readonly core?: CoreSource | undefined;
  /** What is checked after each event. Default: the guest's own rules. For tests. */
  readonly rule?: (simulation: Simulation) => string | undefined;
  /** Called after each guest, with the steps so far. */
  readonly onGuest?: (steps: number) => void;
  /** Asked after each event: ends it early, with what was done. */
  readonly stopWhen?: () => boolean;
}

export interface SoakResult {
  readonly steps: number;
  readonly guests: number;
  /** Of the guests, those whose scenario is none: what was drawn does not go together. */
  readonly refused: number;
  readonly finding?: SoakFinding;
}

/** A rule that the model has broken, and the smallest scenario that was found to break it. */
export interface SoakFinding {
  readonly what: string;
  readonly scenario: ScenarioFile;
}

/** What came of one guest. */
interface Life {
  readonly steps: number;
  readonly isRefused: boolean;
  readonly what?: string;
}

/** Events of one guest; more of the same say little. */
const MOST_STEPS = 4000;
/** Scenarios that are tried to make a finding smaller. */
const MOST_TRIES = 300;

/** Lets guests live that are drawn from the seed, one after the other, until one breaks a rule. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const seeds = new SeededRandom(options.seed);
  let [steps, guests, refused] = [0, 0, 0];
  while (steps < options.steps) {
    const scenario = randomScenario(seeds.below(2 ** 32));
    const life = await live(scenario, options);
    guests++;
    steps += life.steps;
    if (life.isRefused) refused++;
    if (life.what !== undefined) {
      const smallest = await smaller(scenario, life.what, options);
      return { steps, guests, refused, finding: smallest };
    }
    options.onGuest?.(steps);
    if (options.stopWhen?.() === true) break;
    // what ends it arrives as an event
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return { steps, guests, refused };
}

/** Everything that happens to one guest, with a check after each event. */
async function live(
  file: ScenarioFile,
  { core, rule = ownRule, stopWhen }: SoakOptions,
): Promise<Life> {
  let steps = 0;
  let simulation: Simulation;
  try {
    const scenario = drawn(scenarioOf(file));
    simulation = await Simulation.create(scenario, scenario.policy, core);
  } catch (error) {
    assertMemory(error);
    if (isInputError(error)) return { steps, isRefused: true };
    return { steps, isRefused: false, what: wordsOf(error) };
  }
  const endNs = nsOf(simulation.scenario.durationMs);
  while (!simulation.hasPanicked && steps < MOST_STEPS) {
    const { clock } = simulation.guest;
    if (clock.nowNs >= endNs) break;
    steps++;
    try {
      clock.advanceToNs(Math.min(endNs, clock.nextTimerNs ?? endNs));
      await simulation.takeSnapshot();
    } catch (error) {
      assertMemory(error);
      return { steps, isRefused: false, what: wordsOf(error) };
    }
    const what = rule(simulation);
    if (what !== undefined) return { steps, isRefused: false, what };
    if (stopWhen?.() === true) break;
  }
  return { steps, isRefused: false };
}

function ownRule(simulation: Simulation): string | undefined {
  return simulation.brokenRule();
}

/** @throws the error where it is the machine that has too little memory: no rule of the model. */
function assertMemory(error: unknown): void {
  if (outOfMemory(error) !== undefined) throw error;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** Leaves out of a scenario what it takes not, as long as the same rule breaks. */
async function smaller(
  found: ScenarioFile,
  what: string,
  options: SoakOptions,
): Promise<SoakFinding> {
  let finding: SoakFinding = { what, scenario: found };
  let tries = 0;
  for (let isSmaller = true; isSmaller;) {
    isSmaller = false;
    for (const scenario of simplerThan(finding.scenario)) {
      if (tries++ === MOST_TRIES) return finding;
      const life = await live(scenario, options);
      if (life.what === undefined || kindOf(life.what) !== kindOf(what)) continue;
      finding = { what: life.what, scenario };
      isSmaller = true;
      break;
    }
  }
  return finding;
}

/** The rule without its numbers: another number is the same rule. */
function kindOf(what: string): string {
  return what.replace(/\d+/g, "#");
}

/** Scenarios with one thing less each. */
function* simplerThan(scenario: ScenarioFile): Generator<ScenarioFile> {
  for (const key of ["faults", "workloads", "host", "controllers", "devices"] as const) {
    const list = scenario[key];
    if (list.length > 2) {
      const half = list.length >> 1;
      yield { ...scenario, [key]: list.slice(half) };
      yield { ...scenario, [key]: list.slice(0, half) };
    }
    for (const at of list.keys()) yield { ...scenario, [key]: list.toSpliced(at, 1) };
    for (const [at, item] of list.entries()) {
      for (const less of withoutOne(item)) yield { ...scenario, [key]: list.with(at, less) };
    }
  }
  if (scenario.policy !== undefined) {
    const { policy, ...rest } = scenario;
    if (policy !== "") yield rest;
  }
  for (const guest of withoutOne(scenario.guest)) yield { ...scenario, guest };
}

function* withoutOne(
  fields: Readonly<Record<string, unknown>>,
): Generator<Readonly<Record<string, unknown>>> {
  for (const key of Object.keys(fields)) {
    yield Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));
  }
}
