import type { LogEntry } from "../log/event-log.js";

/** How a guest gave back what its host asked for. Sizes are bytes, times virtual milliseconds. */
export interface ShrinkOutcome {
  readonly askedSize: number;
  readonly returnedSize: number;
  /**
   * From the order on until half, nine tenths, all of it was given back; null where it never was.
   */
  readonly to50Ms: number | null;
  readonly to90Ms: number | null;
  readonly to100Ms: number | null;
}

/** Shares of what was asked for, in percent. */
const SHARES = [50, 90, 100] as const;

class Order {
  readonly startNs: number;
  readonly pluggedSize: number;
  readonly asked: number;
  returned = 0;
  readonly reachedNs = new Map<number, number>();

  constructor(startNs: number, pluggedSize: number, requestedSize: number) {
    this.startNs = startNs;
    this.pluggedSize = pluggedSize;
    this.asked = pluggedSize - requestedSize;
  }

  note(pluggedSize: number, atNs: number): void {
    this.returned = this.pluggedSize - pluggedSize;
    for (const share of SHARES) {
      if (this.reachedNs.has(share) || this.returned * 100 < this.asked * share) continue;
      this.reachedNs.set(share, atNs - this.startNs);
    }
  }

  msTo(share: (typeof SHARES)[number]): number | null {
    const ns = this.reachedNs.get(share);
    return ns === undefined ? null : ns / 1e6;
  }
}

/**
 * Follows a guest's log, and tells how the order of its host that asked for the most memory went.
 */
export class ShrinkProgress {
  readonly #blockSize: number;
  #pluggedSize: number;
  #order: Order | undefined;
  #largest: Order | undefined;

  /** @param device - as it is now: the log is followed from here on. */
  constructor(device: { readonly blockSize: number; readonly pluggedSize: number }) {
    this.#blockSize = device.blockSize;
    this.#pluggedSize = device.pluggedSize;
  }

  note(entry: LogEntry): void {
    if (entry.type === "requested-size") this.#begin(entry.atNs, entry.size);
    if (entry.type !== "request" || entry.response !== "ACK") return;
    const size = entry.nbBlocks * this.#blockSize;
    if (entry.request === "PLUG") this.#pluggedSize += size;
    if (entry.request === "UNPLUG") this.#pluggedSize -= size;
    if (entry.request === "UNPLUG_ALL") this.#pluggedSize = 0;
    this.#order?.note(this.#pluggedSize, entry.atNs);
  }

  outcome(): ShrinkOutcome {
    const order = this.#largest;
    return {
      askedSize: order?.asked ?? 0,
      returnedSize: Math.max(0, order?.returned ?? 0),
      to50Ms: order?.msTo(50) ?? null,
      to90Ms: order?.msTo(90) ?? null,
      to100Ms: order?.msTo(100) ?? null,
    };
  }

  #begin(atNs: number, requestedSize: number): void {
    this.#order = undefined;
    if (requestedSize >= this.#pluggedSize) return;
    this.#order = new Order(atNs, this.#pluggedSize, requestedSize);
    if (this.#order.asked > (this.#largest?.asked ?? 0)) this.#largest = this.#order;
  }
}
