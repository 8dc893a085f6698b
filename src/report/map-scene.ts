import type { Prediction, PredictedMemoryBlock } from "../predict/prediction.js";
import { formatRoughSize } from "../units.js";
import { FATE_STYLES, fateLabel, type Outcome } from "./fate-style.js";
import {
  FATES,
  isReason,
  pluggedSize,
  type Fate,
  type RegionMap,
  type Tally,
} from "./region-map.js";
import { firstRowOffset, memoryBlockIdOf, rowNoun } from "./region-row.js";
import { element, escapeXml, text } from "./svg-element.js";

/** Where the parts of a map lie, in pixels. */
export const LABEL_WIDTH = 112;
export const MAP_WIDTH = 864;
/** Tiles and cells, in pixels and per line; lines of tiles fill the width. */
export const TILE = 24;
export const TILE_PITCH = 27;
export const TILES_PER_LINE = 32;
export const MAX_TILES = 1024;

/** A drawn part and how high it came out. */
export interface Drawing {
  readonly markup: string;
  /** Without the addresses at the left and what stands at the right. */
  readonly width: number;
  readonly height: number;
  /** What a line, a tile, a cell is, in a sentence. */
  readonly explanation: string;
  /** Whether cells carry letters, so that the legend shows them too. */
  readonly letters: boolean;
}

/** What the three ways of drawing share. */
export interface MapScene {
  readonly prediction: Prediction;
  readonly map: RegionMap;
  readonly outcome: Outcome;
  readonly blocks: ReadonlyMap<number, PredictedMemoryBlock>;
  /** Rows to draw: those up to the highest that was ever plugged. */
  readonly nrRows: number;
  readonly rowSize: number;
}

/** Offset of a row from the region start. */
export function rowStart(scene: MapScene, row: number): number {
  return firstRowOffset(scene.prediction) + row * scene.rowSize;
}

export function addressLabel(scene: MapScene, row: number, y: number): string {
  const address = scene.prediction.regionStart + Math.max(0, rowStart(scene, row));
  return text(LABEL_WIDTH - 10, y, formatAddress(address), {
    "text-anchor": "end",
    fill: "#5a6570",
    "font-family": "ui-monospace, DejaVu Sans Mono, Menlo, Consolas, monospace",
    "font-size": 10.5,
  });
}

export function formatAddress(address: number): string {
  return `0x${address.toString(16)}`;
}

/** Tooltip of one row, or of several in one cell. */
export function tooltip(scene: MapScene, row: number, count: number, tally: Tally): string {
  const { prediction, map } = scene;
  const start = prediction.regionStart + Math.max(0, rowStart(scene, row));
  const end = prediction.regionStart + Math.min(map.regionSize, rowStart(scene, row + count));
  const noun = rowNoun(prediction);
  const id = memoryBlockIdOf(prediction, row);
  const lastId = memoryBlockIdOf(prediction, row + count) - 1;
  const block = count === 1 ? scene.blocks.get(row) : undefined;
  const lines = [
    lastId === id ? `${noun} ${String(id)}` : `${noun}s ${String(id)} to ${String(lastId)}`,
    `${formatAddress(start)} to ${formatAddress(end - 1)}`,
  ];
  if (block) lines.push(block.zone === null ? block.state : `${block.state}, zone ${block.zone}`);
  for (const [i, fate] of FATES.entries()) {
    const size = tally[i] ?? 0;
    if (size > 0) lines.push(`${formatRoughSize(size)} ${tooltipLabel(fate, scene.outcome)}`);
  }
  const size = likelySize(
    prediction.stays,
    start - prediction.regionStart,
    end - prediction.regionStart,
  );
  if (prediction.samples > 0 && size > 0) lines.push(`${formatRoughSize(size)} stay on average`);
  return element("title", {}, escapeXml(lines.join("\n")));
}

/** Bytes between two offsets that stay in the mean of the samples. */
function likelySize(stays: Prediction["stays"], from: number, to: number): number {
  let sum = 0;
  for (const { offset, size, probability } of stays) {
    const overlap = Math.min(to, offset + size) - Math.max(from, offset);
    if (overlap > 0) sum += overlap * probability;
  }
  return Math.round(sum);
}

function tooltipLabel(fate: Fate, outcome: Outcome): string {
  const label = fateLabel(fate, outcome);
  return isReason(fate) ? `stay: ${label}` : label;
}

/** Bytes that are still there, in words for the end of a row; empty where there are none. */
export function staysWords(tally: Tally): string {
  const size = pluggedSize(tally);
  return size === 0 ? "" : formatRoughSize(size);
}

/** Ink that can be read on a fate's fill. */
export function inkOn(fate: Fate): "#ffffff" | "#1b1f23" {
  const fill = FATE_STYLES[fate].fill;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => parseInt(fill.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 140 ? "#ffffff" : "#1b1f23";
}
