import { visibleText } from "../input-error.js";
import { settingWords, sweepSentence } from "../sweep/sentence.js";
import type { SweepResult } from "../sweep/judge.js";
import { formatCount } from "../units.js";
import { MARKS, sweepCells } from "./sweep-table.js";
import { wrap } from "./wrap.js";

const MIN_COLUMNS = 40;
/** Settings that a terminal shows; files have all of them. */
const MOST_ROWS = 40;
const MOST_FAILURES = 5;
const GAP = 2;

/**
 * A sweep for a terminal: the answer, then a table, the best setting first. Columns that find no
 * room are left out, from the right.
 *
 * @param result - From judgeSweep().
 * @param options - `columns`: characters per line; at least 40 are used.
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepText } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * process.stdout.write(sweepText(judgeSweep(plan, new Map()), { columns: 80 }));
 * ```
 */
export function sweepText(result: SweepResult, options: { readonly columns: number }): string {
  const columns = Math.max(MIN_COLUMNS, options.columns);
  const lines = wrap(sweepSentence(result), columns);
  if (result.rows.length > 0) lines.push("", ...tableOf(result, columns), ...wrap(MARKS, columns));
  lines.push(...failureLines(result, columns));
  return lines.map((line) => `${visibleText(line).trimEnd()}\n`).join("");
}

function tableOf(result: SweepResult, columns: number): string[] {
  const [head = [], ...all] = sweepCells(result);
  const rows = [head, ...all.slice(0, MOST_ROWS)];
  const widths = head.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  let nr = 0;
  for (let width = -GAP; nr < widths.length; nr++) {
    width += GAP + (widths[nr] ?? 0);
    if (width > columns) break;
  }
  const lines = rows.map((row) =>
    row
      .slice(0, Math.max(nr, 1))
      .map((cell, at) => (at === 0 ? cell.padEnd(1) : cell.padStart(widths[at] ?? 0)))
      .join(" ".repeat(GAP))
      .slice(0, columns),
  );
  const more = all.length - MOST_ROWS;
  if (more > 0) lines.push(`   and ${formatCount(more, "worse setting")}; --format csv has them`);
  return lines;
}

function failureLines({ failures, plan: { axes } }: SweepResult, columns: number): string[] {
  if (failures.length === 0) return [];
  const lines = ["", `${formatCount(failures.length, "run")} could not be made:`];
  for (const { setting, seed, error } of failures.slice(0, MOST_FAILURES)) {
    const who = settingWords({ setting }, axes);
    lines.push(...wrap(`${who}, seed ${seed}: ${error}`, columns, "  "));
  }
  return lines;
}
