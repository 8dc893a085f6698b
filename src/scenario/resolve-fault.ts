import { formatDuration } from "../units.js";
import type { Fields } from "./fields.js";
import { deviceOf, named } from "./resolve-host.js";
import type { Fault, ScenarioDevice, ScenarioWorkload } from "./scenario.js";

const NS_PER_MS = 1e6;

export interface FaultContext {
  readonly durationNs: number;
  readonly devices: readonly ScenarioDevice[];
  readonly workloads: readonly ScenarioWorkload[];
}

export function resolveFault(
  fields: Fields,
  { durationNs, devices, workloads }: FaultContext,
): Fault {
  const atNs = fields.time("at");
  fields.before("at", atNs, durationNs);
  const untilNs = fields.has("until") ? fields.time("until") : undefined;
  if (untilNs !== undefined && untilNs <= atNs) {
    const [start, got] = [atNs, untilNs].map((ns) => formatDuration(ns / NS_PER_MS));
    fields.reject("until", `must be after at (${start ?? ""}), got ${got ?? ""}`);
  }
  const window = { atNs, untilNs };
  const kind = fields.choice<Fault["kind"]>("kind", "device-busy");
  if (kind === "pins") {
    const workload = named(fields, "workload", workloads);
    return { ...window, kind, workload, size: fields.size("size", 0) };
  }
  if (kind === "busy-pages") return { ...window, kind, share: fields.number("share", 0) };
  return { ...window, kind, device: deviceOf(fields, devices) };
}
