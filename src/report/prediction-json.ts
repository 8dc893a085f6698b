import type { Cost } from "../predict/cost.js";
import type {
  DeviceRequest,
  Obstacle,
  PredictedMemoryBlock,
  Prediction,
  StayChance,
  WhatIfGain,
} from "../predict/prediction.js";

/**
 * A prediction as `predict --json` prints it: public API, written down in
 * docs/prediction-schema.md.
 */
export interface PredictionJson extends Prediction {
  /**
   * Real milliseconds that the prediction itself took, where it was measured. The only field that
   * differs between two runs.
   */
  readonly wallMs?: number;
}

/**
 * The object to print as JSON. Field by field, so that nothing else slips into the public format
 * and the order of keys is always the same.
 *
 * @param wallMs - real milliseconds that the prediction took; left out where it is.
 * @param prediction - From {@link predict}.
 *
 * @example
 * ```js
 * import { predict, predictionJson, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const json = JSON.stringify(predictionJson(await predict(capture)));
 * console.log(JSON.parse(json).requestedSize); // 0
 * ```
 */
export function predictionJson(prediction: Prediction, wallMs?: number): PredictionJson {
  return {
    profile: prediction.profile,
    kernel: kernel(prediction.kernel),
    policy: prediction.policy,
    requestedSize: prediction.requestedSize,
    pluggedSizeBefore: prediction.pluggedSizeBefore,
    pluggedSizeAfter: prediction.pluggedSizeAfter,
    interval: [prediction.interval[0], prediction.interval[1]],
    confidence: prediction.confidence,
    samples: prediction.samples,
    stays: prediction.stays.map(stayChance),
    deviceBlockSize: prediction.deviceBlockSize,
    subblockSize: prediction.subblockSize,
    memoryBlockSize: prediction.memoryBlockSize,
    device: prediction.device,
    regionStart: prediction.regionStart,
    regionSize: prediction.regionSize,
    pluggedBefore: prediction.pluggedBefore,
    pluggedAfter: prediction.pluggedAfter,
    requests: prediction.requests.map(request),
    memoryBlocks: prediction.memoryBlocks.map(memoryBlock),
    obstacles: prediction.obstacles.map(obstacle),
    ...(prediction.whatIf === undefined ? {} : { whatIf: prediction.whatIf.map(whatIfGain) }),
    retries: [...prediction.retries],
    migratedPages: prediction.migratedPages,
    droppedPages: prediction.droppedPages,
    virtualMs: prediction.virtualMs,
    cost: cost(prediction.cost),
    ...(wallMs === undefined ? {} : { wallMs }),
    notes: [...prediction.notes],
  };
}

function kernel(choice: Prediction["kernel"]): Prediction["kernel"] {
  if (choice === null) return null;
  const { release, profile, chosenBy, because, why } = choice;
  return { release, profile, chosenBy, because, why: [...why] };
}

function cost({ scannedPages, movedPages, droppedPages, ...counts }: Cost): Cost {
  const { droppedSlabPages, attempts, failedAttempts, requests, virtualMs } = counts;
  return {
    scannedPages,
    movedPages,
    droppedPages,
    droppedSlabPages,
    attempts,
    failedAttempts,
    requests,
    virtualMs,
  };
}

function stayChance({ offset, size, probability }: StayChance): StayChance {
  return { offset, size, probability };
}

function whatIfGain({ whatIf, pluggedSizeAfter, gain }: WhatIfGain): WhatIfGain {
  return { whatIf: [...whatIf], pluggedSizeAfter, gain };
}

function request({ type, offset, nbBlocks, response }: DeviceRequest): DeviceRequest {
  return { type, offset, nbBlocks, response };
}

function memoryBlock(block: PredictedMemoryBlock): PredictedMemoryBlock {
  const { id, offset, size, state, zone, plugged } = block;
  return { id, offset, size, state, zone, plugged };
}

function obstacle(found: Obstacle): Obstacle {
  const { offset, size, pfn, stage, tries } = found;
  return { offset, size, pfn, class: found.class, stage, tries };
}
