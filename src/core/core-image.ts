import type { Core } from "./load.js";

/** A mutable global, as the build exports all of them: scripts/build/export-state.mjs. */
const STATE_NAME = /^state\d+$/;

/**
 * A core at a moment: its memory and its globals.
 *
 * An instance that was set back to it goes on as it did then. What was made of it since, bitmaps
 * above all, is gone; objects that still know of them must not be used any more.
 */
export class CoreImage {
  readonly #bytes: Uint8Array;
  readonly #state: readonly (readonly [global: WebAssembly.Global, value: unknown])[];
  readonly #core: Core;

  /** Takes a copy: as many bytes as the guest uses. */
  constructor(core: Core) {
    this.#core = core;
    this.#bytes = new Uint8Array(core.memory.buffer, 0, core.usedMemory() >>> 0).slice();
    this.#state = globalsOf(core).map((global) => [global, global.value]);
  }

  /** Bytes that it takes. */
  get size(): number {
    return this.#bytes.length;
  }

  /** Sets the core back. */
  restore(): void {
    const used = this.#core.usedMemory() >>> 0;
    const memory = new Uint8Array(this.#core.memory.buffer);
    memory.set(this.#bytes);
    // memory that was not reserved yet is zero
    memory.fill(0, this.#bytes.length, Math.max(used, this.#bytes.length));
    for (const [global, value] of this.#state) global.value = value;
  }
}

function globalsOf(core: Core): WebAssembly.Global[] {
  const globals: WebAssembly.Global[] = [];
  for (const [name, value] of Object.entries(core as Record<string, unknown>)) {
    if (STATE_NAME.test(name)) globals.push(value as WebAssembly.Global);
  }
  return globals;
}
