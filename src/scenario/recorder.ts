import { PAGE_SIZE, PAGEBLOCK_ORDER, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { Guest } from "../guest.js";
import { unusableIndex } from "../linux/fragmentation.js";
import type { Sample, ScenarioEvent } from "./result.js";

/** Reads the guest's event log as it grows, and looks at the guest. */
export class Recorder {
  readonly #guest: Guest;
  readonly #workloads: readonly number[];
  #read = 0;
  #retries = 0;
  #requests = 0;
  #migratedPages = 0;
  #droppedPages = 0;
  #attempts = 0;
  #failedAttempts = 0;

  /** @param workloads - numbers of the workloads in the core. */
  constructor(guest: Guest, workloads: readonly number[]) {
    this.#guest = guest;
    this.#workloads = workloads;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Counts what is new in the log; yields the ends of the driver's runs. */
  *read(): Generator<ScenarioEvent> {
    const { entries } = this.#guest.log;
    for (; this.#read < entries.length; this.#read++) {
      const entry = entries[this.#read];
      if (entry === undefined) continue;
      if (entry.type === "request") this.#requests++;
      if (entry.type === "run-start" && entry.trigger === "retry-timer") this.#retries++;
      if (entry.type === "contig") {
        this.#attempts++;
        if (entry.errno !== 0) this.#failedAttempts++;
        this.#migratedPages += entry.migratedPages;
        this.#droppedPages += entry.droppedPages;
      }
      if (entry.type !== "run-end") continue;
      const atMs = entry.atNs / 1e6;
      const { requestedSize, pluggedSize, why } = entry;
      if (pluggedSize === requestedSize) yield { type: "reached", atMs, requestedSize };
      else yield { type: "gave-up", atMs, requestedSize, pluggedSize, why };
    }
  }

  sample(): Sample {
    const { clock, device, pages, zones } = this.#guest;
    const freeChunks = Array.from({ length: 11 }, () => 0);
    let managed = 0;
    let free = 0;
    for (const zone of zones.all()) {
      managed += zone.managed;
      free += pages.freePages(zone.id);
      for (const [order, nr] of pages.freeChunks(zone.id).entries()) {
        freeChunks[order] = (freeChunks[order] ?? 0) + nr;
      }
    }
    const looks = this.#workloads.map((id) => pages.workloads.look(id));
    return {
      atMs: clock.nowMs,
      requestedSize: device.requestedSize,
      pluggedSize: device.pluggedSize,
      usedSize: (managed - free) * PAGE_SIZE,
      freeSize: free * PAGE_SIZE,
      retries: this.#retries,
      migratedPages: this.#migratedPages,
      droppedPages: this.#droppedPages,
      attempts: this.#attempts,
      failedAttempts: this.#failedAttempts,
      failedAllocations: looks.reduce((sum, { failed }) => sum + failed, 0),
      unusableIndex: unusableIndex(freeChunks, PAGEBLOCK_ORDER),
      largestFreeRun: pages.longestFreeRun() * PAGEBLOCK_SIZE,
      freeChunks,
      held: looks.map((look) => look.pages * PAGE_SIZE),
    };
  }
}
