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
  /** When it ends and frees all that it has; undefined: never. */
  readonly stopMs: number | undefined;
  /** How long after it was killed for lack of memory it starts again; undefined: never. */
  readonly restartAfterMs: number | undefined;
}

/** What a workload may ask for at most. */
export interface WorkloadLimits {
  readonly durationMs: number;
  /** Bytes that the guest can ever have. */
  readonly capacity: number;
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
  /** Pages a second that it may take or free, for the length of a step. */
  readonly pagesPerSecond: (workload: W) => number;
  /** What is done to it while it runs. Default: nothing. */
  readonly actions?: (workload: W) => readonly WorkloadAction[];
}

/** What is a kind's own, beside the life that all have. */
export type Own<W> = Omit<W, keyof WorkloadLife | "kind">;

/** The schema of a kind: what all may say, and its own keys. */
export function workloadSchema(
  description: string,
  required: readonly string[],
  properties: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  return object(description, ["kind", ...required], {
    kind: { type: "string" },
    name: described({ type: "string", minLength: 1, maxLength: 60 }, "What reports call it."),
    start: described(TIME, "When it starts. Default: 0s."),
    stop: described(TIME, "When it ends and frees all that it has. Default: never."),
    restartAfter: described(
      TIME,
      "How long after it was killed for lack of memory it starts anew. Default: never.",
    ),
    ...properties,
  });
}

/** @param byDefault - its name where the file gives none. */
export function resolveLife(
  fields: Fields,
  byDefault: string,
  { durationMs }: WorkloadLimits,
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
  const restartAfterMs = fields.has("restartAfter") ? fields.time("restartAfter") : undefined;
  return { name: fields.text("name", byDefault), startMs, stopMs, restartAfterMs };
}
