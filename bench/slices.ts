// Usage: npx tsx scripts/build/main.ts release && npx tsx bench/slices.ts [GiB]
//
// How long a slice of a request holds the thread: a guest of 1 TiB, or of as many GiB, of which
// each pageblock is mixed, is shrunk to a half, then to nothing, which its memory does not allow.
// Time is real time and that of the processor for the thread: on a busy machine the second one
// counts. `steps` is the longest step of the driver by itself, in slices of 0 ms.

import { readFileSync } from "node:fs";

import { Hold, Migratetype, PageClass } from "../src/core/abi.js";
import { Guest } from "../src/guest/guest.js";
import { GiB, PAGE_SIZE } from "../src/units.js";
import { markdownTable } from "./table.js";

const BLOCK = 512;
const SLICE_MS = 8;
/** Pages of each pageblock that are free, as pieces. */
const FREE = [
  [3, 150],
  [200, 90],
  [301, 64],
] as const;

/** Nanoseconds that this thread has had a processor. */
function threadNs(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]);
}

async function mixed(size: number): Promise<Guest> {
  const guest = await Guest.create({ bootSize: 32 * GiB, regionSize: size });
  guest.requestSize(size);
  const request = { order: 0, type: Migratetype.Movable, node: 0, kind: "Normal" } as const;
  const runs: [number, number][] = [];
  guest.pages.allocBulk(
    size / PAGE_SIZE,
    { ...request, pageClass: PageClass.Anon, flags: 0 },
    runs,
  );
  for (const [start, nr] of runs) {
    const end = start + nr;
    for (let block = Math.ceil(start / BLOCK) * BLOCK; block + BLOCK <= end; block += BLOCK) {
      for (const [first, count] of FREE) guest.pages.freeRun(block + first, count);
      if ((block / BLOCK) % 97 === 0) guest.pages.setPage(block, PageClass.Slab, Hold.None);
    }
  }
  return guest;
}

interface Longest {
  slices: number;
  realMs: number;
  cpuMs: number;
  over: number;
}

function shrink(guest: Guest, to: number, sliceMs: number): Longest {
  const longest: Longest = { slices: 0, realMs: 0, cpuMs: 0, over: 0 };
  const slices = guest.requestSizeInSlices(to, { sliceMs })[Symbol.iterator]();
  for (let isOver = false; !isOver;) {
    const [real, cpu] = [performance.now(), threadNs()];
    isOver = slices.next().done === true;
    const ms = (threadNs() - cpu) / 1e6;
    longest.realMs = Math.max(longest.realMs, performance.now() - real);
    longest.cpuMs = Math.max(longest.cpuMs, ms);
    if (ms > 1000 / 60) longest.over++;
    longest.slices++;
  }
  return longest;
}

const size = Number(process.argv[2] ?? 1024) * GiB;
const rows: string[][] = [];
for (const sliceMs of [SLICE_MS, 0]) {
  const guest = await mixed(size);
  for (const to of [size / 2, 0]) {
    const { slices, realMs, cpuMs, over } = shrink(guest, to, sliceMs);
    const name = `${sliceMs === 0 ? "steps" : "slices"} to ${to / GiB} GiB`;
    rows.push([name, ...[realMs, cpuMs].map((ms) => ms.toFixed(1)), String(over), String(slices)]);
  }
}
console.log(markdownTable(["request", "longest ms", "of processor", "above 16.7", "count"], rows));
