import { optionError, optionTypeError, shown } from "../input-error.js";
import { PAGEBLOCK_PAGES } from "./abi.js";
import { check } from "./answer.js";
import type { Core } from "./load.js";
import { isU32 } from "./u32.js";

/** Bytes that the core tells at once. */
const MOST_AT_ONCE = 2 ** 19;

/**
 * Looking at a guest without changing it, a byte for each subblock or page, into arrays that the
 * caller owns: what a picture of it is drawn from.
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ regionSize: 2 ** 30 });
 * guest.requestSize(2 ** 29);
 * const subblocks = new Uint8Array(512); // of 2 MiB
 * guest.pages.look.bySubblock(guest.device.addr / 4096, 512, subblocks);
 * // a memmap, free memory, memory that is not plugged
 * console.log(subblocks[0], subblocks[100], subblocks[511]); // 236 0 225
 * ```
 */
export class PageLook {
  readonly #core: Core;

  /** @internal */
  constructor(core: Core) {
    this.#core = core;
  }

  /**
   * As many subblocks as the array has elements: bits 0 to 4 are the class of the first blocking
   * page, or where nothing blocks of the first page in use ({@link PageClass}; 0: all is free),
   * bits 5 and 6 the share in use, in thirds that have begun, bit 7 whether something blocks.
   * Memory that is not plugged is of class `Absent` or `Offline`, and blocks.
   *
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param nrPages - Pages of a subblock, a multiple of 512.
   * @param into - Gets the answer.
   * @throws RangeError or TypeError for a wrong argument; KernelError if the subblocks leave the
   *   pfn space, when those before may be in the array.
   */
  bySubblock(startPfn: number, nrPages: number, into: Uint8Array): void {
    this.#subblocks(startPfn, nrPages, into, 0);
  }

  /**
   * As many subblocks as the array has elements, by their first pageblock: bits 0 to 3 are the
   * index of its zone, 15 where no page is online, bits 4 to 6 its {@link Migratetype}.
   *
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param nrPages - Pages of a subblock, a multiple of 512.
   * @param into - Gets the answer.
   * @throws as {@link bySubblock} does.
   */
  zonesBySubblock(startPfn: number, nrPages: number, into: Uint8Array): void {
    this.#subblocks(startPfn, nrPages, into, 1);
  }

  /**
   * As many pages as the array has elements: bits 0 to 4 are the class ({@link PageClass}), bits 5
   * and 6 what keeps it in place ({@link Hold}).
   *
   * @param startPfn - First page.
   * @param into - Gets the answer.
   * @throws as {@link bySubblock} does.
   */
  pages(startPfn: number, into: Uint8Array): void {
    assertArguments(startPfn, into);
    this.#fill(into, (first, nr) => this.#core.lookAtPages(startPfn + first, nr));
  }

  #subblocks(startPfn: number, nrPages: number, into: Uint8Array, zones: number): void {
    assertArguments(startPfn, into);
    if (!isU32(nrPages) || nrPages === 0 || nrPages % PAGEBLOCK_PAGES !== 0) {
      throw optionError(`nrPages must be a multiple of ${PAGEBLOCK_PAGES}, got ${shown(nrPages)}`);
    }
    const blocks = nrPages / PAGEBLOCK_PAGES;
    this.#fill(into, (first, nr) =>
      this.#core.lookAtSubblocks(startPfn + first * nrPages, blocks, nr, zones),
    );
  }

  #fill(into: Uint8Array, look: (first: number, nr: number) => number): void {
    const { memory, staging } = this.#core;
    for (let first = 0; first < into.length; first += MOST_AT_ONCE) {
      const nr = Math.min(MOST_AT_ONCE, into.length - first);
      check(look(first, nr), `look at ${into.length} of them`);
      into.set(new Uint8Array(memory.buffer, staging(), nr), first);
    }
  }
}

function assertArguments(startPfn: number, into: unknown): void {
  if (!isU32(startPfn)) {
    throw optionError(`startPfn must be a whole number from 0 to 2^32 - 1, got ${shown(startPfn)}`);
  }
  if (!(into instanceof Uint8Array)) {
    throw optionTypeError(`into must be a Uint8Array, got ${shown(into)}`);
  }
}
