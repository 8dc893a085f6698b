import { Moment, type Timeline } from "../engine/protocol.js";
import { FATE_NAMES } from "./colours.js";

const UNPLUGGED = FATE_NAMES.indexOf("unplugged");
const GIVEN_BACK = FATE_NAMES.indexOf("given-back");
const ADDED = FATE_NAMES.indexOf("added");
const STAYS = FATE_NAMES.indexOf("stays");
const PAGES_PER_BYTE = 2;

/** A region after some of the events of a timeline; goes forward step by step. */
export class Moments {
  readonly #timeline: Timeline;
  readonly #fate: Uint8Array;
  readonly #movedPages: Uint32Array;
  #at = 0;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#fate = new Uint8Array(timeline.region.cells);
    this.#movedPages = new Uint32Array(timeline.region.cells);
    this.#begin();
  }

  /** After the first `count` events. */
  after(count: number): { readonly fate: Uint8Array; readonly moved: Uint8Array } {
    if (count < this.#at) this.#begin();
    while (this.#at < count) this.#step();
    const pagesOfByte = Math.max(PAGES_PER_BYTE, this.#timeline.region.cellSize / 4096 / 255);
    return {
      fate: this.#fate.slice(),
      moved: Uint8Array.from(this.#movedPages, (pages) =>
        Math.min(255, Math.ceil(pages / pagesOfByte)),
      ),
    };
  }

  #begin(): void {
    this.#at = 0;
    this.#movedPages.fill(0);
    for (const [cell, isPlugged] of this.#timeline.pluggedAtStart.entries()) {
      this.#fate[cell] = isPlugged === 1 ? STAYS : UNPLUGGED;
    }
  }

  #step(): void {
    const { kind, cell, cells, reason, value } = this.#timeline;
    const at = this.#at++;
    const first = cell[at] ?? 0;
    const end = first + (cells[at] ?? 0);
    switch (kind[at]) {
      case Moment.Plug:
        this.#fate.fill(ADDED, first, end);
        return;
      case Moment.Unplug:
        this.#fate.fill(GIVEN_BACK, first, end);
        return;
      case Moment.Failed:
        this.#addMoved(first, end, value[at] ?? 0);
        for (let one = first; one < end; one++) {
          if (this.#fate[one] !== GIVEN_BACK) this.#fate[one] = reason[at] ?? STAYS;
        }
        return;
      case Moment.Taken:
        this.#addMoved(first, end, value[at] ?? 0);
        return;
      default:
        return;
    }
  }

  /** Where a range of several cells was emptied, each has its part. */
  #addMoved(first: number, end: number, pages: number): void {
    const each = pages / Math.max(1, end - first);
    for (let one = first; one < end; one++) {
      this.#movedPages[one] = (this.#movedPages[one] ?? 0) + each;
    }
  }
}

/** Number of events up to a time. */
export function eventsUntil({ atMs }: Timeline, ms: number): number {
  let low = 0;
  let high = atMs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((atMs[middle] ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first event of a kind after `from` events; undefined without one. */
export function nextOf({ kind }: Timeline, wanted: number, from: number): number | undefined {
  const found = kind.indexOf(wanted, from);
  return found === -1 ? undefined : found;
}
