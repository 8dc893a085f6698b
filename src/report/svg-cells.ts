import { formatCount, formatSize } from "../units.js";
import { FATE_STYLES } from "./fate-style.js";
import { heldSize, reasonsBySize, sizeOf, type Fate, type Tally } from "./region-map.js";
import { rowNoun } from "./region-row.js";
import { boxPath, element, rect } from "./svg-element.js";
import {
  addressLabel,
  LABEL_WIDTH,
  MAP_WIDTH,
  MAX_TILES,
  TILE,
  TILE_PITCH,
  TILES_PER_LINE,
  rowStart,
  tooltip,
  type Drawing,
  type MapScene,
} from "./map-scene.js";

/** Reasons never shrink below this, so that one subblock of a huge region still shows. */
const MIN_HELD_HEIGHT = 4;

/**
 * A cell per power of two of memory blocks, filled from the bottom by what stays and why. For
 * regions of any size.
 */
export function drawCells(scene: MapScene): Drawing {
  const { prediction, map, rowSize } = scene;
  let rowsPerCell = 1;
  while (scene.nrRows / rowsPerCell > MAX_TILES) rowsPerCell *= 2;
  const nrCells = Math.ceil(scene.nrRows / rowsPerCell);
  const parts: string[] = [];
  for (let cell = 0; cell < nrCells; cell++) {
    const row = cell * rowsPerCell;
    const start = rowStart(scene, row);
    const tally = map.tally(start, start + rowsPerCell * rowSize);
    const x = LABEL_WIDTH + (cell % TILES_PER_LINE) * TILE_PITCH;
    const y = Math.floor(cell / TILES_PER_LINE) * TILE_PITCH;
    if (cell % TILES_PER_LINE === 0) parts.push(addressLabel(scene, row, y + 16));
    parts.push(
      element(
        "g",
        { transform: `translate(${String(x)} ${String(y)})` },
        tooltip(scene, row, rowsPerCell, tally),
        ...bands(tally),
      ),
    );
  }
  const cellSize = rowSize * rowsPerCell;
  const blocks =
    rowsPerCell === 1 ? `a ${rowNoun(prediction)}` : formatCount(rowsPerCell, rowNoun(prediction));
  return {
    markup: parts.join(""),
    width: MAP_WIDTH,
    height: Math.ceil(nrCells / TILES_PER_LINE) * TILE_PITCH - (TILE_PITCH - TILE),
    explanation:
      `A cell is ${blocks} (${formatSize(cellSize)}), filled from below by what stays, ` +
      `little amounts drawn larger; a line is ${formatSize(cellSize * TILES_PER_LINE)}.`,
    letters: false,
  };
}

/** From the bottom up: reasons, what stays without one, added, given back, never plugged. */
function bands(tally: Tally): string[] {
  const total = tally.reduce((sum, size) => sum + size, 0);
  const held = heldSize(tally);
  const heldHeight = held === 0 ? 0 : Math.max(MIN_HELD_HEIGHT, (TILE * held) / total);
  const markup: string[] = [];
  let bottom = TILE;
  const stack = (fate: Fate, height: number) => {
    bottom -= height;
    const d = boxPath(0, bottom, TILE, height);
    markup.push(element("path", { d, fill: FATE_STYLES[fate].fill }));
  };
  for (const reason of reasonsBySize(tally))
    stack(reason, (sizeOf(tally, reason) / held) * heldHeight);
  for (const fate of ["stays", "added", "unsure", "given-back", "unplugged"] as const) {
    const size = sizeOf(tally, fate);
    if (size > 0) stack(fate, (size / (total - held)) * (TILE - heldHeight));
  }
  const frame = { fill: "none", stroke: "#b9c1ca", "stroke-width": 0.8 };
  return [...markup, rect(0, 0, TILE, TILE, frame)];
}
