import { comparedName, panicsOf, spreadOf, type Comparison } from "../compare/comparison.js";
import { formatRoughSize } from "../units.js";
import { columnsOf, type FigureColumn } from "./comparison-figures.js";
import { TIE, verdictOf } from "./comparison-verdict.js";
import { element, rect, short, text } from "./svg-element.js";
import { FAINT, MARGIN, svgSheet } from "./svg-sheet.js";

const WIDTH = 960;
const PER_ROW = 2;
const GAP = 36;
const PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / PER_ROW;
/** Room for the value behind the longest bar. */
const VALUE_WIDTH = 150;
const LINE = 36;
const HEAD = 124;
/** Where the line below the verdict stands. */
const WORDS = 84;
const TRACK = "#eef1f4";
const BAR = "#9db8d2";
const BEST = "#2f74b5";
const SPREAD = "#1b1f23";

/**
 * A comparison as bars: a panel per figure, a bar per policy, the spread over the seeds as a line
 * on it.
 *
 * @param comparison - From {@link compareOnCapture} or {@link compareOnScenario}.
 *
 * @example
 * ```js
 * import { compareOnScenario, comparisonSvg, scenarioOf } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const svg = comparisonSvg(await compareOnScenario(scenario, ["linux", "sense-first"]));
 * console.log(svg.includes("<svg")); // true
 * ```
 */
export function comparisonSvg(comparison: Comparison): string {
  const { subject, kind, seeds, policies, askedSize } = comparison;
  const all = columnsOf(comparison);
  const differing = all.filter((column) => !isAlike(comparison, column));
  const columns = differing.length === 0 ? all : differing;
  const alike = all.filter((column) => !columns.includes(column));
  const panelHeight = 40 + policies.length * LINE;
  const title = subject === "" ? `Policies on one ${kind}` : subject;
  const seeded =
    seeds.length === 1
      ? ""
      : `; bars are medians over ${seeds.length} seeds, lines go from least to most`;
  const words = `Policies on the same ${kind}; the host requests ${formatRoughSize(askedSize)} back${seeded}. Dark: the best.${deadWords(comparison)}${alikeWords(alike)}`;
  const height = HEAD + Math.ceil(columns.length / PER_ROW) * (panelHeight + 18) + 10;
  const panels = columns.map((column, at) => {
    const x = MARGIN + (at % PER_ROW) * (PANEL_WIDTH + GAP);
    const y = HEAD + Math.floor(at / PER_ROW) * (panelHeight + 18);
    return panelOf(comparison, column, x, y);
  });
  const heading = title.slice(-80);
  const verdict = verdictOf(comparison);
  if (verdict === "") return svgSheet(WIDTH, height, { title, heading, words }, panels);
  const below = text(MARGIN, WORDS, words, { fill: FAINT });
  return svgSheet(WIDTH, height, { title, heading, words: verdict }, [below, ...panels]);
}

function isDead({ policies }: Comparison, row: number): boolean {
  const policy = policies[row];
  return policy !== undefined && panicsOf(policy) > 0;
}

function isAlike({ policies }: Comparison, { figure }: FigureColumn): boolean {
  const values = policies.flatMap(({ runs }) => runs.map((run) => run[figure]));
  return values.every((value) => value === values[0]);
}

function alikeWords(alike: readonly FigureColumn[]): string {
  if (alike.length === 0) return "";
  return ` Equal for all: ${alike.map(({ title }) => title.toLowerCase()).join(", ")}.`;
}

function deadWords(comparison: Comparison): string {
  const dead = comparison.policies.filter((policy) => panicsOf(policy) > 0);
  if (dead.length === 0) return "";
  return ` Guests panicked under ${dead.map(comparedName).join(", ")}: never the best.`;
}

function panelOf(comparison: Comparison, column: FigureColumn, x: number, y: number): string {
  const { figure, format, less, title } = column;
  const spreads = comparison.policies.map(({ runs }) => spreadOf(runs, figure));
  const largest = Math.max(0, ...spreads.map(({ most, median }) => most ?? median ?? 0));
  const medians = spreads.map(({ median }) => median ?? (less ? Infinity : -Infinity));
  const living = medians.filter((_, row) => !isDead(comparison, row));
  const best = less ? Math.min(...living) : Math.max(...living);
  const isGood = (median: number): boolean =>
    median === best || Math.abs(median - best) <= Math.abs(best) * TIE;
  const allAlike = medians.every(isGood);
  const room = PANEL_WIDTH - VALUE_WIDTH;
  const at = (value: number): number => (largest === 0 ? 0 : (room * value) / largest);
  const parts = [
    text(x, y, title, { "font-size": 14, "font-weight": 600 }),
    text(x + PANEL_WIDTH, y, less ? "less is better" : "more is better", {
      fill: FAINT,
      "text-anchor": "end",
    }),
  ];
  for (const [row, { median, least, most }] of spreads.entries()) {
    const top = y + 16 + row * LINE;
    const dead = isDead(comparison, row);
    const isBest = !allAlike && !dead && isGood(median ?? (less ? Infinity : -Infinity));
    parts.push(
      text(x, top + 10, `${nameOf(comparison, row)}${dead ? " (panicked)" : ""}`, {
        "font-size": 11,
        fill: FAINT,
      }),
      rect(x, top + 14, room, 12, { fill: TRACK }),
      rect(x, top + 14, at(median ?? largest), 12, {
        fill: median === null ? TRACK : isBest ? BEST : BAR,
      }),
      text(x + room + 8, top + 24, format(median), isBest ? { "font-weight": 600 } : {}),
    );
    if (least === null || least === most) continue;
    const [from, to] = [x + at(least), x + at(most ?? largest)];
    const d = `M${short(from)} ${short(top + 20)}H${short(to)}M${short(from)} ${short(top + 16)}v8M${short(to)} ${short(top + 16)}v8`;
    parts.push(element("path", { d, stroke: SPREAD, "stroke-width": 1.2, fill: "none" }));
  }
  return parts.join("");
}

function nameOf({ policies }: Comparison, row: number): string {
  const policy = policies[row];
  return policy === undefined ? "" : comparedName(policy);
}
