import { visibleText } from "../input-error.js";
import {
  comparedName,
  panicsOf,
  spreadOf,
  type Comparison,
  type Spread,
} from "../compare/comparison.js";
import { partingWords } from "../compare/parting.js";
import { formatCount, formatRoughSize } from "../units.js";
import { columnsOf, type FigureColumn } from "./comparison-figures.js";
import { wrap } from "./wrap.js";

/**
 * A comparison as a table: a line per figure, a column per policy, medians over the seeds and under
 * them the least and the most where they differ. Where the policies find no room beside each other
 * it is a line per policy, with as many figures as there is room for.
 *
 * @param comparison - From {@link compareOnCapture} or {@link compareOnScenario}.
 * @param options - `columns`: characters per line.
 *
 * @example
 * ```js
 * import { compareOnScenario, comparisonText, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const comparison = await compareOnScenario(scenario, ["linux", "sense-first"]);
 * process.stdout.write(comparisonText(comparison, { columns: 80 }));
 * ```
 */
export function comparisonText(comparison: Comparison, options: { columns: number }): string {
  const { kind, subject, seeds, policies, askedSize, interrupted } = comparison;
  const title = subject === "" ? `On the same ${kind}` : `${subject}, the same ${kind} for all`;
  const seeded = seeds.length === 1 ? "" : ` Medians over ${seeds.length} seeds.`;
  const words = `${title}. The host requests ${formatRoughSize(askedSize)} back.${seeded}`;
  const lines = [
    ...wrap(words, options.columns),
    ...(interrupted ? ["Ended early: what is missing has not run."] : []),
    "",
    ...policies.flatMap((policy, at) =>
      wrap(comparedName(policy), options.columns, `  ${at + 1}  `),
    ),
    ...deaths(comparison, options.columns),
  ];
  lines.push("", ...tableOf(comparison, options.columns));
  lines.push(...partings(comparison, options.columns));
  return lines.map((line) => `${visibleText(line)}\n`).join("");
}

/** A guest that died has freed memory that was not requested of it: that is no merit. */
function deaths({ policies }: Comparison, columns: number): string[] {
  const lines: string[] = [];
  for (const [at, policy] of policies.entries()) {
    const panics = panicsOf(policy);
    if (panics === 0) continue;
    const all = policy.runs.length;
    const who = all === 1 ? "the guest" : `${panics} of ${formatCount(all, "guest")}`;
    lines.push(
      ...wrap(`${at + 1}: ${who} panicked: its figures do not count as good.`, columns, "  "),
    );
  }
  return lines.length === 0 ? [] : ["", ...lines];
}

/** Where each run with the first seed leaves that of the first policy. */
function partings({ policies }: Comparison, columns: number): string[] {
  const lines = policies.flatMap(({ parting }, at) => {
    if (parting === undefined) return [];
    const words =
      parting === null
        ? `${at + 1} does the same as 1 from beginning to end.`
        : partingWords(parting, ["1", String(at + 1)]);
    return wrap(words, columns);
  });
  return lines.length === 0 ? [] : ["", ...lines];
}

const GAP = 2;

/** A line per figure where all policies have room beside each other, else a line per policy. */
function tableOf(comparison: Comparison, columns: number): string[] {
  const table = columnsOf(comparison).flatMap((figure) => rowsOf(comparison, figure));
  const rows = [["", ...comparison.policies.map((_, at) => String(at + 1))], ...table];
  const widths = widthsOf(rows);
  const width = widths.reduce((sum, each) => sum + GAP + each, -GAP);
  return width <= columns ? aligned(rows, widths) : policyLines(rows, columns);
}

/** The table on its side: figures that find no room are left out, from the last. */
function policyLines(rows: readonly (readonly string[])[], columns: number): string[] {
  const nrLines = rows[0]?.length ?? 0;
  const turned = Array.from({ length: nrLines }, (_, at) => rows.map((row) => row[at] ?? ""));
  const [titles = [], ...lines] = turned;
  // a title takes two lines, broken at its last space
  const heads = [0, 1].map((half) => titles.map((title) => halfOf(title.trim(), half)));
  const all = [...heads, ...lines];
  const widths = widthsOf(all);
  let shown = 0;
  for (let width = -GAP; shown < widths.length; shown++) {
    width += GAP + (widths[shown] ?? 0);
    if (width > columns) break;
  }
  const cut = all.map((cells) => cells.slice(0, shown));
  const left = widths.length - shown;
  const more =
    left === 0 ? [] : [`${formatCount(left, "more column")}: a wider terminal, or --json`];
  return [...aligned(cut, widths), ...more];
}

function halfOf(title: string, half: number): string {
  const space = title.lastIndexOf(" ");
  return half === 0 ? title.slice(0, Math.max(0, space)) : title.slice(space + 1);
}

function widthsOf(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
}

function aligned(rows: readonly (readonly string[])[], widths: readonly number[]): string[] {
  return rows.map((row) =>
    row
      .map((cell, at) => pad(cell, at, widths[at] ?? 0))
      .join(" ".repeat(GAP))
      .trimEnd(),
  );
}

function pad(cell: string, at: number, width: number): string {
  return at === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Of guests that panicked in brackets, but for what says so. */
function rowsOf({ policies }: Comparison, { figure, title, format }: FigureColumn): string[][] {
  const hasPanics = policies.map((policy) => panicsOf(policy) > 0);
  const spreads = policies.map(({ runs }) => spreadOf(runs, figure));
  const row = (name: string, key: keyof Spread): string[] => [
    name,
    ...spreads.map((spread, at) => {
      const isDead = figure !== "panickedMs" && figure !== "oomKills" && hasPanics[at] === true;
      return isDead ? `(${format(spread[key])})` : format(spread[key]);
    }),
  ];
  const rows = [row(title, "median")];
  if (spreads.some(({ least, most }) => least !== most)) {
    rows.push(row("  least", "least"), row("  most", "most"));
  }
  return rows;
}
