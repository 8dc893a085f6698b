import { optionError } from "../input-error.js";
import type { KernelFlagLayout } from "../struct-page.js";
import { check } from "./answer.js";
import { loadCore, type Core } from "./load.js";

const AREA_SIZE = 2 ** 19;
const WORD = 8;
const NO_BIT = 255;
/** Bit of `largeBit` where there is none. */
const NONE = 64;
const HUGE_BY = { type: 1, bit: 2, byte: 3 } as const;
const SHOWN_AT = 80;

/**
 * Turns struct pages of a kernel into the words that its /proc/kpageflags would have, with a core
 * of its own. Pages come in ascending order, since one may continue what another one began.
 */
export class PageDescriber {
  readonly #core: Core;
  readonly #structSize: number;

  private constructor(core: Core, structSize: number) {
    this.#core = core;
    this.#structSize = structSize;
  }

  /** @throws KernelError if the layout cannot be that of struct pages. */
  static async create(layout: KernelFlagLayout): Promise<PageDescriber> {
    const core = await loadCore();
    const { huge } = layout;
    const words = [
      layout.size,
      layout.flags,
      layout.refCount,
      layout.type,
      layout.mapping,
      layout.order,
      layout.compound,
      layout.wholeMapCount,
      layout.allMapCount,
      layout.largeBit ?? NONE,
      huge === undefined ? 0 : HUGE_BY[huge.by],
      huge?.value ?? 0,
      huge?.by === "byte" ? huge.at : 0,
      layout.typeMask,
      layout.buddyType,
      layout.offlineType,
      layout.tableType,
      layout.slabType,
      layout.tailsShowFolio ? 1 : 0,
    ];
    const at = core.scratch();
    new Uint32Array(core.memory.buffer, at, words.length).set(words);
    const shown = layout.shown.map((bit) => bit ?? NO_BIT);
    new Uint8Array(core.memory.buffer, at + SHOWN_AT, shown.length).set(shown);
    check(core.setKernelFlags(), "take the layout of page flags");
    return new PageDescriber(core, layout.size);
  }

  /** Pages that {@link describe} takes at once. */
  get mostPages(): number {
    return AREA_SIZE / Math.max(this.#structSize, WORD);
  }

  /**
   * The words of the pages from `startPfn` on, little-endian u64 each.
   *
   * @param startPfn - A multiple of 4.
   * @param structPages - At most {@link mostPages}, whole ones.
   * @returns A view that the next call changes.
   */
  describe(startPfn: number, structPages: Uint8Array): Uint8Array {
    const nrPages = structPages.length / this.#structSize;
    if (!Number.isInteger(nrPages) || nrPages > this.mostPages) {
      throw optionError(`structPages must be at most ${this.mostPages} whole ones, got ${nrPages}`);
    }
    const { memory } = this.#core;
    new Uint8Array(memory.buffer, this.#core.staging(), structPages.length).set(structPages);
    const result = this.#core.describeStructPages(startPfn, nrPages);
    check(result, `describe ${nrPages} struct pages`);
    return new Uint8Array(memory.buffer, this.#core.staging2(), nrPages * WORD);
  }
}
