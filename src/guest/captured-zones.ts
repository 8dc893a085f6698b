import type { Capture } from "../capture/capture.js";
import { hasReferences } from "../capture/references.js";
import type { PageMemory } from "../core/page-memory.js";
import type { ZoneTable } from "../linux/zone-table.js";
import { optionError } from "../input-error.js";

/** Makes the zones of a captured guest, with their accounting and watermarks. */
export function adoptZones(capture: Capture, zones: ZoneTable): void {
  for (const captured of capture.zones) {
    const zone = zones.zone(captured.kind, captured.node);
    zone.managed = captured.managed;
    zone.present = captured.present;
    zone.spanStart = captured.startPfn;
    zone.spanEnd = captured.startPfn + captured.spanned;
    zones.totalRam += captured.managed;
    const { min, low, high, boost } = captured;
    zones.adoptWatermarks(zone, { min: min - boost, low: low - boost, high: high - boost }, boost);
  }
  zones.settleMinFree();
}

/** Without references, the caches' sizes tell how many pages without flags are free. */
export function classifyZones(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  for (const { kind, node, cpus } of capture.zones) {
    const cached = cpus.reduce((sum, { count }) => sum + count, 0);
    pages.loader.classifyZone(zones.zone(kind, node).id, cached);
  }
}

/** The per-CPU caches as zoneinfo gives their limits, with the pages that were found in them. */
export function adoptCaches(capture: Capture, pages: PageMemory, zones: ZoneTable): void {
  if (!hasReferences(capture)) {
    throw optionError("keepCaches must be false for a capture without extended page state");
  }
  for (const { kind, node, cpus } of capture.zones) {
    const { id } = zones.zone(kind, node);
    const [first] = cpus;
    if (first === undefined) continue;
    pages.setCache(id, cpus.length, first.batch, first.high);
    pages.loader.adoptCache(id);
  }
}
