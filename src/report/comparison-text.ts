import { visibleText } from "../input-error.js";
import { panicsOf, spreadOf, type Comparison, type Spread } from "../compare/comparison.js";
import { formatCount, formatRoughSize } from "../units.js";
import { columnsOf, type FigureColumn } from "./comparison-figures.js";
import { wrap } from "./wrap.js";

/**
 * A comparison as a table: a line per figure, a column per policy, medians over the seeds and under
 * them the least and the most where they differ. Policies that find no room beside the others
 * follow in a table of their own.
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
    ...policies.map(({ policy }, at) => `  ${at + 1}  ${policy}`),
    ...deaths(comparison, options.columns),
  ];
  for (const part of parts(comparison, options.columns)) lines.push("", ...part);
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

/** The table, as many policies beside each other as the terminal has room for. */
function parts(comparison: Comparison, columns: number): string[][] {
  const figures = columnsOf(comparison);
  const table = figures.flatMap((figure) => rowsOf(comparison, figure));
  const head = ["", ...comparison.policies.map((_, at) => String(at + 1))];
  const rows = [head, ...table];
  const widths = head.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const [first = 0] = widths;
  const tables: string[][] = [];
  for (let from = 1; from < head.length;) {
    let to = from;
    let width = first;
    do width += 2 + (widths[to++] ?? 0);
    while (to < head.length && width + 2 + (widths[to] ?? 0) <= columns);
    tables.push(
      rows.map((row) =>
        [0, ...Array.from({ length: to - from }, (_, i) => from + i)]
          .map((at) => pad(row[at] ?? "", at, widths[at] ?? 0))
          .join("  ")
          .trimEnd(),
      ),
    );
    from = to;
  }
  return tables;
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
