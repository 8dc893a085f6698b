import { formatSize } from "../units.js";
import { FATE_STYLES } from "./fate-style.js";
import { isReason, leadingFate, type Fate } from "./region-map.js";
import { rowNoun } from "./region-row.js";
import { element, rect, short, text } from "./svg-element.js";
import {
  addressLabel,
  inkOn,
  LABEL_WIDTH,
  rowStart,
  staysWords,
  tooltip,
  type Drawing,
  type MapScene,
} from "./map-scene.js";

const ROW_HEIGHT = 14;
const ROW_PITCH = 17;
const AXIS_HEIGHT = 20;
const WIDTH = 768;
const MAX_CELLS = 64;
const FRAME = { fill: "none", stroke: "#b9c1ca", "pointer-events": "none" };

/** A line per memory block, a lettered cell per subblock. For regions of up to 64 memory blocks. */
export function drawRows(scene: MapScene): Drawing {
  const { prediction, map, rowSize } = scene;
  const perRow = Math.max(1, Math.round(rowSize / prediction.subblockSize));
  const cells = Math.min(perRow, MAX_CELLS);
  const cellSize = rowSize / cells;
  const cellWidth = WIDTH / cells;
  const parts = [axis(rowSize)];
  const onTop: string[] = [];
  for (let row = 0; row < scene.nrRows; row++) {
    const y = AXIS_HEIGHT + row * ROW_PITCH;
    const start = rowStart(scene, row);
    const tally = map.tally(start, start + rowSize);
    const fates: (Fate | undefined)[] = [];
    for (let i = 0; i < cells; i++) {
      const cellStart = start + i * cellSize;
      const inside = cellStart + cellSize > 0 && cellStart < map.regionSize;
      fates.push(inside ? leadingFate(map.tally(cellStart, cellStart + cellSize)) : undefined);
    }
    parts.push(
      addressLabel(scene, row, y + 11),
      element("g", {}, tooltip(scene, row, 1, tally), fills(fates, y, cellWidth)),
    );
    onTop.push(
      rect(LABEL_WIDTH, y, WIDTH, ROW_HEIGHT, FRAME),
      letters(fates, y + 10.5, cellWidth),
      text(LABEL_WIDTH + WIDTH + 10, y + 11, staysWords(tally), { fill: "#1b1f23" }),
    );
  }
  const height = AXIS_HEIGHT + scene.nrRows * ROW_PITCH - (ROW_PITCH - ROW_HEIGHT);
  parts.push(grid(cells, cellWidth, height), ...onTop);
  const noun = rowNoun(prediction);
  const cell =
    perRow === cells && cells > 1 ? `, a cell is a subblock of ${formatSize(cellSize)}` : "";
  return {
    markup: parts.join(""),
    width: WIDTH,
    height,
    explanation: `A line is a ${noun} of ${formatSize(rowSize)}${cell}. Right: what of it is plugged afterwards.`,
    letters: true,
  };
}

/** Runs of one fate are one rectangle. */
function fills(fates: readonly (Fate | undefined)[], y: number, cellWidth: number): string {
  let markup = "";
  for (let i = 0; i < fates.length;) {
    const fate = fates[i];
    let end = i + 1;
    while (end < fates.length && fates[end] === fate) end++;
    if (fate !== undefined) {
      const fill = FATE_STYLES[fate].fill;
      markup += rect(LABEL_WIDTH + i * cellWidth, y, (end - i) * cellWidth, ROW_HEIGHT, { fill });
    }
    i = end;
  }
  return markup;
}

/** Letters of the reasons, one text element per ink. */
function letters(fates: readonly (Fate | undefined)[], y: number, cellWidth: number): string {
  let markup = "";
  for (const ink of ["#ffffff", "#1b1f23"] as const) {
    const spans: string[] = [];
    for (const [i, fate] of fates.entries()) {
      if (fate === undefined || !isReason(fate) || inkOn(fate) !== ink) continue;
      const x = LABEL_WIDTH + (i + 0.5) * cellWidth;
      spans.push(element("tspan", { x }, FATE_STYLES[fate].glyph));
    }
    if (spans.length === 0) continue;
    const look = { "text-anchor": "middle", "font-size": 9.5, "pointer-events": "none" };
    markup += element("text", { y, fill: ink, ...look }, ...spans);
  }
  return markup;
}

function grid(cells: number, cellWidth: number, height: number): string {
  let d = "";
  for (let i = 1; i < cells; i++)
    d += `M${short(LABEL_WIDTH + i * cellWidth)} ${short(AXIS_HEIGHT)}V${short(height)}`;
  if (d === "") return "";
  const look = { stroke: "#ffffff", "stroke-width": 1, "pointer-events": "none" };
  return element("path", { d, ...look });
}

function axis(rowSize: number): string {
  let markup = "";
  for (let i = 0; i <= 4; i++) {
    const x = LABEL_WIDTH + (WIDTH * i) / 4;
    markup += text(x, 10, i === 0 ? "+0" : `+${formatSize((rowSize * i) / 4)}`, {
      "text-anchor": i === 0 ? "start" : i === 4 ? "end" : "middle",
      fill: "#5a6570",
      "font-size": 10.5,
    });
    markup += element("path", { d: `M${short(x)} 13v5`, stroke: "#b9c1ca" });
  }
  return markup;
}
