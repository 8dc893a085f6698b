import { formatSize } from "../units.js";
import { FATE_STYLES } from "./fate-style.js";
import { FATES, isReason, leadingFate, type Fate } from "./region-map.js";
import { rowNoun } from "./region-row.js";
import { boxPath, element, rect } from "./svg-element.js";
import {
  addressLabel,
  LABEL_WIDTH,
  MAP_WIDTH,
  TILE,
  TILE_PITCH,
  TILES_PER_LINE,
  rowStart,
  tooltip,
  type Drawing,
  type MapScene,
} from "./map-scene.js";

const MAX_CELLS = 64;

/**
 * A tile per memory block, 32 in a line; the subblocks are small squares in it, left to right and
 * top to bottom. For regions of up to 1024 memory blocks.
 */
export function drawTiles(scene: MapScene): Drawing {
  const { prediction, rowSize } = scene;
  const perRow = Math.max(1, Math.round(rowSize / prediction.subblockSize));
  const cells = Math.min(perRow, MAX_CELLS);
  const parts: string[] = [];
  for (let row = 0; row < scene.nrRows; row++) {
    const x = LABEL_WIDTH + (row % TILES_PER_LINE) * TILE_PITCH;
    const y = Math.floor(row / TILES_PER_LINE) * TILE_PITCH;
    if (row % TILES_PER_LINE === 0) parts.push(addressLabel(scene, row, y + 16));
    parts.push(tile(scene, row, cells, x, y));
  }
  const noun = rowNoun(prediction);
  const cell =
    cells > 1
      ? `, a square in it ${perRow > cells ? "" : "a subblock "}of ${formatSize(rowSize / cells)}`
      : "";
  return {
    markup: parts.join(""),
    width: MAP_WIDTH,
    height: Math.ceil(scene.nrRows / TILES_PER_LINE) * TILE_PITCH - (TILE_PITCH - TILE),
    explanation:
      `A tile is a ${noun} of ${formatSize(rowSize)}${cell}; ` +
      `a line of tiles is ${formatSize(rowSize * TILES_PER_LINE)}.`,
    letters: false,
  };
}

function tile(scene: MapScene, row: number, cells: number, x: number, y: number): string {
  const { map, rowSize } = scene;
  const start = rowStart(scene, row);
  const tally = map.tally(start, start + rowSize);
  const base = leadingFate(
    tally.map((size, at) => (isReason(FATES[at] ?? "unplugged") ? 0 : size)),
  );
  const columns = 2 ** Math.ceil(Math.log2(cells) / 2);
  const width = TILE / columns;
  const height = (TILE * columns) / cells;
  const paths = new Map<Fate, string>();
  for (let i = 0; i < cells;) {
    const fate = cellFate(scene, start, i, cells);
    const lineEnd = (Math.floor(i / columns) + 1) * columns;
    let end = i + 1;
    while (end < lineEnd && cellFate(scene, start, end, cells) === fate) end++;
    if (fate !== base) {
      const box = boxPath(
        (i % columns) * width,
        Math.floor(i / columns) * height,
        (end - i) * width,
        height,
      );
      paths.set(fate, (paths.get(fate) ?? "") + box);
    }
    i = end;
  }
  const frame = { fill: FATE_STYLES[base].fill, stroke: "#b9c1ca", "stroke-width": 0.8 };
  const marks = [...paths].map(([fate, d]) => element("path", { d, fill: FATE_STYLES[fate].fill }));
  return element(
    "g",
    { transform: `translate(${String(x)} ${String(y)})` },
    tooltip(scene, row, 1, tally),
    rect(0, 0, TILE, TILE, frame),
    ...marks,
  );
}

function cellFate(scene: MapScene, start: number, cell: number, cells: number): Fate {
  const size = scene.rowSize / cells;
  return leadingFate(scene.map.tally(start + cell * size, start + (cell + 1) * size));
}
