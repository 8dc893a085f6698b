import type { Btf } from "./btf.js";
import { CaptureError } from "./capture-error.js";

/** Types of pageblocks and free lists as the model has them; CMA's are movable. */
export type KernelMigratetype =
  "Unmovable" | "Movable" | "Reclaimable" | "HighAtomic" | "CMA" | "Isolate";

/** In the order of the model's numbers; CMA, which it does not have, is the last one. */
export const MIGRATETYPES: readonly KernelMigratetype[] = [
  "Unmovable",
  "Movable",
  "Reclaimable",
  "HighAtomic",
  "Isolate",
  "CMA",
];

/**
 * The kernel's migratetypes by their numbers, which differ by configuration.
 *
 * @throws CaptureError where its types do not say them.
 */
export function migratetypesOf(types: Btf, file: string): (KernelMigratetype | undefined)[] {
  const values = types.enumOf("migratetype");
  if (values === undefined) {
    throw new CaptureError(file, "enum migratetype", "must be known, got no such type");
  }
  const names: readonly (readonly [KernelMigratetype, string])[] = [
    ["Unmovable", "MIGRATE_UNMOVABLE"],
    ["Movable", "MIGRATE_MOVABLE"],
    ["Reclaimable", "MIGRATE_RECLAIMABLE"],
    ["HighAtomic", "MIGRATE_HIGHATOMIC"],
    ["CMA", "MIGRATE_CMA"],
    ["Isolate", "MIGRATE_ISOLATE"],
  ];
  const found: (KernelMigratetype | undefined)[] = [];
  for (const [type, name] of names) {
    const value = values.get(name);
    if (value !== undefined && value >= 0 && value < 8) found[value] = type;
  }
  return found;
}
