import { magnitudeOf, sweepSentence } from "../sweep/sentence.js";
import { shortNames, type SweepAxis, type SweepValue } from "../sweep/axis.js";
import type { SweepResult, SweepRow } from "../sweep/judge.js";
import { formatCount, formatRoughSize } from "../units.js";
import { element, rect, text } from "./svg-element.js";
import { FAINT, INK, MARGIN, svgSheet } from "./svg-sheet.js";
import { wrap } from "./wrap.js";

const CELL_WIDTH = 112;
const CELL_HEIGHT = 46;
const LABEL_WIDTH = 150;
const TOP = 132;
const LINE = 17;
/** More values of an axis are not drawn: no picture could be read. */
const MOST_VALUES = 40;
const HARM = "#b3261e";

/**
 * A sweep as a picture: a heat map over the first two axes, or a row of bars over one, by the
 * memory that comes back. Where there are more axes each cell is the best of their values. Settings
 * that harm a guest are crossed out in red, whatever they return.
 *
 * @param result - From judgeSweep().
 *
 * @example
 * ```js
 * import { judgeSweep, planSweep, sweepSvg } from "virtio-mem-engine";
 *
 * const value = { duration: "1s", device: { regionSize: "1GiB" } };
 * const subject = { kind: "scenario", name: "idle", value };
 * const plan = await planSweep(subject, { axes: [], engine: "1" });
 * const svg = sweepSvg(judgeSweep(plan, new Map()));
 * console.log(svg.startsWith("<svg")); // true
 * ```
 */
export function sweepSvg(result: SweepResult): string {
  const { axes } = result.plan;
  const [across, down] = axes.length > 1 ? [axes[0], axes[1]] : [axes[0], undefined];
  const columns = valuesOf(across);
  const lines = valuesOf(down);
  const width = Math.max(720, MARGIN * 2 + LABEL_WIDTH + columns.length * CELL_WIDTH);
  const words = wrap(sweepSentence(result), Math.floor((width - 2 * MARGIN) / 6.6));
  const top = TOP + Math.max(0, words.length - 1) * LINE;
  const height = top + Math.max(1, lines.length) * CELL_HEIGHT + 64 + (axes.length > 2 ? LINE : 0);
  const parts = [
    ...words
      .slice(1)
      .map((line, at) =>
        text(MARGIN, 64 + (at + 1) * LINE, line, { fill: FAINT, "font-size": 13 }),
      ),
    ...axisLabels(axes, { columns, lines, top }),
    ...cellsOf(result, { columns, lines, top }),
    text(MARGIN, height - 18, legendOf(axes), { fill: FAINT }),
  ];
  const title = result.plan.name === "" ? "Sweep" : `Sweep of ${result.plan.name}`;
  return svgSheet(width, height, { title, words: words[0] ?? "" }, parts);
}

interface Grid {
  readonly columns: readonly (SweepValue | undefined)[];
  readonly lines: readonly (SweepValue | undefined)[];
  readonly top: number;
}

/** In order of size where all have one. */
function valuesOf(axis: SweepAxis | undefined): (SweepValue | undefined)[] {
  if (axis === undefined) return [undefined];
  const sizes = axis.values.map(magnitudeOf);
  const values = sizes.includes(undefined)
    ? [...axis.values]
    : [...axis.values].sort((a, b) => (magnitudeOf(a) ?? 0) - (magnitudeOf(b) ?? 0));
  return values.slice(0, MOST_VALUES);
}

function axisLabels(axes: readonly SweepAxis[], { columns, lines, top }: Grid): string[] {
  const names = shortNames(axes);
  const bold = { "font-weight": 600 };
  return [
    text(MARGIN + LABEL_WIDTH, top - 32, names[0] ?? "", bold),
    text(MARGIN, top - 10, names[1] ?? "", bold),
    ...columns.map((value, at) =>
      text(MARGIN + LABEL_WIDTH + at * CELL_WIDTH, top - 10, cut(value), { fill: INK }),
    ),
    ...lines.map((value, at) =>
      text(MARGIN, top + at * CELL_HEIGHT + 26, cut(value), { fill: INK }),
    ),
  ];
}

function cut(value: SweepValue | undefined): string {
  const word = value === undefined ? "" : String(value);
  return word.length > 16 ? `${word.slice(0, 15)}.` : word;
}

function cellsOf(result: SweepResult, { columns, lines, top }: Grid): string[] {
  const { axes } = result.plan;
  const most = Math.max(1, ...result.rows.map(({ returnedSize }) => returnedSize.median ?? 0));
  return lines.flatMap((line, y) =>
    columns.flatMap((column, x) => {
      // rows come best first
      const row = result.rows.find(
        ({ setting }) =>
          (axes[0] === undefined || setting[axes[0].path] === column) &&
          (axes[1] === undefined || setting[axes[1].path] === line),
      );
      const place = { x: MARGIN + LABEL_WIDTH + x * CELL_WIDTH, y: top + y * CELL_HEIGHT };
      return row === undefined ? [] : [cellOf(row, most, place)];
    }),
  );
}

function cellOf(row: SweepRow, most: number, { x, y }: { x: number; y: number }): string {
  const returned = row.returnedSize.median ?? 0;
  const share = returned / most;
  const [width, height] = [CELL_WIDTH - 4, CELL_HEIGHT - 4];
  const isHarmed = row.harmed > 0;
  const words = isHarmed ? harmWords(row) : formatRoughSize(returned);
  const fill = isHarmed ? "#fbe9e7" : shade(share);
  const ink = !isHarmed && share > 0.6 ? "#ffffff" : isHarmed ? HARM : INK;
  const parts = [
    element("title", {}, `${formatRoughSize(returned)} come back`),
    rect(x, y, width, height, { fill, stroke: row.isOnFront && !isHarmed ? INK : "#d5dae0" }),
    text(x + 8, y + 26, words, { fill: ink }),
  ];
  if (isHarmed) {
    const d = `M${x} ${y + height}L${x + width} ${y}`;
    parts.push(element("path", { d, stroke: HARM, "stroke-width": 1, fill: "none" }));
  }
  return element("g", {}, ...parts);
}

function harmWords({ kills, panicked }: SweepRow): string {
  if (panicked > 0) return formatCount(panicked, "panic");
  return formatCount(kills, "kill");
}

/** From nearly white to a dark blue that reads without colour, too. */
function shade(share: number): string {
  const mix = (from: number, to: number): number => Math.round(from + (to - from) * share);
  return `rgb(${mix(238, 8)},${mix(244, 72)},${mix(250, 129)})`;
}

function legendOf(axes: readonly SweepAxis[]): string {
  const others = axes.slice(2).map(({ path }) => path);
  const best = others.length === 0 ? "" : ` Each cell has the best ${others.join(", ")}.`;
  return `Memory that comes back; framed: no other setting is as good in everything; crossed out: a guest was harmed.${best}`;
}
