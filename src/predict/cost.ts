import type { LogEntry } from "../log/event-log.js";

/** What it cost to plug or unplug, counted from the log. */
export interface Cost {
  /** Pages that the policy looked at, without an attempt. */
  readonly scannedPages: number;
  /** Pages moved elsewhere, those of failed attempts included. */
  readonly movedPages: number;
  /** Clean pages of file cache dropped. */
  readonly droppedPages: number;
  /** Pages of slab given back: empty ones, and such that held objects. */
  readonly droppedSlabPages: number;
  /** Calls of alloc_contig_range(), and those of them that got nothing. */
  readonly attempts: number;
  /** Attempts that failed. */
  readonly failedAttempts: number;
  /** Requests to the device. */
  readonly requests: number;
  /** Virtual milliseconds. */
  readonly virtualMs: number;
}

/** Counts the costs entry by entry, for who follows a log. */
export class CostTally {
  #scannedPages = 0;
  #movedPages = 0;
  #droppedPages = 0;
  #droppedSlabPages = 0;
  #attempts = 0;
  #failedAttempts = 0;
  #requests = 0;

  note(entry: LogEntry): void {
    if (entry.type === "request") this.#requests++;
    if (entry.type === "look") this.#scannedPages += entry.nrPages;
    if (entry.type === "shrink") {
      if (entry.cache === "file-cache") this.#droppedPages += entry.nrPages;
      else this.#droppedSlabPages += entry.nrPages;
    }
    if (entry.type !== "contig") return;
    this.#movedPages += entry.migratedPages;
    this.#droppedPages += entry.droppedPages;
    this.#attempts++;
    if (entry.errno !== 0) this.#failedAttempts++;
  }

  /** @param virtualMs - how long all that took. */
  cost(virtualMs: number): Cost {
    return {
      scannedPages: this.#scannedPages,
      movedPages: this.#movedPages,
      droppedPages: this.#droppedPages,
      droppedSlabPages: this.#droppedSlabPages,
      attempts: this.#attempts,
      failedAttempts: this.#failedAttempts,
      requests: this.#requests,
      virtualMs,
    };
  }
}
