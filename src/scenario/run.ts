import {
  ANYTHING,
  assertOptions,
  either,
  FLAG,
  FUNCTION,
  OBJECT,
  TEXT,
  type OptionRule,
  SIGNAL,
} from "../option-check.js";
import { formatDuration, nsOf } from "../units.js";
import { Interrupted } from "../clock.js";
import { PAGE_SIZE } from "../core/abi.js";
import type { CoreSource } from "../core/load.js";
import type { Guest } from "../guest/guest.js";
import type { PolicyChoice } from "../policies/choice/resolve-policy.js";
import type { RunEvent, ScenarioResult } from "./result.js";
import type { Scenario } from "./scenario.js";
import type { FollowOptions } from "../progress.js";
import { drawn } from "./draw.js";
import { bootSizeOf } from "./guest-size.js";
import { Simulation } from "./simulation.js";
import { summarize } from "./summary.js";
import { optionTypeError, shown } from "../input-error.js";

/** How a scenario is run; progress counts milliseconds of its virtual time. */
export interface RunScenarioOptions extends FollowOptions {
  /** Ends the run early without an error: what has happened so far is then its result. */
  readonly stop?: AbortSignal | undefined;
  /**
   * As `stop`, but asked in the midst of the driver's work as well, which may take seconds in which
   * no event of JavaScript arrives: it can look at memory that another thread writes. Called often.
   */
  readonly stopWhen?: (() => boolean) | undefined;
  /** In place of the scenario's: names joined by `+`, or objects. */
  readonly policy?: PolicyChoice;
  /** In place of the scenario's. */
  readonly seed?: number;
  /** Where the core comes from; see loadCore(). */
  readonly core?: CoreSource;
  /**
   * Checks after each event that the model keeps its own rules: the page allocator's invariants,
   * the accounting of zones, devices and drivers. Slow. Default: false.
   */
  readonly validate?: boolean;
  /**
   * Is shown the guest before anything happens to it, to follow its log; and once more after each
   * fault `snapshot`, when the guest that was restored goes on.
   *
   * @param guest - The guest that was just booted, or restored.
   */
  readonly watch?: (guest: Guest) => void;
}

/** The thread is yielded after this many real milliseconds, so that the caller can stop the run. */
const YIELD_MS = 30;

/**
 * Runs a scenario in virtual time. Iterate it for what happens while it happens, or {@link
 * ScenarioRun.result} at once; either way it runs once.
 *
 * Deterministic: the same scenario, policy and seed give the same result bit for bit, wherever it
 * runs.
 *
 * @param scenario - From {@link parseScenario} or {@link scenarioOf}; it may be run again.
 * @param options - Policy and seed in place of the scenario's own; how to follow and end the run.
 * @throws PolicyError if there is no such policy; RangeError if sizes and version do not go
 *   together; CapacityError if the guest does not fit.
 *
 * @example
 * ```js
 * import { runScenario, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "10s",
 *   guest: { bootMemory: "1GiB" },
 *   device: { regionSize: "4GiB" },
 *   host: [{ at: "1s", requestedSize: "2GiB" }],
 * });
 * const run = runScenario(scenario);
 * for await (const event of run) {
 *   if (event.type === "reached") console.log(event.requestedSize); // 2147483648
 * }
 * const { summary } = await run.result();
 * console.log(summary.panicked); // false
 * ```
 */
export function runScenario(scenario: Scenario, options: RunScenarioOptions = {}): ScenarioRun {
  assertOptions("options of runScenario()", options, RULES);
  if (typeof scenario !== "object" || (scenario as unknown) === null || !("guest" in scenario)) {
    throw optionTypeError(
      `scenario must be what parseScenario() or scenarioOf() gives, got ${shown(scenario)}`,
    );
  }
  return new ScenarioRun(scenario, options);
}

const RULES: Readonly<Record<keyof Required<RunScenarioOptions>, OptionRule>> = {
  signal: SIGNAL,
  stop: SIGNAL,
  onProgress: FUNCTION,
  stopWhen: FUNCTION,
  validate: FLAG,
  policy: either(TEXT, OBJECT),
  seed: {
    holds: (value) =>
      Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32,
    words: "a whole number from 0 to 4294967295",
    isNumber: true,
  },
  core: ANYTHING,
  watch: FUNCTION,
};

/** A scenario on its way: its events one by one, or its result. */
export class ScenarioRun implements AsyncIterable<RunEvent> {
  readonly #events: AsyncGenerator<RunEvent, ScenarioResult>;
  readonly #result: Promise<ScenarioResult>;
  #simulation: Simulation | undefined;
  #succeed: (result: ScenarioResult) => void = () => undefined;
  #fail: (reason: unknown) => void = () => undefined;
  #isIterated = false;
  #isBeingIterated = false;
  #isAwaited = false;

  /** @internal */
  constructor(scenario: Scenario, options: RunScenarioOptions) {
    this.#events = live(scenario, options, (simulation) => {
      this.#simulation = simulation;
    });
    this.#result = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
    // a caller that iterates gets an error from the loop, and need not ask for the result
    this.#result.catch(() => undefined);
  }

  /**
   * Yields events and samples until the run is over, once only. After a loop that was left early
   * {@link result} runs to the end without it.
   *
   * @throws the reason of the signal; TypeError if it is iterated again.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void> {
    if (this.#isIterated) throw optionTypeError("a run must be iterated once only");
    this.#isIterated = true;
    this.#isBeingIterated = true;
    try {
      for (;;) {
        const next = await this.#next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      this.#isBeingIterated = false;
      if (this.#isAwaited) void this.#drain();
    }
  }

  /**
   * What the result would be if the run ended now; undefined before the guest has booted. To be
   * asked where the run has yielded, as in `onProgress`.
   *
   * @internal
   */
  soFar(): ScenarioResult | undefined {
    return this.#simulation === undefined ? undefined : resultOf(this.#simulation, true);
  }

  /**
   * The result. Runs to the end where the run is not iterated, or not any more.
   *
   * @returns what was so far where `stop` has ended the run; rejects with the reason of `signal`.
   */
  result(): Promise<ScenarioResult> {
    this.#isIterated = true;
    this.#isAwaited = true;
    if (!this.#isBeingIterated) void this.#drain();
    return this.#result;
  }

  async #drain(): Promise<void> {
    try {
      for (let done = false; !done;) done = (await this.#next()).done === true;
    } catch {
      // the result has been rejected with it
    }
  }

  async #next(): Promise<IteratorResult<RunEvent, ScenarioResult | undefined>> {
    try {
      const next = await this.#events.next();
      if (next.done === true) this.#succeed(next.value);
      return next;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }
}

async function* live(
  scenario: Scenario,
  options: RunScenarioOptions,
  begin: (simulation: Simulation) => void,
): AsyncGenerator<RunEvent, ScenarioResult> {
  const { signal, stop, onProgress } = options;
  signal?.throwIfAborted();
  const asked = drawn({ ...scenario, seed: options.seed ?? scenario.seed });
  const simulation = await Simulation.create(
    asked,
    options.policy ?? scenario.policy,
    options.core,
  );
  begin(simulation);
  options.watch?.(simulation.guest);
  let { clock } = simulation.guest;
  clock.stopWhen = () =>
    signal?.aborted === true || stop?.aborted === true || options.stopWhen?.() === true;
  const durationNs = nsOf(scenario.durationMs);
  let sent = { events: 0, samples: 0 };
  let yielded = performance.now();
  let interrupted = false;
  try {
    while (clock.nowNs < durationNs && !simulation.hasPanicked) {
      signal?.throwIfAborted();
      clock.advanceToNs(Math.min(durationNs, clock.nextTimerNs ?? durationNs));
      if (await simulation.takeSnapshot()) {
        options.watch?.(simulation.guest);
        clock = simulation.guest.clock;
      }
      if (options.validate === true) assertRules(simulation);
      if (performance.now() - yielded > YIELD_MS) {
        yield* newEvents(simulation, sent);
        onProgress?.({ done: clock.nowMs, total: scenario.durationMs, unit: "ms" });
        sent = { events: simulation.events.length, samples: simulation.samples.length };
        await new Promise((resolve) => setTimeout(resolve, 0));
        yielded = performance.now();
      }
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    signal?.throwIfAborted();
    interrupted = true;
  }
  clock.stopWhen = undefined;
  onProgress?.({ done: clock.nowMs, total: scenario.durationMs, unit: "ms" });
  simulation.finish();
  yield* newEvents(simulation, sent);
  return resultOf(simulation, interrupted);
}

/** @throws Error where the model breaks a rule of its own, with the time. */
function assertRules(simulation: Simulation): void {
  const broken = simulation.brokenRule();
  if (broken === undefined) return;
  throw new Error(`at ${formatDuration(simulation.guest.clock.nowMs)}: ${broken}`);
}

function* newEvents(
  simulation: Simulation,
  sent: { readonly events: number; readonly samples: number },
): Generator<RunEvent> {
  const events = simulation.events.slice(sent.events);
  const samples = simulation.samples.slice(sent.samples);
  for (const sample of samples) {
    while (events[0] !== undefined && events[0].atMs <= sample.atMs) {
      const event = events.shift();
      if (event !== undefined) yield event;
    }
    yield { type: "sample", sample };
  }
  yield* events;
}

function resultOf(simulation: Simulation, interrupted: boolean): ScenarioResult {
  const { guest, scenario, samples, events } = simulation;
  const names = scenario.devices.map(({ name }) => name);
  return {
    title: scenario.title,
    seed: scenario.seed,
    policy: guest.policy.name,
    profile: guest.profile.name,
    calibration: scenario.calibration.name,
    bootSize: bootSizeOf(scenario.guest),
    durationMs: scenario.durationMs,
    endedMs: guest.clock.nowMs,
    interrupted,
    devices: names,
    workloads: simulation.workloads.look().map((look, at) => ({
      name: scenario.workloads[at]?.name ?? "",
      kind: scenario.workloads[at]?.kind ?? "",
      state: look.state,
      heldSize: look.pages * PAGE_SIZE,
      peakSize: look.peakPages * PAGE_SIZE,
      starts: look.starts,
      kills: look.kills,
      failedAllocations: look.failed,
    })),
    summary: summarize(samples, events, simulation.recorder.requests, names),
    samples,
    events,
  };
}
