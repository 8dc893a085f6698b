// Follows the log of one device while its guest lives, as columns that a slider can run over.

import type { Guest, LogEntry } from "../../../src/index.js";
import { obstacleReason } from "../../../src/predict/obstacle-reason.js";
import { FATES } from "../../../src/report/region-map.js";
import { cellsOf, regionOf } from "./geometry.js";
import { Moment, type Region, type Timeline } from "./protocol.js";
import { PAGE_SIZE } from "../../../src/units.js";

/** More than a TiB in steps of 2 MiB that are all tried and unplugged. */
const MOST_EVENTS = 2 ** 21;

interface Row {
  readonly kind: number;
  readonly offset?: number;
  readonly size?: number;
  readonly value?: number;
  readonly reason?: number;
  readonly pfn?: number;
}

export class Recorder {
  readonly #guest: Guest;
  readonly #index: number;
  readonly #region: Region;
  readonly #pluggedAtStart: Uint8Array;
  readonly #startMs: number;
  readonly #columns = {
    atMs: new Column(Float64Array),
    kind: new Column(Uint8Array),
    cell: new Column(Uint32Array),
    cells: new Column(Uint32Array),
    value: new Column(Float64Array),
    reason: new Column(Uint8Array),
    pfn: new Column(Float64Array),
    entry: new Column(Float64Array),
  };
  #dropped = 0;
  /** Stops following. */
  readonly end: () => void;

  constructor(guest: Guest, index: number) {
    this.#guest = guest;
    this.#index = index;
    this.#region = regionOfDevice(guest, index);
    this.#pluggedAtStart = pluggedCells(guest, index, this.#region);
    this.#startMs = guest.clock.nowMs;
    const several = guest.devices.length > 1;
    this.end = guest.log.follow((entry) => {
      if (several && entry.device !== this.#index) return;
      this.#note(entry);
    });
  }

  timeline(): Timeline {
    const { atMs, kind, cell, cells, value, reason, pfn, entry } = this.#columns;
    return {
      region: this.#region,
      atMs: atMs.taken(),
      kind: kind.taken(),
      cell: cell.taken(),
      cells: cells.taken(),
      value: value.taken(),
      reason: reason.taken(),
      pfn: pfn.taken(),
      entry: entry.taken(),
      pluggedAtStart: this.#pluggedAtStart,
      startMs: this.#startMs,
      endMs: this.#guest.clock.nowMs,
      dropped: this.#dropped,
    };
  }

  #note(entry: LogEntry): void {
    const row = this.#rowOf(entry);
    if (row === undefined) return;
    if (this.#columns.kind.length === MOST_EVENTS) {
      this.#dropped++;
      return;
    }
    const { offset = 0, size = 0 } = row;
    const { first, count } = cellsOf(this.#region, offset, size);
    const columns = this.#columns;
    columns.atMs.push(entry.atNs / 1e6);
    columns.kind.push(row.kind);
    columns.cell.push(first);
    columns.cells.push(count);
    columns.value.push(row.value ?? 0);
    columns.reason.push(row.reason ?? 0);
    columns.pfn.push(row.pfn ?? -1);
    columns.entry.push(this.#guest.log.length);
  }

  #rowOf(entry: LogEntry): Row | undefined {
    switch (entry.type) {
      case "request":
        return this.#requestRow(entry);
      case "contig":
        return this.#attemptRow(entry);
      case "run-start":
        return { kind: Moment.RunStart, value: entry.pluggedSize };
      case "run-end":
        return { kind: Moment.RunEnd, value: entry.pluggedSize };
      case "retry-armed":
        return { kind: Moment.Retry, value: entry.dueNs / 1e6 };
      case "requested-size":
        return { kind: Moment.Requested, value: entry.size };
      default:
        return undefined;
    }
  }

  #requestRow(entry: LogEntry & { type: "request" }): Row | undefined {
    const { request, offset, nbBlocks, response } = entry;
    if (request === "STATE") return undefined;
    const size = nbBlocks * this.#device.blockSize;
    if (response !== "ACK") return { kind: Moment.Refused, offset, size };
    if (request === "PLUG") return { kind: Moment.Plug, offset, size };
    if (request === "UNPLUG") return { kind: Moment.Unplug, offset, size };
    return { kind: Moment.Unplug, offset: 0, size: this.#region.regionSize };
  }

  #attemptRow(entry: LogEntry & { type: "contig" }): Row {
    const offset = entry.startPfn * PAGE_SIZE - this.#region.regionStart;
    const size = entry.nrPages * PAGE_SIZE;
    const value = entry.migratedPages;
    if (entry.errno === 0 || entry.stage === "done") {
      return { kind: Moment.Taken, offset, size, value };
    }
    const { group } = obstacleReason({ class: entry.blockingClass ?? null, stage: entry.stage });
    const reason = FATES.indexOf(group);
    return { kind: Moment.Failed, offset, size, value, reason, pfn: entry.blockingPfn ?? -1 };
  }

  get #device() {
    return deviceOf(this.#guest, this.#index).device;
  }
}

export function deviceOf(guest: Guest, index: number) {
  const found = guest.devices[index];
  if (found === undefined) throw new Error(`a guest must have device ${index}`);
  return found;
}

export function regionOfDevice(guest: Guest, index: number): Region {
  const { device, driver } = deviceOf(guest, index);
  return regionOf({
    regionStart: device.addr,
    regionSize: device.regionSize,
    memoryBlockSize: guest.hotplug.memoryBlockSize,
    subblockSize: driver.geometry.subblockSize,
  });
}

export function pluggedCells(guest: Guest, index: number, region: Region): Uint8Array {
  const { device } = deviceOf(guest, index);
  const plugged = new Uint8Array(region.cells);
  for (const [first, count] of device.pluggedRuns()) {
    const cells = cellsOf(region, first * device.blockSize, count * device.blockSize);
    plugged.fill(1, cells.first, cells.first + cells.count);
  }
  return plugged;
}

/** What PageLook tells of each cell now. */
export function lookAt(guest: Guest, region: Region, what: "classes" | "zones"): Uint8Array {
  const into = new Uint8Array(region.cells);
  const firstPfn = region.regionStart / PAGE_SIZE;
  const pagesEach = region.cellSize / PAGE_SIZE;
  if (what === "classes") guest.pages.look.bySubblock(firstPfn, pagesEach, into);
  else guest.pages.look.zonesBySubblock(firstPfn, pagesEach, into);
  return into;
}

/** Of the zones, by their index. */
export function zoneNamesOf({ zones }: Guest): string[] {
  const names: string[] = [];
  for (const { id, kind, node } of zones.all()) {
    names[id] = node === 0 ? kind : `${kind} of node ${node}`;
  }
  return names;
}

type TypedArray = Float64Array | Uint8Array | Uint32Array;

/** A typed array that grows. */
class Column<T extends TypedArray> {
  readonly #make: new (length: number) => T;
  #values: T;
  length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#values = new make(256);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const more = new this.#make(2 * this.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.length++] = value;
  }

  taken(): T {
    return this.#values.slice(0, this.length) as T;
  }
}
