import { describe, expect, test } from "vitest";

import { regionOf } from "../../../explorer/src/engine/geometry.js";
import { Moment, type Timeline } from "../../../explorer/src/engine/protocol.js";
import { centred, fitted, toMap, zoomed } from "../../../explorer/src/map/camera.js";
import { FATE_NAMES } from "../../../explorer/src/map/colours.js";
import { findSpot } from "../../../explorer/src/map/find.js";
import { cellAt, layoutOf, placeOf, tileOf } from "../../../explorer/src/map/layout.js";
import { eventsUntil, Moments, nextOf } from "../../../explorer/src/map/moments.js";
import { pageGrid, pagePlace } from "../../../explorer/src/map/painter.js";
import { GiB, MiB, TiB } from "../../../src/units.js";

const DIVIDED = { regionStart: 4 * GiB, memoryBlockSize: 128 * MiB, subblockSize: 2 * MiB };

describe.each([
  ["4 GiB", { ...DIVIDED, regionSize: 4 * GiB }],
  ["1 TiB", { ...DIVIDED, regionSize: TiB }],
  [
    "a region that starts inside a memory block",
    { ...DIVIDED, regionStart: 4 * GiB + 6 * MiB, regionSize: GiB },
  ],
  ["memory blocks of 2 GiB", { ...DIVIDED, memoryBlockSize: 2 * GiB, regionSize: 64 * GiB }],
  [
    "subblocks larger than memory blocks",
    { ...DIVIDED, subblockSize: 256 * MiB, regionSize: 8 * GiB },
  ],
])("the map of %s", (_, divided) => {
  const region = regionOf(divided);
  const layout = layoutOf(region, 1.9);

  test("has a place of its own for each cell, and finds it there", () => {
    const seen = new Set<number>();
    const step = Math.max(1, Math.floor(region.cells / 20_000));
    for (let cell = 0; cell < region.cells; cell += step) {
      const place = placeOf(layout, cell);
      expect(cellAt(layout, { x: place.x + 0.5, y: place.y + 0.5 })).toBe(cell);
      expect(place.x).toBeLessThan(layout.width);
      expect(place.y).toBeLessThan(layout.height);
      seen.add(place.y * layout.width + place.x);
    }
    expect(seen.size).toBe(Math.ceil(region.cells / step));
  });

  test("keeps the cells of a memory block together", () => {
    const address = divided.regionStart + (region.cells - 1) * region.cellSize;
    const blocks =
      Math.floor(address / divided.memoryBlockSize) -
      Math.floor(divided.regionStart / divided.memoryBlockSize);
    expect(tileOf(layout, region.cells - 1)).toBe(blocks);
  });

  test("fits into the canvas, and zooms about the point that is pointed at", () => {
    const bounds = { layout, canvas: { width: 950, height: 460 } };
    const all = fitted(layout, bounds.canvas);
    expect(layout.width * all.scale).toBeLessThanOrEqual(950);
    expect(layout.height * all.scale).toBeLessThanOrEqual(460);
    const near = centred(placeOf(layout, region.cells >> 1), 20, bounds);
    const at = { x: 500, y: 200 };
    const [before, after] = [toMap(near, at), toMap(zoomed(near, 1.7, at, bounds), at)];
    expect(after.x).toBeCloseTo(before.x, 6);
    expect(after.y).toBeCloseTo(before.y, 6);
  });
});

test("each page of a cell has a place of its own", () => {
  for (const blocks of [1, 2, 4, 8, 64]) {
    const { across, down } = pageGrid(blocks);
    const places = Array.from({ length: blocks * 512 }, (_, page) => pagePlace(page, across));
    expect(new Set(places).size).toBe(blocks * 512);
    expect(Math.max(...places)).toBeLessThan(across * 32 * down * 16);
  }
});

describe("a place is found", () => {
  const region = regionOf({ ...DIVIDED, regionSize: 4 * GiB });

  test.each([
    ["0x100000000", 0, 0],
    ["0x100203000", 1, 3],
    ["1048576", 0, 0],
    ["pfn 1049089", 1, 1],
    ["block 33", 64, undefined],
    ["5GiB", 512, 0],
  ])("by %s", (text, cell, page) => {
    expect(findSpot(text, region)).toEqual({ cell, page });
  });

  test("or it is said why not", () => {
    expect(findSpot("12", region)).toBe(
      "what to find must lie in the device's memory, 0x100000000 to 0x1ffffffff, got 0xc000",
    );
    expect(findSpot("here", region)).toMatch(/^what to find must be/);
  });
});

/** Events of a region of 64 subblocks, of which the first 32 are plugged. */
function timelineOf(
  rows: readonly (readonly [kind: number, cell: number, cells: number, value: number])[],
): Timeline {
  const column = (at: 0 | 1 | 2 | 3): number[] => rows.map((row) => row[at]);
  return {
    region: regionOf({ ...DIVIDED, regionSize: 128 * MiB }),
    atMs: Float64Array.from(rows, (_, at) => at * 10),
    kind: Uint8Array.from(column(0)),
    cell: Uint32Array.from(column(1)),
    cells: Uint32Array.from(column(2)),
    value: Float64Array.from(column(3)),
    reason: Uint8Array.from(rows, () => FATE_NAMES.indexOf("slab")),
    pfn: Float64Array.from(rows, () => 7),
    entry: Float64Array.from(rows, (_, at) => at),
    pluggedAtStart: Uint8Array.from({ length: 64 }, (_, cell) => (cell < 32 ? 1 : 0)),
    startMs: 0,
    endMs: rows.length * 10,
    dropped: 0,
  };
}

test("a region at any moment is what its events make of it, forwards and back", () => {
  const timeline = timelineOf([
    [Moment.RunStart, 0, 0, 0],
    [Moment.Taken, 0, 1, 40],
    [Moment.Unplug, 0, 1, 0],
    [Moment.Failed, 1, 2, 10],
    [Moment.Unplug, 2, 1, 0],
    [Moment.Plug, 40, 2, 0],
  ]);
  const moments = new Moments(timeline);
  const fates = (count: number): string =>
    [0, 1, 2, 31, 40, 41, 63]
      .map((cell) => FATE_NAMES[moments.after(count).fate[cell] ?? 0])
      .join(" ");
  const start = "stays stays stays stays unplugged unplugged unplugged";
  expect(fates(0)).toBe(start);
  expect(fates(3)).toBe("given-back stays stays stays unplugged unplugged unplugged");
  expect(fates(4)).toBe("given-back slab slab stays unplugged unplugged unplugged");
  expect(fates(6)).toBe("given-back slab given-back stays added added unplugged");
  expect(fates(0)).toBe(start);
  expect(moments.after(6).moved[0]).toBe(20);
  expect(nextOf(timeline, Moment.Failed, 0)).toBe(3);
  expect(nextOf(timeline, Moment.Failed, 4)).toBeUndefined();
  expect(eventsUntil(timeline, 29)).toBe(3);
  expect(eventsUntil(timeline, 30)).toBe(4);
});
