import type { DeviceFlavour } from "../virtio-mem/device/flavour.js";
import { answerDifference, describeRequest } from "./answer-difference.js";
import type { DevicePort } from "./device-port.js";
import { CASE_ADDR, DIRECTED_CASES, type VectorCase, type VectorLine } from "./directed-cases.js";
import { OwnDevicePort } from "./own-device-port.js";
import { playStep } from "./play-step.js";
import { randomCase } from "./random-case.js";
import { parseRequestLine, requestLines } from "./request-line.js";

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

/** The lines of a vector file: what to ask, and what a device of the flavour answers. */
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
  yield await answeredLine(port, device);
  for (const line of steps(() => port.device)) yield await answeredLine(port, line);
}

async function answeredLine(port: OwnDevicePort, line: VectorLine): Promise<string> {
  const { step } = parseRequestLine(JSON.stringify(line), 0);
  return JSON.stringify({ ...line, ...(await playStep(port, step)) });
}

/** How one case of a vector file went. */
export interface CaseResult {
  /** Name of the case. */
  readonly name: string;
  /** Steps that were compared. */
  readonly steps: number;
  /** Steps that agreed. */
  readonly agreed: number;
  /** The device cannot do this case, or not to its end: the rest of it was left out. */
  readonly skipped: boolean;
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
}

/**
 * Plays a vector file to a device and compares. A case ends at its first difference, because what
 * follows builds on it.
 *
 * @throws RangeError if the text is no vector file.
 */
export async function* checkVectors(text: string, port: DevicePort): AsyncGenerator<CaseResult> {
  let current: Running | undefined;
  for (const { line, step, expected } of requestLines(text)) {
    if (step.kind === "vectors") continue;
    if (step.kind === "device") {
      if (current !== undefined) yield resultOf(current);
      current = { name: step.name, steps: 0, agreed: 0, skipped: false };
    }
    if (current === undefined) {
      throw new RangeError(`line ${line}: a vector file must begin with a device, got none`);
    }
    if (current.skipped || current.difference !== undefined) continue;
    const answered = await playStep(port, step);
    if (answered === undefined) {
      current.skipped = true;
      continue;
    }
    current.steps++;
    const different = answerDifference(expected, answered);
    if (different === undefined) current.agreed++;
    else current.difference = { line, request: describeRequest(expected), ...different };
  }
  if (current !== undefined) yield resultOf(current);
}

interface Running {
  readonly name: string;
  steps: number;
  agreed: number;
  skipped: boolean;
  difference?: Difference;
}

function resultOf(running: Running): CaseResult {
  return { ...running };
}
