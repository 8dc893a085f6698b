import type { Capture, CapturePageTypes } from "../capture/capture.js";
import type { KernelList, KernelZone } from "../capture/kernel-lists.js";
import { MIGRATETYPES, type KernelMigratetype } from "../capture/kernel-migratetypes.js";
import { Migratetype } from "../core/abi.js";
import type { LinkedList } from "../core/page-loader.js";
import type { PageMemory } from "../core/page-memory.js";
import type { Zone, ZoneTable } from "../linux/zone-table.js";

/** Does the capture say which pages are in which per-CPU cache? */
export function keepsCaches({ kernelLists, structPages }: Capture): boolean {
  if (structPages === undefined) return false;
  return kernelLists?.zones.some(({ caches }) => caches.length > 0) === true;
}

/**
 * Types of pageblocks and per-CPU caches as the kernel has them. Before the end of a load; the
 * order of the free lists comes after it, with {@link orderFreeLists}.
 */
export function adoptKernelLists(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  const lists = capture.kernelLists;
  if (lists === undefined) return;
  const modelled = lists.pageblockTypes
    .subarray(0, pages.nrPageblocks)
    .map((type) => (MIGRATETYPES[type] === "CMA" ? Migratetype.Movable : type));
  pages.loader.adoptPageblockTypes(modelled);
  for (const pfn of lists.batches) pages.loader.adoptPendingPage(pfn);
  for (const { zone, kernel } of zonesOf(capture, zones)) adoptCaches(kernel, zone, pages);
}

function adoptCaches({ caches }: KernelZone, zone: Zone, pages: PageMemory): void {
  const [first] = caches;
  const limits = caches.filter(({ high }) => high > 0);
  const counted = caches.reduce((sum, { count }) => sum + count, 0);
  let found = 0;
  if (first !== undefined && (limits.length > 0 || counted > 0)) {
    const { batch, high, highMin = high, highMax = high } = limits[0] ?? first;
    const least = Math.max(1, highMin);
    pages.setCache(zone.id, caches.length, Math.max(1, batch), least, Math.max(least, highMax));
    for (const [index, { lists }] of caches.entries()) {
      for (const list of lists) {
        found += pages.loader.adoptCachedList(zone.id, index, linked(list)) * 2 ** list.order;
      }
    }
  }
  pages.loader.settleCached(zone.id, Math.max(0, counted - found));
}

/** How far free lists are those of the kernel. */
export interface FreeListsFound {
  /** Free chunks whose place on their list is the kernel's. */
  readonly orderedChunks: number;
  /** Free chunks that the kernel counts. */
  readonly kernelChunks: number;
  /** Where the lists and the guest's own counters say otherwise, in words. */
  readonly listDifferences: readonly string[];
}

/** Puts free lists in the kernel's order, where the capture says it. After the end of a load. */
export function orderFreeLists(
  capture: Capture,
  pages: PageMemory,
  zones: ZoneTable,
  isSample = false,
): FreeListsFound {
  let orderedChunks = 0;
  let kernelChunks = 0;
  const listDifferences: string[] = [];
  for (const { zone, kernel } of zonesOf(capture, zones)) {
    kernelChunks += kernel.nrFree.reduce((sum, nr) => sum + nr, 0);
    for (const list of kernel.lists) {
      orderedChunks += pages.loader.orderFreeList(zone.id, linked(list));
    }
    if (!isSample) listDifferences.push(...differencesOf(capture, kernel, zone, pages));
  }
  // a chunk that was on two lists while they were read is one
  orderedChunks = Math.min(orderedChunks, kernelChunks);
  return { orderedChunks, kernelChunks, listDifferences };
}

/** Free chunks of a loaded zone against each of the guest's own counts of them. */
function differencesOf(
  { freeChunks, pageTypes }: Capture,
  { node, kind, nrFree }: KernelZone,
  zone: Zone,
  pages: PageMemory,
): string[] {
  const isHere = (other: { readonly node: number; readonly kind: string }): boolean =>
    other.node === node && other.kind === kind;
  const found: string[] = [];
  const own = pages.freeChunks(zone.id);
  const compare = (what: string, counted: readonly number[], listed: readonly number[]): void => {
    const orders = counted.flatMap((count, order) =>
      count === listed[order] ? [] : [`${listed[order] ?? 0} of order ${order} for ${count}`],
    );
    if (orders.length === 0) return;
    const where = `node ${node}, zone ${kind}`;
    found.push(`${where}: free lists have other chunks than ${what}: ${orders.join(", ")}`);
  };
  compare("the kernel's own count (nr_free)", nrFree, own);
  const buddyinfo = freeChunks?.find(isHere);
  if (buddyinfo !== undefined) compare("/proc/buddyinfo", buddyinfo.freeChunks, own);
  for (const [type, counted] of pageTypes?.find(isHere)?.freeChunks ?? []) {
    const modelled = new Map<string, Migratetype>(Object.entries(MODELLED)).get(type);
    // pages of CMA are on the movable lists here
    if (modelled === undefined || type === "CMA" || hasCma(pageTypes?.find(isHere))) continue;
    const listed = counted.map((_, order) => pages.freeList(zone.id, order, modelled).length);
    compare(`/proc/pagetypeinfo of type ${type}`, counted, listed);
  }
  return found;
}

function hasCma(types: CapturePageTypes | undefined): boolean {
  return (types?.pageblocks.get("CMA") ?? 0) > 0;
}

function zonesOf(
  { kernelLists, structPages }: Capture,
  zones: ZoneTable,
): { readonly zone: Zone; readonly kernel: KernelZone }[] {
  if (structPages === undefined) return [];
  return (kernelLists?.zones ?? []).flatMap((kernel) => {
    const zone = zones.all().find(({ kind, node }) => kind === kernel.kind && node === kernel.node);
    return zone === undefined ? [] : [{ zone, kernel }];
  });
}

const MODELLED: Readonly<Record<KernelMigratetype, Migratetype>> = {
  Unmovable: Migratetype.Unmovable,
  Movable: Migratetype.Movable,
  Reclaimable: Migratetype.Reclaimable,
  HighAtomic: Migratetype.HighAtomic,
  Isolate: Migratetype.Isolate,
  // its free pages serve movable allocations
  CMA: Migratetype.Movable,
};

function linked({ order, type, first, last }: KernelList): LinkedList {
  return { order, type: MODELLED[type], first, last };
}
