import type { MemoryBlockState } from "../memory-block-state.js";
import type { PausingWork } from "../../pausing-work.js";
import { RunBitmap } from "../run-bitmap.js";

const STATES: readonly MemoryBlockState[] = [
  "unused",
  "plugged",
  "offline",
  "offline-partial",
  "kernel",
  "kernel-partial",
  "movable",
  "movable-partial",
];

const CODES = Object.fromEntries(STATES.map((state, code) => [state, code])) as Readonly<
  Record<MemoryBlockState, number>
>;

export interface MemoryBlockTableOptions {
  /** Id of the first memory block that lies wholly inside the region. */
  readonly firstId: number;
  /** Memory blocks that lie wholly inside the region. */
  readonly capacity: number;
  readonly subblocksPerMemoryBlock: number;
  /**
   * Called after each change of state; `from` is undefined for a memory block never used before.
   */
  readonly onState: (id: number, from: MemoryBlockState | undefined, to: MemoryBlockState) => void;
}

/** What a table holds, as plain data. */
export interface MemoryBlockTableState {
  /** A code of its state for each memory block known so far, in hexadecimal digits. */
  readonly states: string;
  /** Runs of plugged subblocks, counted from the first memory block on; flat. */
  readonly plugged: readonly number[];
}

/**
 * What the driver knows of the memory blocks of its device in sub-block mode: a state each, and a
 * plugged bit for each subblock. Memory blocks come into the table one after the other by
 * {@link prepare}; the rest of the region is unknown to it.
 */
export class MemoryBlockTable {
  readonly firstId: number;
  readonly subblocksPerMemoryBlock: number;
  /** Plugged subblocks by memory block, element 0 for {@link firstId}. Read only. */
  readonly pluggedSubblocks: Uint16Array;
  readonly #states: Uint8Array;
  /** Memory blocks by state code. */
  readonly #counts = new Uint32Array(STATES.length);
  /** The states that any memory block is in, a bit each. */
  #populated = 0;
  readonly #plugged: RunBitmap;
  readonly #onState: MemoryBlockTableOptions["onState"];
  #count = 0;
  #nrPlugged = 0;
  #held: number | undefined;

  constructor({ firstId, capacity, subblocksPerMemoryBlock, onState }: MemoryBlockTableOptions) {
    this.firstId = firstId;
    this.subblocksPerMemoryBlock = subblocksPerMemoryBlock;
    this.pluggedSubblocks = new Uint16Array(capacity);
    this.#states = new Uint8Array(capacity);
    this.#plugged = new RunBitmap(capacity * subblocksPerMemoryBlock);
    this.#onState = onState;
  }

  save(): MemoryBlockTableState {
    let states = "";
    for (let index = 0; index < this.#count; index++) {
      states += (this.#states[index] ?? 0).toString(16);
    }
    return { states, plugged: this.#plugged.setRuns() };
  }

  /** Takes over what another table of the same region held; this one is empty. No callbacks. */
  load({ states, plugged }: MemoryBlockTableState): void {
    for (const digit of states) {
      const code = parseInt(digit, 16);
      this.#states[this.#count++] = code;
      this.#addCount(STATES[code] ?? "unused", 1);
    }
    const each = this.subblocksPerMemoryBlock;
    for (let at = 0; at < plugged.length; at += 2) {
      let [start = 0, left = 0] = [plugged[at], plugged[at + 1]];
      while (left > 0) {
        const id = this.firstId + Math.floor(start / each);
        const count = Math.min(left, each - (start % each));
        this.setPlugged(id, start % each, count, true);
        start += count;
        left -= count;
      }
    }
  }

  /**
   * Works on a memory block with the hotplug lock held: meanwhile it goes neither online nor
   * offline. Between memory blocks the lock is free, and states may change.
   */
  hold<T>(id: number, work: () => T): T {
    this.#held = id;
    try {
      return work();
    } finally {
      this.#held = undefined;
    }
  }

  /** The same for work that may pause, with the lock held. */
  *holdAcross<T>(id: number, work: PausingWork<T>): PausingWork<T> {
    this.#held = id;
    try {
      return yield* work;
    } finally {
      this.#held = undefined;
    }
  }

  isHeld(id: number): boolean {
    return this.#held === id;
  }

  /** Memory blocks that the region has room for. */
  get capacity(): number {
    return this.#states.length;
  }

  /** Memory blocks known so far; their ids start at {@link firstId}. */
  get count(): number {
    return this.#count;
  }

  /** Id of the memory block that {@link prepare} would take. */
  get nextId(): number {
    return this.firstId + this.#count;
  }

  /** Plugged subblocks of all memory blocks. */
  get nrPlugged(): number {
    return this.#nrPlugged;
  }

  has(id: number): boolean {
    return id >= this.firstId && id < this.nextId;
  }

  /**
   * Takes the next memory block into the table, unused. The caller has checked that there is one.
   */
  prepare(): number {
    const id = this.nextId;
    this.#count++;
    this.#addCount("unused", 1);
    this.#onState(id, undefined, "unused");
    return id;
  }

  state(id: number): MemoryBlockState {
    const state = STATES[this.#states[id - this.firstId] ?? 0];
    if (state === undefined) throw new Error(`memory block ${id} has no state`);
    return state;
  }

  countOf(state: MemoryBlockState): number {
    return this.#counts[CODES[state]] ?? 0;
  }

  /** The one place where a state changes, so that the counts cannot drift. */
  setState(id: number, state: MemoryBlockState): void {
    const from = this.state(id);
    if (from === state) return;
    if (this.countOf(from) === 0) throw new Error(`no memory block is counted as ${from}`);
    this.#states[id - this.firstId] = CODES[state];
    this.#addCount(from, -1);
    this.#addCount(state, 1);
    this.#onState(id, from, state);
  }

  /** The one place where plugged bits change. The bits of the run have the other value before. */
  setPlugged(id: number, subblock: number, count: number, plugged: boolean): void {
    this.#plugged.fill(this.#bit(id) + subblock, count, plugged);
    const change = plugged ? count : -count;
    this.pluggedSubblocks[id - this.firstId] = this.nrPluggedOf(id) + change;
    this.#nrPlugged += change;
  }

  nrPluggedOf(id: number): number {
    return this.pluggedSubblocks[id - this.firstId] ?? 0;
  }

  isPlugged(id: number, subblock: number): boolean {
    return this.#plugged.get(this.#bit(id) + subblock);
  }

  isAllPlugged(id: number, subblock: number, count: number): boolean {
    return this.#plugged.isAll(this.#bit(id) + subblock, count, true);
  }

  isFull(id: number): boolean {
    return this.nrPluggedOf(id) === this.subblocksPerMemoryBlock;
  }

  /**
   * The first subblock from `from` on that is `plugged`; {@link subblocksPerMemoryBlock} if none.
   */
  next(id: number, from: number, plugged: boolean): number {
    const bit = this.#bit(id);
    return this.#plugged.next(bit + from, bit + this.subblocksPerMemoryBlock, plugged) - bit;
  }

  /** The last subblock up to and including `from` that is `plugged`; -1 if none. */
  previous(id: number, from: number, plugged: boolean): number {
    const bit = this.#bit(id);
    return this.#plugged.previous(bit + from, bit, plugged) - bit;
  }

  /**
   * The memory blocks in one of `states`, in order of their ids.
   *
   * States may change while this runs: a memory block is yielded if it is in one of the states
   * when its turn comes, and the scan ends as soon as none is left in any of them.
   */
  *inStates(states: readonly MemoryBlockState[], descending: boolean): Generator<number> {
    let wanted = 0;
    for (const state of states) wanted |= 1 << CODES[state];
    const end = this.#count;
    for (let i = 0; i < end && (this.#populated & wanted) !== 0; i++) {
      const index = descending ? end - 1 - i : i;
      if ((wanted >>> (this.#states[index] ?? 0)) & 1) yield this.firstId + index;
    }
  }

  #addCount(state: MemoryBlockState, change: 1 | -1): void {
    const code = CODES[state];
    const count = (this.#counts[code] ?? 0) + change;
    this.#counts[code] = count;
    if (count === 0) this.#populated &= ~(1 << code);
    else this.#populated |= 1 << code;
  }

  #bit(id: number): number {
    return (id - this.firstId) * this.subblocksPerMemoryBlock;
  }
}
