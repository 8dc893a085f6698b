import { PRESETS } from "../../../src/scenario/preset/presets.js";
import type { Preset, PresetPart } from "../../../src/scenario/preset/preset.js";
import { formatSize, GiB } from "../../../src/units.js";

/** The size that the table is for. */
const SIZE = 16 * GiB;
/** Keys whose numbers are no bytes. */
const COUNTS = ["jobs", "most", "order", "dirtyShare", "thpShare"];

/** All presets as rows of a Markdown table. */
export function presetTable(): string {
  const rows = Object.entries<Preset>(PRESETS).flatMap(([name, { parts }]) =>
    parts(SIZE).map((part, at) => `| ${at === 0 ? `\`${name}\`` : ""} | ${rowOf(part)} |`),
  );
  return rows.join("\n");
}

function rowOf({ name, kind, ...settings }: PresetPart): string {
  const words = Object.entries(settings).map(([key, value]) => {
    const isSize = typeof value === "number" && !COUNTS.includes(key);
    return `\`${key}\` ${isSize ? formatSize(value) : String(value)}`;
  });
  return `${name} | \`${kind}\` | ${words.join(", ")}`;
}
