import { PAGE_SIZE } from "../../src/core.js";
import { predict, readCapture } from "../../src/index.js";
import { stopwatch } from "../measure/stopwatch.js";
import { syntheticCapture } from "./synthetic-capture.js";
import { GIB, TIB, type Workload } from "./workload.js";

/** Share of the device that is not asked back: a little more than what is in use. */
const STAYS = 9 / 16;

/**
 * A capture whose device is plugged throughout, a quarter of its pageblocks mixed, is read, without
 * gunzip, and a good part of the device asked back.
 */
export const capture: Workload = {
  name: "capture",
  operation: "one prediction",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, 256 * GIB, TIB],
  async run(pages) {
    const requestedSize = pages * PAGE_SIZE * STAYS;
    const files = syntheticCapture(pages);
    const elapsed = stopwatch();
    const prediction = await predict(await readCapture(files), { requestedSize });
    const took = elapsed();
    const { pluggedSizeAfter } = prediction;
    return [
      { workload: "capture", ...took, ops: 1, bytes: 0, checksum: pluggedSizeAfter / 2 ** 21 },
    ];
  },
};
