import type { DeviceFlavour } from "../virtio-mem/device/flavour.js";
import { answerDifference, describeRequest, expectedAnswer } from "./answer-difference.js";
import { DeviceFailure } from "./device-failure.js";
import type { DevicePort } from "./device-port.js";
import { CASE_ADDR, DIRECTED_CASES, type VectorCase, type VectorLine } from "./directed-cases.js";
import { OwnDevicePort } from "./own-device-port.js";
import { StepPlayer } from "./play-step.js";
import { randomCase } from "./random-case.js";
import type { Reason } from "./reason.js";
import { ReferenceDevice } from "./reference-device.js";
import { parseRequestLine, requestLines, type Answered } from "./request-line.js";
import { optionError, visibleText } from "../input-error.js";

/** Which cases are made. */
export interface VectorOptions {
  /** Whose answers are expected. */
  readonly flavour: DeviceFlavour;
  /** Random steps after the directed cases, in cases of 1000. Default: 0. */
  readonly random?: number;
  /** Seed of the first random case; the next ones count on. Default: 1. */
  readonly seed?: number;
}

const VERSION = 1;
const STEPS_PER_RANDOM_CASE = 1000;

/**
 * The lines of a vector file: what to ask, and what a device of the flavour answers.
 *
 * @param options - Whose answers are expected, and how many random cases.
 *
 * @example
 * ```js
 * import { deviceFlavour, vectorLines } from "virtio-mem-engine/device";
 *
 * for await (const line of vectorLines({ flavour: deviceFlavour("qemu"), random: 1000 })) {
 *   console.log(line);
 * }
 * ```
 */
export async function* vectorLines(options: VectorOptions): AsyncGenerator<string> {
  const { flavour, random = 0, seed = 1 } = options;
  yield JSON.stringify({ req: "vectors", version: VERSION, flavour: flavour.name });
  for (const directed of DIRECTED_CASES) yield* linesOf(flavour, directed);
  for (let done = 0; done < random; done += STEPS_PER_RANDOM_CASE) {
    const count = Math.min(STEPS_PER_RANDOM_CASE, random - done);
    yield* linesOf(flavour, randomCase(seed + done / STEPS_PER_RANDOM_CASE, count));
  }
}

/** The lines of one case; none where the flavour has no device of its geometry. */
async function* linesOf(flavour: DeviceFlavour, vectorCase: VectorCase): AsyncGenerator<string> {
  const { name, regionSize, blockSize, steps } = vectorCase;
  const geometry = {
    addr: BigInt(CASE_ADDR),
    regionSize: BigInt(regionSize),
    blockSize: BigInt(blockSize),
  };
  let port: OwnDevicePort;
  try {
    port = new OwnDevicePort(flavour, geometry);
  } catch {
    return;
  }
  const device: VectorLine = {
    req: "device",
    case: name,
    addr: CASE_ADDR,
    region_size: regionSize,
    block_size: blockSize,
  };
  const player = new StepPlayer(port);
  yield await answeredLine(player, device);
  for (const line of steps(() => port.device)) yield await answeredLine(player, line);
}

async function answeredLine(player: StepPlayer, line: VectorLine): Promise<string> {
  const { step } = parseRequestLine(JSON.stringify(line), 0);
  return JSON.stringify({ ...line, ...(await player.play(step)) });
}

/** How one case of a vector file went. */
export interface CaseResult {
  /** Name of the case. */
  readonly name: string;
  /** Steps that were compared. */
  readonly steps: number;
  /** Steps that agreed. */
  readonly agreed: number;
  /** This case, or the rest of it, was left out; see {@link notAsked}. */
  readonly skipped: boolean;
  /**
   * It was left out because the device had failed in too many cases before, or cannot be restarted;
   * else because the device cannot do it.
   */
  readonly notAsked?: true;
  /** What differs; undefined where all answers are the same. */
  readonly difference?: Difference;
}

/** The first answer that differs. */
export interface Difference {
  /** Line of the vector file. */
  readonly line: number;
  /** The request, in words. */
  readonly request: string;
  /** What of the answer differs. */
  readonly field: string;
  /** What the vector says. */
  readonly expected: string;
  /** What the device answered. */
  readonly got: string;
  /** Why the vector says so; undefined where its flavour is not modelled, or answers otherwise. */
  readonly reason?: Reason;
}

/** How vectors are checked. */
export interface CheckOptions {
  /**
   * Makes a new device under test after one that gave no answer; without, nothing is asked any
   * more.
   */
  readonly restart?: () => Promise<void>;
  /** Names of the cases to play. Default: all. */
  readonly cases?: readonly string[];
}

/** A device that fails in so many cases running is asked no more. */
const MOST_FAILURES = 5;

/**
 * Plays a vector file to a device and compares. A case ends at its first difference, because what
 * follows builds on it. A device that fails to answer is restarted for the next case.
 *
 * @param port - The device under test.
 * @param text - Lines of a vector file, as {@link vectorLines} makes them.
 * @param options - Which cases, and how a device that stops answering is started again.
 * @throws RangeError if the text is no vector file.
 *
 * @example
 * ```js
 * import {
 *   checkVectors,
 *   deviceFlavour,
 *   OwnDevicePort,
 *   vectorLines,
 * } from "virtio-mem-engine/device";
 *
 * const lines = [];
 * for await (const line of vectorLines({ flavour: deviceFlavour("qemu") })) lines.push(line);
 * // a device of another flavour under test
 * const geometry = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };
 * const port = new OwnDevicePort(deviceFlavour("firecracker"), geometry);
 * for await (const { name, difference } of checkVectors(lines.join("\n"), port)) {
 *   if (difference !== undefined) console.log(`${name}: ${difference.field}`);
 * }
 * ```
 */
export async function* checkVectors(
  text: string,
  port: DevicePort,
  { restart, cases }: CheckOptions = {},
): AsyncGenerator<CaseResult> {
  let current: Running | undefined;
  let failures = 0;
  let flavour = "";
  const player = new StepPlayer(port);
  for (const { line, step, expected } of requestLines(text)) {
    if (step.kind === "vectors") {
      ({ flavour } = step);
      continue;
    }
    if (step.kind === "device") {
      if (current !== undefined) {
        if (current.failed !== true && current.agreed > 0) failures = 0;
        if (!current.isLeftOut) yield resultOf(current);
      }
      const isLeftOut = cases !== undefined && !cases.includes(step.name);
      if (current?.failed === true && restart === undefined) failures = MOST_FAILURES;
      const isGivenUp = failures >= MOST_FAILURES;
      const skipped = isLeftOut || isGivenUp;
      const { needsRestart = false }: Partial<Running> = current ?? {};
      const reference = skipped ? undefined : ReferenceDevice.create(flavour, step.geometry);
      const counts = { steps: 0, agreed: 0 };
      const state = { skipped, isLeftOut, isGivenUp, needsRestart };
      current = { name: step.name, ...counts, ...state, reference };
    }
    if (current === undefined) {
      throw optionError(`line ${line}: a vector file must begin with a device, got none`);
    }
    if (current.skipped || current.difference !== undefined) continue;
    const reasonOf = await current.reference?.play(step, expected);
    let answered: Answered | undefined;
    try {
      if (current.needsRestart) await restart?.();
      current.needsRestart = false;
      answered = await player.play(step);
    } catch (error) {
      if (!(error instanceof DeviceFailure) && !(error instanceof RangeError)) throw error;
      const got = visibleText(error.message);
      const wanted = { field: "answer", expected: expectedAnswer(expected), got };
      current.difference = differenceOf(line, expected, wanted, reasonOf);
      current.steps++;
      current.failed = true;
      current.needsRestart = true;
      failures++;
      continue;
    }
    if (answered === undefined) {
      current.skipped = true;
      continue;
    }
    current.steps++;
    const different = answerDifference(expected, answered);
    if (different === undefined) current.agreed++;
    else current.difference = differenceOf(line, expected, different, reasonOf);
  }
  if (current?.isLeftOut === false) yield resultOf(current);
}

function differenceOf(
  line: number,
  asked: Readonly<Record<string, unknown>>,
  different: Pick<Difference, "field" | "expected" | "got">,
  reasonOf: ((field: string) => Reason | undefined) | undefined,
): Difference {
  const reason = reasonOf?.(different.field);
  const request = describeRequest(asked);
  return { line, request, ...different, ...(reason === undefined ? {} : { reason }) };
}

interface Running {
  readonly name: string;
  steps: number;
  agreed: number;
  skipped: boolean;
  difference?: Difference;
  /** Not one of the cases that were asked for. */
  readonly isLeftOut: boolean;
  readonly isGivenUp: boolean;
  /** The device gave no answer. */
  failed?: boolean;
  needsRestart: boolean;
  readonly reference: ReferenceDevice | undefined;
}

function resultOf({ name, steps, agreed, skipped, isGivenUp, difference }: Running): CaseResult {
  return {
    name,
    steps,
    agreed,
    skipped,
    ...(isGivenUp ? { notAsked: true } : {}),
    ...(difference === undefined ? {} : { difference }),
  };
}
