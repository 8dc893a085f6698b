import { PAGE_SIZE } from "../../units.js";
import type { UnplugPolicy } from "./unplug-policy.js";

type FreeReserve = NonNullable<UnplugPolicy["reserve"]>;

/** What a reserve reads of the guest; infinite where the guest does not say. */
export interface ReserveSource {
  /** Free memory in bytes. */
  freeSize(): number;
  /** Pages that are free above the high watermarks of the zones. */
  pagesAboveMarks(): number;
  /** Pages of a range that need no room elsewhere: an attempt drops them. 0 where it does not. */
  droppablePages(startPfn: number, nrPages: number): number;
}

/**
 * What a run leaves to the guest. `alloc_contig_range()` takes free pages below all watermarks, so
 * a driver that takes free memory first takes the last of it, and the next small request of the
 * guest invokes the OOM killer.
 */
export class Reserve {
  readonly #reserve: FreeReserve;
  readonly #source: ReserveSource;
  readonly #subblockPages: number;
  /** May what goes next reach the marks, as the last of a run? */
  isLast = false;

  constructor(reserve: FreeReserve, source: ReserveSource, subblockPages: number) {
    this.#reserve = reserve;
    this.#source = source;
    this.#subblockPages = subblockPages;
  }

  /**
   * Would enough be free without these pages, which go or find room elsewhere?
   *
   * @param promised - pages beside these that are to find room.
   */
  allows(startPfn: number, nrPages: number, promised = 0): boolean {
    if (this.#reserve === 0) return true;
    if (typeof this.#reserve === "number") {
      return this.#source.freeSize() - (nrPages + promised) * PAGE_SIZE >= this.#reserve;
    }
    const above = this.#source.pagesAboveMarks() - promised;
    const over = this.isLast ? this.#subblockPages - 1 : 0;
    const needed = nrPages - over;
    return (
      above >= needed ||
      above >= Math.max(0, needed - this.#source.droppablePages(startPfn, nrPages))
    );
  }

  /** Does the last subblock of a run reach the marks? */
  get isReached(): boolean {
    return this.#reserve === "until-high-watermarks";
  }

  /** Pages of a range that will need room: in use, and not dropped. */
  toMove(startPfn: number, nrPages: number, nrFree: number): number {
    const dropped =
      typeof this.#reserve === "number" ? 0 : this.#source.droppablePages(startPfn, nrPages);
    return nrPages - nrFree - dropped;
  }
}
