import { classOfState, Hold, pageClassName, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { Guest } from "../guest/guest.js";
import type { LogEntry } from "../log/event-log.js";
import type { Obstacle } from "./prediction.js";
import { PAGE_SIZE } from "../units.js";

/** From here on classes are movable: a page of them blocks only while something holds it. */
const FIRST_MOVABLE = PageClass.Anon;
/** Classes below that a look steps over: has_unmovable_pages(), v6.1. */
const UNREFERENCED: readonly number[] = [PageClass.Free, PageClass.Cached, PageClass.Tail];
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
      if (blocking === 0 || this.#tried.has(first)) this.#seen.delete(first);
      else this.#seen.set(first, this.#obstacle(first, firstBlockingPfn(pages, first)));
    }
  }

  #obstacle(first: number, pfn: number): Obstacle {
    const { pageClass, stage } = blockingOf(this.#guest.pages.pageState(pfn));
    return {
      offset: first * PAGE_SIZE - this.#guest.device.addr,
      size: this.#subblockPages * PAGE_SIZE,
      pfn,
      class: pageClassName(pageClass),
      stage,
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

/** The first blocking page from `startPfn` on: there is one in the subblock. */
function firstBlockingPfn(pages: PageMemory, startPfn: number): number {
  let pfn = startPfn;
  while (!blockingOf(pages.pageState(pfn)).blocks) pfn++;
  return pfn;
}

/** Whether a page in this state blocks an attempt, and at which stage. */
function blockingOf(state: number): {
  readonly pageClass: number;
  readonly blocks: boolean;
  readonly stage: Obstacle["stage"];
} {
  const pageClass = classOfState(state);
  if (pageClass < FIRST_MOVABLE) {
    return { pageClass, blocks: !UNREFERENCED.includes(pageClass), stage: "isolate" };
  }
  const hold = state >> HOLD_SHIFT;
  return {
    pageClass,
    blocks: hold !== Hold.None,
    stage: hold === Hold.Pinned ? "test" : "migrate",
  };
}
