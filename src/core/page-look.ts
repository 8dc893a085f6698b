import { optionError, optionTypeError, shown } from "../input-error.js";
import { PAGEBLOCK_PAGES } from "./abi.js";
import { check } from "./answer.js";
import type { Core } from "./load.js";
import { isU32 } from "./u32.js";

/** Bytes that the core tells at once. */
const MOST_AT_ONCE = 2 ** 19;
/** Subblocks that it can be asked for changes of at once. */
const MOST_CHANGES = 2 ** 17;

/** What {@link PageLook.changesBySubblock} has found. */
export interface LookChanges {
  /** What to ask with the next time, for the changes since now. */
  readonly number: number;
  /** Elements of the array that were written, ascending. */
  readonly subblocks: Uint32Array;
}

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
   * Those of the subblocks that {@link bySubblock} would tell of, in which a page, a migratetype or
   * a zone has changed since an earlier look: their bytes alone are written. A page that has
   * changed and changed back counts. What has not changed costs next to nothing.
   *
   * A number holds for this guest, and for those that are restored from its later snapshots.
   *
   * @param since - The number of an earlier look, or 0: then all of them are written.
   * @param startPfn - First page of the first subblock, at a pageblock's start.
   * @param nrPages - Pages of a subblock, a multiple of 512.
   * @param into - What the earlier look has filled.
   * @throws as {@link bySubblock} does.
   * @example
   * import { Guest } from "virtio-mem-engine";
   *
   * const guest = await Guest.create({ regionSize: 2 ** 30 });
   * const picture = new Uint8Array(512); // subblocks of 2 MiB
   * const [start, look] = [guest.device.addr / 4096, guest.pages.look];
   * const before = look.changesBySubblock(0, start, 512, picture);
   * guest.requestSize(2 ** 27);
   * const { subblocks } = look.changesBySubblock(before.number, start, 512, picture);
   * console.log(before.subblocks.length, subblocks.length); // 512 64
   */
  changesBySubblock(
    since: number,
    startPfn: number,
    nrPages: number,
    into: Uint8Array,
  ): LookChanges {
    const last = this.#core.lookNumber() - 1;
    if (!isU32(since) || since > last) {
      throw optionError(
        `since must be the number of an earlier look, 0 to ${last}, got ${shown(since)}`,
      );
    }
    if (since === 0) {
      this.#subblocks(startPfn, nrPages, into, 0);
      const subblocks = Uint32Array.from({ length: into.length }, (_, at) => at);
      return { number: this.#core.endLook(), subblocks };
    }
    const blocks = blocksOf(startPfn, nrPages, into);
    const { memory, staging, staging2 } = this.#core;
    const parts: Uint32Array[] = [];
    for (let first = 0; first < into.length; first += MOST_CHANGES) {
      const nr = Math.min(MOST_CHANGES, into.length - first);
      const found = this.#core.lookAtChanges(startPfn + first * nrPages, blocks, nr, since);
      check(found, `look for changes of ${into.length} subblocks`);
      const bytes = new Uint8Array(memory.buffer, staging2(), found);
      const numbers = new Uint32Array(memory.buffer, staging(), found).slice();
      for (const [at, number] of numbers.entries()) {
        numbers[at] = first + number;
        into[first + number] = bytes[at] ?? 0;
      }
      if (found > 0) parts.push(numbers);
    }
    return { number: this.#core.endLook(), subblocks: joined(parts) };
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
    const blocks = blocksOf(startPfn, nrPages, into);
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

/** Pageblocks of a subblock, once the arguments are known to be right. */
function blocksOf(startPfn: number, nrPages: number, into: unknown): number {
  assertArguments(startPfn, into);
  if (!isU32(nrPages) || nrPages === 0 || nrPages % PAGEBLOCK_PAGES !== 0) {
    throw optionError(`nrPages must be a multiple of ${PAGEBLOCK_PAGES}, got ${shown(nrPages)}`);
  }
  return nrPages / PAGEBLOCK_PAGES;
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function assertArguments(startPfn: number, into: unknown): void {
  if (!isU32(startPfn)) {
    throw optionError(`startPfn must be a whole number from 0 to 2^32 - 1, got ${shown(startPfn)}`);
  }
  if (!(into instanceof Uint8Array)) {
    throw optionTypeError(`into must be a Uint8Array, got ${shown(into)}`);
  }
}
