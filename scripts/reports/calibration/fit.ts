import { profileOfRelease } from "../../../src/linux/kernel-release.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import type {
  Distributions,
  DoubtName,
  Evidence,
  TurnedShare,
} from "../../../src/predict/learned.js";
import type { ObservedGuest } from "./observed-guest.js";

/** What recordings of another kernel count for, against those of its own. */
const OTHER_KERNEL = 0.2;
/**
 * A kind that turned nowhere may still turn somewhere: part of a guest's worth of subblocks that
 * did.
 */
const PRIOR = { subblocks: 20, turned: 0.01 } as const;

const LOGITS = Array.from({ length: 66 }, (_, at) => -14 + at * 0.3);
const LIKENESSES = Array.from({ length: 19 }, (_, at) => Math.exp(-2 + at * 0.5));
/** Guests differ: before anything is seen, a + b is about this, give or take a factor. */
const LIKENESS_GUESS = Math.log(8);
const LIKENESS_SPREAD = 1.5;

/** Likelihoods of every pair of mean and likeness, logarithms. */
type Table = Float64Array;

interface Group {
  readonly boot: string;
  readonly kernel: string;
  readonly subblocks: number;
  readonly turned: number;
  readonly table: Table;
}

/**
 * The recordings' outcomes by kind, ready to be fitted again and again with another boot left out.
 */
export class Fitter {
  readonly #guests: readonly ObservedGuest[];
  readonly #groups = new Map<string, Group[]>();
  readonly #prior: Table;

  constructor(guests: readonly ObservedGuest[]) {
    this.#guests = guests;
    this.#prior = tableOf(PRIOR.subblocks, PRIOR.turned);
    for (const { boot, kernel, evidence, outcomes } of guests) {
      for (const { kind, subblocks, turned } of outcomes) {
        const key = `${evidence} ${kind}`;
        const group = { boot, kernel, subblocks, turned, table: tableOf(subblocks, turned) };
        this.#groups.set(key, [...(this.#groups.get(key) ?? []), group]);
      }
    }
  }

  /** @param leftOut - a boot, `kernel boot`, that nothing is learned from. */
  fit(kernels: readonly string[], leftOut?: string): Distributions {
    const isIn = ({ kernel, boot }: { kernel: string; boot: string }): boolean =>
      `${kernel} ${boot}` !== leftOut;
    const guests = this.#guests.filter(isIn);
    const shares: TurnedShare[] = [];
    for (const [key, all] of this.#groups) {
      const [evidence, kind] = key.split(" ") as [Evidence, DoubtName];
      const groups = all.filter(isIn);
      if (groups.length === 0) continue;
      for (const kernel of ["any", ...kernels]) {
        const own = groups.filter((group) => kernel === "any" || group.kernel === kernel);
        if (own.length === 0) continue;
        const told = groups.filter((group) => own.includes(group) || tellsOf(kind, kernel, group));
        shares.push({ evidence, kind, kernel, ...this.#share(told, own) });
      }
    }
    const recordings: Record<string, string[]> = {};
    for (const { kernel, boot } of guests) {
      const names = (recordings[kernel] ??= []);
      if (!names.includes(boot)) names.push(boot);
    }
    return {
      recordings,
      shares,
      shortage: (["flags", "references"] as const).map((evidence) => shortageOf(guests, evidence)),
      guests: guests
        .filter(({ evidence }) => evidence === "flags")
        .map(({ kernel, pageShares }) => ({ kernel, shares: pageShares })),
    };
  }

  #share(
    all: readonly Group[],
    own: readonly Group[],
  ): Omit<TurnedShare, "evidence" | "kind" | "kernel"> {
    const sums = Float64Array.from(this.#prior);
    for (const group of all) {
      const weight = own.includes(group) ? 1 : OTHER_KERNEL;
      for (let at = 0; at < sums.length; at++) {
        sums[at] = (sums[at] ?? 0) + weight * (group.table[at] ?? 0);
      }
    }
    return {
      guests: own.length,
      subblocks: own.reduce((sum, group) => sum + group.subblocks, 0),
      turned: own.reduce((sum, group) => sum + group.turned, 0),
      ...expected(sums),
    };
  }
}

/**
 * Does a recording of another kernel tell anything of this one? Not of clean metadata, where the
 * journal of only one of them keeps it.
 */
function tellsOf(kind: DoubtName, kernel: string, { kernel: other }: Group): boolean {
  if (!kind.startsWith("Buffer")) return true;
  return journalKeepsClean(kernel) === journalKeepsClean(other);
}

function journalKeepsClean(kernel: string): boolean {
  const known = profileOfRelease(kernel);
  return known === undefined || linuxProfile(known.profile).mm.journalKeepsClean;
}

/** Posterior means of the share and of how much guests differ in it. */
function expected(sums: Float64Array): { mean: number; likeness: number } {
  let most = -Infinity;
  for (const value of sums) most = Math.max(most, value);
  let [total, mean, differ] = [0, 0, 0];
  for (const [row, logit] of LOGITS.entries()) {
    for (const [column, likeness] of LIKENESSES.entries()) {
      const off = (Math.log(likeness) - LIKENESS_GUESS) / LIKENESS_SPREAD;
      const log = (sums[row * LIKENESSES.length + column] ?? 0) - most - (off * off) / 2;
      const weight = Math.exp(log);
      total += weight;
      mean += weight / (1 + Math.exp(-logit));
      differ += weight / (likeness + 1);
    }
  }
  return { mean: rounded(mean / total), likeness: rounded(total / differ - 1) };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/** Logarithm of the beta-binomial likelihood at every pair. */
function tableOf(subblocks: number, turned: number): Table {
  const table = new Float64Array(LOGITS.length * LIKENESSES.length);
  for (const [row, logit] of LOGITS.entries()) {
    const mean = 1 / (1 + Math.exp(-logit));
    for (const [column, likeness] of LIKENESSES.entries()) {
      const [a, b] = [mean * likeness, (1 - mean) * likeness];
      table[row * LIKENESSES.length + column] =
        logBeta(turned + a, subblocks - turned + b) - logBeta(a, b);
    }
  }
  return table;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series, from 7 on; below by recurrence. */
function logGamma(x: number): number {
  let shift = 0;
  while (x < 7) shift -= Math.log(x++);
  const inverse = 1 / x;
  const series = inverse * (1 / 12 - inverse * inverse * (1 / 360 - (inverse * inverse) / 1260));
  return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series;
}

const SHORTAGE_QUANTILES = 10;

function shortageOf(
  all: readonly ObservedGuest[],
  evidence: Evidence,
): Distributions["shortage"][number] {
  const errors = all
    .filter((guest) => guest.evidence === evidence)
    .flatMap(({ shortageError }) => shortageError ?? [])
    .sort((a, b) => a - b);
  const quantiles = Array.from({ length: SHORTAGE_QUANTILES }, (_, at) => {
    const place = ((at + 0.5) / SHORTAGE_QUANTILES) * errors.length - 0.5;
    const low = Math.min(Math.max(Math.floor(place), 0), errors.length - 1);
    const high = Math.min(low + 1, errors.length - 1);
    const part = Math.min(Math.max(place - low, 0), 1);
    return rounded((errors[low] ?? 0) * (1 - part) + (errors[high] ?? 0) * part);
  });
  return { evidence, guests: errors.length, quantiles };
}
