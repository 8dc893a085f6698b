import { PAGE_SIZE } from "../core/abi.js";
import type { Inspection, MigratetypeName, ZoneInspection } from "../guest/inspection.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";

/** Chunks of a list that the text shows from its head on. */
const SHOWN_CHUNKS = 6;

/**
 * An inspected guest in words and tables: free chunks as /proc/buddyinfo and /proc/pagetypeinfo
 * print them, free lists from their heads on, pages by class.
 *
 * @param inspection - From {@link inspectGuest}.
 * @param title - What was inspected, for the first line.
 *
 * @example
 * ```js
 * import { Guest, inspectGuest, inspectionText } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ bootSize: 2 ** 30, regionSize: 2 ** 30 });
 * console.log(inspectionText(inspectGuest(guest), "a guest").split("\n")[0]);
 * // a guest: Linux v6.1
 * ```
 */
export function inspectionText(inspection: Inspection, title: string): string {
  const { atMs, profile, zones } = inspection;
  const parts = [
    `${title}: Linux ${profile}${atMs === 0 ? "" : `, at ${formatDuration(atMs)}`}`,
    ...agreementLines(inspection),
    "",
    "Free chunks by order (buddyinfo)",
    "",
    ...zones.map((zone) => `${nameOf(zone)} ${numbers(zone.freeChunks)}`),
    "",
    "Free chunks by type and order, pageblocks by type (pagetypeinfo)",
    "",
    ...zones.flatMap(typeLines),
    "",
    "Free lists from the head on: first pfns",
    "",
    ...zones.flatMap(listLines),
    "",
    "Pages by class",
    "",
    ...zones.map(classLine),
  ];
  return `${parts.join("\n")}\n`;
}

function agreementLines({ kernelLists }: Inspection): string[] {
  if (kernelLists === null) {
    return ["free lists by a convention: the order of the kernel's own is not known"];
  }
  const { orderedChunks, kernelChunks, differences } = kernelLists;
  return [
    `exact capture: ${orderedChunks} of ${formatCount(kernelChunks, "free chunk")} as on the kernel's own lists`,
    ...(differences.length === 0
      ? ["they equal the guest's own counters, number for number"]
      : differences),
  ];
}

function nameOf({ node, zone }: ZoneInspection): string {
  return `Node ${node}, zone ${zone.padStart(8)}`;
}

function numbers(counts: readonly number[]): string {
  return counts.map((count) => String(count).padStart(6)).join(" ");
}

function typeLines(zone: ZoneInspection): string[] {
  return Object.entries(zone.freeLists).map(([type, lists]) => {
    const blocks = zone.pageblocks[type as MigratetypeName];
    const counts = numbers(lists.map(({ length }) => length));
    return `${nameOf(zone)}, type ${type.padStart(11)} ${counts}, ${formatCount(blocks, "pageblock")}`;
  });
}

function listLines(zone: ZoneInspection): string[] {
  return Object.entries(zone.freeLists).flatMap(([type, lists]) =>
    [...lists.entries()]
      .filter(([, list]) => list.length > 0)
      .map(([order, list]) => {
        const shown = list.slice(0, SHOWN_CHUNKS).join(" ");
        const more = list.length > SHOWN_CHUNKS ? ` and ${list.length - SHOWN_CHUNKS} more` : "";
        return `${nameOf(zone)}, ${type}, order ${order}: ${shown}${more}`;
      }),
  );
}

function classLine(zone: ZoneInspection): string {
  const classes = Object.entries(zone.pages)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`);
  const size = formatRoughSize(zone.freePages * PAGE_SIZE);
  return `${nameOf(zone)}: ${size} free; ${classes.join(", ")}`;
}
