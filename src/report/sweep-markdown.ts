import { visibleText } from "../input-error.js";
import type { SweepResult } from "../sweep/judge.js";
import { sweepSentence } from "../sweep/sentence.js";
import { MARKS, sweepCells } from "./sweep-table.js";

/**
 * A sweep as Markdown: the answer and a table, the best setting first.
 *
 * @param result - From judgeSweep().
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepMarkdown } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * process.stdout.write(sweepMarkdown(judgeSweep(plan, new Map())));
 * ```
 */
export function sweepMarkdown(result: SweepResult): string {
  const [head = [], ...rows] = sweepCells(result);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => visibleText(cell).replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = line(head.map((_, at) => (at === 0 ? "---" : "---:")));
  const table = [line(head), rule, ...rows.map(line)];
  const legend = MARKS.replace("* ", "`*` ").replace("! ", "`!` ");
  return `${visibleText(sweepSentence(result))}\n\n${table.join("\n")}\n\n${legend}\n`;
}
