import { formatDuration, formatSize } from "../units.js";
import type { Fields } from "./fields.js";
import type { ScenarioWorkload, WorkloadKind } from "./scenario.js";

const KiB = 1024;
const GiB = 1024 ** 3;
const NS_PER_MS = 1e6;

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
  const startNs = fields.time("start");
  fields.before("start", startNs, limits.durationNs);
  const stopNs = fields.has("stop") ? fields.time("stop") : undefined;
  if (stopNs !== undefined && stopNs <= startNs) {
    fields.reject(
      "stop",
      `must be after its start (${formatDuration(startNs / NS_PER_MS)}), got ${formatDuration(stopNs / NS_PER_MS)}`,
    );
  }
  const life = { name: fields.text("name", `${kind} ${at + 1}`), startNs, stopNs };
  return {
    ...life,
    kind,
    size: withinCapacity(fields, "size", limits),
    faultRate: fields.size("faultRate", GiB),
    churnRate: fields.size("churnRate", 0),
    chunk: atLeastAPage(fields, "chunk", fields.size("chunk", 256 * KiB)),
    thpShare: fields.number("thpShare", 0),
  };
}

/** More than the guest can ever have is a slip; it would only be killed. */
function withinCapacity(fields: Fields, key: string, { capacity }: WorkloadLimits): number {
  const bytes = fields.size(key, 0);
  if (bytes > capacity) {
    fields.reject(
      key,
      `must be at most what the guest can have (${formatSize(capacity)}), got ${formatSize(bytes)}`,
    );
  }
  return atLeastAPage(fields, key, bytes);
}

function atLeastAPage(fields: Fields, key: string, bytes: number): number {
  if (bytes < 4 * KiB) fields.reject(key, `must be at least 4 KiB, got ${formatSize(bytes)}`);
  return bytes;
}
