import { assertCapture } from "../capture/assert-capture.js";
import { CAPTURED_GUEST, type RulesOf } from "../guest/option-rules.js";
import { assertOptions, FUNCTION, LIST, NUMBER, SIZE, SIGNAL } from "../option-check.js";
import type { Capture } from "../capture/capture.js";
import { PAGEBLOCK_SIZE, PageClass } from "../core/abi.js";
import { Guest, type CapturedGuestOptions, type GuestOptions } from "../guest/guest.js";
import { Errno } from "../errno.js";
import { CostTally } from "../predict/cost.js";
import { hasKernelMemory, isLeftShort } from "../predict/short-memory.js";
import { policiesOf, type PolicyChoice } from "../policies/choice/resolve-policy.js";
import { PolicyError } from "../policies/policy-error.js";
import { runScenario } from "../scenario/run.js";
import type { Scenario } from "../scenario/scenario.js";
import { PROFILE_NAMES, type ProfileName } from "../linux/profile.js";
import { nearHint } from "../near-name.js";
import type { ComparedPolicy, Comparison, RunFigures } from "./comparison.js";
import { Steps, type Parting } from "./parting.js";
import type { FollowOptions } from "../progress.js";
import { ShrinkProgress } from "./shrink-progress.js";
import { Interrupted } from "../clock.js";
import { optionError, optionTypeError, shown } from "../input-error.js";

/** How policies are compared; progress counts runs, and is told before each. */
export interface CompareOptions extends FollowOptions {
  /**
   * Whole numbers from 0 to 2^32 - 1, one run each. Default: the scenario's own. On a capture
   * several seeds draw pages that are held for a moment; one, the default, holds none.
   */
  readonly seeds?: readonly number[];
  /**
   * Versions of Linux: every policy runs under each of them. Default: the scenario's or the
   * capture's own.
   */
  readonly profiles?: readonly ProfileName[];
  /** Ends it early without an error: the runs that were finished are then the result. */
  readonly stop?: AbortSignal | undefined;
  /** As `stop`, but asked in the midst of a run as well; see RunScenarioOptions. */
  readonly stopWhen?: (() => boolean) | undefined;
}

/** How policies are compared on a capture. */
export interface CompareCaptureOptions
  extends CompareOptions, Omit<GuestOptions, "policy" | "profile"> {
  /** Linux version. Default: `auto`, the one that the capture is of. */
  readonly profile?: CapturedGuestOptions["profile"];
  /** Bytes that the host asks for, a multiple of the device block. Default: 0. */
  readonly requestedSize?: number;
  /**
   * Virtual milliseconds to go on for, through the driver's retries. Default: until it first waits.
   */
  readonly untilMs?: number;
}

/**
 * Chance that a page cannot be collected at the moment at which an attempt wants it: something has
 * just taken a reference. A capture does not show such moments; with several seeds each is a draw
 * of them. In recorded guests they were rarer than one in 100,000.
 */
const HOLD_CHANCE = 1e-5;
const HELD_CLASSES = [PageClass.Anon, PageClass.Shmem, PageClass.FileClean, PageClass.FileDirty];

function holdSomePages(guest: Guest, seed: number): void {
  guest.pages.seedRandom(seed);
  for (const pageClass of HELD_CLASSES) guest.pages.setHoldProbability(pageClass, HOLD_CHANCE);
}

type Harm = Pick<RunFigures, "failedAllocations" | "oomKills" | "panickedMs">;

/**
 * On a capture only the driver works, so no program is killed in the run; but one is counted where
 * it leaves the guest so short that its OOM killer acts soon after.
 */
function harmOf(guest: Guest, hadKernelMemory: boolean, outOfMemory: boolean): Harm {
  const isShort = isLeftShort(guest, { hadKernelMemory, outOfMemory });
  return { failedAllocations: 0, oomKills: isShort ? 1 : 0, panickedMs: null };
}

/** One run: follows its guest from the beginning, and reads the figures off at the end. */
class Measured {
  readonly #tally = new CostTally();
  readonly #steps: Steps | undefined;
  #progress: ShrinkProgress | undefined;
  #guest: Guest | undefined;
  /** Did a run of the driver end for want of memory? */
  ranOutOfMemory = false;

  /** @param keepsSteps - there is another run to compare them with. */
  constructor(keepsSteps: boolean) {
    this.#steps = keepsSteps ? new Steps() : undefined;
  }

  readonly watch = (guest: Guest): void => {
    this.#guest = guest;
    const progress = (this.#progress = new ShrinkProgress(guest.device));
    guest.log.follow((entry) => {
      this.#tally.note(entry);
      this.#steps?.note(entry);
      progress.note(entry);
      if (entry.type === "run-end" && entry.errno === -Errno.ENOMEM) this.ranOutOfMemory = true;
    });
  };

  run(harm: Harm): Run {
    const askedSize = this.#progress?.outcome().askedSize ?? 0;
    return { figures: this.#figures(harm), askedSize, steps: this.#steps };
  }

  #figures(harm: Harm): RunFigures {
    if (this.#guest === undefined || this.#progress === undefined) {
      throw new Error("a run must be watched before it is measured");
    }
    const { returnedSize, to50Ms, to90Ms, to100Ms } = this.#progress.outcome();
    const cost = this.#tally.cost(this.#guest.clock.nowMs);
    return {
      returnedSize,
      to50Ms,
      to90Ms,
      to100Ms,
      movedPages: cost.movedPages,
      failedAttempts: cost.failedAttempts,
      ...harm,
      largestFreeRun: this.#guest.pages.longestFreeRun() * PAGEBLOCK_SIZE,
      scannedPages: cost.scannedPages,
      droppedPages: cost.droppedPages,
      attempts: cost.attempts,
      requests: cost.requests,
    };
  }
}

const RULES: RulesOf<Required<CompareOptions>> = {
  seeds: LIST,
  profiles: LIST,
  onProgress: FUNCTION,
  signal: SIGNAL,
  stop: SIGNAL,
  stopWhen: FUNCTION,
};

/** Those of a captured guest, but its policy is the comparison's to give. */
const GUEST_RULES = Object.fromEntries(
  Object.entries(CAPTURED_GUEST).filter(([name]) => name !== "policy"),
) as Omit<typeof CAPTURED_GUEST, "policy">;
const CAPTURE_RULES: RulesOf<Required<CompareCaptureOptions>> = {
  ...GUEST_RULES,
  ...RULES,
  requestedSize: SIZE,
  untilMs: NUMBER,
};

/**
 * Asks identical copies of a captured guest for the same size, each under another policy.
 *
 * @param capture - What {@link readCapture} has read; each run loads it again.
 * @param policies - The choices to compare, each names joined by `+` or objects.
 * @param options - Requested size, version, seeds.
 * @throws PolicyError if a policy cannot be used; CaptureError if the capture cannot; RangeError
 *   if an option breaks its rule.
 *
 * @example
 * ```js
 * import { compareOnCapture, comparisonText, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const options = { requestedSize: 2 ** 30 };
 * const comparison = await compareOnCapture(capture, ["linux", "sense-first"], options);
 * process.stdout.write(comparisonText(comparison, { columns: 80 }));
 * ```
 */
export async function compareOnCapture(
  capture: Capture,
  policies: readonly PolicyChoice[],
  options: CompareCaptureOptions = {},
): Promise<Comparison> {
  assertCapture(capture);
  assertOptions("options of compareOnCapture()", options, CAPTURE_RULES);
  const { requestedSize = 0, untilMs, seeds = [1] } = options;
  const guestOptions: CapturedGuestOptions = {
    ...(options.profile === undefined ? {} : { profile: options.profile }),
    ...(options.calibration === undefined ? {} : { calibration: options.calibration }),
    ...(options.core === undefined ? {} : { core: options.core }),
    ...(options.driver === undefined ? {} : { driver: options.driver }),
    ...(options.subblockSize === undefined ? {} : { subblockSize: options.subblockSize }),
  };
  const asked = { ...options, seeds };
  return compared(
    "capture",
    capture.name.replace(/: capture$/, ""),
    policies,
    asked,
    async (variant, seed) => {
      const { policy, profile } = variant;
      const guest = await Guest.fromCapture(capture, {
        ...guestOptions,
        ...(profile === undefined ? {} : { profile }),
        ...(policy === undefined ? {} : { policy }),
        signal: options.signal,
      });
      guest.clock.stopWhen = () => isStopped(options);
      if (seeds.length > 1) holdSomePages(guest, seed);
      const measured = new Measured(variant.keepsSteps && seed === seeds[0]);
      const hadKernelMemory = hasKernelMemory(guest);
      measured.watch(guest);
      try {
        guest.requestSize(requestedSize);
        if (untilMs !== undefined) guest.advanceTo(untilMs);
      } catch (error) {
        if (error instanceof Interrupted) return undefined;
        throw error;
      }
      return measured.run(harmOf(guest, hadKernelMemory, measured.ranOutOfMemory));
    },
  );
}

/**
 * Runs a scenario under each policy, once per seed: the guests live through the same as far as the
 * policy lets them.
 *
 * @param scenario - What {@link parseScenario} has read; its own policy is left out.
 * @param policies - The choices to compare, each names joined by `+` or objects.
 * @param options - Seeds, and how to follow and end it.
 * @throws as {@link runScenario}.
 *
 * @example
 * ```js
 * import { compareOnScenario, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({
 *   duration: "10s",
 *   device: { regionSize: "2GiB", requestedSize: "2GiB" },
 *   host: [{ at: "5s", requestedSize: "1GiB" }],
 * });
 * const { policies } = await compareOnScenario(scenario, ["linux", "sense-first"], {
 *   seeds: [1, 2],
 * });
 * console.log(policies.map(({ runs }) => runs.length)); // [ 2, 2 ]
 * ```
 */
export function compareOnScenario(
  scenario: Scenario,
  policies: readonly PolicyChoice[],
  options: CompareOptions = {},
): Promise<Comparison> {
  assertOptions("options of compareOnScenario()", options, RULES);
  const seeds = options.seeds ?? [scenario.seed];
  const asked = { ...options, seeds };
  return compared("scenario", scenario.title, policies, asked, async (variant, seed, onShare) => {
    const measured = new Measured(variant.keepsSteps && seed === seeds[0]);
    const { policy, profile } = variant;
    const run = runScenario(scenarioUnder(scenario, profile), {
      seed,
      watch: measured.watch,
      signal: options.signal,
      stopWhen: () => isStopped(options),
      ...(policy === undefined ? {} : { policy }),
    });
    for await (const event of run) {
      if (event.type === "sample") onShare(event.sample.atMs / scenario.durationMs);
    }
    const { interrupted, summary, endedMs } = await run.result();
    if (interrupted) return undefined;
    const { failedAllocations, oomKills, panicked } = summary;
    const harm = { failedAllocations, oomKills, panickedMs: panicked ? endedMs : null };
    return measured.run(harm);
  });
}

/** Its own policy is left out: `linux` is what the version does. */
function scenarioUnder(scenario: Scenario, profile: ProfileName | undefined): Scenario {
  const { guest } = scenario;
  const under = profile === undefined ? guest : { ...guest, profile };
  return { ...scenario, guest: under, policy: undefined };
}

function isStopped({ stop, stopWhen }: CompareOptions): boolean {
  return stop?.aborted === true || stopWhen?.() === true;
}

interface Run {
  readonly figures: RunFigures;
  readonly askedSize: number;
  readonly steps: Steps | undefined;
}

/** One of the compared. */
interface Variant {
  /** What decides; undefined: what the version does. */
  readonly policy: PolicyChoice | undefined;
  readonly profile: ProfileName | undefined;
  /** What it is called without its version. */
  readonly name: string;
  /** There are others, whose steps its are compared with. */
  readonly keepsSteps: boolean;
}

/** Every policy under each version, version by version. */
function variantsOf(
  choices: readonly PolicyChoice[],
  profiles: readonly ProfileName[] | undefined,
): Variant[] {
  const names = choices.map(nameOf);
  assertDifferent(names);
  if (profiles !== undefined) assertProfiles(profiles);
  return (profiles ?? [undefined]).flatMap((profile) =>
    choices.map((choice, at) => ({
      policy: isOwn(choice) ? undefined : choice,
      profile,
      name: names[at] ?? "",
      keepsSteps: choices.length * (profiles?.length ?? 1) > 1,
    })),
  );
}

function assertProfiles(profiles: readonly unknown[]): void {
  if (profiles.length === 0) throw optionError("profiles must name at least one, got none");
  for (const [at, name] of profiles.entries()) {
    if (!PROFILE_NAMES.some((known) => known === name)) {
      throw optionError(
        `profiles must be among ${PROFILE_NAMES.join(", ")}, got ${shown(name)}` +
          nearHint(String(name), PROFILE_NAMES),
      );
    }
    if (profiles.indexOf(name) !== at) {
      throw optionError(`profiles must differ from each other, got ${shown(name)} twice`);
    }
  }
}

async function compared(
  kind: Comparison["kind"],
  subject: string,
  choices: readonly PolicyChoice[],
  options: CompareOptions & { readonly seeds: readonly number[] },
  run: (
    variant: Variant,
    seed: number,
    onShare: (share: number) => void,
  ) => Promise<Run | undefined>,
): Promise<Comparison> {
  const { seeds, onProgress } = options;
  assertList(choices);
  const variants = variantsOf(choices, options.profiles);
  assertSeeds(seeds);
  const policies: ComparedPolicy[] = [];
  let done = 0;
  let askedSize = 0;
  let interrupted = false;
  let first: Steps | undefined;
  for (const variant of variants) {
    const runs: RunFigures[] = [];
    let parting: Parting | null | undefined;
    for (const seed of interrupted ? [] : seeds) {
      const total = variants.length * seeds.length;
      const onShare = (share: number): void => {
        onProgress?.({ done: done + Math.min(share, 0.999), total, unit: "runs" });
      };
      onShare(0);
      options.signal?.throwIfAborted();
      const made = isStopped(options) ? undefined : await run(variant, seed, onShare);
      if (made === undefined) {
        interrupted = true;
        break;
      }
      if (made.steps !== undefined) {
        parting = first?.partingOf(made.steps);
        first ??= made.steps;
      }
      runs.push(made.figures);
      askedSize = Math.max(askedSize, made.askedSize);
      done++;
    }
    const { name: policy, profile } = variant;
    if (runs.length === 0) continue;
    policies.push({
      policy,
      ...(profile === undefined ? {} : { profile }),
      ...(parting === undefined ? {} : { parting }),
      runs,
    });
  }
  return { kind, subject, askedSize, seeds, policies, interrupted };
}

/** `linux` alone is what the guest's own version does, whichever that is. */
function isOwn(choice: PolicyChoice): boolean {
  const [only, ...others] = policiesOf(choice);
  return only?.name === "linux" && only.isForeign !== true && others.length === 0;
}

/** @throws PolicyError if there is no such policy: before anything has run. */
function nameOf(choice: PolicyChoice): string {
  return policiesOf(choice)
    .map(({ name }) => name)
    .join("+");
}

function assertList(choices: unknown): void {
  if (Array.isArray(choices)) return;
  throw optionTypeError(`policies must be a list of policies, got ${shown(choices)}`);
}

function assertDifferent(names: readonly string[]): void {
  if (names.length === 0) throw new PolicyError("policies must name at least one, got none");
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new PolicyError(`policies must differ from each other, got ${twice} twice`);
  }
}

function assertSeeds(seeds: readonly number[]): void {
  if (seeds.length === 0) throw optionError("seeds must hold at least one seed, got none");
  for (const seed of seeds) {
    if (Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) continue;
    throw optionError(`seeds must be whole numbers from 0 to 4294967295, got ${shown(seed)}`);
  }
}
