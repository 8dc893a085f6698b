import type { MemoryRange } from "./physical-memory.js";

/** A part of memory, and where in the file it lies. */
export interface Extent extends MemoryRange {
  readonly position: number;
}

/**
 * Parts of memory in address order, each once: where a file has an address twice, as dumps by
 * virtual address do, the first one that was given for it counts.
 */
export function extentsOf(parts: readonly Extent[]): Extent[] {
  const sorted = parts.filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
  const extents: Extent[] = [];
  for (const { start, end, position } of sorted) {
    const last = extents.at(-1);
    const from = Math.max(start, last?.end ?? 0);
    if (from >= end) continue;
    const at = position + from - start;
    const follows = last?.end === from && last.position + (last.end - last.start) === at;
    if (follows) extents[extents.length - 1] = { ...last, end };
    else extents.push({ start: from, end, position: at });
  }
  return extents;
}

/** The extent that has `address`, among extents in address order. */
export function extentAt(extents: readonly Extent[], address: number): Extent | undefined {
  let low = 0;
  let high = extents.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((extents[middle]?.end ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  const found = extents[low];
  return found !== undefined && found.start <= address ? found : undefined;
}
