import type { Prediction } from "../predict/prediction.js";
import {
  obstacleReason,
  REASON_GROUPS,
  type ObstacleReason,
  type ReasonGroup,
} from "../predict/obstacle-reason.js";

/** What becomes of a device block. */
export type Fate =
  | "unplugged" // neither before nor after
  | "given-back"
  | "unsure" // given back, but it may well stay
  | "added"
  | "stays" // plugged before and after, and nothing blocked there
  | ReasonGroup; // stays for this reason

/** All fates; a device block's fate is stored as an index into this. */
export const FATES: readonly Fate[] = [
  "unplugged",
  "given-back",
  "unsure",
  "added",
  "stays",
  ...REASON_GROUPS,
];

/** Whether a fate is a reason to stay. */
export function isReason(fate: Fate): fate is ReasonGroup {
  return FATES.indexOf(fate) > STAYS;
}

/** All reasons that hold something, the most memory first. */
export function reasonsBySize(tally: Tally): ReasonGroup[] {
  return REASON_GROUPS.filter((group) => sizeOf(tally, group) > 0).sort(
    (a, b) => sizeOf(tally, b) - sizeOf(tally, a),
  );
}

const UNPLUGGED = 0;
const GIVEN_BACK = 1;
const UNSURE = 2;
const ADDED = 3;
const STAYS = 4;
/** From this chance to stay on, memory that is given back is shown as unsure. */
const UNSURE_CHANCE = 0.1;

/** Bytes by fate, in the order of {@link FATES}. */
export type Tally = readonly number[];

/** One reason with all that it holds. */
export interface RankedReason extends ObstacleReason {
  /** Bytes that stay for it. */
  readonly size: number;
  /** Subblocks, counted as whole ones. */
  readonly subblocks: number;
}

/**
 * What becomes of a region, device block by device block, and why.
 *
 * The one reading of a {@link Prediction} that all reports share, so that their numbers agree. Each
 * byte counts once: where obstacles overlap the smaller one wins, and an obstacle counts only as
 * far as its memory is still plugged at the end.
 */
export class RegionMap {
  readonly deviceBlockSize: number;
  readonly regionSize: number;
  /** Reasons by the memory they hold, most first. */
  readonly reasons: readonly RankedReason[];
  /** Sums over the whole region. */
  readonly total: Tally;
  /** End of the highest byte plugged before or after, from the region start. */
  readonly usedEnd: number;
  readonly #fates: Uint8Array;

  constructor(prediction: Prediction) {
    this.deviceBlockSize = prediction.deviceBlockSize;
    this.regionSize = prediction.regionSize;
    this.#fates = fatesFromBitmaps(prediction);
    this.reasons = paintObstacles(this.#fates, prediction);
    this.total = this.tally(0, this.regionSize);
    this.usedEnd =
      (this.#fates.findLastIndex((fate) => fate !== UNPLUGGED) + 1) * this.deviceBlockSize;
  }

  /** Of each device block an index into {@link FATES}. */
  fates(): Uint8Array {
    return this.#fates.slice();
  }

  /**
   * Bytes by fate between two offsets from the region start; parts outside the region are left out.
   */
  tally(start: number, end: number): number[] {
    const sizes = new Array<number>(FATES.length).fill(0);
    const from = Math.max(start, 0);
    const to = Math.min(end, this.regionSize);
    const blockSize = this.deviceBlockSize;
    if (from >= to) return sizes;
    const first = Math.floor(from / blockSize);
    const last = Math.ceil(to / blockSize) - 1;
    for (let i = first; i <= last; i++) {
      const fate = this.#fates[i] ?? UNPLUGGED;
      sizes[fate] = (sizes[fate] ?? 0) + blockSize;
    }
    // Ranges smaller than a device block, or across its border, take their part of it.
    trim(sizes, this.#fates[first], from - first * blockSize);
    trim(sizes, this.#fates[last], (last + 1) * blockSize - to);
    return sizes;
  }
}

function trim(sizes: number[], fate: number | undefined, excess: number): void {
  if (fate !== undefined && excess > 0) sizes[fate] = (sizes[fate] ?? 0) - excess;
}

/** Bytes of one fate in a tally. */
export function sizeOf(tally: Tally, fate: Fate): number {
  return tally[FATES.indexOf(fate)] ?? 0;
}

/** Bytes that stay for a reason. */
export function heldSize(tally: Tally): number {
  let size = 0;
  for (let fate = STAYS + 1; fate < FATES.length; fate++) size += tally[fate] ?? 0;
  return size;
}

/** Bytes plugged at the end. */
export function pluggedSize(tally: Tally): number {
  return heldSize(tally) + (tally[STAYS] ?? 0) + (tally[ADDED] ?? 0);
}

/**
 * The one fate that stands for a range: the reason that holds most of it if any does, else what
 * most of it is. A single refusing subblock is never hidden behind the many that went.
 */
export function leadingFate(tally: Tally): Fate {
  let lead = heldSize(tally) > 0 ? STAYS + 1 : UNPLUGGED;
  for (let fate = lead + 1; fate < FATES.length; fate++) {
    if ((tally[fate] ?? 0) > (tally[lead] ?? 0)) lead = fate;
  }
  return FATES[lead] ?? "unplugged";
}

function fatesFromBitmaps(prediction: Prediction): Uint8Array {
  const { pluggedBefore, pluggedAfter } = prediction;
  const fates = new Uint8Array(Math.ceil(prediction.regionSize / prediction.deviceBlockSize));
  const one = "1".charCodeAt(0);
  for (let i = 0; i < fates.length; i++) {
    const before = pluggedBefore.charCodeAt(i) === one;
    const after = pluggedAfter.charCodeAt(i) === one;
    fates[i] = before ? (after ? STAYS : GIVEN_BACK) : after ? ADDED : UNPLUGGED;
  }
  for (const { offset, size, probability } of prediction.stays) {
    if (probability < UNSURE_CHANCE) continue;
    const first = offset / prediction.deviceBlockSize;
    for (let i = first; i < first + size / prediction.deviceBlockSize; i++) {
      if (fates[i] === GIVEN_BACK) fates[i] = UNSURE;
    }
  }
  return fates;
}

function paintObstacles(fates: Uint8Array, prediction: Prediction): RankedReason[] {
  const { deviceBlockSize, subblockSize } = prediction;
  const found = new Map<string, { reason: ObstacleReason; size: number; subblocks: number }>();
  const smallestFirst = [...prediction.obstacles].sort(
    (a, b) => a.size - b.size || a.offset - b.offset,
  );
  for (const obstacle of smallestFirst) {
    const reason = obstacleReason(obstacle);
    const fate = FATES.indexOf(reason.group);
    const end = Math.ceil((obstacle.offset + obstacle.size) / deviceBlockSize);
    let painted = 0;
    for (let i = Math.floor(obstacle.offset / deviceBlockSize); i < end; i++) {
      if (fates[i] !== STAYS) continue;
      fates[i] = fate;
      painted++;
    }
    if (painted === 0) continue;
    const entry = found.get(reason.heldBy) ?? { reason, size: 0, subblocks: 0 };
    entry.size += painted * deviceBlockSize;
    entry.subblocks += Math.ceil((painted * deviceBlockSize) / subblockSize);
    found.set(reason.heldBy, entry);
  }
  const rank = (group: ReasonGroup) => REASON_GROUPS.indexOf(group);
  return [...found.values()]
    .map(({ reason, size, subblocks }) => ({ ...reason, size, subblocks }))
    .sort(
      (a, b) => b.size - a.size || rank(a.group) - rank(b.group) || (a.heldBy < b.heldBy ? -1 : 1),
    );
}
