import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import type { ScenarioEvent } from "../../../src/scenario/result.js";
import { formatCount } from "../../../src/units.js";
import { near, type Row, type Section } from "./row.js";

/**
 * Free pages and free 2 MiB frames after rounds: luhsra/llfree-bench at 775e549, frag, buddy; moves
 * derived there from the frames' free pages.
 */
export const PUBLISHED = [
  { round: 0, freePages: 17363262, freeHugePages: 5108, moves: 6861079 },
  { round: 10, freePages: 17363490, freeHugePages: 5108, moves: 6819641 },
  { round: 20, freePages: 17367361, freeHugePages: 5107, moves: 6761481 },
  { round: 50, freePages: 17367361, freeHugePages: 5107, moves: 6667958 },
  { round: 99, freePages: 17367277, freeHugePages: 5107, moves: 6634775 },
] as const;

type Round = Extract<ScenarioEvent, { type: "frag-round" }>;

/**
 * What is not free in the zone before the benchmark begins, from what is known of the machine:
 * memmap, the benchmark's own lists of pages (8 bytes for each page that it takes), the dentry and
 * the inode hash table of a machine of that size, the kernel.
 */
const KERNEL_MIB = { memmap: 2048, lists: 225, hashTables: 128 + 64, kernel: 64 };

export const SCENARIO = {
  title: "LLFree's frag on a guest of 128 GiB",
  duration: "40s",
  guest: {
    bootRanges: [
      { start: 0, size: "3GiB" },
      { start: "4GiB", size: "125GiB" },
    ],
    kernelMemory: `${Object.values(KERNEL_MIB).reduce((sum, size) => sum + size, 0)}MiB`,
  },
  device: { regionSize: "128MiB" },
  workloads: [{ kind: "frag", name: "frag" }],
};

export async function fragSection(): Promise<Section> {
  const { events } = await runScenario(scenarioOf(SCENARIO)).result();
  const rounds = events.filter((event): event is Round => event.type === "frag-round");
  const rows: Row[] = [];
  const count = (value: number): string => formatCount(Math.round(value));
  for (const published of PUBLISHED) {
    const ours = rounds.find(({ round }) => round === published.round);
    if (ours === undefined) throw new Error(`the run has no round ${published.round}`);
    const after = `round ${published.round}`;
    rows.push(
      near(`free 2 MiB frames, ${after}`, published.freeHugePages, ours.freeHugePages, 3, count),
    );
    rows.push(near(`greedy moves, ${after}`, published.moves, ours.moves, 3, count));
    rows.push(near(`free pages, ${after}`, published.freePages, ours.freePages, 3, count));
  }
  return {
    title: "LLFree's frag benchmark",
    text: [
      "Wrenger et al., USENIX ATC'23; data of luhsra/llfree-bench at 775e549, the buddy allocator of Linux.",
      "Threads fill nine tenths of ZONE_NORMAL with single pages, shuffle them, free one half, then free and",
      "allocate a tenth of their pages in each of 100 rounds. Nothing is fitted: memory that the kernel has",
      "allocated before is the sum of what is known of such a machine",
      `(${Object.entries(KERNEL_MIB)
        .map(([what, size]) => `${what} ${size}`)
        .join(", ")} MiB). The differences in free frames and pages come from that sum. The`,
      "threads take turns of 64 pages here, where the real ones race; per-CPU caches are off.",
    ].join("\n"),
    rows,
  };
}
