import { Doubt } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import type { TurnedShare } from "./learned.js";
import type { StayChance } from "./prediction.js";
import type { RandomDraws } from "./random-draws.js";
import { joinChances, type PredictedRun } from "./stay-chances.js";
import { PAGE_SIZE } from "../units.js";

// Where a guest is too large to be drawn again and again: how many subblocks turn out otherwise,
// without asking what the driver would do about it.

/** Subblocks that the core tells about at once. */
const MOST_SUBBLOCKS = 2 ** 19;
const DRAWS = 400;
/** Up to here the number of rare events is drawn event by event. */
const FEW = 30;

/** What a capture leaves open. */
export interface OpenQuestions {
  /** The kind of doubt about each subblock of the region. */
  readonly doubts: Uint8Array;
  readonly shares: ReadonlyMap<Doubt, TurnedShare>;
  /** Expected number of pinned pages that look like others. */
  readonly hiddenPins: number;
}

/** Kinds of subblocks with pages of programs, which may be pinned without showing it. */
export const MAY_BE_PINNED: readonly Doubt[] = [
  Doubt.MovableZone,
  Doubt.Anon,
  Doubt.File,
  Doubt.Touched,
];

/**
 * The kind of doubt about each subblock of the region; ask before anything happens in the guest.
 */
export function doubtsOfRegion({ pages, device, driver }: Guest): Uint8Array {
  const { subblockSize } = driver.geometry;
  const doubts = new Uint8Array(Math.floor(device.regionSize / subblockSize));
  for (let first = 0; first < doubts.length; first += MOST_SUBBLOCKS) {
    const count = Math.min(MOST_SUBBLOCKS, doubts.length - first);
    const startPfn = (device.addr + first * subblockSize) / PAGE_SIZE;
    doubts.set(pages.doubtsBySubblock(startPfn, subblockSize / PAGE_SIZE, count), first);
  }
  return doubts;
}

/**
 * Bytes that remain plugged, drawn often: the predicted size, and what turns out otherwise by
 * chance.
 */
export function estimatedSizes(
  prediction: PredictedRun,
  { doubts, shares, hiddenPins }: OpenQuestions,
  draws: RandomDraws,
): number[] {
  const { pluggedSizeBefore, pluggedSizeAfter, requestedSize, subblockSize } = prediction;
  const counts = countedKinds(prediction, doubts);
  const mayBePinned = sumOf(counts, MAY_BE_PINNED);
  return Array.from({ length: DRAWS }, () => {
    let size = pluggedSizeAfter;
    if (mayBePinned > 0 && hiddenPins > 0) {
      const share = pinnedShare(draws.gamma(hiddenPins), mayBePinned);
      size += binomial(mayBePinned, share, draws) * subblockSize;
    }
    for (const [kind, count] of counts) {
      const share = shares.get(kind);
      if (share === undefined) continue;
      const { mean, likeness } = share;
      const turned = binomial(count, draws.beta(mean * likeness, (1 - mean) * likeness), draws);
      size += (countsAsStaying(kind) ? -turned : turned) * subblockSize;
    }
    return Math.min(pluggedSizeBefore, Math.max(requestedSize, size));
  });
}

/** How likely each subblock stays, by its kind alone. */
export function estimatedChances(
  prediction: PredictedRun,
  { doubts, shares, hiddenPins }: OpenQuestions,
): StayChance[] {
  const { deviceBlockSize, subblockSize, pluggedAfter } = prediction;
  const mayBePinned = sumOf(countedKinds(prediction, doubts), MAY_BE_PINNED);
  const pinned = pinnedShare(hiddenPins, Math.max(1, mayBePinned));
  return joinChances(prediction, (block) => {
    const kind = doubts[Math.floor((block * deviceBlockSize) / subblockSize)] as Doubt;
    const turned = shares.get(kind)?.mean ?? 0;
    const mean = MAY_BE_PINNED.includes(kind) ? 1 - (1 - turned) * (1 - pinned) : turned;
    const stays = pluggedAfter[block] === "1";
    if (kind !== Doubt.None && stays === countsAsStaying(kind)) return stays ? 1 - mean : mean;
    return stays ? 1 : 0;
  });
}

/** Share of `subblocks` that have one of `pins` pages at least, wherever these are. */
function pinnedShare(pins: number, subblocks: number): number {
  return 1 - Math.exp(-pins / subblocks);
}

function sumOf(counts: ReadonlyMap<Doubt, number>, kinds: readonly Doubt[]): number {
  return kinds.reduce<number>((sum, kind) => sum + (counts.get(kind) ?? 0), 0);
}

/** Subblocks by kind, of those that end as their kind says. */
function countedKinds(
  { pluggedBefore, pluggedAfter, deviceBlockSize, subblockSize }: PredictedRun,
  doubts: Uint8Array,
): Map<Doubt, number> {
  const counts = new Map<Doubt, number>();
  for (const [subblock, doubt] of doubts.entries()) {
    const block = Math.floor((subblock * subblockSize) / deviceBlockSize);
    const kind = doubt as Doubt;
    if (kind === Doubt.None || pluggedBefore[block] !== "1") continue;
    if ((pluggedAfter[block] === "1") !== countsAsStaying(kind)) continue;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function countsAsStaying(kind: Doubt): boolean {
  return kind >= Doubt.SlabIdle;
}

/** How many of `count` happen, each with this probability. */
function binomial(count: number, probability: number, draws: RandomDraws): number {
  const mean = count * probability;
  if (count <= FEW) {
    let happened = 0;
    for (let at = 0; at < count; at++) if (draws.uniform() < probability) happened++;
    return happened;
  }
  if (mean > FEW || count - mean < FEW) {
    const spread = Math.sqrt(mean * (1 - probability));
    return Math.min(count, Math.max(0, Math.round(mean + spread * draws.normal())));
  }
  // rare ones, by the time until the next
  let happened = -1;
  for (let time = 0; time < mean; time -= Math.log(draws.uniform())) happened++;
  return Math.min(count, Math.max(0, happened));
}
