import type { Sample, ScenarioResult } from "../scenario/result.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";
import { marks, timeMarks } from "./plot-scale.js";
import { headline } from "./scenario-text.js";
import { element, escapeXml, rect, short, text } from "./svg-element.js";
import { FAINT, INK, svgSheet } from "./svg-sheet.js";

const WIDTH = 960;
const LEFT = 84;
const RIGHT = 28;
const PLOT_WIDTH = WIDTH - LEFT - RIGHT;
const GRID = "#e3e7eb";
/** More points than pixels show nothing more. */
const MAX_POINTS = 2 * PLOT_WIDTH;

interface Curve {
  readonly name: string;
  readonly color: string;
  readonly of: (sample: Sample) => number;
  /** Filled down to the curve below it, drawn dashed, or a line. */
  readonly style: "area" | "line" | "dashed";
}

interface Panel {
  readonly title: string;
  readonly height: number;
  readonly base: 2 | 10;
  readonly format: (value: number) => string;
  readonly curves: readonly Curve[];
  readonly most?: number;
  readonly namesKills?: boolean;
}

/**
 * A run as a picture: memory, work, fragmentation and workloads over time, one below the other. A
 * standalone SVG.
 *
 * @param result - From {@link runScenario}.
 *
 * @example
 * ```js
 * import { runScenario, scenarioOf, scenarioSvg } from "virtio-mem-engine";
 *
 * const scenario = scenarioOf({ duration: "5s", device: { regionSize: "1GiB" } });
 * const svg = scenarioSvg(await runScenario(scenario).result());
 * console.log(svg.includes("<svg")); // true
 * ```
 */
export function scenarioSvg(result: ScenarioResult): string {
  const { samples, endedMs } = result;
  const title = result.title === "" ? headline(result) : result.title;
  const panels = panelsOf(result);
  const parts: string[] = [];
  let top = 104;
  for (const panel of panels) {
    parts.push(drawPanel(panel, thinned(samples), Math.max(1, endedMs), top, result));
    top += panel.height + 74;
  }
  const height = top - 10;
  const head = { title, heading: title.slice(0, 90), words: headline(result) };
  return svgSheet(WIDTH, height, head, parts);
}

function panelsOf({ workloads, bootSize, samples }: ScenarioResult): Panel[] {
  const hasMovable = samples.some(({ freeSize, kernelFreeSize }) => kernelFreeSize < freeSize);
  const panels: Panel[] = [
    {
      title: "Memory of the guest",
      namesKills: true,
      height: 230,
      base: 2,
      format: formatRoughSize,
      curves: [
        {
          name: "free",
          color: "#cfe3f5",
          of: ({ usedSize, freeSize }) => usedSize + freeSize,
          style: "area",
        },
        { name: "page cache", color: "#8fbf9f", of: ({ usedSize }) => usedSize, style: "area" },
        {
          name: "programs",
          color: "#2f74b5",
          of: (sample) => sample.usedSize - heldBy(sample, workloads, CACHE),
          style: "area",
        },
        {
          name: "kernel",
          color: "#e0a458",
          of: (sample) => sample.usedSize - heldBy(sample, workloads, (kind) => !KERNEL(kind)),
          style: "area",
        },
        {
          name: "boot memory and requested size",
          color: "#c2410c",
          of: ({ requestedSize }) => bootSize + requestedSize,
          style: "dashed",
        },
      ],
    },
    {
      title: "Free memory that the kernel can take (not in ZONE_MOVABLE)",
      height: 90,
      base: 2,
      format: formatRoughSize,
      curves: hasMovable
        ? [
            {
              name: "free",
              color: "#b91c1c",
              of: ({ kernelFreeSize }) => kernelFreeSize,
              style: "line",
            },
          ]
        : [],
    },
    {
      title: "Pages moved so far, to empty memory blocks",
      height: 90,
      base: 10,
      format: (value) => formatCount(value),
      curves: [
        {
          name: "moved",
          color: "#7c3aed",
          of: ({ migratedPages }) => migratedPages,
          style: "line",
        },
        {
          name: "dropped",
          color: "#0f766e",
          of: ({ droppedPages }) => droppedPages,
          style: "line",
        },
      ],
    },
    {
      title: "Failed attempts and retries so far",
      height: 90,
      base: 10,
      format: (value) => formatCount(value),
      curves: [
        {
          name: "failed attempts",
          color: "#b91c1c",
          of: ({ failedAttempts }) => failedAttempts,
          style: "line",
        },
        { name: "retries", color: "#ca8a04", of: ({ retries }) => retries, style: "line" },
      ],
    },
    {
      title: "Share of the free memory that no huge page can use",
      height: 90,
      base: 10,
      format: (value) => `${value} %`,
      most: 100,
      curves: [
        {
          name: "unusable",
          color: "#475569",
          of: ({ unusableIndex }) => unusableIndex / 10,
          style: "line",
        },
      ],
    },
  ];
  if (workloads.length > 0 && workloads.length <= COLORS.length) {
    panels.splice(1, 0, {
      title: "Memory of each workload",
      height: 130,
      base: 2,
      format: formatRoughSize,
      curves: workloads.map(({ name }, at) => ({
        name: name.slice(0, 24),
        color: COLORS[at] ?? INK,
        of: ({ held }) => held[at] ?? 0,
        style: "line",
      })),
    });
  }
  // nothing is said by a line at 0, nor by a name without an area
  return panels
    .map((panel) => ({ ...panel, curves: panel.curves.filter(isSeen(panel, samples)) }))
    .filter(({ curves }) => curves.length > 0);
}

const CACHE = (kind: string): boolean => kind === "page-cache";
const KERNEL = (kind: string): boolean => kind === "kernel" || kind === "network";

/** What workloads of a kind have; of the rest that is in use, the kernel has all. */
function heldBy(
  { held }: Sample,
  workloads: ScenarioResult["workloads"],
  isOf: (kind: string) => boolean,
): number {
  return workloads.reduce((sum, { kind }, at) => (isOf(kind) ? sum + (held[at] ?? 0) : sum), 0);
}

/** Is a curve ever above the one that is drawn over it, and above a hundredth of a fixed scale? */
function isSeen({ curves, most }: Panel, samples: readonly Sample[]) {
  return ({ of, style }: Curve, at: number): boolean => {
    const next = curves[at + 1];
    const over = style === "area" && next?.style === "area" ? next.of : () => 0;
    return samples.some((sample) => of(sample) - over(sample) > (most ?? 0) / 100);
  };
}

const COLORS = [
  "#2f74b5",
  "#c2410c",
  "#15803d",
  "#7c3aed",
  "#ca8a04",
  "#be185d",
  "#0f766e",
  "#475569",
];

/** Kills that are named in the picture; the others are lines. */
const NAMED_KILLS = 4;
const NAME_PITCH = 15;
/** Words that lines may pass below. */
const HALO = { stroke: "#ffffff", "stroke-width": 4, "paint-order": "stroke" };

function drawPanel(
  panel: Panel,
  samples: readonly Sample[],
  endMs: number,
  top: number,
  { events }: ScenarioResult,
): string {
  const most =
    panel.most ??
    Math.max(
      1,
      ...panel.curves.map(({ of }) =>
        samples.reduce((top, sample) => Math.max(top, of(sample)), 0),
      ),
    );
  const kills = events.filter(({ type }) => type === "oom-kill" || type === "panic").length;
  const nrNames = panel.namesKills === true ? Math.min(kills, NAMED_KILLS) : 0;
  // names stand above all curves
  const room = panel.height / (panel.height - NAME_PITCH * nrNames);
  const levels = marks(most * room, panel.height / 45, panel.base);
  const ceiling = levels.at(-1) ?? most;
  const bottom = top + panel.height;
  const x = (ms: number): number => LEFT + (PLOT_WIDTH * ms) / endMs;
  const y = (value: number): number => bottom - (panel.height * value) / ceiling;
  const parts = [
    text(LEFT, top - 14, panel.title, { "font-size": 14, "font-weight": 600 }),
    legend(panel.curves, top - 14),
  ];
  for (const level of levels) {
    parts.push(
      element("path", { d: `M${LEFT} ${short(y(level))}h${PLOT_WIDTH}`, stroke: GRID }),
      text(LEFT - 8, y(level) + 4, panel.format(level), { "text-anchor": "end", fill: FAINT }),
    );
  }
  for (const ms of timeMarks(endMs, 8)) {
    parts.push(
      element("path", { d: `M${short(x(ms))} ${bottom}v5`, stroke: FAINT }),
      text(x(ms), bottom + 18, formatDuration(ms), { "text-anchor": "middle", fill: FAINT }),
    );
  }
  for (const curve of panel.curves) parts.push(drawCurve(curve, samples, x, y));
  const names: string[] = [];
  for (const event of events) {
    if (event.type !== "oom-kill" && event.type !== "panic") continue;
    const words = event.type === "panic" ? "panic" : `${event.victim} killed`;
    parts.push(
      element(
        "path",
        {
          d: `M${short(x(event.atMs))} ${top}v${panel.height}`,
          stroke: "#b91c1c",
          "stroke-dasharray": "2 3",
        },
        element("title", {}, escapeXml(`${formatDuration(event.atMs)}: ${words}`)),
      ),
    );
    if (!panel.namesKills || names.length === NAMED_KILLS) continue;
    const place = { "text-anchor": "end", fill: "#b91c1c", ...HALO };
    names.push(
      text(x(event.atMs) - 4, top + 14 + NAME_PITCH * names.length, words.slice(0, 40), place),
    );
  }
  parts.push(
    ...names,
    element("path", { d: `M${LEFT} ${top}V${bottom}h${PLOT_WIDTH}`, fill: "none", stroke: FAINT }),
  );
  return element("g", {}, ...parts);
}

/** Names at the right end of the panel's title line. */
function legend(curves: readonly Curve[], y: number): string {
  const parts: string[] = [];
  let right = WIDTH - RIGHT;
  for (const { name, color, style } of [...curves].reverse()) {
    right -= name.length * 6.6 + 8;
    parts.push(text(right, y, name, { fill: FAINT }));
    right -= 20;
    const mark =
      style === "area"
        ? rect(right, y - 10, 14, 11, { fill: color })
        : element("path", {
            d: `M${short(right)} ${short(y - 4)}h14`,
            stroke: color,
            "stroke-width": 2,
            ...(style === "dashed" ? { "stroke-dasharray": "4 3" } : {}),
          });
    parts.push(mark);
    right -= 12;
  }
  return parts.join("");
}

function drawCurve(
  { of, color, style }: Curve,
  samples: readonly Sample[],
  x: (ms: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  for (const [at, sample] of samples.entries()) {
    const point = `${short(x(sample.atMs))} ${short(y(of(sample)))}`;
    // what the host asks for changes at once
    const isStep = style === "dashed" && at > 0;
    path += at === 0 ? `M${point}` : isStep ? `H${short(x(sample.atMs))}L${point}` : `L${point}`;
  }
  const last = samples.at(-1);
  if (style === "area" && last !== undefined) {
    path += `L${short(x(last.atMs))} ${short(y(0))}L${short(x(0))} ${short(y(0))}z`;
    return element("path", { d: path, fill: color });
  }
  return element("path", {
    d: path,
    fill: "none",
    stroke: color,
    "stroke-width": 1.8,
    ...(style === "dashed" ? { "stroke-dasharray": "5 4" } : {}),
  });
}

/** At most as many samples as can be told apart, the last among them. */
function thinned(samples: readonly Sample[]): Sample[] {
  const step = Math.ceil(samples.length / MAX_POINTS);
  return samples.filter((_, at) => at % step === 0 || at === samples.length - 1);
}
