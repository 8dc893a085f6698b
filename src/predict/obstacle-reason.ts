import type { Obstacle } from "./prediction.js";

/** Why memory stays, coarse enough for a colour and an advice each. */
export type ReasonGroup =
  | "slab" // small kernel objects
  | "buffer" // file system metadata
  | "pinned" // anonymous memory or page cache that a pin holds in place
  | "kernel" // other kernel memory
  | "memmap" // struct pages of memory blocks that are still there
  | "memory" // nowhere to move pages to
  | "busy" // in motion just then
  | "other";

/**
 * Groups from the one that most often matters to the one that least often does; also a tie break.
 */
export const REASON_GROUPS: readonly ReasonGroup[] = [
  "slab",
  "buffer",
  "pinned",
  "kernel",
  "memmap",
  "memory",
  "busy",
  "other",
];

/** What blocks, in words. */
export interface ObstacleReason {
  readonly group: ReasonGroup;
  /** Completes "51 subblocks (102 MiB) are held by ...". */
  readonly heldBy: string;
}

/** Classes that Linux never moves, and those that wait in a queue. */
const FIXED: Readonly<Record<string, ObstacleReason>> = {
  slab: { group: "slab", heldBy: "kernel objects (slab)" },
  "page-table": { group: "kernel", heldBy: "page tables" },
  kernel: { group: "kernel", heldBy: "other kernel memory" },
  "kernel-compound": { group: "kernel", heldBy: "larger kernel buffers" },
  tail: { group: "kernel", heldBy: "larger kernel buffers" },
  contig: { group: "kernel", heldBy: "memory that another driver took" },
  reserved: { group: "kernel", heldBy: "memory reserved at boot" },
  unknown: { group: "kernel", heldBy: "pages without flags, most likely kernel memory" },
  memmap: { group: "memmap", heldBy: "memmap (struct pages)" },
  buffer: { group: "buffer", heldBy: "file system metadata (buffer cache)" },
  poisoned: { group: "other", heldBy: "pages with a hardware error" },
  "lru-pending": { group: "busy", heldBy: "pages in an LRU-add batch" },
  cached: { group: "busy", heldBy: "free pages on a per-CPU list" },
};

/** Classes that Linux moves, unless something holds the page. */
const MOVABLE: Readonly<Record<string, string>> = {
  anon: "anonymous memory",
  "swap-cache": "swapped memory that is still cached",
  shmem: "shared memory or tmpfs files",
  "file-clean": "file cache",
  "file-dirty": "file cache not yet written",
  writeback: "file cache being written",
  unevictable: "mlocked memory",
  "driver-movable": "memory of a driver",
  balloon: "memory in a balloon",
  hugetlb: "reserved huge pages (hugetlb)",
  "hugetlb-free": "free huge pages (hugetlb)",
  gigantic: "huge pages of 1 GiB (hugetlb)",
  thp: "anonymous memory in huge pages",
};

const GIGANTIC: ObstacleReason = {
  group: "other",
  heldBy: "a huge page of 1 GiB (hugetlb), which ends the run",
};
const NO_ROOM: ObstacleReason = {
  group: "memory",
  heldBy: "pages with no free memory to migrate to",
};

/**
 * The reason that an obstacle stands for.
 *
 * A page of a movable class that was still there at the final check ("test") is pinned: the driver
 * had it moved, and it did not go. Buffer cache is its own reason at every stage, because what
 * holds it is the file system.
 */
export function obstacleReason(obstacle: Pick<Obstacle, "class" | "stage">): ObstacleReason {
  const pageClass = obstacle.class;
  if (pageClass === null) return NO_ROOM;
  if (obstacle.stage === "memory") return pageClass === "gigantic" ? GIGANTIC : NO_ROOM;
  const fixed = FIXED[pageClass];
  if (fixed) return fixed;
  const movable = MOVABLE[pageClass];
  if (movable === undefined) return { group: "other", heldBy: `pages of class ${pageClass}` };
  if (obstacle.stage === "test") {
    // Older versions of Linux leave huge pages where they are without anybody holding them.
    const huge = pageClass === "thp" || pageClass.startsWith("hugetlb");
    return { group: "pinned", heldBy: huge ? `${movable} that did not move` : `pinned ${movable}` };
  }
  if (obstacle.stage === "migrate") return { group: "busy", heldBy: `${movable}, busy just then` };
  return { group: "other", heldBy: `${movable} that this Linux cannot move` };
}
