import { MAX_ORDER, PAGEBLOCK_PAGES, PageClass, type Migratetype } from "../core/abi.js";
import type { Zone } from "../linux/zone-table.js";
import type { Guest } from "./guest.js";

/** Names of migratetypes as pagetypeinfo prints them, by their numbers. */
const TYPES: readonly MigratetypeName[] = [
  "Unmovable",
  "Movable",
  "Reclaimable",
  "HighAtomic",
  "Isolate",
];

/** Migratetype by the name that pagetypeinfo prints. */
export type MigratetypeName = "Unmovable" | "Movable" | "Reclaimable" | "HighAtomic" | "Isolate";

/** What the page allocator of a guest has, zone by zone: see {@link inspectGuest}. */
export interface Inspection {
  /** Milliseconds of the guest's virtual time. */
  readonly atMs: number;
  /** Version of Linux whose rules the guest follows. */
  readonly profile: string;
  /** Zones with pages, in the order of /proc/buddyinfo. */
  readonly zones: readonly ZoneInspection[];
  /** Pageblocks of 2 MiB, ascending: runs that are alike. Memory that is not online is left out. */
  readonly pageblocks: readonly PageblockRun[];
  /** How far free lists are those of the captured kernel; null where none is known. */
  readonly kernelLists: KernelListsAgreement | null;
}

/** A zone of an inspected guest. */
export interface ZoneInspection {
  /** NUMA node. */
  readonly node: number;
  /** `DMA`, `DMA32`, `Normal` or `Movable`. */
  readonly zone: string;
  /** Free pages on free lists. */
  readonly freePages: number;
  /** Pages that exist. */
  readonly presentPages: number;
  /** Free chunks by order, 0 to 10, as /proc/buddyinfo prints them. */
  readonly freeChunks: readonly number[];
  /** Free lists head to tail: first pfns of the chunks, by type, then by order. */
  readonly freeLists: Readonly<Record<MigratetypeName, readonly (readonly number[])[]>>;
  /** Pageblocks by type, as /proc/pagetypeinfo counts them. */
  readonly pageblocks: Readonly<Record<MigratetypeName, number>>;
  /** Pages by class; classes without any are left out. */
  readonly pages: Readonly<Record<string, number>>;
}

/** Neighbouring pageblocks of one zone and type. */
export interface PageblockRun {
  /** First pfn. */
  readonly startPfn: number;
  /** How many pageblocks of 512 pages. */
  readonly nrPageblocks: number;
  /** NUMA node. */
  readonly node: number;
  /** Zone. */
  readonly zone: string;
  /** Type of all of them. */
  readonly type: MigratetypeName;
}

/** How far the free lists of a loaded guest are those of its kernel. */
export interface KernelListsAgreement {
  /** Free chunks whose place on their list is the kernel's. */
  readonly orderedChunks: number;
  /** Free chunks that the kernel counts. */
  readonly kernelChunks: number;
  /** Where lists and the guest's own counters say otherwise, in words; empty where they agree. */
  readonly differences: readonly string[];
}

/**
 * Looks at the page allocator of a guest as it is now: free chunks, free lists, pageblocks and
 * pages by class. Changes nothing.
 *
 * @param guest - Of a capture, a scenario, or booted.
 * @returns plain data, which JSON can hold.
 *
 * @example
 * ```js
 * import { Guest, inspectGuest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ bootSize: 2 ** 30, regionSize: 2 ** 30 });
 * const { zones } = inspectGuest(guest);
 * console.log(zones.map(({ zone }) => zone).join(" ")); // DMA DMA32
 * ```
 */
export function inspectGuest(guest: Guest): Inspection {
  const zones = guest.zones
    .all()
    .filter(({ id }) => guest.pages.presentPages(id) > 0)
    .sort((a, b) => a.node - b.node || ZONES.indexOf(a.kind) - ZONES.indexOf(b.kind));
  const pageblocks = pageblockRuns(guest, zones);
  const { loaded } = guest;
  return {
    atMs: guest.clock.nowMs,
    profile: guest.profile.name,
    zones: zones.map((zone) => inspectZone(guest, zone, pageblocks)),
    pageblocks,
    kernelLists:
      loaded?.kernelChunks === undefined || loaded.kernelChunks === 0
        ? null
        : {
            orderedChunks: loaded.orderedChunks ?? 0,
            kernelChunks: loaded.kernelChunks,
            differences: loaded.listDifferences ?? [],
          },
  };
}

/** In the order of /proc/buddyinfo. */
const ZONES: readonly string[] = ["DMA", "DMA32", "Normal", "Movable"];

function inspectZone(
  { pages }: Guest,
  { id, node, kind }: Zone,
  runs: readonly PageblockRun[],
): ZoneInspection {
  const lists = TYPES.map((name, type) => [
    name,
    Array.from({ length: MAX_ORDER + 1 }, (_, order) =>
      pages.freeList(id, order, type as Migratetype),
    ),
  ]);
  const own = runs.filter((run) => run.node === node && run.zone === kind);
  const counts = TYPES.map((name) => [
    name,
    own.reduce((sum, { type, nrPageblocks }) => sum + (type === name ? nrPageblocks : 0), 0),
  ]);
  const names = new Map(Object.entries(PageClass).map(([name, number]) => [number, name]));
  const classes = [...pages.countByClass(id).entries()]
    .filter(([, count]) => count > 0)
    .map(([number, count]) => [names.get(number as PageClass) ?? "", count]);
  return {
    node,
    zone: kind,
    freePages: pages.freePages(id),
    presentPages: pages.presentPages(id),
    freeChunks: pages.freeChunks(id),
    freeLists: Object.fromEntries(lists) as ZoneInspection["freeLists"],
    pageblocks: Object.fromEntries(counts) as ZoneInspection["pageblocks"],
    pages: Object.fromEntries(classes) as ZoneInspection["pages"],
  };
}

/** A byte for each pageblock, by the core: its zone in bits 0 to 3, its type in bits 4 to 6. */
function pageblockRuns({ pages }: Guest, zones: readonly Zone[]): PageblockRun[] {
  const blocks = new Uint8Array(pages.nrPageblocks);
  pages.look.zonesBySubblock(0, PAGEBLOCK_PAGES, blocks);
  const runs: PageblockRun[] = [];
  let first = 0;
  while (first < blocks.length) {
    const look = blocks[first] ?? 0;
    let end = first + 1;
    while (end < blocks.length && blocks[end] === look) end++;
    const startPfn = first * PAGEBLOCK_PAGES;
    const nrPageblocks = end - first;
    first = end;
    const zone = zones.find(({ id }) => id === (look & 15));
    const type = TYPES[look >> 4];
    if (zone === undefined || type === undefined) continue;
    const { node, kind } = zone;
    runs.push({ startPfn, nrPageblocks, node, zone: kind, type });
  }
  return runs;
}
