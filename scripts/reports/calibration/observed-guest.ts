import { captureOf } from "../../../src/check/check-guest.js";
import { playHost } from "../../../src/check/guest-replay.js";
import { Doubt } from "../../../src/core/abi.js";
import { Guest } from "../../../src/guest/guest.js";
import { kernelSeries } from "../../../src/predict/doubt-shares.js";
import type { DoubtName, Evidence } from "../../../src/predict/learned.js";
import { sharesOfPages } from "../../../src/predict/page-shares.js";
import { MAY_BE_PINNED } from "../../../src/predict/estimated-sizes.js";
import { predictOn } from "../../../src/predict/predict.js";
import type { Prediction } from "../../../src/predict/prediction.js";
import type { RecordedRequest } from "../recordings.js";
import { PAGE_SIZE } from "../../../src/units.js";

/** What became of the subblocks of a kind in one recorded request. */
export interface KindOutcome {
  readonly kind: DoubtName;
  readonly subblocks: number;
  /** Those that turned out otherwise than the rules say. */
  readonly turned: number;
}

/** One recorded request, predicted by the rules alone. */
export interface ObservedGuest {
  readonly recorded: RecordedRequest;
  readonly boot: string;
  readonly kernel: string;
  readonly evidence: Evidence;
  readonly outcomes: readonly KindOutcome[];
  /**
   * Where memory ran out in the prediction: by how much of the plugged size the real one missed it.
   */
  readonly shortageError: number | undefined;
  readonly pageShares: readonly number[];
  readonly prediction: Prediction;
}

/** The kinds whose pageblocks count as staying. */
const FIRST_THAT_STAYS = Doubt.SlabIdle;
const NAMES = new Map<number, DoubtName>(
  Object.entries(Doubt).map(([name, kind]) => [kind, name as DoubtName]),
);

export async function observe(
  recorded: RecordedRequest,
  evidence: Evidence,
): Promise<ObservedGuest> {
  const { files, observation, name } = recorded;
  const capture = await captureOf(files, observation, { flagsOnly: evidence === "flags" });
  const guest = await Guest.fromCapture(capture, {});
  const pageShares = sharesOfPages(guest);
  const { subblockSize } = guest.driver.geometry;
  const { addr, regionSize } = guest.device;
  const doubts = guest.pages.doubtsBySubblock(
    addr / PAGE_SIZE,
    subblockSize / PAGE_SIZE,
    Math.floor(regionSize / subblockSize),
  );
  const prediction = predictOn(guest, observation.requestedSize, () => {
    playHost(guest, observation);
  });
  // what hidden pins hold tells nothing of how often the rules are wrong
  const hasHiddenPins = (guest.loaded?.hiddenPins ?? 0) > 0;
  const isTold = (kind: DoubtName): boolean =>
    !hasHiddenPins || !MAY_BE_PINNED.includes(Doubt[kind]);
  const isBig = guest.driver.geometry.bigBlockSize !== undefined;
  const ranShort = prediction.obstacles.some(({ stage }) => stage === "memory");
  const real = observation.pluggedAfter.replaceAll("0", "").length * observation.deviceBlockSize;
  return {
    recorded,
    boot: name.replace(/\/.*/, ""),
    kernel: kernelSeries(capture.kernelVersion) ?? "unknown",
    evidence,
    outcomes: isBig
      ? []
      : outcomesOf(recorded, prediction, doubts).filter(({ kind }) => isTold(kind)),
    shortageError: ranShort
      ? (real - prediction.pluggedSizeAfter) / prediction.pluggedSizeBefore
      : undefined,
    pageShares,
    prediction,
  };
}

/** Only subblocks that were tried, in reality and in the prediction, tell whether a rule holds. */
function outcomesOf(
  { observation }: RecordedRequest,
  prediction: Prediction,
  doubts: Uint8Array,
): KindOutcome[] {
  const { subblockSize } = prediction;
  const blocksEach = subblockSize / prediction.deviceBlockSize;
  const tried = triedInReality(observation, subblockSize);
  const predicted = triedByPrediction(prediction);
  const found = new Map<number, { subblocks: number; turned: number }>();
  for (const [subblock, doubt] of doubts.entries()) {
    if (doubt === Doubt.None || !tried.has(subblock) || !predicted.has(subblock)) continue;
    const stays = (map: string): boolean =>
      map.slice(subblock * blocksEach, (subblock + 1) * blocksEach).includes("1");
    const [real, model] = [stays(observation.pluggedAfter), stays(prediction.pluggedAfter)];
    // an idle slab goes or stays; all others do what their kind says unless something else
    // interferes
    if (doubt === Doubt.SlabIdle ? model : model !== doubt >= FIRST_THAT_STAYS) continue;
    const counts = found.get(doubt) ?? { subblocks: 0, turned: 0 };
    counts.subblocks++;
    if (real !== model) counts.turned++;
    found.set(doubt, counts);
  }
  return [...found].flatMap(([doubt, counts]) => {
    const kind = NAMES.get(doubt);
    return kind === undefined ? [] : [{ kind, ...counts }];
  });
}

function triedInReality(
  { passes, works, deviceBlockSize }: RecordedRequest["observation"],
  subblockSize: number,
): Set<number> {
  const tried = new Set<number>();
  for (const { type, offset, nbBlocks, response } of passes.flatMap(({ requests }) => requests)) {
    if (type === "UNPLUG" && response === "ACK") {
      addRange(tried, offset, nbBlocks * deviceBlockSize, subblockSize);
    }
  }
  for (const { offset, size, errno } of works) {
    // a larger range that failed says nothing of its parts
    if (errno !== 0 && size <= subblockSize) addRange(tried, offset, size, subblockSize);
  }
  return tried;
}

export function triedByPrediction(prediction: Prediction): Set<number> {
  const { requests, obstacles, deviceBlockSize, subblockSize } = prediction;
  const tried = new Set<number>();
  for (const { type, offset, nbBlocks, response } of requests) {
    if (type === "UNPLUG" && response === "ACK") {
      addRange(tried, offset, nbBlocks * deviceBlockSize, subblockSize);
    }
  }
  for (const { offset, size, stage } of obstacles) {
    if (size <= subblockSize && stage !== "memory") addRange(tried, offset, size, subblockSize);
  }
  return tried;
}

function addRange(into: Set<number>, offset: number, size: number, unit: number): void {
  const end = Math.ceil((offset + size) / unit);
  for (let at = Math.floor(offset / unit); at < end; at++) into.add(at);
}
