import { PAGE_SIZE, PAGEBLOCK_PAGES } from "../../src/core.js";
import { Guest } from "../../src/index.js";
import { randomSource } from "../measure/random.js";
import { stopwatch } from "../measure/stopwatch.js";
import { ANONYMOUS } from "./guest-memory.js";
import { GIB, LARGEST, TIB, type Workload } from "./workload.js";

const SEED = 0x48414c46;
const BOOT_SIZE = 4 * 2 ** 30;
const DEVICE_START = 6 * GIB;
/** Part of the device that is asked back. */
const PART = 1 / 16;

/**
 * A sixteenth of the device is asked back of a guest in which a random half of all pageblocks is
 * full of anonymous pages.
 */
export const halfUsed: Workload = {
  name: "half_used",
  operation: "one request; half_used_page: one page moved",
  sizes: [GIB, 4 * GIB, 16 * GIB, 64 * GIB, 256 * GIB, TIB],
  largeSizes: [4 * TIB, LARGEST],
  async run(pages) {
    const regionSize = Math.min(pages, LARGEST - DEVICE_START) * PAGE_SIZE;
    const guest = await Guest.create({ bootSize: BOOT_SIZE, regionSize });
    guest.requestSize(regionSize);
    const runs: [number, number][] = [];
    guest.pages.allocBulk(2 ** 32 - 1, ANONYMOUS, runs);
    const random = randomSource(SEED);
    for (const [start, nr] of runs) freeHalf(guest, start, nr, random);
    let moved = 0;
    guest.log.follow((entry) => {
      if (entry.type === "contig") moved += entry.migratedPages;
    });
    const wanted = Math.floor((regionSize * (1 - PART)) / 2 ** 21) * 2 ** 21;
    const elapsed = stopwatch();
    guest.requestSize(wanted);
    const took = elapsed();
    if (guest.device.pluggedSize !== wanted) {
      throw new Error(`${wanted} bytes must stay, got ${guest.device.pluggedSize}`);
    }
    const { bytes } = guest.pages.memoryUse();
    return [
      { workload: "half_used", ...took, ops: 1, bytes, checksum: moved },
      { workload: "half_used_page", ...took, ops: Math.max(moved, 1), bytes, checksum: moved },
    ];
  },
};

/** Frees each whole pageblock of a run of anonymous pages by the toss of a coin. */
function freeHalf(
  guest: Guest,
  start: number,
  nr: number,
  random: (below: number) => number,
): void {
  const end = start + nr;
  const first = Math.ceil(start / PAGEBLOCK_PAGES) * PAGEBLOCK_PAGES;
  for (let pfn = first; pfn + PAGEBLOCK_PAGES <= end; pfn += PAGEBLOCK_PAGES) {
    if (random(2) === 0) guest.pages.freeRun(pfn, PAGEBLOCK_PAGES);
  }
}
