/** Bytes for what is going on, behind two counters. */
const NOTE_BYTES = 240;
const HEADER_BYTES = 8;

/**
 * Memory that two threads share: one writes down what it is about to do, the other sees how long
 * that takes.
 *
 * ```text
 *   0        4        8
 *   +--------+--------+---------------------- ... --+
 *   | number | length | what is going on, UTF-8     |   number: even while nothing is
 *   +--------+--------+---------------------- ... --+
 * ```
 */
export class WatchBoard {
  readonly buffer: SharedArrayBuffer;
  readonly #counters: Int32Array;
  readonly #note: Uint8Array;
  #depth = 0;

  constructor(buffer = new SharedArrayBuffer(HEADER_BYTES + NOTE_BYTES)) {
    this.buffer = buffer;
    this.#counters = new Int32Array(buffer, 0, 2);
    this.#note = new Uint8Array(buffer, HEADER_BYTES);
  }

  enter(what: string): void {
    if (this.#depth++ > 0) return;
    const note = new TextEncoder().encode(what).subarray(0, NOTE_BYTES);
    this.#note.set(note);
    Atomics.store(this.#counters, 1, note.length);
    Atomics.add(this.#counters, 0, 1);
  }

  leave(): void {
    if (--this.#depth === 0) Atomics.add(this.#counters, 0, 1);
  }

  /** Number of what is going on, which no two have in common; undefined while nothing is. */
  get current(): number | undefined {
    const number = Atomics.load(this.#counters, 0);
    return number % 2 === 0 ? undefined : number;
  }

  get note(): string {
    const length = Atomics.load(this.#counters, 1);
    return new TextDecoder().decode(this.#note.slice(0, length));
  }
}
