import { element, rect, text } from "../src/report/svg-element.js";
import type { Row } from "./row.js";
import { sizeText, timeText } from "./units.js";

/** A line of the plot: what it shows of each row of its workload. */
interface Series {
  readonly workload: string;
  /** What is written at its end, if not the workload's name. */
  readonly label?: string;
  readonly value: (row: Row) => number;
}

interface Panel {
  readonly title: string;
  readonly unit: (value: number) => string;
  /** Ticks are powers of it. */
  readonly step: number;
  readonly series: readonly Series[];
}

const whole = (workload: string): Series => ({
  workload,
  value: ({ nsPerOp, ops }) => nsPerOp * ops,
});
const perOperation = (workload: string): Series => ({ workload, value: ({ nsPerOp }) => nsPerOp });
const peak = (workload: string, label = workload): Series => ({
  workload,
  label,
  value: ({ peakBytes }) => peakBytes,
});

const PANELS: readonly Panel[] = [
  {
    title: "CPU time of the whole guest",
    unit: timeText,
    step: 10,
    series: [
      whole("idle"),
      whole("half_used"),
      whole("capture"),
      whole("fill_fresh"),
      perOperation("removable"),
    ],
  },
  {
    title: "CPU time of one operation",
    unit: timeText,
    step: 10,
    series: [
      ...["contig_10", "contig_50", "contig_90", "refused", "churn_types"],
      ...["mixed_alloc", "mixed_free", "mixed_contig"],
    ].map(perOperation),
  },
  {
    title: "Memory of the process",
    unit: sizeText,
    step: 4,
    series: [
      peak("idle"),
      peak("half_used"),
      peak("capture"),
      peak("mixed_alloc", "mixed"),
      peak("removable"),
    ],
  },
];

const COLORS = [
  "#1b6ca8",
  "#c1440e",
  "#2e7d32",
  "#7b3fa0",
  "#b8860b",
  "#00838f",
  "#ad1457",
  "#455a64",
];
const PANEL = { width: 400, height: 330, left: 62, right: 92, top: 34, bottom: 34 };
/** Room that a label needs, in pixels. */
const LABEL_HEIGHT = 12;

/** Time and memory against modelled size, both logarithmic. */
export function scalingSvg(rows: readonly Row[]): string {
  const core = rows.filter(({ contender }) => contender === "core");
  const width = PANEL.width * PANELS.length;
  const panels = PANELS.map((panel, index) =>
    element("g", { transform: `translate(${index * PANEL.width} 0)` }, ...panelParts(panel, core)),
  );
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${PANEL.height}`,
      width,
      height: PANEL.height,
      "font-family": "system-ui, sans-serif",
      "font-size": 11,
    },
    element("title", {}, "Time and memory against modelled size"),
    rect(0, 0, width, PANEL.height, { fill: "#ffffff" }),
    ...panels,
  );
}

interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A logarithmic axis: ticks and the place of a value in pixels. */
interface Axis {
  readonly ticks: readonly number[];
  readonly place: (value: number) => number;
}

function panelParts(panel: Panel, rows: readonly Row[]): string[] {
  const series = panel.series.map(({ workload, label = workload, value }) => ({
    name: label,
    values: rows
      .filter((row) => row.workload === workload)
      .map((row) => [row.pages * 4096, value(row)] as const),
  }));
  const drawn = series.filter(({ values }) => values.length > 1);
  const title = text(PANEL.left, 20, panel.title, { "font-weight": 600 });
  if (drawn.length === 0) return [title];
  const all = drawn.flatMap(({ values }) => values);
  const x = axis(
    all.map(([size]) => size),
    4,
    PANEL.left,
    PANEL.width - PANEL.right,
  );
  const y = axis(
    all.map(([, value]) => value),
    panel.step,
    PANEL.height - PANEL.bottom,
    PANEL.top,
  );
  const lines = drawn.map(({ name, values }, index): Line => ({
    name,
    color: COLORS[index % COLORS.length]!,
    points: values.map(([size, value]) => [x.place(size), y.place(value)]),
  }));
  return [
    title,
    ...y.ticks.map((value) => horizontal(y.place(value), panel.unit(value))),
    ...x.ticks.map((value) => tick(x.place(value), sizeText(value))),
    ...lines.map(polyline),
    ...labels(lines),
  ];
}

function axis(values: readonly number[], step: number, from: number, to: number): Axis {
  const log = (value: number): number => Math.log(value) / Math.log(step);
  const low = Math.floor(log(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(log(Math.max(...values)) - 1e-9));
  return {
    ticks: Array.from({ length: high - low + 1 }, (_, index) => step ** (low + index)),
    place: (value) => from + ((log(value) - low) / (high - low)) * (to - from),
  };
}

function horizontal(y: number, label: string): string {
  const end = PANEL.width - PANEL.right;
  return (
    element("path", { d: `M${PANEL.left} ${y}H${end}`, stroke: "#e0e0e0" }) +
    text(PANEL.left - 6, y + 4, label, { "text-anchor": "end", fill: "#555555" })
  );
}

function tick(x: number, label: string): string {
  const bottom = PANEL.height - PANEL.bottom;
  return (
    element("path", { d: `M${x} ${bottom}v4`, stroke: "#888888" }) +
    text(x, bottom + 17, label.replace(" ", "\u00a0"), {
      "text-anchor": "middle",
      fill: "#555555",
      "font-size": 9,
    })
  );
}

function polyline({ color, points }: Line): string {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  const dots = points.map(([x, y]) => element("circle", { cx: x, cy: y, r: 2, fill: color }));
  return (
    element("polyline", { points: path, fill: "none", stroke: color, "stroke-width": 1.5 }) +
    dots.join("")
  );
}

/** Names at the right ends, pushed apart where they would overlap. */
function labels(lines: readonly Line[]): string[] {
  const ends = lines
    .map(({ name, color, points }) => ({ name, color, at: points.at(-1)! }))
    .sort((a, b) => a.at[1] - b.at[1]);
  let free = 0;
  return ends.map(({ name, color, at: [, y] }) => {
    const place = Math.max(y, free);
    free = place + LABEL_HEIGHT;
    return text(PANEL.width - PANEL.right + 8, place + 4, name, { fill: color });
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
