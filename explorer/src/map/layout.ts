// Where the cells of a region lie on the map. A memory block is a tile of cells, row by row; tiles
// follow each other in address order, row by row. The unit is a cell.

import type { Region } from "../engine/protocol.js";

/** Free cells between tiles. */
const GAP = 1;
/** Numbers of tiles in a row that make addresses easy to follow. */
const NICE = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 256,
];

export interface Layout {
  readonly cells: number;
  /** Cells of the first tile that lie before the region. */
  readonly lead: number;
  readonly perTile: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly tiles: number;
  readonly columns: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** @param aspect - width of the canvas by its height. */
export function layoutOf(region: Region, aspect: number): Layout {
  const { cells, cellSize, memoryBlockSize, regionStart } = region;
  const perTile = Math.max(1, Math.round(memoryBlockSize / cellSize));
  const lead = Math.round((regionStart % memoryBlockSize) / cellSize);
  const tiles = Math.ceil((lead + cells) / perTile);
  const tileWidth = 2 ** Math.ceil(Math.log2(perTile) / 2);
  const tileHeight = Math.ceil(perTile / tileWidth);
  const exact = Math.sqrt((tiles * (tileHeight + GAP) * aspect) / (tileWidth + GAP));
  const columns = niceColumns(exact, tiles);
  const rows = Math.ceil(tiles / columns);
  return {
    cells,
    lead,
    perTile,
    tileWidth,
    tileHeight,
    tiles,
    columns,
    width: Math.min(columns, tiles) * (tileWidth + GAP) - GAP,
    height: rows * (tileHeight + GAP) - GAP,
  };
}

function niceColumns(exact: number, tiles: number): number {
  if (exact >= tiles) return tiles;
  const sorted = [...NICE].sort((a, b) => Math.abs(a - exact) - Math.abs(b - exact));
  return exact > (NICE.at(-1) ?? 1) ? Math.round(exact) : (sorted[0] ?? 1);
}

/** The upper left corner of a cell. */
export function placeOf(layout: Layout, cell: number): Point {
  const at = cell + layout.lead;
  const tile = Math.floor(at / layout.perTile);
  const within = at % layout.perTile;
  const corner = tilePlace(layout, tile);
  return {
    x: corner.x + (within % layout.tileWidth),
    y: corner.y + Math.floor(within / layout.tileWidth),
  };
}

export function tilePlace(layout: Layout, tile: number): Point {
  return {
    x: (tile % layout.columns) * (layout.tileWidth + GAP),
    y: Math.floor(tile / layout.columns) * (layout.tileHeight + GAP),
  };
}

/** The cell at a point; undefined between tiles and outside the region. */
export function cellAt(layout: Layout, { x, y }: Point): number | undefined {
  const { tileWidth, tileHeight, columns, perTile } = layout;
  const column = Math.floor(x / (tileWidth + GAP));
  const row = Math.floor(y / (tileHeight + GAP));
  const dx = Math.floor(x) - column * (tileWidth + GAP);
  const dy = Math.floor(y) - row * (tileHeight + GAP);
  if (x < 0 || y < 0 || column >= columns || dx >= tileWidth || dy >= tileHeight) return undefined;
  const within = dy * tileWidth + dx;
  const cell = (row * columns + column) * perTile + within - layout.lead;
  return within < perTile && cell >= 0 && cell < layout.cells ? cell : undefined;
}

/** The tile that a cell lies in. */
export function tileOf({ lead, perTile }: Layout, cell: number): number {
  return Math.floor((cell + lead) / perTile);
}
