// Draws a map onto a canvas. Far away it is one picture with a pixel per cell, scaled; nearer, cells
// with lines between them; nearest, the pages of the cells in sight.

import { cellAt, placeOf, tileOf, tilePlace, type Layout, type Point } from "./layout.js";
import { toCanvas, toMap, type Camera, type Size } from "./camera.js";
import type { Mode } from "./modes.js";

/** From so many pixels of a cell on, cells have lines between them. */
const LINES_FROM = 7;
/** From so many pixels of a cell on, its pages are shown. */
export const PAGES_FROM = 72;
/** From so many pixels of a cell on, the gap above a tile has room for its number. */
const LABELS_FROM = 10;
const LABEL_HEIGHT = 13;

export interface Look {
  readonly ground: string;
  readonly ink: string;
  readonly faint: string;
  readonly accent: string;
  /** Pixels by state byte of a page. */
  readonly pagePixels: Uint32Array;
}

/** The pages of a cell, where they are known. */
export type PagesOf = (cell: number) => Uint8Array | undefined;

export interface Marks {
  readonly selected: number | undefined;
  readonly hovered: number | undefined;
  /** Cells that something happens to at the moment that is shown. */
  readonly active: { readonly first: number; readonly count: number } | undefined;
  readonly labelOf: (tile: number) => string;
  readonly pagesOf: PagesOf;
  readonly blocksPerCell: number;
}

export class Painter {
  readonly #layout: Layout;
  #atlas: HTMLCanvasElement | undefined;
  /** Smaller copies, each half as large as the one before. */
  #halves: HTMLCanvasElement[] = [];
  #bytes: Uint8Array = new Uint8Array();
  #mode: Mode | undefined;
  #cellOfPixel: Int32Array | undefined;
  readonly #pageImages = new Map<Uint8Array, HTMLCanvasElement>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Colours the cells anew. */
  colour(bytes: Uint8Array, mode: Mode): void {
    this.#bytes = bytes;
    this.#mode = mode;
    this.#halves = [];
    const { width, height } = this.#layout;
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const cells = this.#cells();
    for (let at = 0; at < pixels.length; at++) {
      const cell = cells[at] ?? -1;
      if (cell >= 0) pixels[at] = mode.pixels[bytes[cell] ?? 0] ?? 0;
    }
    this.#atlas ??= canvasOf(width, height);
    contextOf(this.#atlas).putImageData(image, 0, 0);
  }

  /** Which cell each pixel of the atlas is, -1 between tiles. */
  #cells(): Int32Array {
    if (this.#cellOfPixel !== undefined) return this.#cellOfPixel;
    const { width, height, cells } = this.#layout;
    const found = new Int32Array(width * height).fill(-1);
    for (let cell = 0; cell < cells; cell++) {
      const { x, y } = placeOf(this.#layout, cell);
      found[y * width + x] = cell;
    }
    this.#cellOfPixel = found;
    return found;
  }

  draw(context: CanvasRenderingContext2D, camera: Camera, size: Size, look: Look): void {
    context.fillStyle = look.ground;
    context.fillRect(0, 0, size.width, size.height);
    if (this.#atlas === undefined) return;
    context.imageSmoothingEnabled = false;
    const level = camera.scale >= 1 ? 0 : Math.ceil(Math.log2(1 / camera.scale));
    const source = this.#atlasAt(level);
    const { x, y } = toCanvas(camera, { x: 0, y: 0 });
    const shrunk = 2 ** level * camera.scale;
    context.drawImage(source, x, y, source.width * shrunk, source.height * shrunk);
  }

  /** Lines, pages, labels and marks: what is drawn over the cells. */
  adorn(
    context: CanvasRenderingContext2D,
    camera: Camera,
    size: Size,
    { look, marks }: { readonly look: Look; readonly marks: Marks },
  ): void {
    if (camera.scale >= PAGES_FROM) this.#drawPages(context, camera, size, { look, marks });
    if (camera.scale >= LINES_FROM) this.#drawLines(context, camera, size, look);
    this.#drawLabels(context, camera, size, { look, marks });
    const { selected, hovered, active } = marks;
    if (active !== undefined) {
      const last = Math.min(active.first + active.count, active.first + 4096);
      for (let cell = active.first; cell < last; cell++) {
        this.#frame(context, camera, cell, { colour: look.accent, width: 2 });
      }
    }
    if (hovered !== undefined)
      this.#frame(context, camera, hovered, { colour: look.faint, width: 1.5 });
    if (selected !== undefined)
      this.#frame(context, camera, selected, { colour: look.ink, width: 2.5 });
  }

  /** The atlas in a half, a quarter and so on of its size: no cell that matters vanishes. */
  #atlasAt(level: number): HTMLCanvasElement {
    const atlas = this.#atlas;
    const mode = this.#mode;
    if (atlas === undefined || mode === undefined) throw new Error("a map must be coloured first");
    if (level === 0) return atlas;
    const found = this.#halves[level - 1];
    if (found !== undefined) return found;
    const step = 2 ** level;
    const { width, height } = this.#layout;
    const half = canvasOf(Math.ceil(width / step), Math.ceil(height / step));
    const image = new ImageData(half.width, half.height);
    const pixels = new Uint32Array(image.data.buffer);
    const best = new Int16Array(pixels.length).fill(-1);
    const cells = this.#cells();
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at] ?? -1;
      if (cell < 0) continue;
      const byte = this.#bytes[cell] ?? 0;
      const rank = mode.rank[byte] ?? 0;
      const y = Math.floor(at / width);
      const to = Math.floor(y / step) * half.width + Math.floor((at - y * width) / step);
      if (rank <= (best[to] ?? 0)) continue;
      best[to] = rank;
      pixels[to] = mode.pixels[byte] ?? 0;
    }
    contextOf(half).putImageData(image, 0, 0);
    this.#halves[level - 1] = half;
    return half;
  }

  #drawLines(
    context: CanvasRenderingContext2D,
    camera: Camera,
    size: Size,
    { ground }: Look,
  ): void {
    context.fillStyle = ground;
    const line = camera.scale > 30 ? 2 : 1;
    const from = toMap(camera, { x: 0, y: 0 });
    const to = toMap(camera, { x: size.width, y: size.height });
    for (
      let x = Math.max(1, Math.floor(from.x));
      x <= Math.min(to.x + 1, this.#layout.width);
      x++
    ) {
      context.fillRect(Math.round((x - camera.x) * camera.scale) - line, 0, line, size.height);
    }
    for (
      let y = Math.max(1, Math.floor(from.y));
      y <= Math.min(to.y + 1, this.#layout.height);
      y++
    ) {
      context.fillRect(0, Math.round((y - camera.y) * camera.scale) - line, size.width, line);
    }
  }

  #drawPages(
    context: CanvasRenderingContext2D,
    camera: Camera,
    size: Size,
    { look, marks }: { readonly look: Look; readonly marks: Marks },
  ): void {
    for (const cell of this.cellsInSight(camera, size)) {
      const pages = marks.pagesOf(cell);
      if (pages === undefined) continue;
      const image = this.#pageImage(pages, marks.blocksPerCell, look);
      const { x, y } = toCanvas(camera, placeOf(this.#layout, cell));
      context.drawImage(image, x, y, camera.scale, camera.scale);
      if (camera.scale >= 32 * 9) this.#pageLines(context, { x, y }, camera.scale, image);
    }
  }

  #pageLines(
    context: CanvasRenderingContext2D,
    { x, y }: Point,
    scale: number,
    { width, height }: Size,
  ): void {
    context.strokeStyle = "rgba(128, 128, 128, 0.35)";
    context.lineWidth = 1;
    context.beginPath();
    for (let at = 1; at < width; at++) {
      const line = Math.round(x + (at * scale) / width) + 0.5;
      context.moveTo(line, y);
      context.lineTo(line, y + scale);
    }
    for (let at = 1; at < height; at++) {
      const line = Math.round(y + (at * scale) / height) + 0.5;
      context.moveTo(x, line);
      context.lineTo(x + scale, line);
    }
    context.stroke();
  }

  /** Pageblocks of a cell in a square, each 32 pages wide and 16 high. */
  #pageImage(pages: Uint8Array, blocks: number, { pagePixels }: Look): HTMLCanvasElement {
    const found = this.#pageImages.get(pages);
    if (found !== undefined) return found;
    if (this.#pageImages.size > 4096) this.#pageImages.clear();
    const { across, down } = pageGrid(blocks);
    const image = new ImageData(across * 32, down * 16);
    const pixels = new Uint32Array(image.data.buffer);
    for (let at = 0; at < pages.length; at++) {
      pixels[pagePlace(at, across)] = pagePixels[pages[at] ?? 0] ?? 0;
    }
    const canvas = canvasOf(image.width, image.height);
    contextOf(canvas).putImageData(image, 0, 0);
    this.#pageImages.set(pages, canvas);
    return canvas;
  }

  /** Page images have the colours of a theme. */
  forgetPages(): void {
    this.#pageImages.clear();
  }

  #drawLabels(
    context: CanvasRenderingContext2D,
    camera: Camera,
    size: Size,
    { look, marks }: { readonly look: Look; readonly marks: Marks },
  ): void {
    if (camera.scale < LABELS_FROM) return;
    context.font = "600 11px system-ui, sans-serif";
    context.textBaseline = "bottom";
    for (const tile of this.#tilesInSight(camera, size)) {
      const { x, y } = toCanvas(camera, tilePlace(this.#layout, tile));
      const left = Math.max(x, 2);
      const height = this.#layout.tileHeight * camera.scale;
      // above the tile, and in sight as long as the tile is
      const bottom = Math.min(Math.max(y - 1, LABEL_HEIGHT), y + height);
      const words = marks.labelOf(tile);
      if (bottom > y) {
        context.fillStyle = look.ground;
        context.fillRect(
          left - 2,
          bottom - LABEL_HEIGHT,
          context.measureText(words).width + 6,
          LABEL_HEIGHT,
        );
      }
      context.fillStyle = look.faint;
      context.fillText(words, left, bottom);
    }
  }

  #frame(
    context: CanvasRenderingContext2D,
    camera: Camera,
    cell: number,
    { colour, width }: { readonly colour: string; readonly width: number },
  ): void {
    const { x, y } = toCanvas(camera, placeOf(this.#layout, cell));
    const side = Math.max(camera.scale, 5);
    const shift = (side - camera.scale) / 2;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x - shift - 0.5, y - shift - 0.5, side, side);
  }

  *cellsInSight(camera: Camera, size: Size): Generator<number> {
    const from = toMap(camera, { x: 0, y: 0 });
    const to = toMap(camera, { x: size.width, y: size.height });
    const { width, height } = this.#layout;
    for (let y = Math.max(0, Math.floor(from.y)); y < Math.min(to.y, height); y++) {
      for (let x = Math.max(0, Math.floor(from.x)); x < Math.min(to.x, width); x++) {
        const cell = cellAt(this.#layout, { x, y });
        if (cell !== undefined) yield cell;
      }
    }
  }

  *#tilesInSight(camera: Camera, size: Size): Generator<number> {
    const { tileWidth, tileHeight, columns, tiles } = this.#layout;
    const from = toMap(camera, { x: 0, y: 0 });
    const to = toMap(camera, { x: size.width, y: size.height });
    const firstRow = Math.max(0, Math.floor(from.y / (tileHeight + 1)));
    const lastRow = Math.floor(to.y / (tileHeight + 1));
    const firstColumn = Math.max(0, Math.floor(from.x / (tileWidth + 1)));
    const lastColumn = Math.min(columns - 1, Math.floor(to.x / (tileWidth + 1)));
    for (let row = firstRow; row <= lastRow; row++) {
      for (let column = firstColumn; column <= lastColumn; column++) {
        const tile = row * columns + column;
        if (tile < tiles) yield tile;
      }
    }
  }

  /** The tile of a cell, for its label. */
  tileOf(cell: number): number {
    return tileOf(this.#layout, cell);
  }
}

/** How the pageblocks of a cell lie in its square. */
export function pageGrid(blocks: number): { readonly across: number; readonly down: number } {
  // pageblocks are twice as wide as they are high
  const across = Math.max(1, 2 ** Math.floor(Math.log2(blocks) / 2));
  return { across, down: Math.ceil(blocks / across) };
}

/** Where page `at` of a cell lies in its image. */
export function pagePlace(at: number, across: number): number {
  const block = at >> 9;
  const page = at & 511;
  const x = (block % across) * 32 + (page & 31);
  const y = Math.floor(block / across) * 16 + (page >> 5);
  return y * across * 32 + x;
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, width);
  canvas.height = Math.max(1, height);
  return canvas;
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("a canvas must have a context");
  return context;
}
