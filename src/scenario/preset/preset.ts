import { formatSize, MiB, PAGE_SIZE } from "../../units.js";
import type { Fields } from "../file/fields.js";
import { described, object, SIZE, type JsonSchema } from "../file/schema-parts.js";
import { LIFE_SCHEMA, type WorkloadLimits } from "../workload/kind.js";
import { memory } from "../workload/values.js";

/** A workload that a preset stands for, as a scenario file would say it. */
export interface PresetPart {
  /** What reports call it, after the name of the whole. */
  readonly name: string;
  /** Kind of workload. */
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** A program that people run, as the workloads that it is made of. */
export interface Preset {
  /** One sentence. */
  readonly description: string;
  /** Where its figures come from. */
  readonly source: string;
  /** @param size - bytes of the whole, see {@link LEAST_SIZE}. */
  readonly parts: (size: number) => readonly PresetPart[];
}

/** The smallest program: each part has at least a page, and room to differ from the others. */
export const LEAST_SIZE = 64 * MiB;

/** Bytes in whole pages. */
export function share(size: number, of: number): number {
  return Math.max(PAGE_SIZE, Math.floor((size * of) / PAGE_SIZE) * PAGE_SIZE);
}

/** What a file may say of a preset. */
export function presetSchema({ description, source }: Preset): JsonSchema {
  return object(`${description} A preset of several workloads. ${source}`, ["kind", "size"], {
    kind: { type: "string" },
    name: described(
      { type: "string", minLength: 1, maxLength: 40 },
      "What reports call it; its workloads are called `name: part`.",
    ),
    size: described(SIZE, "Memory of a host that would be sized for it, at least 64MiB."),
    ...LIFE_SCHEMA,
  });
}

/**
 * The workloads of a preset, each as a file would say it.
 *
 * @param fields - What the file says of the preset.
 * @param byDefault - Its name where the file gives none.
 */
export function partsOf(
  { parts }: Preset,
  fields: Fields,
  byDefault: string,
  limits: WorkloadLimits,
): Record<string, unknown>[] {
  const size = memory(fields, "size", limits);
  if (size < LEAST_SIZE) {
    fields.reject("size", `must be at least ${formatSize(LEAST_SIZE)}, got ${formatSize(size)}`);
  }
  const name = fields.text("name", byDefault);
  const life = fields.values(Object.keys(LIFE_SCHEMA));
  return parts(size).map((part) => ({ ...part, ...life, name: `${name}: ${part.name}` }));
}
