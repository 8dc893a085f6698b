import type { Prediction } from "../predict/prediction.js";
import { formatRoughSize } from "../units.js";
import { failedAdds } from "./failed-adds.js";
import type { Outcome } from "./fate-style.js";
import { obstacleReason, REASON_GROUPS, type ReasonGroup } from "../predict/obstacle-reason.js";
import { hasKernelBlocks, KERNEL_OWNED, type WhatIf } from "../predict/what-if.js";
import { sizeOf, type RegionMap } from "./region-map.js";

/** Something a person can do. */
export interface Advice {
  /** Bytes it is about; 0 where it is about no certain number. */
  readonly size: number;
  /** Bytes that come back by doing it; undefined where the prediction has not tried. */
  readonly gain?: number;
  readonly text: string;
}

/** What is tried for a suggestion, where the prediction tries what it suggests. */
const WHAT_IF_BY_GROUP: Readonly<Partial<Record<ReasonGroup, WhatIf>>> = {
  slab: "drop-slab",
  buffer: "sync",
  pinned: "no-pins",
  memory: "drop-caches",
};

function gainOf({ whatIf }: Prediction, name: WhatIf | undefined): { gain?: number } {
  const found = whatIf?.find(({ whatIf: names }) => names.length === 1 && names[0] === name);
  return found === undefined ? {} : { gain: found.gain };
}

const BY_GROUP: Readonly<Record<Exclude<ReasonGroup, "other">, string>> = {
  slab: "echo 2 > /proc/sys/vm/drop_caches in the guest, then retry",
  buffer: "write a little and sync, twice, then retry (frees the journal)",
  pinned: "stop programs that pin memory: RDMA, VFIO, io_uring, direct I/O",
  kernel: "freed only when its user exits: end programs, or reboot the guest",
  memmap: "freed once the memory blocks that it describes are removed",
  memory: "free memory in the guest first: there is nowhere to migrate to",
  busy: "temporary: retry",
};

const RETURN_HUGE_PAGES = {
  text: "end programs that use huge pages, and return those (vm.nr_hugepages=0)",
  whatIf: "no-hugepages",
} as const;

/** What is of no other group is of many kinds; about the rest nothing can be done. */
const BY_CLASS: Readonly<Record<string, { readonly text: string; readonly whatIf: WhatIf }>> = {
  hugetlb: RETURN_HUGE_PAGES,
  "hugetlb-free": RETURN_HUGE_PAGES,
  gigantic: RETURN_HUGE_PAGES,
  balloon: { text: "deflate the balloon", whatIf: "no-balloon" },
};

/**
 * Suggestions, the most memory first. Empty where there is none. What was tried and returns nothing
 * is none.
 */
export function adviceFor(prediction: Prediction, map: RegionMap, outcome: Outcome): Advice[] {
  const untried = outcome === "shrink-short" ? sizeOf(map.total, "stays") : 0;
  const advice: Advice[] = [];
  for (const group of REASON_GROUPS) {
    const held = sizeOf(map.total, group);
    // Where memory ran out the driver stopped, so that all it did not try hangs on it too.
    const size = group === "memory" && held > 0 ? held + untried : held;
    if (size === 0) continue;
    if (group === "other") {
      advice.push(...adviceByClass(prediction, size));
      continue;
    }
    const gain = gainOf(prediction, WHAT_IF_BY_GROUP[group]);
    advice.push({ size, ...gain, text: BY_GROUP[group] });
  }
  advice.sort((a, b) => b.size - a.size);
  if (failedAdds(prediction.requests).length > 0) {
    advice.push({ size: 0, text: moreKernelMemory(prediction) });
  }
  if (holdsKernelMemory(prediction, map)) {
    advice.push({ size: 0, ...gainOf(prediction, "online-movable"), text: ONLINE_MOVABLE });
  }
  return advice.filter(({ gain }) => gain !== 0);
}

/** @param size - of the whole group, whose kinds are not told apart by size. */
function adviceByClass(prediction: Prediction, size: number): Advice[] {
  const others = prediction.obstacles.filter((one) => obstacleReason(one).group === "other");
  const kinds = new Set(others.map((one) => BY_CLASS[one.class ?? ""]));
  return [...kinds].flatMap((kind) =>
    kind === undefined
      ? []
      : [
          {
            size: kinds.size === 1 ? size : 0,
            ...gainOf(prediction, kind.whatIf),
            text: kind.text,
          },
        ],
  );
}

const ONLINE_MOVABLE =
  "next time bring added memory online as movable, so that the kernel stays out of it " +
  "(memhp_default_state=online_movable; the auto-movable policy does so for a part of it)";

function holdsKernelMemory(prediction: Prediction, map: RegionMap): boolean {
  if (!KERNEL_OWNED.some((group) => sizeOf(map.total, group) > 0)) return false;
  return hasKernelBlocks(prediction);
}

function moreKernelMemory(prediction: Prediction): string {
  const blockSize = prediction.memoryBlockSize;
  return (
    `give the guest more boot memory, or bring part of the added memory online for the kernel ` +
    `(auto-movable policy): each ${formatRoughSize(blockSize)} needs ` +
    `${formatRoughSize(blockSize / 64)} of memmap that only kernel memory can hold`
  );
}
