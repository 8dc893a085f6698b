import type { CoreWorkload } from "../../core/guest-workloads.js";
import type { Fields } from "../file/fields.js";
import type { JsonSchema } from "../file/schema-parts.js";
import { KINDS, type ScenarioWorkload } from "./kinds.js";
import {
  resolveLife,
  type KindOfWorkload,
  type WorkloadAction,
  type WorkloadLimits,
  type WorkloadSurroundings,
} from "./kind.js";

/** Name of a kind of workload, as scenario files spell it. */
export type WorkloadKind = ScenarioWorkload["kind"];

/** What each kind of workload may say in a file. */
export const WORKLOAD_SCHEMAS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  Object.entries(KINDS).map(([kind, { schema }]) => [kind, schema]),
);

/**
 * One workload of a validated file, with its defaults.
 *
 * @param at - its place in the file, from 0 on.
 */
export function resolveWorkload(
  fields: Fields,
  at: number,
  limits: WorkloadLimits,
): ScenarioWorkload {
  const kind = fields.choice<WorkloadKind>("kind", "anonymous");
  const life = resolveLife(fields, `${kind} ${at + 1}`, limits);
  if (fields.has("spread") && KINDS[kind].spreads.length === 0) {
    fields.reject("spread", `must not be given for ${kind}, which has nothing that it varies`);
  }
  return { ...life, kind, ...KINDS[kind].resolve(fields, limits) } as ScenarioWorkload;
}

/**
 * A kind of workload as the core knows it, for {@link GuestWorkloads.add}.
 *
 * @param kind - Name of the kind, as scenario files spell it.
 * @returns its number, and the numbers of its settings by name.
 *
 * @example
 * ```js
 * import { coreWorkload, Guest } from "virtio-mem-engine";
 *
 * const { workloads } = (await Guest.create()).pages;
 * const { settings } = coreWorkload("pins");
 * console.log(Object.keys(settings)); // [ 'target', 'rate', 'kind' ]
 * const id = workloads.add(coreWorkload("pins"), 1, { target: 256, rate: 256, kind: 2 });
 * workloads.start(id);
 * workloads.run(id, 1_000_000);
 * console.log(workloads.look(id).pages); // 256
 * ```
 */
export function coreWorkload(kind: WorkloadKind): CoreWorkload {
  return KINDS[kind].core;
}

/** What the core is told of a workload: its settings by name. */
export function coreSettings(
  workload: ScenarioWorkload,
  surroundings: WorkloadSurroundings,
): Readonly<Record<string, number>> {
  return kindOf(workload).settings(workload, surroundings);
}

/** Pages a second that a workload may take or free. */
export function pagesPerSecond(workload: ScenarioWorkload): number {
  return kindOf(workload).pagesPerSecond(workload);
}

/**
 * A workload whose sizes, rates and lifetimes are each multiplied by a factor that is drawn.
 *
 * @param capacity - bytes that the guest can ever have, and the workload at most.
 */
export function spreadOver(
  workload: ScenarioWorkload,
  factor: () => number,
  capacity: number,
): ScenarioWorkload {
  const values = workload as unknown as Readonly<Record<string, number>>;
  const changed: Record<string, unknown> = {};
  for (const key of kindOf(workload).spreads) {
    changed[key] = Math.max(1, Math.min(capacity, (values[key] ?? 0) * factor()));
  }
  if (workload.kind === "anonymous") {
    changed["resize"] = workload.resize.map(({ atMs, size }) => ({
      atMs,
      size: Math.min(capacity, size * factor()),
    }));
  }
  return { ...workload, ...changed };
}

/** What is done to a workload while it runs, each at its time. */
export function actionsOf(workload: ScenarioWorkload): readonly WorkloadAction[] {
  return kindOf(workload).actions?.(workload) ?? [];
}

/**
 * A workload and the entry of its own kind belong together, which the type of the table cannot say.
 */
function kindOf(workload: ScenarioWorkload): KindOfWorkload<ScenarioWorkload, string> {
  return KINDS[workload.kind] as unknown as KindOfWorkload<ScenarioWorkload, string>;
}
