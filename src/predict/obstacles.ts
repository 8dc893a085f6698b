import type { ContigEntry, LogEntry, RequestEntry } from "../log/event-log.js";
import type { Obstacle } from "./prediction.js";
import { PAGE_SIZE } from "../units.js";

interface Failure {
  readonly entry: ContigEntry;
  readonly tries: number;
}

/**
 * Reads from a driver's log which ranges were tried and stayed plugged, by address.
 *
 * A larger chunk counts only where nothing smaller was tried inside it. What the guest gave but the
 * device refused is no obstacle.
 *
 * @param device - start of the region and size of a device block, in bytes.
 */
export function obstaclesOf(entries: Iterable<LogEntry>, device: ObstacleDevice): Obstacle[] {
  const tally = new ObstacleTally(device);
  for (const entry of entries) tally.note(entry);
  return tally.obstacles();
}

/** Where a device lies, and what it plugs in: bytes. */
export interface ObstacleDevice {
  readonly addr: number;
  readonly blockSize: number;
}

/** The same, entry by entry, for who follows a log. */
export class ObstacleTally {
  readonly #device: ObstacleDevice;
  readonly #failures = new FailureMap();

  constructor(device: ObstacleDevice) {
    this.#device = device;
  }

  note(entry: LogEntry): void {
    if (entry.type === "contig") this.#failures.note(entry);
    else if (entry.type === "request" && isGiven(entry)) {
      const { addr, blockSize } = this.#device;
      const startPfn = (addr + entry.offset) / PAGE_SIZE;
      this.#failures.clear(startPfn, (entry.nbBlocks * blockSize) / PAGE_SIZE);
    }
  }

  obstacles(): Obstacle[] {
    const { addr } = this.#device;
    return this.#failures.all().map(({ entry, tries }) => toObstacle(entry, tries, addr));
  }
}

function isGiven({ request, response }: RequestEntry): boolean {
  return response === "ACK" && request === "UNPLUG";
}

/** The last failure of each range. Ranges of a size are aligned to it. */
class FailureMap {
  /** By size in pages, then by start. */
  readonly #bySize = new Map<number, Map<number, Failure>>();

  note(entry: ContigEntry): void {
    const { startPfn, nrPages, errno } = entry;
    for (const [size, failures] of this.#bySize) {
      if (size > nrPages) failures.delete(startPfn - (startPfn % size));
    }
    let failures = this.#bySize.get(nrPages);
    if (failures === undefined) this.#bySize.set(nrPages, (failures = new Map<number, Failure>()));
    if (errno === 0) failures.delete(startPfn);
    else failures.set(startPfn, { entry, tries: (failures.get(startPfn)?.tries ?? 0) + 1 });
  }

  clear(startPfn: number, nrPages: number): void {
    for (const [size, failures] of this.#bySize) {
      const first = Math.ceil(startPfn / size) * size;
      for (let pfn = first; pfn + size <= startPfn + nrPages; pfn += size) failures.delete(pfn);
    }
  }

  all(): Failure[] {
    const found = [...this.#bySize.values()].flatMap((failures) => [...failures.values()]);
    return found.sort((a, b) => a.entry.startPfn - b.entry.startPfn);
  }
}

function toObstacle(entry: ContigEntry, tries: number, addr: number): Obstacle {
  const { stage } = entry;
  if (stage === "done") throw new Error("a failed attempt cannot have ended in stage done");
  return {
    offset: entry.startPfn * PAGE_SIZE - addr,
    size: entry.nrPages * PAGE_SIZE,
    pfn: entry.blockingPfn ?? null,
    class: entry.blockingClass ?? null,
    stage,
    tries,
  };
}
