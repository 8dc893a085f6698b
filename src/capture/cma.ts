import { formatSize } from "../units.js";
import type { CapturePageTypes } from "./capture.js";

const PAGEBLOCK_SIZE = 2 ** 21;

/**
 * What has to be said of a guest with memory for contiguous allocations (CMA): pagetypeinfo tells
 * its zone; meminfo (`CmaTotal`) that there is some.
 */
export function cmaNotes(
  pageTypes: readonly CapturePageTypes[] | undefined,
  memInfo: ReadonlyMap<string, number>,
): string[] {
  const zones = (pageTypes ?? []).flatMap(({ node, kind, pageblocks }) => {
    const size = (pageblocks.get("CMA") ?? 0) * PAGEBLOCK_SIZE;
    return size > 0 ? [`${formatSize(size)} of zone ${kind} (node ${node})`] : [];
  });
  const total = memInfo.get("CmaTotal") ?? 0;
  if (zones.length === 0 && total > 0) zones.push(formatSize(total));
  if (zones.length === 0) return [];
  return [`CMA is not modelled: ${zones.join(", ")} are CMA, and count as other memory does`];
}
