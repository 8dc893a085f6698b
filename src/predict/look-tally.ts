import { classOfState, Hold, pageClassName, PageClass } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import type { LogEntry } from "../log/event-log.js";
import type { Obstacle } from "./prediction.js";
import { PAGE_SIZE } from "../units.js";

/** From here on classes are movable: a page of them blocks only while something holds it. */
const FIRST_MOVABLE = PageClass.Anon;
/** Bits of the hold in a page's state byte, above the class. */
const HOLD_SHIFT = 5;

/**
 * Subblocks in which a policy saw a blocking page, and that no attempt was made on. It has to read
 * the log as it is written: the pages are looked at again as they are then.
 */
export class LookTally {
  readonly #guest: Guest;
  readonly #subblockPages: number;
  /** Blocking page by the first pfn of its subblock. */
  readonly #seen = new Map<number, Obstacle>();
  /** First pfns of subblocks that were tried; what an attempt met says more than a look. */
  readonly #tried = new Set<number>();

  constructor(guest: Guest) {
    this.#guest = guest;
    this.#subblockPages = guest.driver.geometry.subblockSize / PAGE_SIZE;
  }

  note(entry: LogEntry): void {
    if (entry.type === "look") this.#look(entry.startPfn, entry.nrPages);
    else if (entry.type === "contig") {
      for (const pfn of this.#subblocks(entry.startPfn, entry.nrPages)) {
        this.#tried.add(pfn);
        this.#seen.delete(pfn);
      }
    } else if (entry.type === "request" && entry.request !== "PLUG" && entry.response === "ACK") {
      this.#forget(entry.offset, entry.nbBlocks);
    }
  }

  /** What was seen and not tried, by address. */
  obstacles(): Obstacle[] {
    return [...this.#seen.values()].sort((a, b) => a.offset - b.offset);
  }

  #look(startPfn: number, nrPages: number): void {
    const { pages } = this.#guest;
    const size = this.#subblockPages;
    const { unmovablePages } = pages.countBySubblock(startPfn, size, nrPages / size);
    for (const [at, blocking] of unmovablePages.entries()) {
      const first = startPfn + at * size;
      const pfn = blocking === 0 ? undefined : pages.firstBlockingPage(first, size);
      if (pfn === undefined || this.#tried.has(first)) this.#seen.delete(first);
      else this.#seen.set(first, this.#obstacle(first, pfn));
    }
  }

  #obstacle(first: number, pfn: number): Obstacle {
    const state = this.#guest.pages.pageState(pfn);
    const pageClass = classOfState(state);
    return {
      offset: first * PAGE_SIZE - this.#guest.device.addr,
      size: this.#subblockPages * PAGE_SIZE,
      pfn,
      class: pageClassName(pageClass),
      stage: stageOf(pageClass, state >> HOLD_SHIFT),
      tries: 0,
    };
  }

  #forget(offset: number, nbBlocks: number): void {
    const { addr, blockSize } = this.#guest.device;
    const startPfn = (addr + offset) / PAGE_SIZE;
    for (const pfn of this.#subblocks(startPfn, (nbBlocks * blockSize) / PAGE_SIZE)) {
      this.#seen.delete(pfn);
    }
  }

  *#subblocks(startPfn: number, nrPages: number): Generator<number> {
    for (let pfn = startPfn; pfn < startPfn + nrPages; pfn += this.#subblockPages) yield pfn;
  }
}

/** At which stage a blocking page fails an attempt. */
function stageOf(pageClass: number, hold: number): Obstacle["stage"] {
  if (pageClass < FIRST_MOVABLE) return "isolate";
  return hold === Hold.Pinned ? "test" : "migrate";
}
