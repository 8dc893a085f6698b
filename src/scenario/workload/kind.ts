import type { CoreWorkload } from "../../core/guest-workloads.js";
import { formatDuration } from "../../units.js";
import type { Fields } from "../file/fields.js";
import { described, object, TIME, type JsonSchema } from "../file/schema-parts.js";

/** When a workload of any kind lives. Times are virtual milliseconds since boot. */
export interface WorkloadLife {
  /** What reports call it. */
  readonly name: string;
  /** When it starts. */
  readonly startMs: number;
  /** When it ends and frees what it has, but for page cache; undefined: never. */
  readonly stopMs: number | undefined;
  /** How long after it was killed for lack of memory it starts again; undefined: never. */
  readonly restartAfterMs: number | undefined;
  /** NUMA node whose memory it prefers. */
  readonly node: number;
  /** It starts up to so much later than at `startMs`, as the seed draws it. */
  readonly delayMs: number;
  /** Its sizes, rates and lifetimes differ by up to this share, as the seed draws them. */
  readonly spread: number;
}

/** What a workload may ask for at most. */
export interface WorkloadLimits {
  readonly durationMs: number;
  /** Bytes that the guest can ever have. */
  readonly capacity: number;
  /** NUMA nodes that have memory, or may get some. */
  readonly nodes: readonly number[];
}

/** What a workload needs to know of the guest that it runs in. */
export interface WorkloadSurroundings {
  /** Pages that the guest can ever have. */
  readonly capacityPages: number;
  /** Pages of zone Normal now. */
  readonly normalPages: number;
}

/** Something that is done to a workload at a given time. */
export type WorkloadAction = { readonly atMs: number } & (
  { readonly type: "resize"; readonly size: number } | { readonly type: "drop-caches" }
);

/**
 * One kind of workload: what a scenario file may say of it, and what the core is told. `S` are the
 * names of the core's settings.
 */
export interface KindOfWorkload<
  W extends WorkloadLife & { readonly kind: string },
  S extends string,
> {
  /** Its number in the core and those of its settings. */
  readonly core: CoreWorkload<S>;
  readonly schema: JsonSchema;
  /** What a validated file says, with defaults; @throws ScenarioError where a rule is broken. */
  readonly resolve: (fields: Fields, limits: WorkloadLimits) => Own<W>;
  /** The core's settings by name. */
  readonly settings: (
    workload: W,
    surroundings: WorkloadSurroundings,
  ) => Readonly<Record<S, number>>;
  /** Keys whose values `spread` varies, but for `resize`. */
  readonly spreads: readonly (keyof W & string)[];
  /** Pages a second that it may take or free, for the length of a step. */
  readonly pagesPerSecond: (workload: W) => number;
  /** What is done to it while it runs. Default: nothing. */
  readonly actions?: (workload: W) => readonly WorkloadAction[];
}

/** What is a kind's own, beside the life that all have. */
export type Own<W> = Omit<W, keyof WorkloadLife | "kind">;

/** What workloads and presets may say of their life, of chance and of where their memory is. */
export const LIFE_SCHEMA: Readonly<Record<string, JsonSchema>> = {
  start: described(TIME, "When it starts. Default: 0s."),
  stop: described(
    TIME,
    "When it ends and frees what it has; page cache stays until memory is needed. Default: never.",
  ),
  restartAfter: described(
    TIME,
    "How long after it was killed for lack of memory it starts anew. Default: never.",
  ),
  delay: described(TIME, "It starts up to so much later, as the seed draws it. Default: 0s."),
  spread: described(
    { type: "number", minimum: 0, maximum: 0.9 },
    "By which share its sizes, rates and lifetimes differ at most, as the seed draws them. Default: 0.",
  ),
  node: described(
    { type: "integer", minimum: 0, maximum: 15 },
    "NUMA node whose memory it prefers. Default: 0.",
  ),
};

/** The schema of a kind: what all may say, and its own keys. */
export function workloadSchema(
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return object(description, ["kind", ...required], {
    kind: { type: "string" },
    name: described({ type: "string", minLength: 1, maxLength: 60 }, "What reports call it."),
    ...LIFE_SCHEMA,
    ...properties,
  });
}

/** @param byDefault - its name where the file gives none. */
export function resolveLife(
  fields: Fields,
  byDefault: string,
  { durationMs, nodes }: WorkloadLimits,
): WorkloadLife {
  const startMs = fields.time("start");
  fields.before("start", startMs, durationMs);
  const stopMs = fields.has("stop") ? fields.time("stop") : undefined;
  if (stopMs !== undefined && stopMs <= startMs) {
    fields.reject(
      "stop",
      `must be after its start (${formatDuration(startMs)}), got ${formatDuration(stopMs)}`,
    );
  }
  const delayMs = fields.time("delay");
  if (startMs + delayMs >= (stopMs ?? durationMs)) {
    const [end, got] = [stopMs ?? durationMs, startMs + delayMs].map(formatDuration);
    fields.reject("delay", `must let it start before ${end ?? ""}, got a start at ${got ?? ""}`);
  }
  const restartAfterMs = fields.has("restartAfter") ? fields.time("restartAfter") : undefined;
  const spread = fields.number("spread", 0);
  const node = fields.number("node", 0);
  if (fields.has("node") && !nodes.includes(node)) {
    fields.reject("node", `must be a node of the guest (${nodes.join(", ")}), got ${node}`);
  }
  return {
    name: fields.text("name", byDefault),
    startMs,
    stopMs,
    restartAfterMs,
    node,
    delayMs,
    spread,
  };
}
