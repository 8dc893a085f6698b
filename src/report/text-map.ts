import type { Prediction } from "../predict/prediction.js";
import { formatCount, formatRoughSize, formatSize } from "../units.js";
import { FATE_STYLES, fateLabel, type Outcome } from "./fate-style.js";
import {
  FATES,
  heldSize,
  leadingFate,
  pluggedSize,
  type Fate,
  type RegionMap,
  type Tally,
} from "./region-map.js";
import { firstRowOffset, memoryBlockIdOf, nrRows, rowNoun, rowSizeOf } from "./region-row.js";

export interface TextMapOptions {
  readonly columns: number;
  /** Lines at most, title included; at least 4. */
  readonly lines: number;
  readonly color: boolean;
  readonly outcome: Outcome;
}

/**
 * A map of the region in at most `lines` lines: one line per memory block with a character per
 * subblock where that fits (runs of equal memory blocks take one line), else one character per
 * memory block, or per as many memory blocks as it takes.
 */
export function textMap(prediction: Prediction, map: RegionMap, options: TextMapOptions): string[] {
  if (map.usedEnd === 0) return ["Nothing is plugged, before or after."];
  return detailedMap(prediction, map, options) ?? coarseMap(prediction, map, options);
}

interface Row {
  readonly id: number;
  readonly start: number;
  readonly end: number;
  readonly tally: Tally;
  /** Set where all of the row has one fate. */
  readonly only: Fate | undefined;
}

function detailedMap(
  prediction: Prediction,
  map: RegionMap,
  options: TextMapOptions,
): string[] | undefined {
  const rowSize = rowSizeOf(prediction);
  const count = nrRows(prediction, prediction.regionSize);
  const runs: Row[][] = [];
  for (let i = 0; i < count; i++) {
    const start = firstRowOffset(prediction) + i * rowSize;
    const row = readRow(map, memoryBlockIdOf(prediction, i), start, start + rowSize);
    const run = runs.at(-1);
    if (run && row.only !== undefined && run[0]?.only === row.only) run.push(row);
    else runs.push([row]);
    if (runs.length + 1 > options.lines) return undefined;
  }

  const labelWidth = String(memoryBlockIdOf(prediction, count - 1)).length + 2;
  const perRow = Math.max(1, Math.round(rowSize / prediction.subblockSize));
  const cells = Math.min(perRow, floorPowerOfTwo(options.columns - labelWidth - 11));
  const cellSize = rowSize / cells;
  const noun = rowNoun(prediction);
  const unit = cellSize === prediction.subblockSize ? "subblock" : "cell";
  const line = `Map: a line per ${noun} (${formatSize(rowSize)})`;
  const cell = `, a character per ${unit} (${formatSize(cellSize)})`;
  const lines = [cells === 1 ? line : fitting(options.columns, line + cell, line)];
  for (const run of runs) {
    const [first] = run;
    if (!first) continue;
    const label = String(first.id).padStart(labelWidth);
    if (run.length > 1 && first.only !== undefined) {
      const to = `to ${String(run.at(-1)?.id)}`;
      const size = formatRoughSize(run.length * rowSize);
      const words = fitting(
        options.columns - label.length - 10,
        `${to}: ${formatCount(run.length, noun)} (${size}), ${fateLabel(first.only, options.outcome)}`,
        `${to}: ${formatCount(run.length, noun)} (${size})`,
        to,
      );
      lines.push(`${label} ${fateMark(first.only, options.color, 8)} ${words}`);
      continue;
    }
    const fates = Array.from({ length: cells }, (_, i) => {
      const start = first.start + i * cellSize;
      return cellOf(map.tally(start, start + cellSize), perRow > cells);
    });
    const left = pluggedSize(first.tally);
    const size = left === 0 ? "" : ` ${formatRoughSize(left)}`;
    lines.push(`${label} ${paint(fates, options.color)}${size}`);
  }
  return lines;
}

function coarseMap(prediction: Prediction, map: RegionMap, options: TextMapOptions): string[] {
  const rowSize = rowSizeOf(prediction);
  const count = nrRows(prediction, map.usedEnd);
  const perLine = floorPowerOfTwo(options.columns - 12);
  const unusedSize = prediction.regionSize - map.usedEnd;
  const maxLines = options.lines - (unusedSize > 0 ? 2 : 1);
  let rowsPerCell = 1;
  while (Math.ceil(count / rowsPerCell / perLine) > maxLines) rowsPerCell *= 2;
  const cellSize = rowSize * rowsPerCell;
  const what =
    rowsPerCell === 1 ? rowNoun(prediction) : formatCount(rowsPerCell, rowNoun(prediction));
  const lines = [
    fitting(
      options.columns,
      `Map: a character per ${what} (${formatSize(cellSize)}); capital: over half of it stays`,
      `Map: a character per ${formatSize(cellSize)}`,
    ),
  ];
  const nrCells = Math.ceil(count / rowsPerCell);
  for (let cell = 0; cell < nrCells; cell += perLine) {
    const cells: Cell[] = [];
    for (let i = cell; i < Math.min(cell + perLine, nrCells); i++) {
      const start = firstRowOffset(prediction) + i * cellSize;
      cells.push(cellOf(map.tally(start, start + cellSize), true));
    }
    const label = formatRoughSize(Math.max(0, firstRowOffset(prediction) + cell * cellSize));
    lines.push(`${label.padStart(10)} ${paint(cells, options.color)}`);
  }
  if (unusedSize > 0) {
    const size = formatRoughSize(unusedSize);
    const words = fitting(
      options.columns - 11,
      `${size} above that: not plugged`,
      `${size} unplugged`,
    );
    lines.push(`${" ".repeat(11)}${words}`);
  }
  return lines;
}

function readRow(map: RegionMap, id: number, start: number, end: number): Row {
  const tally = map.tally(start, end);
  const present = FATES.filter((_, i) => (tally[i] ?? 0) > 0);
  return { id, start, end, tally, only: present.length === 1 ? present[0] : undefined };
}

interface Cell {
  readonly fate: Fate;
  readonly glyph: string;
}

/**
 * A cell that stays for a reason is a letter; a capital one where that is over half of a cell of
 * many subblocks.
 */
function cellOf(tally: Tally, ofMany: boolean): Cell {
  const fate = leadingFate(tally);
  const { glyph } = FATE_STYLES[fate];
  const size = tally.reduce((sum, part) => sum + part, 0);
  if (size === 0) return { fate, glyph: " " }; // outside the region
  return { fate, glyph: ofMany && heldSize(tally) > size / 2 ? glyph.toUpperCase() : glyph };
}

/** The mark of a fate, `times` over, coloured if asked. */
export function fateMark(fate: Fate, color: boolean, times = 1): string {
  return paint([{ fate, glyph: FATE_STYLES[fate].glyph.repeat(times) }], color);
}

/** The first that fits, else the last. */
function fitting(columns: number, ...candidates: readonly string[]): string {
  return candidates.find((text) => text.length <= columns) ?? candidates.at(-1) ?? "";
}

function paint(cells: readonly Cell[], color: boolean): string {
  if (!color) return cells.map(({ glyph }) => glyph).join("");
  let text = "";
  let last: Fate | undefined;
  for (const { fate, glyph } of cells) {
    if (fate !== last) text += `\u001b[48;5;${String(FATE_STYLES[fate].ansi)};38;5;16m`;
    text += glyph;
    last = fate;
  }
  return `${text}\u001b[0m`;
}

function floorPowerOfTwo(value: number): number {
  return 2 ** Math.max(2, Math.floor(Math.log2(Math.max(value, 4))));
}
