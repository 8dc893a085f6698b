import type { CapturedGuestOptions } from "../guest/options.js";
import type { LoadSummary } from "../core/page-loader.js";
import { Guest } from "../guest/guest.js";
import type { LoadedCapture } from "../guest/loaded-capture.js";
import { Errno } from "../errno.js";
import { kernelSeries, sharesFor } from "./doubt-shares.js";
import type { Distributions, Evidence, TurnedShare } from "./learned.js";
import type { Capture } from "../capture/capture.js";
import { hasReferences } from "../capture/references.js";
import type { Doubt } from "../core/abi.js";
import { DISTRIBUTIONS } from "./distributions.js";
import type { Prediction, StayChance } from "./prediction.js";
import { RandomDraws } from "./random-draws.js";
import { joinChances, type PredictedRun } from "./stay-chances.js";
import { optionError, shown } from "../input-error.js";

/** How the interval of a prediction is drawn: samples of the guest, from learned distributions. */
export interface SamplingOptions {
  /** Guests to draw; 0 to 10000. Default: as many as about a second has time for, 100 at most. */
  readonly samples?: number;
  /** Percent of the samples that the interval holds, 50 to 99. Default: 90. */
  readonly confidence?: number;
  /** What the draws are from. Default: what was learned from recordings. */
  readonly distributions?: Distributions;
  /**
   * Is told the size that remains in each sample, in bytes.
   *
   * @param sizes - Bytes that stay plugged in each sample.
   */
  readonly onSizes?: (sizes: readonly number[]) => void;
}

interface DrawOptions {
  readonly samples: number;
  /** What is unusual about the guest or its capture: recordings teach less about it. */
  readonly surprises: number;
  /** How the guest was loaded, which says what its capture does not show. */
  readonly load: LoadSummary | undefined;
}

export const DEFAULT_CONFIDENCE = 90;
const MOST_SAMPLES = 10_000;
const DEFAULT_SAMPLES = 100;
const FEWEST_SAMPLES = 10;
/**
 * What the default number of samples costs at most, in bytes to copy; other work counts as bytes
 * that take as long.
 */
const SAMPLING_BYTES = 1.6e9;
const ATTEMPT_BYTES = 8192;
const MOVED_PAGE_BYTES = 256;

/** What a sample of a guest came to. */
export interface SampledSizes {
  /** Bytes plugged in the end, sample by sample. */
  readonly sizes: readonly number[];
  /** In how many samples each device block was plugged in the end. */
  readonly stayed: Uint16Array;
}

/** @throws RangeError if an option breaks its rule. */
export function assertSamplingOptions({ samples, confidence }: SamplingOptions): void {
  if (samples !== undefined && !isWhole(samples, 0, MOST_SAMPLES)) {
    throw optionError(
      `samples must be a whole number from 0 to ${MOST_SAMPLES}, got ${shown(samples)}`,
    );
  }
  if (confidence !== undefined && !isWhole(confidence, 50, 99)) {
    throw optionError(`confidence must be a whole number from 50 to 99, got ${shown(confidence)}`);
  }
}

function isWhole(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

/**
 * Is a guest of so many bytes of core memory small enough to be drawn at all, where no number is
 * given?
 */
export function fitsSampling(size: number): boolean {
  return 2 * size * FEWEST_SAMPLES <= SAMPLING_BYTES;
}

/**
 * How many samples are drawn by default: fewer of large guests, and none where not even a few fit.
 */
export function defaultSamples(size: number, { cost }: PredictedRun): number {
  const each =
    2 * size +
    cost.attempts * ATTEMPT_BYTES +
    (cost.movedPages + cost.droppedPages) * MOVED_PAGE_BYTES;
  const fitting = Math.floor(SAMPLING_BYTES / each);
  return fitting < FEWEST_SAMPLES ? 0 : Math.min(fitting, DEFAULT_SAMPLES);
}

/**
 * Lives the request through with guests drawn from what the capture leaves open.
 *
 * A guest's share of each kind of doubt is drawn first, then which of its subblocks of the kind
 * turn out otherwise. Equal calls draw equal guests.
 */
export function drawSizes(
  loaded: LoadedCapture,
  guestOptions: CapturedGuestOptions,
  options: SamplingOptions & DrawOptions,
  host: (guest: Guest) => void,
): SampledSizes {
  const { samples, surprises, load, distributions = DISTRIBUTIONS } = options;
  const { capture } = loaded;
  const shares = sharesOf(capture, surprises, distributions);
  const evidence = evidenceOf(capture);
  const { regionSize, blockSize } = capture.device;
  const steps = new Int32Array(Math.ceil(regionSize / blockSize) + 1);
  const shortage = distributions.shortage.find((error) => error.evidence === evidence);
  const sizes: number[] = [];
  for (const [sample, chances] of drawChances(shares, samples).entries()) {
    const draws = new RandomDraws(sample);
    const pinChance = load === undefined ? 0 : drawPinChance(load, draws);
    const guest = Guest.resume(loaded, guestOptions, { seed: sample + 1, chances, pinChance });
    const before = guest.device.pluggedSize;
    const isShort = followShortage(guest, () => {
      host(guest);
    });
    let size = guest.device.pluggedSize;
    if (isShort && shortage !== undefined) {
      const off = quantileOf(shortage.quantiles, draws.uniform()) * before;
      size = Math.min(before, Math.max(guest.device.requestedSize, roundTo(size + off, blockSize)));
    }
    sizes.push(size);
    for (const [first, nr] of guest.device.pluggedRuns()) {
      steps[first] = (steps[first] ?? 0) + 1;
      steps[first + nr] = (steps[first + nr] ?? 0) - 1;
    }
  }
  return { sizes, stayed: summed(steps) };
}

/** How often rules go wrong in a guest like this one. */
export function sharesOf(
  capture: Capture,
  surprises: number,
  distributions: Distributions = DISTRIBUTIONS,
): ReadonlyMap<Doubt, TurnedShare> {
  const kernel = kernelSeries(capture.kernelVersion);
  const known = sharesFor(kernel, evidenceOf(capture), distributions);
  return surprises === 0 ? known : widened(known);
}

function evidenceOf(capture: Capture): Evidence {
  return hasReferences(capture) ? "references" : "flags";
}

/**
 * Rules go wrong this many times as often, and this much more differently, in a guest that
 * surprises.
 */
const SURPRISE_FACTOR = 3;
/** A share that was never more than nothing may be something there. */
const LEAST_SHARE = 0.005;

function widened(shares: ReadonlyMap<Doubt, TurnedShare>): Map<Doubt, TurnedShare> {
  const wider = new Map<Doubt, TurnedShare>();
  for (const [kind, share] of shares) {
    const mean = Math.min(0.5, Math.max(LEAST_SHARE, share.mean * SURPRISE_FACTOR));
    const likeness = Math.min(share.likeness, Math.max(1, share.likeness / SURPRISE_FACTOR));
    wider.set(kind, { ...share, mean: Math.max(share.mean, mean), likeness });
  }
  return wider;
}

/** How finely a share's distribution is known where samples take a stratum of it each. */
const DRAWS_PER_SAMPLE = 16;

/**
 * The share of each kind of doubt, sample by sample: each sample has one from a stratum of its own
 * of the distribution, in an order of its own for each kind, so that few samples show all of it.
 */
function drawChances(
  shares: ReadonlyMap<Doubt, TurnedShare>,
  samples: number,
): Map<Doubt, number>[] {
  const chances = Array.from({ length: samples }, () => new Map<Doubt, number>());
  for (const [kind, { mean, likeness }] of shares) {
    const draws = new RandomDraws(kind);
    const sorted = Float64Array.from({ length: samples * DRAWS_PER_SAMPLE }, () =>
      draws.beta(mean * likeness, (1 - mean) * likeness),
    ).sort();
    for (const [stratum, sample] of draws.shuffled(samples).entries()) {
      const at = Math.floor((stratum + draws.uniform()) * DRAWS_PER_SAMPLE);
      chances[sample]?.set(kind, sorted[at] ?? 0);
    }
  }
  return chances;
}

/** Pins known by their number alone lie in runs of so many pages: all lengths equally likely. */
const PIN_RUNS = [1, 2, 4, 8, 16] as const;

/**
 * How likely a page is pinned, or is where a run of pinned pages begins, though nothing shows it: a
 * rate known from few pins is not sure.
 */
export function drawPinChance(
  { hiddenPins, openPages, pinnedPages }: LoadedPins,
  draws: RandomDraws,
): number {
  if (hiddenPins === 0) return 0;
  const run = pinnedPages > 0 ? 1 : (PIN_RUNS[Math.floor(draws.uniform() * PIN_RUNS.length)] ?? 1);
  return Math.min(1, draws.gamma(Math.max(1, hiddenPins / run)) / openPages);
}

type LoadedPins = Pick<LoadSummary, "hiddenPins" | "openPages" | "pinnedPages">;

/** Lets `host` act; did the driver stop for want of memory? */
function followShortage(guest: Guest, host: () => void): boolean {
  let isShort = false;
  const unfollow = guest.log.follow((entry) => {
    if (entry.type === "run-end") isShort = entry.errno === -Errno.ENOMEM;
  });
  host();
  unfollow();
  return isShort;
}

/** Between the quantiles at equal distances. */
function quantileOf(quantiles: readonly number[], at: number): number {
  const place = at * quantiles.length - 0.5;
  const low = Math.min(Math.max(Math.floor(place), 0), quantiles.length - 1);
  const high = Math.min(low + 1, quantiles.length - 1);
  const part = Math.min(Math.max(place - low, 0), 1);
  return (quantiles[low] ?? 0) * (1 - part) + (quantiles[high] ?? 0) * part;
}

function roundTo(value: number, unit: number): number {
  return Math.round(value / unit) * unit;
}

function summed(steps: Int32Array): Uint16Array {
  const sums = new Uint16Array(steps.length - 1);
  let sum = 0;
  for (let at = 0; at < sums.length; at++) {
    sum += steps[at] ?? 0;
    sums[at] = sum;
  }
  return sums;
}

/**
 * The narrowest interval that holds `confidence` percent of the sizes and the predicted one; of
 * equals the one nearest to it.
 */
export function narrowestInterval(
  sizes: readonly number[],
  predicted: number,
  confidence: number,
): readonly [low: number, high: number] {
  const sorted = [...sizes, predicted].sort((a, b) => a - b);
  const holds = Math.max(1, Math.ceil((sorted.length * confidence) / 100));
  let best: readonly [low: number, high: number] = [
    sorted[0] ?? predicted,
    sorted.at(-1) ?? predicted,
  ];
  const rank = ([low, high]: readonly [number, number]): readonly [number, number] => [
    Math.max(high, predicted) - Math.min(low, predicted),
    Math.abs((low + high) / 2 - predicted),
  ];
  for (let first = 0; first + holds <= sorted.length; first++) {
    const found = [sorted[first] ?? predicted, sorted[first + holds - 1] ?? predicted] as const;
    const [width, distance] = rank(found);
    const [bestWidth, bestDistance] = rank(best);
    if (width < bestWidth || (width === bestWidth && distance < bestDistance)) best = found;
  }
  return [Math.min(best[0], predicted), Math.max(best[1], predicted)];
}

/**
 * How likely each range of the region that was plugged before stays, by the samples and the
 * predicted guest.
 */
export function stayChances(
  prediction: Pick<Prediction, "deviceBlockSize" | "pluggedBefore" | "pluggedAfter">,
  stayed: Uint16Array,
  samples: number,
): StayChance[] {
  return joinChances(prediction, (block) => {
    const staysAsPredicted = prediction.pluggedAfter[block] === "1" ? 1 : 0;
    return ((stayed[block] ?? 0) + staysAsPredicted) / (samples + 1);
  });
}
