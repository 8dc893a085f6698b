// One opened capture: its guests, as they are asked for.

import {
  compareOnCapture,
  Guest,
  TimeTravel,
  InputError,
  predict,
  type Capture,
  type CapturedGuestOptions,
  type FollowOptions,
  type PredictOptions,
  type WhatIf,
} from "../../../src/index.js";
import { Relief } from "../../../src/core/abi.js";
import { DROPPED_SLAB_PERCENT } from "../../../src/guest/policy-tools.js";
import { beginPrediction } from "../../../src/predict/predict.js";
import { reclaimableShare, WHAT_IF_NAMES } from "../../../src/predict/what-if.js";
import { answerOf, type Looks } from "./answer.js";
import { comparisonAnswer } from "./comparison.js";
import { lookAt, Recorder, regionOfDevice, zoneNamesOf } from "./recorder.js";
import { LiveFates } from "./live-fates.js";
import type {
  Answer,
  Asked,
  ComparisonAnswer,
  LiveFrame,
  MomentLook,
  OpenedDevice,
  QuickAnswer,
  Region,
  When,
} from "./protocol.js";

/** What can be done on the spot, and in which order that helps most. */
const SPOT: readonly (readonly [WhatIf, (guest: Guest, slabShare: number) => void])[] = [
  ["no-balloon", ({ pages }) => void pages.relieve(Relief.Balloon)],
  ["no-hugepages", ({ pages }) => void pages.relieve(Relief.HugePages)],
  ["no-pins", ({ pages }) => void pages.relieve(Relief.Pins)],
  ["sync", ({ pages }) => void pages.relieve(Relief.WriteBack)],
  ["drop-caches", ({ pages }) => void pages.dropFileCache()],
  [
    "drop-slab",
    ({ pages }, share) => {
      pages.seedRandom(1);
      pages.dropSlab(DROPPED_SLAB_PERCENT, share);
    },
  ],
];

/** A guest as it was captured, ready to begin again. */
interface Kept {
  readonly device: number;
  readonly profile: string;
  readonly snapshot: ArrayBuffer;
}

export class CaptureSession {
  readonly captures: readonly Capture[];
  #kept: Kept | undefined;
  /** The run of the last quick answer, any moment of it. */
  #run: { readonly travel: TimeTravel; readonly after: Guest; readonly region: Region } | undefined;

  constructor(captures: readonly Capture[]) {
    this.captures = captures;
  }

  devices(): OpenedDevice[] {
    return this.captures.map(({ device }, index) => ({
      name: device.name ?? `device ${index}`,
      regionSize: device.regionSize,
      blockSize: device.blockSize,
    }));
  }

  /** The run alone, without samples. */
  async quick(asked: Asked, follow: QuickFollow): Promise<QuickAnswer> {
    const { requestedSize, policy, done } = asked;
    const { signal, onProgress } = follow;
    const guest = await this.#begin(asked, { signal, onProgress }, policyOf(policy));
    const share = reclaimableShare(this.#capture(asked).vmstat);
    for (const [name, relief] of SPOT) if (done.includes(name)) relief(guest, share);
    this.#run = undefined;
    const start = guest.snapshot();
    const region = regionOfDevice(guest, 0);
    const recorder = new Recorder(guest, 0);
    const before = lookAt(guest, region, "classes");
    const zones = lookAt(guest, region, "zones");
    const zoneNames = zoneNamesOf(guest);
    const end = beginPrediction(guest, requestedSize);
    await requestLive(guest, requestedSize, region, follow);
    const prediction = end();
    recorder.end();
    const looks: Looks = { before, zones, zoneNames, after: lookAt(guest, region, "classes") };
    const travel = await TimeTravel.begin(start, { bytes: requestedSize }, policyOf(policy));
    this.#run = { travel, after: guest, region };
    const { name } = this.#capture(asked).device;
    const named = { ...prediction, device: name ?? null };
    return { answer: answerOf(named, looks), timeline: recorder.timeline() };
  }

  /** With samples, and what each thing that could be done brings. */
  async full(asked: Asked, follow: FollowOptions): Promise<Answer> {
    const { requestedSize } = asked;
    const options = { ...optionsOf(asked), ...policyOf(asked.policy), ...follow, requestedSize };
    const all: PredictOptions = { ...options, whatIf: WHAT_IF_NAMES };
    return answerOf(await predict(this.#capture(asked), all));
  }

  async pages(when: When, firstPfn: number, count: number): Promise<Uint8Array> {
    const { travel, after } = this.#runNow();
    const guest = await guestAt(travel, after, when);
    const states = new Uint8Array(count);
    guest.pages.look.pages(firstPfn, states);
    return states;
  }

  async moment(entry: number, signal: AbortSignal): Promise<MomentLook> {
    const { travel, region } = this.#runNow();
    const guest = await travel.toEntry(entry, { signal });
    return { look: lookAt(guest, region, "classes"), zones: lookAt(guest, region, "zones") };
  }

  #runNow() {
    if (this.#run === undefined) {
      throw new InputError("pages must be asked of a guest that has run");
    }
    return this.#run;
  }

  async compare(
    asked: Asked,
    policies: readonly string[],
    profiles: readonly string[],
    follow: FollowOptions & { stop?: AbortSignal | undefined },
  ): Promise<ComparisonAnswer> {
    const { requestedSize } = asked;
    const comparison = await compareOnCapture(this.#capture(asked), policies, {
      ...follow,
      requestedSize,
      ...(profiles.length === 0 ? optionsOf(asked) : { profiles: profiles as never }),
    });
    return comparisonAnswer(comparison);
  }

  async #begin(
    asked: Pick<Asked, "device" | "profile">,
    follow: FollowOptions,
    policy: Pick<CapturedGuestOptions, "policy"> = {},
  ): Promise<Guest> {
    const { device, profile } = asked;
    if (this.#kept?.device !== device || this.#kept.profile !== profile) {
      const guest = await Guest.fromCapture(this.#capture(asked), {
        ...optionsOf(asked),
        ...follow,
      });
      this.#kept = { device, profile, snapshot: guest.snapshot() };
    }
    return Guest.restore(this.#kept.snapshot, policy);
  }

  #capture({ device }: Pick<Asked, "device">): Capture {
    const capture = this.captures[device];
    if (capture === undefined)
      throw new InputError(`device must be one of the capture, got ${device}`);
    return capture;
  }
}

function guestAt(travel: TimeTravel, after: Guest, when: When): Guest | Promise<Guest> {
  if (when === "after") return after;
  return when === "before" ? travel.toStart() : travel.toEntry(when);
}

/** How a quick answer is followed. */
interface QuickFollow extends FollowOptions {
  readonly onFrame: (frame: LiveFrame) => void;
  /** Milliseconds between two frames of a run that takes long. Default: 40. */
  readonly frameMs?: number;
}

/** Requests a size in slices, and shows how far it is; who stops it gets no answer. */
async function requestLive(
  guest: Guest,
  bytes: number,
  region: Region,
  { signal, onFrame, onProgress, frameMs = 40 }: QuickFollow,
): Promise<void> {
  const live = new LiveFates(guest, region);
  let shown = performance.now();
  const request = guest.requestSizeInSlices(bytes, { signal, sliceMs: frameMs });
  try {
    for (const progress of request) {
      if (performance.now() - shown < frameMs) continue;
      shown = performance.now();
      onProgress?.(progress);
      onFrame(live.frame());
      // in the pause the worker hears that it is to stop
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  } finally {
    live.end();
  }
}

function optionsOf({ profile }: Pick<Asked, "profile">): Pick<CapturedGuestOptions, "profile"> {
  return { profile: profile as NonNullable<CapturedGuestOptions["profile"]> };
}

/** `linux` alone is what the version does. */
function policyOf(policy: string): Pick<CapturedGuestOptions, "policy"> {
  return policy === "" || policy === "linux" ? {} : { policy };
}
