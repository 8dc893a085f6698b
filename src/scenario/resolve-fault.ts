import { formatDuration } from "../units.js";
import type { Fields } from "./file/fields.js";
import { deviceOf, named } from "./resolve-host.js";
import type { Fault, ScenarioDevice } from "./scenario.js";
import type { ScenarioWorkload } from "./workload/kinds.js";

export interface FaultContext {
  readonly durationMs: number;
  readonly devices: readonly ScenarioDevice[];
  readonly workloads: readonly ScenarioWorkload[];
}

export function resolveFault(
  fields: Fields,
  { durationMs, devices, workloads }: FaultContext,
): Fault {
  const atMs = fields.time("at");
  fields.before("at", atMs, durationMs);
  const untilMs = fields.has("until") ? fields.time("until") : undefined;
  if (untilMs !== undefined && untilMs <= atMs) {
    const [start, got] = [atMs, untilMs].map(formatDuration);
    fields.reject("until", `must be after at (${start ?? ""}), got ${got ?? ""}`);
  }
  const window = { atMs, untilMs };
  const kind = fields.choice<Fault["kind"]>("kind", "device-busy");
  if (kind === "pins") {
    const workload = named(fields, "workload", workloads);
    return { ...window, kind, workload, size: fields.size("size", 0) };
  }
  if (kind === "busy-pages") return { ...window, kind, share: fields.number("share", 0) };
  if (kind === "offline-refused" || kind === "snapshot" || kind === "drop-caches") {
    return { ...window, kind };
  }
  const device = deviceOf(fields, devices);
  if (kind === "memory-block-state") {
    const memoryBlock = fields.number("memoryBlock", 0);
    return { ...window, kind, memoryBlock, state: fields.choice("state", "online"), device };
  }
  if (kind === "plug-fails") return { ...window, kind, share: fields.number("share", 1), device };
  return { ...window, kind, device };
}
