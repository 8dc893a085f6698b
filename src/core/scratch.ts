import type { Core } from "./load.js";

/** The most words that a call takes or leaves. */
const WORDS = 14;

/** Where a call of the core leaves what does not fit into its answer. */
export class Scratch {
  readonly #core: Core;
  #words = new Uint32Array(0);

  constructor(core: Core) {
    this.#core = core;
  }

  /** What the last call left. A new view is made where growth has detached it. */
  get words(): Uint32Array {
    if (this.#words.length === 0) {
      this.#words = new Uint32Array(this.#core.memory.buffer, this.#core.scratch(), WORDS);
    }
    return this.#words;
  }
}
