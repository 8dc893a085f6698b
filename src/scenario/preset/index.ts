import { Fields } from "../file/fields.js";
import type { JsonSchema } from "../file/schema-parts.js";
import type { WorkloadLimits } from "../workload/kind.js";
import { partsOf, presetSchema, type Preset } from "./preset.js";
import { PRESETS } from "./presets.js";

const BY_KIND: ReadonlyMap<string, Preset> = new Map(Object.entries(PRESETS));

/** What each preset may say in a file. */
export const PRESET_SCHEMAS: Readonly<Record<string, JsonSchema>> = Object.fromEntries(
  [...BY_KIND].map(([kind, preset]) => [kind, presetSchema(preset)]),
);

/**
 * A workload of a file as it stands there; a preset as its parts.
 *
 * @param at - its place in the file, from 0 on.
 */
export function expandPreset(fields: Fields, at: number, limits: WorkloadLimits): Fields[] {
  const kind = fields.text("kind", "");
  const preset = BY_KIND.get(kind);
  if (preset === undefined) return [fields];
  const parts = partsOf(preset, fields, `${kind} ${at + 1}`, limits);
  return parts.map((part) => new Fields(part, fields.file, fields.path));
}
