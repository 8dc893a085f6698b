import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";

import type { Region } from "../engine/protocol.js";
import { useTheme } from "../theme.js";
import { centred, fitted, panned, toMap, zoomed, type Bounds, type Camera } from "./camera.js";
import { classColour, pixelOf } from "./colours.js";
import type { Spot } from "./find.js";
import { cellAt, layoutOf, placeOf, type Layout, type Point } from "./layout.js";
import type { Mode } from "./modes.js";
import { pageGrid, Painter, PAGES_FROM, type Look } from "./painter.js";
import { PAGE_SIZE } from "../../../src/units.js";

const WHEEL_ZOOM = 0.0016;
const KEY_ZOOM = 1.5;
const KEY_PAN = 80;
const CLOSE_UP = 300;

/** What others make a map do. */
export interface MapControls {
  readonly show: (cell: number, closely: boolean) => void;
  readonly fit: () => void;
  readonly zoom: (factor: number) => void;
}

export interface MapViewProps {
  readonly region: Region;
  readonly bytes: Uint8Array;
  readonly mode: Mode;
  readonly selected: number | undefined;
  readonly active: { readonly first: number; readonly count: number } | undefined;
  /** What there is to say of a place, the most important first. */
  readonly describe: (spot: Spot) => readonly string[];
  readonly onSelect: (spot: Spot) => void;
  readonly onKey: (key: string) => boolean;
  /** The state bytes of a cell's pages, where there is a guest to ask. */
  readonly pages: PageSource | undefined;
  readonly controls: { current: MapControls | undefined };
  readonly height: number;
  /** Told whether pages are shown. */
  readonly onCloseness: (isClose: boolean) => void;
}

/** Pages of cells, fetched when they come into sight. */
export interface PageSource {
  readonly of: (cell: number) => Uint8Array | undefined;
  readonly want: (cells: readonly number[], then: () => void) => void;
}

export function MapView(props: MapViewProps): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const { height, region } = props;
  const theme = useTheme();
  const layout = useMemo(
    () => layoutOf(region, Math.max(1, width) / height),
    [region.cells, region.cellSize, region.regionStart, Math.round(width / 40), height],
  );
  const painter = useMemo(() => new Painter(layout), [layout]);
  const state = useRef<Live>({ camera: undefined, hovered: undefined, queued: false });
  const [tip, setTip] = useState<Tip | undefined>();
  const [closeness, setCloseness] = useState("");

  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => {
      setWidth(element.clientWidth);
    });
    observer.observe(element);
    setWidth(element.clientWidth);
    return () => {
      observer.disconnect();
    };
  }, []);

  const bounds: Bounds = { layout, canvas: { width, height } };
  const latest = useRef({ props, bounds, painter, look: lookOf(theme.isDark) });
  latest.current = { props, bounds, painter, look: lookOf(theme.isDark) };

  const draw = (): void => {
    state.current.queued = false;
    const now = latest.current;
    const element = canvas.current;
    const context = element?.getContext("2d") ?? null;
    if (element === null || context === null || now.bounds.canvas.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    fitCanvas(element, now.bounds, ratio);
    const camera = (state.current.camera ??= fitted(now.bounds.layout, now.bounds.canvas));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, camera, now, state.current.hovered);
    wantPages(camera, now, queue);
    setCloseness(wordsOfScale(camera, now.props.region));
    element.dataset.scale = camera.scale.toFixed(2);
    now.props.onCloseness(camera.scale >= PAGES_FROM && now.props.pages !== undefined);
  };
  const queue = (): void => {
    if (state.current.queued) return;
    state.current.queued = true;
    requestAnimationFrame(draw);
  };

  useEffect(() => {
    painter.colour(props.bytes, props.mode);
    queue();
  }, [painter, props.bytes, props.mode]);
  useEffect(() => {
    painter.forgetPages();
    queue();
  }, [theme.isDark]);
  useEffect(queue, [props.selected, props.active, props.pages]);
  useEffect(() => {
    state.current.camera = undefined;
    queue();
  }, [layout, width, height]);

  const move = (next: (camera: Camera) => Camera): void => {
    state.current.camera = next(state.current.camera ?? fitted(layout, bounds.canvas));
    setTip(undefined);
    queue();
  };
  props.controls.current = {
    fit: () => {
      move(() => fitted(layout, bounds.canvas));
    },
    zoom: (factor) => {
      const middle = { x: width / 2, y: height / 2 };
      move((camera) => zoomed(camera, factor, middle, bounds));
    },
    show: (cell, closely) => {
      move((camera) => {
        const scale = closely ? Math.max(camera.scale, CLOSE_UP) : Math.max(camera.scale, 12);
        return centred(placeOf(layout, cell), scale, bounds);
      });
    },
  };

  const gestures = useGestures({
    move,
    bounds,
    spotAt: (at) => spotAt(at, latest.current.bounds, state.current.camera, region),
  });
  const hover = (event: PointerEvent): void => {
    const at = { x: event.offsetX, y: event.offsetY };
    const spot = gestures.isDragging()
      ? undefined
      : spotAt(at, bounds, state.current.camera, region);
    if (state.current.hovered !== spot?.cell) {
      state.current.hovered = spot?.cell;
      queue();
    }
    setTip(spot === undefined ? undefined : { at, lines: props.describe(spot) });
  };

  useWheel(canvas, (event) => {
    event.preventDefault();
    const at = { x: event.offsetX, y: event.offsetY };
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    move((camera) => zoomed(camera, Math.exp(-step * WHEEL_ZOOM), at, bounds));
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isDone = keyed(event, { move, bounds, props, layout }) || props.onKey(event.key);
    if (isDone) event.preventDefault();
  };

  return (
    <div class="map" ref={frame} style={{ height: `${height}px` }}>
      <canvas
        ref={canvas}
        class="map-canvas"
        tabIndex={0}
        role="application"
        aria-roledescription="map of memory"
        aria-label={`Map of the device's memory: ${region.cells.toLocaleString("en")} subblocks. Arrow keys move, plus and minus zoom, N goes to the next blocking page, Enter shows its pages.`}
        aria-describedby="map-selection"
        onKeyDown={onKeyDown}
        onPointerDown={gestures.down}
        onPointerMove={(event) => {
          gestures.moved(event);
          hover(event);
        }}
        onPointerUp={(event) => {
          const tapped = gestures.up(event);
          if (tapped !== undefined) props.onSelect(tapped);
        }}
        onPointerCancel={gestures.cancel}
        onPointerLeave={() => {
          state.current.hovered = undefined;
          setTip(undefined);
          queue();
        }}
        onDblClick={(event) => {
          const at = { x: event.offsetX, y: event.offsetY };
          move((camera) => zoomed(camera, 4, at, bounds));
        }}
      />
      {tip !== undefined && <Tooltip tip={tip} width={width} height={height} />}
      <span class="map-scale" aria-hidden="true">
        {closeness}
      </span>
    </div>
  );
}

interface Live {
  camera: Camera | undefined;
  hovered: number | undefined;
  queued: boolean;
}

interface Tip {
  readonly at: Point;
  readonly lines: readonly string[];
}

interface Latest {
  readonly props: MapViewProps;
  readonly bounds: Bounds;
  readonly painter: Painter;
  readonly look: Look;
}

function Tooltip({ tip, width, height }: { tip: Tip; width: number; height: number }): JSX.Element {
  const right = tip.at.x > width / 2;
  const below = tip.at.y < height / 2;
  const style = {
    ...(right ? { right: `${width - tip.at.x + 14}px` } : { left: `${tip.at.x + 14}px` }),
    ...(below ? { top: `${tip.at.y + 14}px` } : { bottom: `${height - tip.at.y + 14}px` }),
  };
  return (
    <div class="tip" style={style} aria-hidden="true">
      {tip.lines.map((line, at) => (
        <div key={at} class={at === 0 ? "tip-head" : ""}>
          {line}
        </div>
      ))}
    </div>
  );
}

function fitCanvas(element: HTMLCanvasElement, { canvas }: Bounds, ratio: number): void {
  const width = Math.round(canvas.width * ratio);
  const height = Math.round(canvas.height * ratio);
  if (element.width !== width) element.width = width;
  if (element.height !== height) element.height = height;
}

function paint(
  context: CanvasRenderingContext2D,
  camera: Camera,
  { props, bounds, painter, look }: Latest,
  hovered: number | undefined,
): void {
  const { region, selected, active, pages } = props;
  painter.draw(context, camera, bounds.canvas, look);
  const firstId = Math.floor(region.regionStart / region.memoryBlockSize);
  const marks = {
    selected,
    hovered,
    active,
    labelOf: (tile: number) => String(firstId + tile),
    pagesOf: (cell: number) => pages?.of(cell),
    blocksPerCell: region.cellSize / PAGE_SIZE / 512,
  };
  painter.adorn(context, camera, bounds.canvas, { look, marks });
}

function wantPages(camera: Camera, { props, bounds, painter }: Latest, then: () => void): void {
  if (camera.scale < PAGES_FROM || props.pages === undefined) return;
  const missing = [...painter.cellsInSight(camera, bounds.canvas)].filter(
    (cell) => props.pages?.of(cell) === undefined,
  );
  if (missing.length > 0) props.pages.want(missing, then);
}

function wordsOfScale({ scale }: Camera, { cellSize }: Region): string {
  if (scale >= PAGES_FROM) return "a square is a page of 4 KiB";
  const pixels =
    scale >= 1 ? "a square" : `a dot is ${Math.round(1 / (scale * scale))} subblocks of`;
  return `${pixels} ${scale >= 1 ? "is" : ""} ${cellSize / 2 ** 20} MiB`.replace("  ", " ");
}

function spotAt(
  at: Point,
  bounds: Bounds,
  camera: Camera | undefined,
  region: Region,
): Spot | undefined {
  if (camera === undefined) return undefined;
  const point = toMap(camera, at);
  const cell = cellAt(bounds.layout, point);
  if (cell === undefined) return undefined;
  if (camera.scale < PAGES_FROM) return { cell, page: undefined };
  const place = placeOf(bounds.layout, cell);
  const blocks = region.cellSize / PAGE_SIZE / 512;
  const { across, down } = pageGrid(blocks);
  const x = Math.floor((point.x - place.x) * across * 32);
  const y = Math.floor((point.y - place.y) * down * 16);
  const block = Math.floor(y / 16) * across + Math.floor(x / 32);
  return { cell, page: block * 512 + (y % 16) * 32 + (x % 32) };
}

interface KeyContext {
  readonly move: (next: (camera: Camera) => Camera) => void;
  readonly bounds: Bounds;
  readonly props: MapViewProps;
  readonly layout: Layout;
}

const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Returns whether the key meant something. */
function keyed(event: KeyboardEvent, { move, bounds, props, layout }: KeyContext): boolean {
  const middle = { x: bounds.canvas.width / 2, y: bounds.canvas.height / 2 };
  const arrow = ARROWS[event.key];
  if (arrow !== undefined && event.shiftKey) {
    const by = { x: -arrow.x * KEY_PAN, y: -arrow.y * KEY_PAN };
    move((camera) => panned(camera, by, bounds));
    return true;
  }
  if (arrow !== undefined) {
    props.onSelect({ cell: neighbour(layout, props.selected, arrow), page: undefined });
    return true;
  }
  switch (event.key) {
    case "+":
    case "=":
      move((camera) => zoomed(camera, KEY_ZOOM, middle, bounds));
      return true;
    case "-":
      move((camera) => zoomed(camera, 1 / KEY_ZOOM, middle, bounds));
      return true;
    case "0":
    case "Escape":
      move(() => fitted(layout, bounds.canvas));
      return true;
    case "Enter":
      if (props.selected === undefined) return false;
      props.controls.current?.show(props.selected, true);
      return true;
    case "Home":
      props.onSelect({ cell: 0, page: undefined });
      return true;
    case "End":
      props.onSelect({ cell: layout.cells - 1, page: undefined });
      return true;
    default:
      return false;
  }
}

/** The next cell in a direction, over the gaps between tiles. */
function neighbour(layout: Layout, cell: number | undefined, { x, y }: Point): number {
  if (cell === undefined) return 0;
  const place = placeOf(layout, cell);
  for (let step = 1; step <= 2; step++) {
    const found = cellAt(layout, { x: place.x + step * x, y: place.y + step * y });
    if (found !== undefined) return found;
  }
  return cell;
}

/** A listener that may prevent scrolling: the framework's would be passive. */
function useWheel(target: { current: HTMLElement | null }, listener: (event: WheelEvent) => void) {
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => {
    const element = target.current;
    const hear = (event: WheelEvent): void => {
      latest.current(event);
    };
    element?.addEventListener("wheel", hear, { passive: false });
    return () => {
      element?.removeEventListener("wheel", hear);
    };
  }, []);
}

interface GestureContext {
  readonly move: (next: (camera: Camera) => Camera) => void;
  readonly bounds: Bounds;
  readonly spotAt: (at: Point) => Spot | undefined;
}

const TAP = 5;

interface Pointers {
  readonly at: Map<number, Point>;
  travelled: number;
}

/** Drags with one pointer, pinches with two, tells taps. */
function useGestures({ move, bounds, spotAt: find }: GestureContext) {
  const pointers = useRef<Pointers>({ at: new Map(), travelled: 0 }).current;
  const here = (event: PointerEvent): Point => ({ x: event.offsetX, y: event.offsetY });
  const forget = (event: PointerEvent): void => {
    pointers.at.delete(event.pointerId);
  };
  return {
    isDragging: () => pointers.at.size > 0 && pointers.travelled > TAP,
    down: (event: PointerEvent): void => {
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      if (pointers.at.size === 0) pointers.travelled = 0;
      pointers.at.set(event.pointerId, here(event));
    },
    moved: (event: PointerEvent): void => {
      const before = pointers.at.get(event.pointerId);
      if (before === undefined) return;
      const now = here(event);
      const by = { x: now.x - before.x, y: now.y - before.y };
      pointers.travelled += Math.abs(by.x) + Math.abs(by.y);
      const other = [...pointers.at].find(([id]) => id !== event.pointerId)?.[1];
      pointers.at.set(event.pointerId, now);
      if (other === undefined) {
        move((camera) => panned(camera, by, bounds));
        return;
      }
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      const half = { x: by.x / 2, y: by.y / 2 };
      move((camera) => panned(zoomed(camera, factor, middle, bounds), half, bounds));
    },
    up: (event: PointerEvent): Spot | undefined => {
      const isTap = pointers.travelled <= TAP && pointers.at.size === 1;
      forget(event);
      return isTap ? find(here(event)) : undefined;
    },
    cancel: forget,
  };
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function lookOf(isDark: boolean): Look {
  const pagePixels = Uint32Array.from({ length: 256 }, (_, state) =>
    pixelOf(classColour(state & 31, { isDark })),
  );
  return isDark
    ? { ground: "#14181c", ink: "#f2f5f8", faint: "#aeb8c2", accent: "#ff8f1f", pagePixels }
    : { ground: "#ffffff", ink: "#12161a", faint: "#5a6570", accent: "#d1480c", pagePixels };
}
