import type { Guest } from "../guest/guest.js";
import { optionError } from "../input-error.js";
import { formatSize } from "../units.js";
import { obstacleReason } from "./obstacle-reason.js";
import type { Prediction } from "./prediction.js";

/** A range of the device that ended otherwise than predicted. */
export interface WrongRange {
  /** Bytes from the region start. */
  readonly offset: number;
  /** Bytes. */
  readonly size: number;
  /** Whether it stayed plugged, though it was predicted to be unplugged; else the other way. */
  readonly stayed: boolean;
  /** What was predicted to hold it; null where it was predicted to be unplugged. */
  readonly heldBy: string | null;
  /** How likely it was to stay, 0 to 1, as predicted. */
  readonly stayChance: number;
}

/** What became of a prediction. Sizes are bytes. */
export interface PredictionOutcome {
  /** Plugged afterwards. */
  readonly pluggedSize: number;
  /** Whether that lies in the interval of the prediction. */
  readonly isInside: boolean;
  /** Device blocks that were plugged before or afterwards. */
  readonly blocks: number;
  /** Those of them that ended as predicted. */
  readonly rightBlocks: number;
  /** The others, in address order. */
  readonly wrong: readonly WrongRange[];
}

/**
 * Compares a prediction with the guest as it was found after the request.
 *
 * @param prediction - From before.
 * @param after - The guest of a capture from after.
 * @throws RangeError where the two are not of the same device.
 *
 * @example
 * ```js
 * import { Guest, judgePrediction, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const read = async () => readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(await read(), { samples: 0 });
 * // in earnest the capture from after the request
 * const after = await Guest.fromCapture(await read());
 * console.log(judgePrediction(prediction, after).isInside); // false
 * ```
 */
export function judgePrediction(prediction: Prediction, after: Guest): PredictionOutcome {
  const { device } = after;
  assertSame(prediction, after);
  const { pluggedBefore, pluggedAfter, deviceBlockSize, interval } = prediction;
  const happened = after.pluggedMap();
  const chanceAt = chances(prediction);
  const wrong: WrongRange[] = [];
  let blocks = 0;
  let rightBlocks = 0;
  for (let block = 0; block < happened.length; block++) {
    const stayed = happened[block] === "1";
    if (!stayed && pluggedBefore[block] !== "1" && pluggedAfter[block] !== "1") continue;
    blocks++;
    if (stayed === (pluggedAfter[block] === "1")) {
      rightBlocks++;
      continue;
    }
    const offset = block * deviceBlockSize;
    const heldBy = stayed ? null : heldAt(prediction, offset);
    const range = { offset, size: deviceBlockSize, stayed, heldBy, stayChance: chanceAt(offset) };
    const last = wrong.at(-1);
    if (last !== undefined && isNext(last, range)) {
      wrong[wrong.length - 1] = { ...last, size: last.size + deviceBlockSize };
    } else wrong.push(range);
  }
  const isInside = device.pluggedSize >= interval[0] && device.pluggedSize <= interval[1];
  return { pluggedSize: device.pluggedSize, isInside, blocks, rightBlocks, wrong };
}

function isNext(last: WrongRange, next: WrongRange): boolean {
  return (
    last.offset + last.size === next.offset &&
    last.stayed === next.stayed &&
    last.heldBy === next.heldBy &&
    last.stayChance === next.stayChance
  );
}

function heldAt({ obstacles }: Prediction, offset: number): string | null {
  const found = obstacles.find((one) => offset >= one.offset && offset < one.offset + one.size);
  return found === undefined ? null : obstacleReason(found).heldBy;
}

function chances({ stays }: Prediction): (offset: number) => number {
  let at = 0;
  // asked in address order
  return (offset) => {
    for (let one = stays[at]; one !== undefined && one.offset + one.size <= offset;) {
      one = stays[++at];
    }
    const found = stays[at];
    return found !== undefined && offset >= found.offset ? found.probability : 0;
  };
}

function assertSame(prediction: Prediction, { device }: Guest): void {
  const { regionStart, regionSize, deviceBlockSize } = prediction;
  const isSame =
    device.addr === regionStart &&
    device.regionSize === regionSize &&
    device.blockSize === deviceBlockSize;
  if (isSame) return;
  throw optionError(
    `after must be a capture of the same device, ${formatSize(regionSize)} from 0x${regionStart.toString(16)} ` +
      `in blocks of ${formatSize(deviceBlockSize)}, got ${formatSize(device.regionSize)} from ` +
      `0x${device.addr.toString(16)} in blocks of ${formatSize(device.blockSize)}`,
  );
}
