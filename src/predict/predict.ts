import { assertCapture } from "../capture/assert-capture.js";
import { CAPTURED_GUEST, type RulesOf } from "../guest/option-rules.js";
import {
  assertOptions,
  either,
  FUNCTION,
  LIST,
  NUMBER,
  OBJECT,
  oneOf,
  SIZE,
} from "../option-check.js";
import type { Capture } from "../capture/capture.js";
import { Errno } from "../errno.js";
import type { LogEntry } from "../log/event-log.js";
import { Guest, type CapturedGuestOptions } from "../guest/guest.js";
import type { LoadedCapture } from "../guest/loaded-capture.js";
import { CostTally } from "./cost.js";
import {
  assertSamplingOptions,
  DEFAULT_CONFIDENCE,
  defaultSamples,
  drawSizes,
  fitsSampling,
  narrowestInterval,
  sharesOf,
  stayChances,
  type SamplingOptions,
} from "./sampling.js";
import { doubtsOfRegion, estimatedChances, estimatedSizes } from "./estimated-sizes.js";
import { RandomDraws } from "./random-draws.js";
import { strangenessOf } from "./strange-guest.js";
import { doubtNotes, growthInterval } from "./uncertainty.js";
import { LookTally } from "./look-tally.js";
import { ObstacleTally } from "./obstacles.js";
import { hasKernelMemory, shortMemoryNotes } from "./short-memory.js";
import type { PredictedRun } from "./stay-chances.js";
import type {
  DeviceRequest,
  Obstacle,
  PredictedMemoryBlock,
  Prediction,
  WhatIfGain,
} from "./prediction.js";
import {
  assertWhatIfs,
  reclaimableShare,
  suggestedWhatIfs,
  whatIfGains,
  type WhatIf,
} from "./what-if.js";
import { NS_PER_MS } from "../units.js";

/** What is asked of a captured guest. */
export interface PredictOptions extends CapturedGuestOptions, SamplingOptions {
  /** Bytes that the host asks for, a multiple of the device block. Default: 0. */
  readonly requestedSize?: number;
  /**
   * Virtual milliseconds to go on for; retries that come due meanwhile are made. Default: until the
   * driver first goes idle or waits for its retry timer.
   */
  readonly untilMs?: number;
  /**
   * What could be done before: each is tried by itself and all together, and the prediction says
   * what it returns. `suggested`: what the suggestions for this guest name, each by itself, where
   * the guest is small enough to be drawn several times. Default: none.
   */
  readonly whatIf?: readonly WhatIf[] | "suggested";
}

const RULES: RulesOf<Required<PredictOptions>> = {
  ...CAPTURED_GUEST,
  requestedSize: SIZE,
  untilMs: NUMBER,
  whatIf: either(LIST, oneOf(["suggested"])),
  samples: NUMBER,
  confidence: NUMBER,
  distributions: OBJECT,
  onSizes: FUNCTION,
};

/** Retries to list: the driver itself never stops. */
const LISTED_RETRIES = 5;

/**
 * What this guest would give back, or take, if the host asked for a size now.
 *
 * @param capture - What {@link readCapture} has read; it may be used again.
 * @param options - Requested size, version, policy and samples. Default: shrink to 0.
 * @throws CaptureError if the capture cannot be used; RangeError if an option breaks its rule;
 *   PolicyError if the policy cannot be used on a capture; the reason of `signal`.
 *
 * @example
 * ```js
 * import { formatSize, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(capture, { requestedSize: 2 ** 30 });
 * console.log(formatSize(prediction.pluggedSizeBefore)); // 3 GiB
 * console.log(formatSize(prediction.pluggedSizeAfter)); // 1 GiB
 * const [lowest] = prediction.obstacles; // the lowest blocking page, if any
 * console.log(lowest === undefined || lowest.offset >= 0); // true
 * ```
 */
export async function predict(capture: Capture, options: PredictOptions = {}): Promise<Prediction> {
  assertCapture(capture);
  assertOptions("options of predict()", options, RULES);
  const { requestedSize = 0, untilMs } = options;
  assertSamplingOptions(options);
  if (Array.isArray(options.whatIf)) assertWhatIfs(options.whatIf);
  const loaded = await Guest.load(capture, options);
  options.signal?.throwIfAborted();
  const host = (guest: Guest): void => {
    guest.requestSize(requestedSize);
    if (untilMs !== undefined) guest.advanceTo(untilMs);
  };
  const triesWhatIfs =
    options.whatIf === "suggested" ? fitsSampling(loaded.size) : options.whatIf !== undefined;
  if (triesWhatIfs) loaded.keep();
  const prediction = predictLoaded(loaded, requestedSize, options, host);
  const whatIf = triesWhatIfs ? gainsOf(prediction, loaded, options, host) : [];
  return {
    ...prediction,
    ...(whatIf.length === 0 ? {} : { whatIf }),
    notes: [...capture.notes, ...prediction.notes],
  };
}

function gainsOf(
  prediction: Prediction,
  loaded: LoadedCapture,
  options: PredictOptions,
  host: (guest: Guest) => void,
): WhatIfGain[] {
  const { whatIf = [] } = options;
  const isSuggested = whatIf === "suggested";
  const asked = isSuggested ? suggestedWhatIfs(prediction) : whatIf;
  const begin = (isKernelOut: boolean): Guest =>
    Guest.resume(loaded, options, { seed: 0, chances: new Map(), isKernelOut });
  const runs = { begin, host, reclaimableShare: reclaimableShare(loaded.capture.vmstat) };
  // each suggestion is one by itself
  return whatIfGains(prediction, asked, runs, !isSuggested);
}

/**
 * What a captured guest does while `host` acts on it, and how sure that is.
 *
 * @param requestedSize - what is asked of it in the end.
 * @param host - acts on one guest after the other: the predicted one, then the samples.
 */
export function predictLoaded(
  loaded: LoadedCapture,
  requestedSize: number,
  options: CapturedGuestOptions & SamplingOptions,
  host: (guest: Guest) => void,
): Prediction {
  const { size } = loaded;
  const { confidence = DEFAULT_CONFIDENCE, distributions } = options;
  // a guest that grows meets none of what may turn out otherwise
  const isSampled =
    requestedSize < loaded.pluggedSize &&
    (options.samples === undefined ? fitsSampling(size) : options.samples > 0);
  if (isSampled) loaded.keep();
  const guest = Guest.resume(loaded, options);
  const strangeness = strangenessOf(loaded, guest, distributions);
  const doubts = doubtsOfRegion(guest);
  const own = runOn(guest, requestedSize, () => {
    host(guest);
  });
  const notes = [...loaded.contradictions, ...strangeness, ...own.notes];
  const device = loaded.capture.device.name ?? null;
  const prediction = { ...own, device, confidence, notes };
  const { pluggedSizeBefore, pluggedSizeAfter } = prediction;
  if (requestedSize >= pluggedSizeBefore) return withSureStays(prediction);
  const surprises = loaded.contradictions.length + strangeness.length;
  const samples = options.samples ?? defaultSamples(size, prediction);
  if (samples === 0) {
    const shares = sharesOf(loaded.capture, surprises, distributions);
    const open = { doubts, shares, hiddenPins: guest.loaded?.hiddenPins ?? 0 };
    const estimated = estimatedSizes(prediction, open, new RandomDraws(1));
    return {
      ...prediction,
      interval: narrowestInterval(estimated, pluggedSizeAfter, confidence),
      stays: estimatedChances(prediction, open),
      notes: [...notes, NOT_SAMPLED],
    };
  }
  const sampling = { ...options, samples, surprises, load: guest.loaded };
  const { sizes, stayed } = drawSizes(loaded, options, sampling, host);
  options.onSizes?.(sizes);
  return {
    ...prediction,
    interval: narrowestInterval(sizes, pluggedSizeAfter, confidence),
    samples,
    stays: stayChances(prediction, stayed, samples),
  };
}

const NOT_SAMPLED =
  "no samples of the guest were drawn: the interval is an estimate by the kinds of its pages";

/**
 * What a guest does while `host` acts on it, as a prediction without samples: the size alone.
 *
 * @param requestedSize - what is asked of it in the end.
 */
export function predictOn(guest: Guest, requestedSize: number, host: () => void): Prediction {
  return withSureStays(runOn(guest, requestedSize, host));
}

/**
 * The same in two halves, for a request that is followed on its way.
 *
 * @returns what ends it, once the host has asked and the driver is through.
 */
export function beginPrediction(guest: Guest, requestedSize: number): () => Prediction {
  const end = beginRun(guest, requestedSize);
  return () => withSureStays(end());
}

/** Each device block stays, or does not, as in the predicted guest. */
function withSureStays(run: PredictedRun): Prediction {
  return { ...run, stays: stayChances(run, new Uint16Array(), 0) };
}

function runOn(guest: Guest, requestedSize: number, host: () => void): PredictedRun {
  const end = beginRun(guest, requestedSize);
  host();
  return end();
}

function beginRun(guest: Guest, requestedSize: number): () => PredictedRun {
  const pluggedSizeBefore = guest.device.pluggedSize;
  const pluggedBefore = guest.pluggedMap();
  const hadKernelMemory = hasKernelMemory(guest);
  const tally = new RunTally(guest);
  return () =>
    runEnded(guest, requestedSize, { pluggedSizeBefore, pluggedBefore, hadKernelMemory, tally });
}

interface BegunRun {
  readonly pluggedSizeBefore: number;
  readonly pluggedBefore: string;
  readonly hadKernelMemory: boolean;
  readonly tally: RunTally;
}

function runEnded(guest: Guest, requestedSize: number, begun: BegunRun): PredictedRun {
  const { pluggedSizeBefore, pluggedBefore, hadKernelMemory, tally } = begun;
  tally.end();
  const pluggedSizeAfter = guest.device.pluggedSize;
  const obstacles = tally.obstaclesOf(pluggedSizeAfter > requestedSize);
  const outcome = {
    requestedSize,
    sizeBefore: pluggedSizeBefore,
    sizeAfter: pluggedSizeAfter,
    obstacles,
    outOfMemory: tally.ranOutOfMemory,
  };
  const cost = tally.cost.cost(guest.clock.nowMs);
  const pluggedAfter = guest.pluggedMap();
  const isShrink = pluggedSizeAfter < pluggedSizeBefore || outcome.outOfMemory;
  const shortMemory = isShrink
    ? shortMemoryNotes(guest, { hadKernelMemory, outOfMemory: outcome.outOfMemory })
    : [];
  const sizes = { deviceBlockSize: guest.device.blockSize, pluggedBefore, pluggedAfter };
  return {
    profile: guest.profile.name,
    kernel: guest.kernel ?? null,
    policy: guest.policy.name,
    requestedSize,
    pluggedSizeBefore,
    pluggedSizeAfter,
    interval: growthInterval(guest, outcome),
    confidence: DEFAULT_CONFIDENCE,
    samples: 0,
    subblockSize: guest.driver.geometry.subblockSize,
    memoryBlockSize: guest.hotplug.memoryBlockSize,
    device: null,
    regionStart: guest.device.addr,
    regionSize: guest.device.regionSize,
    ...sizes,
    requests: tally.requests,
    memoryBlocks: memoryBlocksOf(guest),
    obstacles,
    retries: retriesOf(guest),
    migratedPages: cost.movedPages,
    droppedPages: cost.droppedPages,
    virtualMs: guest.clock.nowMs,
    cost,
    notes: [...guest.kernelNotes, ...doubtNotes(guest, outcome), ...shortMemory],
  };
}

/** Adds up what happens, as it happens: the log may have dropped the beginning in the end. */
class RunTally {
  readonly requests: DeviceRequest[] = [];
  readonly #obstacles: ObstacleTally;
  readonly #looks: LookTally;
  readonly cost = new CostTally();
  ranOutOfMemory = false;
  /** Stops counting. */
  readonly end: () => void;

  constructor(guest: Guest) {
    this.#obstacles = new ObstacleTally(guest.device);
    this.#looks = new LookTally(guest);
    this.end = guest.log.follow((entry) => {
      this.#note(entry);
    });
  }

  /**
   * What blocked, by address. Where not enough was unplugged, also what a policy left alone because
   * of a page that it saw: else it may just not have been needed.
   */
  obstaclesOf(isShort: boolean): Obstacle[] {
    const tried = this.#obstacles.obstacles();
    if (!isShort) return tried;
    return [...tried, ...this.#looks.obstacles()].sort((a, b) => a.offset - b.offset);
  }

  #note(entry: LogEntry): void {
    this.#obstacles.note(entry);
    this.#looks.note(entry);
    this.cost.note(entry);
    if (entry.type === "request") {
      const { request: type, offset, nbBlocks, response } = entry;
      this.requests.push({ type, offset, nbBlocks, response });
    } else if (entry.type === "run-end" && entry.errno === -Errno.ENOMEM) {
      this.ranOutOfMemory = true;
    }
  }
}

function memoryBlocksOf(guest: Guest): PredictedMemoryBlock[] {
  const size = guest.hotplug.memoryBlockSize;
  return guest.driver.memoryBlocks().map(({ id, state, zone, pluggedSize }) => ({
    id,
    offset: id * size - guest.device.addr,
    size,
    state,
    zone: zone ?? null,
    plugged: pluggedSize,
  }));
}

/** When the driver would try again if nothing changed: the armed timer, then doubled waits. */
function retriesOf(guest: Guest): number[] {
  const due = guest.driver.retryDueNs;
  if (due === undefined) return [];
  const { maximumMs } = guest.profile.driver.retry;
  const times = [due / NS_PER_MS];
  let wait = (due - guest.clock.nowNs) / NS_PER_MS;
  while (times.length < LISTED_RETRIES) {
    wait = Math.min(wait * 2, maximumMs);
    times.push((times.at(-1) ?? 0) + wait);
  }
  return times;
}
