import type { Capture } from "../capture/capture.js";
import type { CaptureFiles } from "../capture/capture-files.js";
import { readCapture } from "../capture/read-capture.js";
import { Guest, type CapturedGuestOptions } from "../guest/guest.js";
import { predictLoaded, predictOn } from "../predict/predict.js";
import type { SamplingOptions } from "../predict/sampling.js";
import type { DeviceRequest, Prediction } from "../predict/prediction.js";
import { isAlike, type CheckResult, type ComparedAspect } from "./check-result.js";
import { whyBlock, whyMemoryBlock, whyRequest, whyRetry } from "./guest-reason.js";
import { decidedPart, type GuestObservation } from "./guest-recording.js";
import { playHost } from "./guest-replay.js";

export interface CheckGuestOptions extends CapturedGuestOptions {
  /** Leave out what only recordings have: references of pages, and where memmaps lie. */
  readonly flagsOnly?: boolean;
}

/** A recorded request and what the model makes of the same guest. */
export interface ReplayedObservation {
  readonly observation: GuestObservation;
  readonly guest: Guest;
  readonly prediction: Prediction;
  /** Waits before the retries, in milliseconds. */
  readonly waitsMs: readonly number[];
}

/**
 * A guest's clock reads this much later than the timer was set for at most: it has other work, too.
 */
const RETRY_SLACK_MS = 250;

/**
 * Rebuilds a recorded guest as it was before the request and lets the same happen to it.
 *
 * @throws CaptureError if what was recorded of the guest cannot be used.
 */
export async function replayObservation(
  files: CaptureFiles,
  observation: GuestObservation,
  options: CheckGuestOptions = {},
): Promise<ReplayedObservation> {
  const capture = await captureOf(files, observation, options);
  const guest = await Guest.fromCapture(capture, options);
  let waitsMs: number[] = [];
  const prediction = predictOn(guest, observation.requestedSize, () => {
    waitsMs = playHost(guest, observation);
  });
  return { observation, guest, prediction, waitsMs };
}

/**
 * Predicts what a recorded guest does, with an interval.
 *
 * @throws as {@link replayObservation}.
 */
export async function predictObservation(
  files: CaptureFiles,
  observation: GuestObservation,
  options: CheckGuestOptions & SamplingOptions = {},
): Promise<Prediction> {
  const loaded = await Guest.load(await captureOf(files, observation, options), options);
  return predictLoaded(loaded, observation.requestedSize, options, (guest) => {
    playHost(guest, observation);
  });
}

/** The guest as it was before the request. */
export async function captureOf(
  files: CaptureFiles,
  { folder }: GuestObservation,
  { flagsOnly }: CheckGuestOptions = {},
): Promise<Capture> {
  const capture = await readCapture(files, { folder });
  return flagsOnly === true
    ? { ...capture, pageState: undefined, structPages: undefined, memmaps: undefined }
    : capture;
}

/** Compares everything that the recording decides. */
export function compareObservation(recording: string, replayed: ReplayedObservation): CheckResult {
  const { observation, guest, prediction } = replayed;
  const isDecided = observation.passes.every((pass) => pass.isDecided);
  const compared = [
    compareRequests(replayed),
    ...(isDecided ? [compareBlocks(replayed), ...compareMemoryBlocks(replayed)] : []),
    compareRetries(replayed),
  ];
  const size = (map: string): number =>
    map.replaceAll("0", "").length * observation.deviceBlockSize;
  const agrees = compared.every(({ aspect }) => isAlike(aspect));
  return {
    kind: "guest",
    recording,
    observation: observation.name,
    model: guest.profile.name,
    agrees,
    aspects: compared.map(({ aspect }) => aspect),
    difference: compared.find(({ difference }) => difference !== undefined)?.difference ?? null,
    sizes: {
      requested: observation.requestedSize,
      before: size(observation.pluggedBefore),
      recorded: size(decidedPart(observation).pluggedAfter),
      model: prediction.pluggedSizeAfter,
    },
    notes: [...(isDecided ? [] : [NOT_REPLAYED]), ...(observation.memoryBlocks ? [] : [BY_HAND])],
  };
}

const NOT_REPLAYED = "actions inside the guest are not replayed: compared up to the first one only";
const BY_HAND =
  "user space brought memory online by a command that is not replayed: memory blocks are not compared";

interface Compared {
  readonly aspect: ComparedAspect;
  readonly difference: CheckResult["difference"] | undefined;
}

/** Requests of the passes that are decided, in order. */
export function decidedRequests(observation: GuestObservation): DeviceRequest[] {
  return decidedPart(observation).passes.flatMap(({ requests }) => requests);
}

function compareRequests(replayed: ReplayedObservation): Compared {
  const { observation, guest } = replayed;
  const recorded = decidedRequests(observation);
  const model = modelRequests(replayed);
  const same = commonPrefix(recorded, model);
  const [theirs, ours] = [recorded[same], model[same]];
  const aspect = {
    name: "requests" as const,
    same,
    recorded: recorded.length,
    model: model.length,
  };
  if (theirs === undefined && ours === undefined) return { aspect, difference: undefined };
  return {
    aspect,
    difference: {
      at: `request ${same + 1}`,
      recorded: requestText(theirs),
      model: requestText(ours),
      ...whyRequest(guest, observation, theirs, ours),
    },
  };
}

/** The model's requests, as far as the recording decides what comes. */
function modelRequests({ observation, guest }: ReplayedObservation): DeviceRequest[] {
  const undecided = observation.passes.findIndex(({ isDecided }) => !isDecided);
  const requests: DeviceRequest[] = [];
  let nrRetries = 0;
  for (const entry of guest.log.entries) {
    if (entry.type === "run-start" && entry.trigger === "retry-timer") nrRetries++;
    if (undecided >= 0 && nrRetries >= undecided) break;
    if (entry.type !== "request") continue;
    const { request: type, offset, nbBlocks, response } = entry;
    requests.push({ type, offset, nbBlocks, response });
  }
  return requests;
}

function compareBlocks({ observation, guest, prediction }: ReplayedObservation): Compared {
  const { pluggedAfter: recorded } = observation;
  const { pluggedAfter: model } = prediction;
  const all = Math.max(recorded.length, model.length);
  let same = 0;
  let first: number | undefined;
  for (let block = 0; block < all; block++) {
    if (recorded[block] === model[block]) same++;
    else first ??= block;
  }
  const aspect = {
    name: "device-blocks" as const,
    same,
    recorded: recorded.length,
    model: model.length,
  };
  if (first === undefined) return { aspect, difference: undefined };
  const word = (bit: string | undefined): string => (bit === "1" ? "plugged" : "unplugged");
  return {
    aspect,
    difference: {
      at: `device block ${first}`,
      recorded: word(recorded[first]),
      model: word(model[first]),
      ...whyBlock(guest, observation, first),
    },
  };
}

function compareMemoryBlocks({ observation, guest }: ReplayedObservation): Compared[] {
  const { memoryBlocks } = observation;
  if (memoryBlocks === undefined) return [];
  const recorded = new Map(memoryBlocks.map(({ id, state, zone }) => [id, zone ?? state]));
  const model = new Map<number, string>();
  for (const { id } of guest.driver.memoryBlocks()) {
    const info = guest.hotplug.memoryBlock(id);
    if (info !== undefined) model.set(id, info.zone ?? info.state);
  }
  const ids = [...new Set([...recorded.keys(), ...model.keys()])].sort((a, b) => a - b);
  const aspect = {
    name: "memory-blocks" as const,
    same: ids.filter((id) => recorded.get(id) === model.get(id)).length,
    recorded: recorded.size,
    model: model.size,
  };
  const first = ids.find((id) => recorded.get(id) !== model.get(id));
  if (first === undefined) return [{ aspect, difference: undefined }];
  const difference = {
    at: `memory block ${first}`,
    recorded: recorded.get(first) ?? "removed",
    model: model.get(first) ?? "removed",
    ...whyMemoryBlock(guest, observation, first),
  };
  return [{ aspect, difference }];
}

function compareRetries({ observation, guest, waitsMs }: ReplayedObservation): Compared {
  const recorded = observation.passes.map((pass) => pass.waitedMs).filter((wait) => wait > 0);
  let same = 0;
  while (same < recorded.length && same < waitsMs.length && isInTime(recorded, waitsMs, same)) {
    same++;
  }
  const aspect = {
    name: "retries" as const,
    same,
    recorded: recorded.length,
    model: waitsMs.length,
  };
  if (same === recorded.length && same === waitsMs.length) return { aspect, difference: undefined };
  const text = (wait: number | undefined): string =>
    wait === undefined ? "none" : `after ${(wait / 1000).toFixed(3)} s`;
  return {
    aspect,
    difference: {
      at: `retry ${same + 1}`,
      recorded: text(recorded[same]),
      model: text(waitsMs[same]),
      ...whyRetry(guest),
    },
  };
}

function isInTime(recorded: readonly number[], model: readonly number[], at: number): boolean {
  const late = (recorded[at] ?? NaN) - (model[at] ?? NaN);
  return Math.abs(late) <= RETRY_SLACK_MS;
}

/** How many requests two lists begin with alike. */
export function commonPrefix(a: readonly DeviceRequest[], b: readonly DeviceRequest[]): number {
  let at = 0;
  while (at < a.length && at < b.length && requestText(a[at]) === requestText(b[at])) at++;
  return at;
}

function requestText(request: DeviceRequest | undefined): string {
  if (request === undefined) return "none";
  const { type, offset, nbBlocks, response } = request;
  return `${type} of ${nbBlocks} device blocks from ${offset} on: ${response}`;
}
