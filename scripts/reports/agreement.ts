// Usage: npm run agreement -- [folder of recordings] [--flags-only | --user-captures]
//
// Predicts every recorded request of a folder and compares the answer with what the guest then did.
// --flags-only takes the extended page state and the places of memmaps away, which only recordings
// have, and leaves what a capture by `virtio-mem capture-script` has. --user-captures predicts from
// the captures that the script itself made in the recorded guests, where it ran.

import { join } from "node:path";
import { parseArgs } from "node:util";

import { commonPrefix, decidedRequests, predictObservation } from "../../src/check/check-guest.js";
import { predict } from "../../src/predict/predict.js";
import type { DeviceRequest, Prediction } from "../../src/predict/prediction.js";
import { recordedRequests, type RecordedRequest } from "./recordings.js";
import { userCaptureOf } from "./user-captures.js";

/** One prediction against reality. */
interface Row {
  readonly name: string;
  readonly before: number;
  readonly requested: number;
  readonly real: number;
  readonly predicted: number;
  /** Requests that reality and prediction begin with alike. */
  readonly sameRequests: number;
  readonly realRequests: number;
  readonly predictedRequests: number;
  /** Device blocks that either plugged, unplugged or, in the prediction, tried in vain. */
  readonly tried: number;
  /** Of those: how many ended otherwise. */
  readonly wrong: number;
  readonly low: number;
  readonly high: number;
}

const MiB = 2 ** 20;

const { values, positionals } = parseArgs({
  options: {
    "flags-only": { type: "boolean", default: false },
    "user-captures": { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const root = positionals[0] ?? join(import.meta.dirname, "../../test/golden/recordings");
const rows: Row[] = [];
for (const recorded of await recordedRequests(root)) {
  const prediction = await predictionOf(recorded);
  if (prediction !== undefined) rows.push(compare(recorded, prediction));
}
if (rows.length === 0) throw new Error(`the folder must hold recordings, got none in ${root}`);
process.stdout.write(`${table(rows)}\n\n${summary(rows)}\n`);

/**
 * The prediction of a request; undefined where the capture that it is to come from is not there.
 */
async function predictionOf(recorded: RecordedRequest): Promise<Prediction | undefined> {
  const { files, observation } = recorded;
  if (!values["user-captures"]) {
    return predictObservation(files, observation, { flagsOnly: values["flags-only"] });
  }
  const capture = await userCaptureOf(root, recorded);
  if (capture === undefined) return undefined;
  return predict(capture, { requestedSize: observation.requestedSize });
}

function compare({ name, observation }: RecordedRequest, prediction: Prediction): Row {
  const { deviceBlockSize, pluggedBefore, pluggedAfter } = observation;
  const requests = decidedRequests(observation);
  const real = sizeOf(pluggedAfter, deviceBlockSize);
  const tried = triedBlocks(requests, deviceBlockSize, prediction);
  const [low, high] = prediction.interval;
  return {
    name,
    before: sizeOf(pluggedBefore, deviceBlockSize),
    requested: observation.requestedSize,
    real,
    predicted: prediction.pluggedSizeAfter,
    sameRequests: commonPrefix(requests, prediction.requests),
    realRequests: requests.length,
    predictedRequests: prediction.requests.length,
    tried: tried.size,
    wrong: [...tried].filter((at) => pluggedAfter[at] !== prediction.pluggedAfter[at]).length,
    low,
    high,
  };
}

function sizeOf(plugged: string, blockSize: number): number {
  return plugged.replaceAll("0", "").length * blockSize;
}

function triedBlocks(
  requests: readonly DeviceRequest[],
  deviceBlockSize: number,
  prediction: Prediction,
): Set<number> {
  const blocks = new Set<number>();
  const add = (offset: number, count: number): void => {
    const first = offset / deviceBlockSize;
    for (let block = first; block < first + count; block++) blocks.add(block);
  };
  for (const { offset, nbBlocks } of [...requests, ...prediction.requests]) add(offset, nbBlocks);
  for (const { offset, size } of prediction.obstacles) add(offset, size / deviceBlockSize);
  return blocks;
}

function isIdentical({ sameRequests, realRequests, predictedRequests }: Row): boolean {
  return sameRequests === realRequests && sameRequests === predictedRequests;
}

function isInside({ real, low, high }: Row): boolean {
  return low <= real && real <= high;
}

function table(all: readonly Row[]): string {
  const lines = [
    ["recording", "plugged", "asked", "real", "predicted", "90 % interval", "requests", "blocks"],
    ...all.map((row) => [
      row.name,
      ...[row.before, row.requested, row.real, row.predicted].map(inMiB),
      `${inMiB(row.low)} to ${inMiB(row.high)}${isInside(row) ? "" : ", missed"}`,
      isIdentical(row)
        ? `all ${row.realRequests}`
        : `first ${row.sameRequests} of ${row.realRequests}/${row.predictedRequests}`,
      row.wrong === 0 ? `all ${row.tried}` : `${row.tried - row.wrong} of ${row.tried}`,
    ]),
  ];
  const [head = [], ...body] = lines;
  const widths = head.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = format(widths.map((width) => "-".repeat(width)));
  return [format(head), rule, ...body.map(format)].join("\n");
}

function inMiB(size: number): string {
  return String(size / MiB);
}

function summary(all: readonly Row[]): string {
  const count = (of: (row: Row) => boolean): string => `${all.filter(of).length} of ${all.length}`;
  const tried = all.reduce((sum, row) => sum + row.tried, 0);
  const right = all.reduce((sum, row) => sum - row.wrong, tried);
  const widths = all.map(({ low, high }) => high - low).sort((a, b) => a - b);
  const [median = 0, widest = 0] = [widths[widths.length >> 1], widths.at(-1)];
  return [
    `remaining size as predicted   ${count((row) => row.real === row.predicted)}`,
    `inside the 90 % interval      ${count(isInside)}; width ${inMiB(median)} MiB in the median, at most ${inMiB(widest)} MiB`,
    `all device requests the same  ${count(isIdentical)}`,
    `device blocks right           ${right} of ${tried} (${((100 * right) / tried).toFixed(2)} %)`,
  ].join("\n");
}
