import { PAGE_SIZE, PAGEBLOCK_ORDER, PAGEBLOCK_SIZE } from "../core/abi.js";
import type { LogEntry } from "../log/event-log.js";
import type { Guest } from "../guest/guest.js";
import { unusableIndex } from "../linux/fragmentation.js";
import { NS_PER_MS } from "../units.js";
import type { Sample, ScenarioEvent } from "./result.js";
import type { WorkloadRunner } from "./workload-runner.js";

/** Follows the guest's event log, and looks at the guest. */
export class Recorder {
  #guest: Guest;
  readonly #names: readonly string[];
  readonly #workloads: WorkloadRunner;
  readonly #tell: (event: ScenarioEvent) => void;
  #retries = 0;
  #requests = 0;
  #migratedPages = 0;
  #droppedPages = 0;
  #attempts = 0;
  #failedAttempts = 0;

  /**
   * @param names - of the devices.
   * @param tell - gets how each run of a driver has ended.
   */
  constructor(
    guest: Guest,
    names: readonly string[],
    workloads: WorkloadRunner,
    tell: (event: ScenarioEvent) => void,
  ) {
    this.#names = names;
    this.#guest = guest;
    this.#workloads = workloads;
    this.#tell = tell;
    this.takeUp(guest);
  }

  /** Goes on with the guest that was restored from a snapshot. */
  takeUp(guest: Guest): void {
    this.#guest = guest;
    guest.log.follow((entry) => {
      this.#read(entry);
    });
  }

  get requests(): number {
    return this.#requests;
  }

  #read(entry: LogEntry): void {
    switch (entry.type) {
      case "request":
        this.#requests++;
        break;
      case "run-start":
        if (entry.trigger === "retry-timer") this.#retries++;
        break;
      case "contig":
        this.#attempts++;
        if (entry.errno !== 0) this.#failedAttempts++;
        this.#migratedPages += entry.migratedPages;
        this.#droppedPages += entry.droppedPages;
        break;
      case "run-end": {
        const { requestedSize, pluggedSize, why } = entry;
        const when = {
          atMs: entry.atNs / NS_PER_MS,
          device: this.#names[entry.device ?? 0] ?? "",
          requestedSize,
        };
        if (pluggedSize === requestedSize) this.#tell({ type: "reached", ...when });
        else this.#tell({ type: "gave-up", ...when, pluggedSize, why });
        break;
      }
      default:
    }
  }

  sample(): Sample {
    const { clock, devices, pages, zones } = this.#guest;
    const freeChunks = Array.from({ length: 11 }, () => 0);
    let managed = 0;
    let free = 0;
    let kernelFree = 0;
    for (const zone of zones.all()) {
      managed += zone.managed;
      const freeHere = pages.freePages(zone.id);
      free += freeHere;
      if (zone.kind !== "Movable") kernelFree += freeHere;
      for (const [order, nr] of pages.freeChunks(zone.id).entries()) {
        freeChunks[order] = (freeChunks[order] ?? 0) + nr;
      }
    }
    const looks = this.#workloads.look();
    const sizes = devices.map(({ device: { requestedSize, pluggedSize } }) => ({
      requestedSize,
      pluggedSize,
    }));
    return {
      atMs: clock.nowMs,
      requestedSize: sizes.reduce((sum, { requestedSize }) => sum + requestedSize, 0),
      pluggedSize: sizes.reduce((sum, { pluggedSize }) => sum + pluggedSize, 0),
      usedSize: (managed - free) * PAGE_SIZE,
      freeSize: free * PAGE_SIZE,
      kernelFreeSize: kernelFree * PAGE_SIZE,
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
      devices: sizes,
    };
  }
}
