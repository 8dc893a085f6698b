import { Relief } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import { DROPPED_SLAB_PERCENT } from "../guest/policy-tools.js";
import { optionError, shown } from "../input-error.js";
import { nearHint } from "../near-name.js";
import { obstacleReason, type ReasonGroup } from "./obstacle-reason.js";
import type { Prediction, WhatIfGain } from "./prediction.js";

/** Something that could be done in a guest before the request, or once for good. */
export type WhatIf =
  | "drop-caches"
  | "drop-slab"
  | "sync"
  | "no-pins"
  | "no-balloon"
  | "no-hugepages"
  | "online-movable"
  | "reboot";

/** What each means, in words for people. */
export const WHAT_IFS: Readonly<Record<WhatIf, string>> = {
  "drop-caches": "clean file cache is dropped (drop_caches 1)",
  "drop-slab": "half of the reclaimable slab is dropped (drop_caches 2)",
  sync: "all data is written, the journal holds no buffers",
  "no-pins": "no page is pinned any more",
  "no-balloon": "the balloon is deflated",
  "no-hugepages": "free huge pages go back (vm.nr_hugepages=0)",
  "online-movable": "the device's memory had come online as movable",
  reboot: "the guest reboots",
};

export const WHAT_IF_NAMES = Object.keys(WHAT_IFS) as readonly WhatIf[];

/** @throws RangeError that names the nearest for a name that is none. */
export function assertWhatIfs(names: readonly unknown[]): asserts names is readonly WhatIf[] {
  for (const name of names) {
    if (typeof name === "string" && Object.hasOwn(WHAT_IFS, name)) continue;
    const hint = typeof name === "string" ? nearHint(name, WHAT_IF_NAMES) : "";
    throw optionError(
      `whatIf must be among ${WHAT_IF_NAMES.join(", ")}, got ${shown(name)}${hint}`,
    );
  }
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw optionError(`whatIf must differ, got ${shown(twice)} twice`);
}

/** What the suggestions for this prediction name; in the order of {@link WHAT_IFS}. */
export function suggestedWhatIfs(prediction: Prediction): WhatIf[] {
  const { requestedSize, pluggedSizeAfter, subblockSize, obstacles } = prediction;
  // what is less than a subblock stays for the driver's own reasons
  if (pluggedSizeAfter - requestedSize < subblockSize) return [];
  const wanted = new Set<WhatIf>();
  for (const obstacle of obstacles) {
    const { group } = obstacleReason(obstacle);
    const whatIf = BY_CLASS[obstacle.class ?? ""] ?? BY_GROUP[group];
    if (whatIf !== undefined) wanted.add(whatIf);
    if (KERNEL_OWNED.includes(group) && hasKernelBlocks(prediction)) wanted.add("online-movable");
  }
  return WHAT_IF_NAMES.filter((name) => wanted.has(name));
}

const BY_GROUP: Readonly<Partial<Record<ReasonGroup, WhatIf>>> = {
  slab: "drop-slab",
  buffer: "sync",
  pinned: "no-pins",
  memory: "drop-caches",
};
const BY_CLASS: Readonly<Record<string, WhatIf>> = {
  balloon: "no-balloon",
  hugetlb: "no-hugepages",
  "hugetlb-free": "no-hugepages",
};

/** Groups that memory onlined as movable never holds. */
export const KERNEL_OWNED: readonly ReasonGroup[] = ["slab", "buffer", "kernel", "memmap"];

/** Is some of the device's memory online in a kernel zone? */
export function hasKernelBlocks({ memoryBlocks }: Prediction): boolean {
  return memoryBlocks.some(({ state }) => state === "kernel" || state === "kernel-partial");
}

/** Runs the request on a guest that begins as the predicted one; see {@link begin}. */
export interface WhatIfRuns {
  /** The guest as it was captured, or with the kernel out of the device's memory. */
  readonly begin: (isKernelOut: boolean) => Guest;
  /** Share of the slab that is reclaimable, 0 to 1. */
  readonly reclaimableShare: number;
  /** The same that happened to the predicted guest. */
  readonly host: (guest: Guest) => void;
}

/** Each by itself; `together`: then all that can be together. */
export function whatIfGains(
  { requestedSize, pluggedSizeBefore, pluggedSizeAfter }: Prediction,
  whatIfs: readonly WhatIf[],
  runs: WhatIfRuns,
  together: boolean,
): WhatIfGain[] {
  const gainOf = (done: readonly WhatIf[]): WhatIfGain => {
    const after = done.includes("reboot")
      ? Math.min(requestedSize, pluggedSizeBefore)
      : sizeAfter(done, runs);
    return { whatIf: [...done], pluggedSizeAfter: after, gain: pluggedSizeAfter - after };
  };
  const gains = whatIfs.map((whatIf) => gainOf([whatIf]));
  if (!together) return gains;
  // after a reboot nothing of the guest is left that anything else could be done to
  const others = whatIfs.filter((whatIf) => whatIf !== "reboot");
  return others.length > 1 ? [...gains, gainOf(others)] : gains;
}

/** Neighbouring seeds begin with neighbouring numbers: these are far from each other. */
const SPREAD = 0x9e3779b1;

/** Which slab is reclaimable is drawn: the size is the middle of so many draws. */
const SLAB_DRAWS = 3;

function sizeAfter(whatIfs: readonly WhatIf[], runs: WhatIfRuns): number {
  const draws = whatIfs.includes("drop-slab") ? SLAB_DRAWS : 1;
  const sizes = Array.from({ length: draws }, (_, draw) => sizeOfDraw(whatIfs, runs, draw + 1));
  return sizes.sort((a, b) => a - b)[draws >> 1] ?? 0;
}

function sizeOfDraw(
  whatIfs: readonly WhatIf[],
  { begin, host, reclaimableShare }: WhatIfRuns,
  draw: number,
): number {
  const guest = begin(whatIfs.includes("online-movable"));
  for (const [name, relief] of RELIEFS) if (whatIfs.includes(name)) relief(guest);
  if (whatIfs.includes("drop-slab")) {
    guest.pages.seedRandom(Math.imul(draw, SPREAD) >>> 0);
    guest.pages.dropSlab(DROPPED_SLAB_PERCENT, reclaimableShare);
  }
  host(guest);
  return guest.device.pluggedSize;
}

/** In the order in which they help each other: what is written can be dropped. */
const RELIEFS: readonly (readonly [WhatIf, (guest: Guest) => void])[] = [
  ["no-balloon", ({ pages }) => void pages.relieve(Relief.Balloon)],
  ["no-hugepages", ({ pages }) => void pages.relieve(Relief.HugePages)],
  ["no-pins", ({ pages }) => void pages.relieve(Relief.Pins)],
  ["sync", ({ pages }) => void pages.relieve(Relief.WriteBack)],
  ["drop-caches", ({ pages }) => void pages.dropFileCache()],
];

/** Of all slab, by the guest's counters; 0 where they are not there. */
export function reclaimableShare(counters: ReadonlyMap<string, number>): number {
  const reclaimable = counters.get("nr_slab_reclaimable") ?? 0;
  const others = counters.get("nr_slab_unreclaimable") ?? 0;
  return reclaimable === 0 ? 0 : reclaimable / (reclaimable + others);
}
