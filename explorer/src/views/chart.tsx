import { useEffect, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { useTheme } from "../theme.js";
import { formatDuration, formatRoughSize } from "../words.js";
import { Swatch } from "./map-panel.js";

export interface Line {
  readonly label: string;
  readonly values: readonly number[];
  readonly light: string;
  readonly dark: string;
  /** Steps rather than slopes: a size that is set. */
  readonly isStepped?: boolean;
  readonly isDashed?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly atMs: readonly number[];
  readonly lines: readonly Line[];
  /** Lines lie on each other, as areas. */
  readonly isStacked?: boolean;
  readonly unit: "size" | "count";
  readonly cursorMs: number;
  readonly onCursor: (ms: number) => void;
}

const HEIGHT = 180;

/** Values over virtual time, with the cursor that the map follows, too. */
export function Chart(props: ChartProps): JSX.Element {
  const { title, atMs, lines, isStacked = false, unit, cursorMs } = props;
  const theme = useTheme();
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [width, setWidth] = useState(0);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const found = element.current;
    if (found === null) return undefined;
    const observer = new ResizeObserver(() => {
      setWidth(found.clientWidth);
    });
    observer.observe(found);
    setWidth(found.clientWidth);
    return () => {
      observer.disconnect();
    };
  }, []);

  useEffect(() => {
    const found = element.current;
    if (found === null || width === 0 || atMs.length < 2) return undefined;
    const options = optionsFor({ width, isDark: theme.isDark, latest });
    const made = new uPlot(options, dataOf(atMs, lines, isStacked), found);
    made.root.setAttribute("aria-hidden", "true");
    plot.current = made;
    return () => {
      made.destroy();
      plot.current = undefined;
    };
  }, [width, theme.isDark, lines, atMs]);
  useEffect(() => {
    plot.current?.redraw(false);
  }, [cursorMs]);

  const at = indexAt(atMs, cursorMs);
  const words = (value: number | undefined): string =>
    value === undefined
      ? "–"
      : unit === "size"
        ? formatRoughSize(Math.round(value))
        : String(Math.round(value));
  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={element} class="plot" />
      <ul class="legend" aria-label={`${title} at ${formatDuration(cursorMs)}`}>
        {lines.map((line) => (
          <li key={line.label}>
            <Swatch colour={theme.isDark ? line.dark : line.light} />
            {line.label} <span class="faint">{words(line.values[at])}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** The last moment that is not later. */
export function indexAt(atMs: readonly number[], ms: number): number {
  let found = 0;
  for (const [at, time] of atMs.entries()) {
    if (time > ms) break;
    found = at;
  }
  return found;
}

function dataOf(
  atMs: readonly number[],
  lines: readonly Line[],
  isStacked: boolean,
): uPlot.AlignedData {
  const seconds = atMs.map((ms) => ms / 1000);
  if (!isStacked) return [seconds, ...lines.map(({ values }) => [...values])];
  const sums = atMs.map(() => 0);
  const stacked = lines.map(({ values }) => {
    for (const [at, value] of values.entries()) sums[at] = (sums[at] ?? 0) + value;
    return [...sums];
  });
  // the lowest area is drawn last, over the others
  return [seconds, ...stacked.reverse()];
}

interface OptionsInput {
  readonly width: number;
  readonly isDark: boolean;
  readonly latest: { readonly current: ChartProps };
}

function optionsFor({ width, isDark, latest }: OptionsInput): uPlot.Options {
  const { lines, isStacked = false, unit } = latest.current;
  const ink = isDark ? "#aeb8c2" : "#4a545e";
  const grid = { stroke: isDark ? "#2a323a" : "#e4e9ee", width: 1 };
  const accent = isDark ? "#ff8f1f" : "#d1480c";
  const ordered = isStacked ? [...lines].reverse() : lines;
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
    scales: {
      x: { time: false },
      y: { range: (_, __, most) => [0, Math.max(most * 1.05, 1)] },
    },
    axes: [
      { stroke: ink, grid, values: (_, ticks) => ticks.map(shortTime) },
      {
        stroke: ink,
        grid,
        size: 66,
        ...(unit === "size" ? { incrs: SIZE_STEPS } : {}),
        values: (_, ticks) =>
          ticks.map((value) => (unit === "size" ? formatRoughSize(value) : shortCount(value))),
      },
    ],
    series: [
      {},
      ...ordered.map((line): uPlot.Series => {
        const colour = isDark ? line.dark : line.light;
        const stepped = uPlot.paths.stepped?.({ align: 1 });
        return {
          label: line.label,
          stroke: colour,
          width: isStacked ? 1 : 2,
          ...(isStacked ? { fill: colour } : {}),
          ...(line.isDashed === true ? { dash: [6, 4] } : {}),
          ...(line.isStepped === true && stepped !== undefined ? { paths: stepped } : {}),
          points: { show: false },
        };
      }),
    ],
    hooks: {
      draw: [
        (plot) => {
          drawCursor(plot, latest.current.cursorMs / 1000, accent);
        },
      ],
      ready: [
        (plot) => {
          follow(plot, latest);
        },
      ],
    },
  };
}

const SIZE_STEPS = Array.from({ length: 44 }, (_, at) => 2 ** at);

/** `1:40` for minutes, `1:05:00` for hours. */
function shortTime(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toPrecision(6))} s`;
  const parts = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  const [second = "", minute = "", hour = ""] = parts.map((part) =>
    String(Math.round(part)).padStart(2, "0"),
  );
  return hour === "00" ? `${Number(minute)}:${second}` : `${Number(hour)}:${minute}:${second}`;
}

function shortCount(value: number): string {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1000 ? `${value / 1000} k` : String(value);
}

function drawCursor(plot: uPlot, seconds: number, colour: string): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(seconds, "x", true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.fillStyle = colour;
  ctx.fillRect(x - 1, bbox.top, 2, bbox.height);
  ctx.restore();
}

/** Pressing and dragging sets the time. */
function follow(plot: uPlot, latest: { readonly current: ChartProps }): void {
  const set = (event: PointerEvent): void => {
    const seconds = plot.posToVal(event.offsetX, "x");
    const last = latest.current.atMs.at(-1) ?? 0;
    latest.current.onCursor(Math.min(last, Math.max(0, seconds * 1000)));
  };
  plot.over.addEventListener("pointerdown", (event) => {
    plot.over.setPointerCapture(event.pointerId);
    set(event);
  });
  plot.over.addEventListener("pointermove", (event) => {
    if (event.buttons > 0) set(event);
  });
}
