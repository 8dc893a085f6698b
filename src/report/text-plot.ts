import type { Sample, ScenarioResult } from "../scenario/result.js";
import { formatDuration, formatRoughSize } from "../units.js";

const LABEL_WIDTH = 10;

/** Memory over time in letters: used, plugged but free, and what was asked for. */
export function textPlot(
  { samples, bootSize }: Pick<ScenarioResult, "samples" | "bootSize">,
  columns: number,
  rows: number,
): string[] {
  const last = samples.at(-1);
  if (last === undefined || last.atMs === 0) return [];
  const width = Math.max(20, columns - LABEL_WIDTH - 2);
  const top = samples.reduce(
    (most, { usedSize, freeSize, requestedSize }) =>
      Math.max(most, usedSize + freeSize, requestedSize + bootSize),
    1,
  );
  const cells = Array.from({ length: width }, (_, column) =>
    nearestSample(samples, (last.atMs * column) / (width - 1)),
  );
  const lines: string[] = ["Memory of the guest over time"];
  for (let row = rows; row >= 1; row--) {
    const low = (top * (row - 1)) / rows;
    const high = (top * row) / rows;
    const line = cells.map((sample) => letter(sample, bootSize, low, high)).join("");
    const label = row === rows ? formatRoughSize(top) : "";
    lines.push(`${label.padStart(LABEL_WIDTH)} |${line.trimEnd()}`);
  }
  const end = formatDuration(last.atMs);
  lines.push(`${"0 B".padStart(LABEL_WIDTH)} +${"-".repeat(width)}`);
  lines.push(`${"".padStart(LABEL_WIDTH)} 0${end.padStart(width)}`);
  lines.push("  # used   . free   = boot memory and requested size");
  return lines;
}

function letter(sample: Sample, bootSize: number, low: number, high: number): string {
  const asked = bootSize + sample.requestedSize;
  if (asked > low && asked <= high) return "=";
  const middle = (low + high) / 2;
  if (sample.usedSize >= middle) return "#";
  return sample.usedSize + sample.freeSize >= middle ? "." : " ";
}

/** The last sample at or before `ms`. */
function nearestSample(samples: readonly Sample[], ms: number): Sample {
  let low = 0;
  let high = samples.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((samples[middle]?.atMs ?? 0) <= ms) low = middle;
    else high = middle - 1;
  }
  const found = samples[low];
  if (found === undefined) throw new Error("a run has at least one sample");
  return found;
}
