import type { ZoneKind } from "./linux-memory.js";
import type { ZoneTable } from "./zone-table.js";

/** Who brings added memory online, and where (driver.md 5.1). */
export interface OnlineSettings {
  readonly autoOnline: "offline" | "online" | "online_kernel" | "online_movable";
  readonly onlinePolicy: "contig-zones" | "auto-movable";
  /** MOVABLE : kernel memory in percent. */
  readonly autoMovableRatio: number;
  readonly autoMovableNumaAware: boolean;
  readonly movableNode: boolean;
}

export const DEFAULT_ONLINE_SETTINGS: OnlineSettings = {
  autoOnline: "online",
  onlinePolicy: "contig-zones",
  autoMovableRatio: 301,
  autoMovableNumaAware: true,
  movableNode: false,
};

/** Online memory of one dynamic memory group, that is of one virtio-mem device, in present pages. */
export interface MemoryGroup {
  readonly node: number;
  kernelPages: number;
  movablePages: number;
}

/** Pfn spans of the kernel and the movable memory, for the policy contig-zones. */
export interface ZoneSpans {
  readonly kernel: readonly [start: number, end: number] | undefined;
  readonly movable: readonly [start: number, end: number] | undefined;
}

/** ZONE_MOVABLE or a kernel zone for `nrPages` from `startPfn` on; the memory belongs to `group`. */
export function chooseZone(
  settings: OnlineSettings,
  zones: ZoneTable,
  groups: readonly MemoryGroup[],
  group: MemoryGroup,
  spans: ZoneSpans,
  startPfn: number,
  nrPages: number,
): ZoneKind {
  if (settings.autoOnline === "online_kernel") return kernelZoneFor(startPfn);
  if (settings.autoOnline === "online_movable") return "Movable";
  const movable =
    settings.onlinePolicy === "auto-movable"
      ? mayBeMovable(settings, zones, groups, group, nrPages)
      : isContiguousMovable(settings, spans, startPfn);
  return movable ? "Movable" : kernelZoneFor(startPfn);
}

/** Below 4 GiB DMA32, above it Normal. */
function kernelZoneFor(startPfn: number): ZoneKind {
  return startPfn < 2 ** 20 ? "DMA32" : "Normal";
}

function contains(span: readonly [number, number] | undefined, pfn: number): boolean {
  return span !== undefined && pfn >= span[0] && pfn < span[1];
}

function isContiguousMovable(settings: OnlineSettings, spans: ZoneSpans, pfn: number): boolean {
  const inKernel = contains(spans.kernel, pfn);
  const inMovable = contains(spans.movable, pfn);
  return inKernel === inMovable ? settings.movableNode : inMovable;
}

/** The policy auto-movable of v5.15: globally, then for the node (driver.md 5.1 steps 1 to 5). */
function mayBeMovable(
  settings: OnlineSettings,
  zones: ZoneTable,
  groups: readonly MemoryGroup[],
  group: MemoryGroup,
  nrPages: number,
): boolean {
  const ratio = settings.autoMovableRatio;
  if (ratio === 0) return false;
  if (!isWithinRatio(ratio, zones, groups, group, nrPages, undefined)) return false;
  if (!settings.autoMovableNumaAware) return true;
  return isWithinRatio(ratio, zones, groups, group, nrPages, group.node);
}

function isWithinRatio(
  ratio: number,
  zones: ZoneTable,
  groups: readonly MemoryGroup[],
  group: MemoryGroup,
  nrPages: number,
  node: number | undefined,
): boolean {
  let kernel = 0;
  let movable = 0;
  for (const zone of zones.all()) {
    if (node !== undefined && zone.node !== node) continue;
    if (zone.kind === "Movable") movable += zone.present;
    else kernel += zone.bootPresent;
  }
  for (const other of groups) {
    if (other === group || (node !== undefined && other.node !== node)) continue;
    const needed = Math.floor((other.movablePages * 100) / ratio) - other.kernelPages;
    kernel -= Math.max(0, needed);
    if (kernel <= 0) return false;
    movable -= other.movablePages;
  }
  kernel += group.kernelPages;
  return movable + nrPages <= Math.floor((ratio * kernel) / 100);
}
