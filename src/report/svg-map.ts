import type { Prediction } from "../predict/prediction.js";
import { formatCount, formatRoughSize } from "../units.js";
import type { Outcome } from "./fate-style.js";
import {
  addressLabel,
  LABEL_WIDTH,
  MAP_WIDTH,
  MAX_TILES,
  rowStart,
  type Drawing,
  type MapScene,
} from "./map-scene.js";
import type { RegionMap } from "./region-map.js";
import { memoryBlocksByRow, nrRows, rowNoun, rowSizeOf } from "./region-row.js";
import { drawCells } from "./svg-cells.js";
import { rect, text } from "./svg-element.js";
import { drawRows } from "./svg-rows.js";
import { drawTiles } from "./svg-tiles.js";

/** A region of up to this many memory blocks has a line for each. */
const MAX_LINES = 64;

/** The region in address order, as fine as its size allows. Drawn from (0, 0) on. */
export function svgMap(prediction: Prediction, map: RegionMap, outcome: Outcome): Drawing {
  const all = nrRows(prediction, map.regionSize);
  const used = nrRows(prediction, map.usedEnd);
  const drawn = all - used > 2 ? used : all;
  const scene: MapScene = {
    prediction,
    map,
    outcome,
    blocks: memoryBlocksByRow(prediction),
    nrRows: drawn,
    rowSize: rowSizeOf(prediction),
  };
  const draw = drawn <= MAX_LINES ? drawRows : drawn <= MAX_TILES ? drawTiles : drawCells;
  const drawing: Drawing =
    drawn === 0
      ? {
          markup: "",
          width: MAP_WIDTH,
          height: 0,
          explanation: "Nothing is plugged, before or after.",
          letters: false,
        }
      : draw(scene);
  if (drawn === all) return drawing;
  const band = unusedBand(scene, drawing, all);
  return { ...drawing, markup: drawing.markup + band, height: drawing.height + 28 };
}

function unusedBand(scene: MapScene, above: Drawing, all: number): string {
  const y = above.height + 4;
  const { prediction, map } = scene;
  const count = all - scene.nrRows;
  const size = map.regionSize - Math.max(0, rowStart(scene, scene.nrRows));
  const words = `${formatCount(count, `more ${rowNoun(prediction)}`)} (${formatRoughSize(size)}), not plugged`;
  const box = rect(LABEL_WIDTH, y, above.width, 22, {
    fill: "#ffffff",
    stroke: "#b9c1ca",
    "stroke-dasharray": "4 3",
  });
  const label = text(LABEL_WIDTH + above.width / 2, y + 15, words, {
    "text-anchor": "middle",
    fill: "#5a6570",
  });
  return addressLabel(scene, scene.nrRows, y + 15) + box + label;
}
