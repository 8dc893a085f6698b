import type { ZoneKind } from "../core/zone-kind.js";
import type { MemoryGroup } from "./linux-memory.js";
import type { MemoryGroups } from "./memory-groups.js";
import { isInSpan } from "./zone-span.js";
import type { ZoneTable } from "./zone-table.js";

/** Who brings added memory online, and where (docs/spec/driver.md, "Zone of onlined memory"). */
export interface OnlineSettings {
  /** What becomes of added memory (memhp_default_state). */
  readonly autoOnline: "offline" | "online" | "online_kernel" | "online_movable";
  /** `prefer-movable` is of no Linux: the zone that RFC v3 (September 2019) proposes. */
  readonly onlinePolicy: "contig-zones" | "auto-movable" | "prefer-movable";
  /** MOVABLE : kernel memory in percent. */
  readonly autoMovableRatio: number;
  /** auto-movable looks at each NUMA node by itself, too. */
  readonly autoMovableNumaAware: boolean;
  /** Kernel parameter movable_node. */
  readonly movableNode: boolean;
  /** Memory blocks in ZONE_PREFER_MOVABLE for each one in ZONE_NORMAL, by node. Default: 4. */
  readonly preferMovableRatio?: number;
}

export const DEFAULT_ONLINE_SETTINGS: OnlineSettings = {
  autoOnline: "online",
  onlinePolicy: "contig-zones",
  autoMovableRatio: 301,
  autoMovableNumaAware: true,
  movableNode: false,
};

/** A memory block that is brought online, and what is online already. */
export interface ZoneChoice {
  readonly settings: OnlineSettings;
  readonly zones: ZoneTable;
  readonly groups: MemoryGroups;
  /** The group that it belongs to; undefined for memory of no device. */
  readonly group: MemoryGroup | undefined;
  readonly node: number;
  readonly startPfn: number;
  readonly nrPages: number;
  /** Pages that will come online together with it: what is not online yet of its unit. */
  readonly unitRestPages: number;
  /** Is a part of the unit online in a kernel zone already? */
  readonly unitHasKernelZone: boolean;
}

/** ZONE_MOVABLE or a kernel zone. */
export function chooseZone(choice: ZoneChoice): ZoneKind {
  const { settings, startPfn } = choice;
  if (settings.autoOnline === "online_kernel") return kernelZoneFor(startPfn);
  if (settings.autoOnline === "online_movable") return "Movable";
  if (settings.onlinePolicy === "prefer-movable") return preferredZone(choice);
  const movable =
    settings.onlinePolicy === "auto-movable" ? mayBeMovable(choice) : isContiguousMovable(choice);
  return movable ? "Movable" : kernelZoneFor(startPfn);
}

/** ZONE_PREFER_MOVABLE until it has its share of what was added to the node, beside ZONE_NORMAL. */
function preferredZone({ settings, zones, node, startPfn, nrPages }: ZoneChoice): ZoneKind {
  const { preferMovableRatio = 4 } = settings;
  const kernelKind = kernelZoneFor(startPfn);
  const kernel = zones.find(kernelKind, node);
  const preferred = zones.find("PreferMovable", node)?.present ?? 0;
  const added = (kernel?.present ?? 0) - (kernel?.bootPresent ?? 0);
  return preferred + nrPages <= preferMovableRatio * added ? "PreferMovable" : kernelKind;
}

/** Below 4 GiB DMA32, above it Normal. */
function kernelZoneFor(startPfn: number): ZoneKind {
  return startPfn < 2 ** 20 ? "DMA32" : "Normal";
}

/** The policy contig-zones: where exactly one of the spans of the node's zones holds it. */
function isContiguousMovable({ settings, zones, node, startPfn, nrPages }: ZoneChoice): boolean {
  const kernel = zones.find(kernelZoneFor(startPfn), node);
  const inKernel = isInSpan(kernel, startPfn, startPfn + nrPages);
  const inMovable = isInSpan(zones.find("Movable", node), startPfn, startPfn + nrPages);
  return inKernel === inMovable ? settings.movableNode : inMovable;
}

/**
 * The policy auto-movable of v5.15: globally, then for the node (`auto_movable_zone_for_pfn()`,
 * v5.15).
 */
function mayBeMovable(choice: ZoneChoice): boolean {
  if (choice.settings.autoMovableRatio === 0 || choice.unitHasKernelZone) return false;
  if (!isWithinRatio(choice, undefined)) return false;
  return !choice.settings.autoMovableNumaAware || isWithinRatio(choice, choice.node);
}

/** @param node - count only what is on this node; undefined: everything. */
function isWithinRatio(choice: ZoneChoice, node: number | undefined): boolean {
  const { zones, groups, group, unitRestPages } = choice;
  const ratio = choice.settings.autoMovableRatio;
  let kernel = 0;
  let movable = 0;
  for (const zone of zones.all()) {
    if (node !== undefined && zone.node !== node) continue;
    if (zone.kind === "Movable") movable += zone.present;
    else kernel += zone.bootPresent;
  }
  for (const [other, pages] of groups.others(group)) {
    if (node !== undefined && (other.node ?? 0) !== node) continue;
    kernel -= Math.max(0, Math.floor((pages.movable * 100) / ratio) - pages.kernel);
    if (kernel <= 0) return false;
    movable -= pages.movable;
  }
  if (group !== undefined) kernel += groups.of(group).kernel;
  return movable + unitRestPages <= Math.floor((ratio * kernel) / 100);
}
