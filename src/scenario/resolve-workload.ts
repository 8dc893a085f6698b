import { formatDuration, formatSize } from "../units.js";
import type { Fields } from "./fields.js";
import type { ScenarioWorkload, WorkloadKind } from "./scenario.js";

const KiB = 1024;
const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const NS_PER_MS = 1e6;
const SECOND = 1000 * NS_PER_MS;
const HOUR = 3600 * SECOND;
/** The longest time that the core counts in a u32 of milliseconds, with room for a random half more. */
const LONGEST_NS = (2 ** 30 - 1) * NS_PER_MS;
/** The same in microseconds, for what happens more often. */
const LONGEST_PERIOD_NS = (2 ** 30 - 1) * 1000;

export interface WorkloadLimits {
  readonly durationNs: number;
  /** Bytes that the guest can ever have. */
  readonly capacity: number;
}

/** One workload with its defaults. */
export function resolveWorkload(
  fields: Fields,
  at: number,
  limits: WorkloadLimits,
): ScenarioWorkload {
  const kind = fields.choice<WorkloadKind>("kind", "anonymous");
  const life = resolveLife(fields, `${kind} ${at + 1}`, limits);
  switch (kind) {
    case "anonymous":
      return {
        ...life,
        kind,
        size: memory(fields, "size", limits),
        faultRate: fields.size("faultRate", GiB),
        churnRate: fields.size("churnRate", 0),
        chunk: atLeastAPage(fields, "chunk", 256 * KiB),
        thpShare: fields.number("thpShare", 0),
        resize: resolveResize(fields, limits),
      };
    case "page-cache":
      return {
        ...life,
        kind,
        size: memory(fields, "size", limits, limits.capacity),
        readRate: fields.size("readRate", 200 * MiB),
        dirtyShare: fields.number("dirtyShare", 0),
        dropAtNs: fields.times("dropAt"),
      };
    case "kernel":
      return { ...life, kind, ...resolveKernelWorkload(fields, limits) };
    case "network":
      return { ...life, kind, ...resolveNetwork(fields, limits) };
    case "pins":
      return {
        ...life,
        kind,
        size: memory(fields, "size", limits),
        rate: fields.size("rate", 100 * MiB),
        zone: fields.choice("zone", "kernel"),
      };
    case "functions":
      return {
        ...life,
        kind,
        size: memory(fields, "size", limits),
        everyNs: within(fields, "every", SECOND, NS_PER_MS, LONGEST_NS),
        lifeNs: within(fields, "life", 10 * SECOND, NS_PER_MS, LONGEST_NS),
        most: fields.number("most", 64),
        thpShare: fields.number("thpShare", 0),
      };
    case "compile":
      return {
        ...life,
        kind,
        jobs: fields.number("jobs", 8),
        size: memory(fields, "size", limits, Math.min(512 * MiB, limits.capacity)),
        lifeNs: within(fields, "life", 10 * SECOND, 2 * NS_PER_MS, LONGEST_NS),
        totalJobs: fields.number("totalJobs", 0xffffffff),
        cachePerJob: fields.size("cachePerJob", 2 * MiB),
        dropAtNs: fields.times("dropAt"),
      };
    case "frag":
      return {
        ...life,
        kind,
        threads: fields.number("threads", 8),
        rounds: fields.number("rounds", 100),
        share: fields.number("share", 0.1),
        rate: fields.number("rate", 20_000_000),
        movable: fields.flag("movable", false),
      };
  }
}

type Life = Pick<ScenarioWorkload, "name" | "startNs" | "stopNs" | "restartAfterNs">;

function resolveLife(fields: Fields, byDefault: string, { durationNs }: WorkloadLimits): Life {
  const startNs = fields.time("start");
  fields.before("start", startNs, durationNs);
  const stopNs = fields.has("stop") ? fields.time("stop") : undefined;
  if (stopNs !== undefined && stopNs <= startNs) {
    const [start, got] = [startNs, stopNs].map((ns) => formatDuration(ns / NS_PER_MS));
    fields.reject("stop", `must be after its start (${start ?? ""}), got ${got ?? ""}`);
  }
  const restartAfterNs = fields.has("restartAfter") ? fields.time("restartAfter") : undefined;
  return { name: fields.text("name", byDefault), startNs, stopNs, restartAfterNs };
}

function resolveResize(
  fields: Fields,
  limits: WorkloadLimits,
): { readonly atNs: number; readonly size: number }[] {
  let lastNs = 0;
  return fields.list("resize").map((item) => {
    const atNs = item.time("at");
    if (atNs < lastNs) item.reject("at", "must not be before the one above it");
    lastNs = atNs;
    return { atNs, size: memory(item, "size", limits) };
  });
}

function resolveKernelWorkload(
  fields: Fields,
  limits: WorkloadLimits,
): {
  size: number;
  type: "slab" | "reclaimable-slab" | "page-table";
  order: number;
  shortestLifeNs: number;
  longestLifeNs: number;
} {
  const shortestLifeNs = within(fields, "shortestLife", SECOND, NS_PER_MS, LONGEST_PERIOD_NS);
  const longestLifeNs = fields.time("longestLife", HOUR);
  if (longestLifeNs < shortestLifeNs) {
    const [shortest, got] = [shortestLifeNs, longestLifeNs].map((ns) =>
      formatDuration(ns / NS_PER_MS),
    );
    fields.reject(
      "longestLife",
      `must be at least shortestLife (${shortest ?? ""}), got ${got ?? ""}`,
    );
  }
  return {
    size: memory(fields, "size", limits),
    type: fields.choice("type", "slab"),
    order: fields.number("order", 0),
    shortestLifeNs,
    longestLifeNs,
  };
}

function resolveNetwork(
  fields: Fields,
  limits: WorkloadLimits,
): { burst: number; order: number; everyNs: number; holdNs: number } {
  const everyNs = within(fields, "every", SECOND / 2, NS_PER_MS, LONGEST_PERIOD_NS);
  const holdNs = within(fields, "hold", Math.min(SECOND / 10, everyNs / 2), 1000, everyNs / 2);
  return {
    burst: memory(fields, "burst", limits),
    order: fields.number("order", 0),
    everyNs,
    holdNs,
  };
}

/** A time from `least` to `most`. */
function within(
  fields: Fields,
  key: string,
  byDefault: number,
  least: number,
  most: number,
): number {
  const ns = fields.time(key, byDefault);
  if (ns >= least && ns <= most) return ns;
  const [low, high, got] = [least, most, ns].map((bound) => formatDuration(bound / NS_PER_MS));
  return fields.reject(key, `must be from ${low ?? ""} to ${high ?? ""}, got ${got ?? ""}`);
}

/** More than the guest can ever have is a slip; it would only be killed. */
function memory(fields: Fields, key: string, { capacity }: WorkloadLimits, byDefault = 0): number {
  const bytes = fields.size(key, byDefault);
  if (bytes > capacity) {
    fields.reject(
      key,
      `must be at most what the guest can have (${formatSize(capacity)}), got ${formatSize(bytes)}`,
    );
  }
  return atLeastAPage(fields, key, bytes);
}

function atLeastAPage(fields: Fields, key: string, byDefault: number): number {
  const bytes = fields.size(key, byDefault);
  if (bytes < 4 * KiB) fields.reject(key, `must be at least 4 KiB, got ${formatSize(bytes)}`);
  return bytes;
}
