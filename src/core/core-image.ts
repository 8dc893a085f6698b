import type { Core } from "./load.js";

/** The globals of a core by name; numbers in decimal digits, because some have 64 bits. */
export type CoreGlobals = Readonly<Record<string, string>>;

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

/** The globals of a core, for a core of the same build. */
export function saveGlobals(core: Core): CoreGlobals {
  return Object.fromEntries(namedGlobals(core).map(([name, { value }]) => [name, String(value)]));
}

/**
 * Makes a fresh core what another one of the same build was.
 *
 * @param bytes - Its memory in use.
 * @param wasmPages - Pages of 64 KiB that it had, used or not.
 */
export function fillCore(
  core: Core,
  bytes: Uint8Array,
  wasmPages: number,
  globals: CoreGlobals,
): void {
  const missing = wasmPages - core.memory.buffer.byteLength / WASM_PAGE_SIZE;
  if (missing > 0) core.memory.grow(missing);
  new Uint8Array(core.memory.buffer).set(bytes);
  for (const [name, global] of namedGlobals(core)) {
    const value = globals[name] ?? "0";
    global.value = typeof global.value === "bigint" ? BigInt(value) : Number(value);
  }
}

/** Bytes by which linear memory grows. */
export const WASM_PAGE_SIZE = 65536;

function globalsOf(core: Core): WebAssembly.Global[] {
  return namedGlobals(core).map(([, global]) => global);
}

function namedGlobals(core: Core): [name: string, global: WebAssembly.Global][] {
  return Object.entries(core as Record<string, unknown>)
    .filter(([name]) => STATE_NAME.test(name))
    .map(([name, value]) => [name, value as WebAssembly.Global]);
}
