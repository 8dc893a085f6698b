import {
  calibrationNamed,
  HYPERALLOC_CALIBRATION,
  type Calibration,
} from "../../../src/linux/calibration.js";
import { scenarioOf } from "../../../src/scenario/parse.js";
import { runScenario } from "../../../src/scenario/run.js";
import { near, type Section } from "./row.js";

/**
 * Means of iterations 2 to 10 in milliseconds: luhsra/hyperalloc-bench at a385a2d,
 * inflate-*-virtio-mem-movable*.csv. 18 GiB of a guest with 20 GiB.
 */
export const PUBLISHED = {
  untouched: { shrink: 473.647, grow: 196.046 },
  untouchedVfio: { shrink: 837.982, grow: 4230.33 },
  touched: { shrink: 579.739, grow: 196.62 },
  touchedVfio: { shrink: 881.243, grow: 4207.13 },
} as const;
/**
 * HyperAlloc's own shrink, touched and untouched: what discarding contents costs, without
 * virtio-mem.
 */
const HYPERALLOC = { touched: 58.2, untouched: 4.0 } as const;

const MEMORY_BLOCKS = 144;
const PAGEBLOCKS = 9216;
const NS_PER_MS = 1e6;

export interface Inflation {
  readonly shrink: number;
  readonly grow: number;
}

/** Milliseconds until the guest has shrunk from 20 to 2 GiB, and until it has grown again. */
export async function inflate(
  touched: boolean,
  vfio: boolean,
  prices: Partial<Calibration> = {},
): Promise<Inflation> {
  const { summary } = await runScenario(
    scenarioOf({
      duration: "2min",
      calibration: HYPERALLOC_CALIBRATION.name,
      prices,
      guest: { bootMemory: "2GiB", online: "online_movable" },
      device: { regionSize: "18GiB", requestedSize: "18GiB", vfio },
      workloads: touched
        ? [{ kind: "anonymous", size: "18.5GiB", faultRate: "2GiB", start: "10s", stop: "30s" }]
        : [],
      host: [
        { at: "60s", requestedSize: 0 },
        { at: "90s", requestedSize: "18GiB" },
      ],
    }),
  ).result();
  const [, shrink, grow] = summary.orders.map(({ reachedAfterMs }) => reachedAfterMs ?? NaN);
  return { shrink: shrink ?? NaN, grow: grow ?? NaN };
}

/** The prices that the untouched half of the cells, and HyperAlloc's discarding, ask for. */
export async function fit(): Promise<Partial<Calibration>> {
  const free = { addSectionNs: 0, removeSectionNs: 0, discardNs: 0, mapNs: 0, unmapNs: 0 };
  const base = await inflate(false, false, free);
  const { untouched, untouchedVfio } = PUBLISHED;
  const perBlock = (ms: number): number => Math.round((ms * NS_PER_MS) / MEMORY_BLOCKS);
  const perPageblock = (ms: number): number => Math.round((ms * NS_PER_MS) / PAGEBLOCKS);
  const discardNs = perPageblock(HYPERALLOC.touched - HYPERALLOC.untouched);
  return {
    addSectionNs: perBlock(untouched.grow - base.grow),
    removeSectionNs: perBlock(untouched.shrink - base.shrink),
    discardNs,
    mapNs: perPageblock(untouchedVfio.grow - untouched.grow),
    unmapNs: perPageblock(untouchedVfio.shrink - untouched.shrink) - discardNs,
  };
}

export async function inflateSection(): Promise<Section> {
  const profile = calibrationNamed(HYPERALLOC_CALIBRATION.name);
  const rows = [];
  for (const [what, touched, vfio, published] of [
    ["untouched", false, false, PUBLISHED.untouched],
    ["untouched, VFIO", false, true, PUBLISHED.untouchedVfio],
    ["touched", true, false, PUBLISHED.touched],
    ["touched, VFIO", true, true, PUBLISHED.touchedVfio],
  ] as const) {
    const ours = await inflate(touched, vfio);
    const how = touched ? "predicted" : "fitted";
    const ms = (value: number): string => `${value.toFixed(1)} ms`;
    rows.push(near(`shrink, ${what} (${how})`, published.shrink, ours.shrink, 15, ms));
    rows.push(near(`grow, ${what} (${how})`, published.grow, ours.grow, 15, ms));
  }
  return {
    title: "HyperAlloc's inflate benchmark",
    text: [
      "Wrenger et al., EuroSys'25; data of luhsra/hyperalloc-bench at a385a2d, means of iterations 2 to",
      "10. A guest of 2 GiB with 18 GiB of virtio-mem memory shrinks to 2 GiB and grows again. The",
      `calibration \`${profile.name}\` was fitted to the four cells of`,
      "untouched memory, and to what discarding contents costs HyperAlloc itself (58.2 ms less 4.0 ms);",
      "the four cells of touched memory are predicted. Discarding seems to cost more under virtio-mem",
      "than under HyperAlloc: the whole difference at *shrink, touched* is that price. Memory that a",
      "passed-through device has pinned has contents, whether the guest has written to it or not.",
    ].join("\n"),
    rows,
  };
}
