// What part of the map the canvas shows: a point of the map in its upper left corner, and a scale.

import type { Layout, Point } from "./layout.js";

export interface Camera {
  /** The point of the map in the canvas's upper left corner, in cells. */
  readonly x: number;
  readonly y: number;
  /** Pixels of a cell. */
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A pageblock of 32 by 16 pages at most so many pixels wide for each page. */
const MOST_SCALE = 32 * 28;
const MARGIN = 14;

/** All of the map, in the middle. */
export function fitted(layout: Layout, canvas: Size): Camera {
  const scale = fitScale(layout, canvas);
  return {
    scale,
    x: (layout.width - canvas.width / scale) / 2,
    y: (layout.height - canvas.height / scale) / 2,
  };
}

function fitScale(layout: Layout, { width, height }: Size): number {
  return Math.max(
    1e-3,
    Math.min((width - 2 * MARGIN) / layout.width, (height - 2 * MARGIN) / layout.height),
  );
}

/** Zooms about a point of the canvas. */
export function zoomed(camera: Camera, factor: number, at: Point, bounds: Bounds): Camera {
  const least = fitScale(bounds.layout, bounds.canvas);
  const scale = Math.min(MOST_SCALE, Math.max(least, camera.scale * factor));
  const x = camera.x + at.x / camera.scale - at.x / scale;
  const y = camera.y + at.y / camera.scale - at.y / scale;
  return kept({ x, y, scale }, bounds);
}

export interface Bounds {
  readonly layout: Layout;
  readonly canvas: Size;
}

/** Moves by pixels of the canvas. */
export function panned(camera: Camera, by: Point, bounds: Bounds): Camera {
  return kept(
    { ...camera, x: camera.x - by.x / camera.scale, y: camera.y - by.y / camera.scale },
    bounds,
  );
}

/** Shows a cell, so large, in the middle. */
export function centred(place: Point, scale: number, bounds: Bounds): Camera {
  const kind = Math.min(MOST_SCALE, Math.max(fitScale(bounds.layout, bounds.canvas), scale));
  const { width, height } = bounds.canvas;
  return kept(
    {
      scale: kind,
      x: place.x + 0.5 - width / kind / 2,
      y: place.y + 0.5 - height / kind / 2,
    },
    bounds,
  );
}

/** No further out than the map goes; in the middle where it is smaller than the canvas. */
function kept({ x, y, scale }: Camera, { layout, canvas }: Bounds): Camera {
  const margin = MARGIN / scale;
  return {
    scale,
    x: within(x, layout.width, canvas.width / scale, margin),
    y: within(y, layout.height, canvas.height / scale, margin),
  };
}

function within(at: number, whole: number, shown: number, margin: number): number {
  if (shown >= whole + 2 * margin) return (whole - shown) / 2;
  return Math.min(Math.max(at, -margin), whole - shown + margin);
}

export function toMap(camera: Camera, { x, y }: Point): Point {
  return { x: camera.x + x / camera.scale, y: camera.y + y / camera.scale };
}

export function toCanvas(camera: Camera, { x, y }: Point): Point {
  return { x: (x - camera.x) * camera.scale, y: (y - camera.y) * camera.scale };
}
