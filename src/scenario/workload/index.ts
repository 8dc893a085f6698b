import type { WorkloadKind } from "../../core/abi.js";
import type { Fields } from "../file/fields.js";
import type { JsonSchema } from "../file/schema-parts.js";
import { ANONYMOUS, type AnonymousWorkload } from "./anonymous.js";
import { COMPILE, type CompileWorkload } from "./compile.js";
import { FRAG, type FragWorkload } from "./frag.js";
import { FUNCTIONS, type FunctionsWorkload } from "./functions.js";
import { KERNEL, type KernelWorkload } from "./kernel.js";
import {
  resolveLife,
  type KindOfWorkload,
  type WorkloadAction,
  type WorkloadLimits,
  type WorkloadSurroundings,
} from "./kind.js";
import { NETWORK, type NetworkWorkload } from "./network.js";
import { PAGE_CACHE, type PageCacheWorkload } from "./page-cache.js";
import { PINS, type PinsWorkload } from "./pins.js";

/** Something that uses the guest's memory. */
export type ScenarioWorkload =
  | AnonymousWorkload
  | PageCacheWorkload
  | KernelWorkload
  | NetworkWorkload
  | PinsWorkload
  | FunctionsWorkload
  | CompileWorkload
  | FragWorkload;

/** In the core the kinds have the same names. */
const KINDS: {
  readonly [K in WorkloadKind]: KindOfWorkload<Extract<ScenarioWorkload, { kind: K }>>;
} = {
  anonymous: ANONYMOUS,
  "page-cache": PAGE_CACHE,
  kernel: KERNEL,
  network: NETWORK,
  pins: PINS,
  functions: FUNCTIONS,
  compile: COMPILE,
  frag: FRAG,
};

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
  return { ...life, kind, ...KINDS[kind].resolve(fields, limits) } as ScenarioWorkload;
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

/** What is done to a workload while it runs, each at its time. */
export function actionsOf(workload: ScenarioWorkload): readonly WorkloadAction[] {
  return kindOf(workload).actions?.(workload) ?? [];
}

/**
 * A workload and the entry of its own kind belong together, which the type of the table cannot say.
 */
function kindOf(workload: ScenarioWorkload): KindOfWorkload<ScenarioWorkload> {
  return KINDS[workload.kind] as unknown as KindOfWorkload<ScenarioWorkload>;
}
