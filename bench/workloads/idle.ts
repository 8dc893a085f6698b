import { PAGE_SIZE } from "../../src/core.js";
import { Guest } from "../../src/index.js";
import { stopwatch } from "../measure/stopwatch.js";
import { GIB, LARGEST, TIB, type Workload } from "./workload.js";

/** Boot memory, with the hole below 4 GiB; the device gets the rest of the pfn space. */
const BOOT_SIZE = 4 * 2 ** 30;
const DEVICE_START = 6 * GIB;

/** An idle guest is made, all of its device's memory plugged, and all of it unplugged. */
export const idle: Workload = {
  name: "idle",
  operation: "one guest: created, plugged, unplugged",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, 256 * GIB, TIB, 4 * TIB, LARGEST],
  async run(pages) {
    const regionSize = Math.min(pages, LARGEST - DEVICE_START) * PAGE_SIZE;
    const elapsed = stopwatch();
    const guest = await Guest.create({ bootSize: BOOT_SIZE, regionSize });
    guest.requestSize(regionSize);
    const plugged = guest.device.pluggedSize;
    guest.requestSize(0);
    const took = elapsed();
    if (plugged !== regionSize || guest.device.pluggedSize !== 0) {
      throw new Error(
        `all must be plugged and unplugged, got ${plugged}, ${guest.device.pluggedSize}`,
      );
    }
    return [{ workload: "idle", ...took, ops: 1, bytes: guest.pages.memoryUse().bytes }];
  },
};
