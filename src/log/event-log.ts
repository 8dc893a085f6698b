import type { VirtualClock } from "../clock.js";
import type { LogEntry, LogEntryOf } from "./entry.js";
import { ListenerFailures } from "../listener-failures.js";
import { LogPieces } from "./patterns.js";
import { optionError, shown } from "../input-error.js";

export type * from "./entry.js";

/** Entries that a log keeps, by default; with a pattern counted once. */
const CAPACITY = 2 ** 18;

/** Where a device and its driver write down what happens, and read it. */
export interface Log {
  /** Dates the entries; writers read it, the log does not. */
  readonly clock: VirtualClock;
  /**
   * Writes an entry.
   *
   * @param entry - What happened; `atNs` is the clock's time now.
   */
  add(entry: LogEntry): void;
  /**
   * The entries of one type from entry number `start` on.
   *
   * @typeParam T - Type of entry, which decides the fields.
   * @param type - Value of `type` of the entries.
   * @param start - Number of the first entry that is looked at, counted from the beginning of the
   *   log. Default: 0.
   */
  of<T extends LogEntry["type"]>(type: T, start?: number): Iterable<LogEntryOf<T>>;
  /** All entries that are kept, in order; a new list for each call. */
  readonly entries: readonly LogEntry[];
}

/**
 * Everything that happened, in order. Reports, plots and tests read it; nothing keeps a second
 * truth beside it.
 *
 * Its memory is bounded. What repeats in equal steps is kept as a pattern and a count, without
 * loss (see src/log/patterns.ts). Of what remains the oldest is dropped where it would be more than
 * `capacity` entries; {@link dropped} counts it. Who must see everything follows the log from the
 * beginning.
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create();
 * guest.requestSize(2 ** 27);
 * for (const { request, nbBlocks, answer } of guest.log.of("request")) {
 *   console.log(`${request} of ${nbBlocks} blocks: ${answer}`);
 * }
 * ```
 */
export class EventLog implements Log {
  /** Dates the entries; writers read it, the log does not. */
  readonly clock: VirtualClock;
  /** Most entries that are kept, with a pattern counted once. */
  readonly capacity: number;
  /** What followers have thrown; see {@link ListenerFailures}. */
  readonly listenerFailures = new ListenerFailures();
  readonly #pieces: LogPieces;
  #dropped: number;
  readonly #followers = new Set<(entry: LogEntry) => void>();

  /**
   * An empty log.
   *
   * @param clock - Virtual clock of the guest.
   * @param capacity - Most entries that are kept, a whole number from 2048 on. Default: 262144.
   * @param start - Entries that were written before this log began; they count as dropped.
   *   Default: 0.
   * @throws RangeError if `capacity` is no whole number from 2048 on.
   */
  constructor(clock: VirtualClock, capacity = CAPACITY, start = 0) {
    if (!Number.isSafeInteger(capacity) || capacity < 2048) {
      throw optionError(`capacity must be a whole number from 2048 on, got ${shown(capacity)}`);
    }
    this.clock = clock;
    this.capacity = capacity;
    this.#pieces = new LogPieces(start);
    this.#dropped = start;
  }

  /** The entries that are kept, in order; a new array at each call. */
  get entries(): readonly LogEntry[] {
    return [...this.#pieces.read(0)];
  }

  /** Entries ever written; the number of the next one. */
  get length(): number {
    return this.#pieces.length;
  }

  /** How many of the oldest entries are not kept any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Entries that are kept one by one; a pattern counts once, however often it repeats. */
  get stored(): number {
    return this.#pieces.stored;
  }

  /**
   * Writes an entry.
   *
   * @param entry - What happened; `atNs` is the clock's time now.
   */
  add(entry: LogEntry): void {
    this.keep(entry);
    if (this.#followers.size === 0) return;
    for (const follower of this.#followers) {
      try {
        follower(entry);
      } catch (error) {
        this.listenerFailures.note(error);
      }
    }
  }

  /**
   * Puts an entry behind those that are kept.
   *
   * @internal
   */
  protected keep(entry: LogEntry): void {
    this.#pieces.add(entry);
    while (this.#pieces.stored > this.capacity) {
      const oldest = this.#pieces.dropOldest();
      if (oldest === undefined) break;
      this.#dropped += oldest.length;
    }
  }

  /**
   * Calls `follower` with each entry from now on, at the moment at which it is written.
   *
   * @param follower - Is called synchronously; what it throws is kept in {@link listenerFailures}.
   * @returns the function that ends it.
   */
  follow(follower: (entry: LogEntry) => void): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  /**
   * The entries of one type from entry number `start` on.
   *
   * @typeParam T - Type of entry, which decides the fields.
   * @param type - Value of `type` of the entries.
   * @param start - Number of the first entry that is looked at, counted from the beginning of the
   *   log. Default: 0.
   */
  *of<T extends LogEntry["type"]>(type: T, start = 0): Generator<LogEntryOf<T>> {
    yield* this.#pieces.read(start, type) as Generator<LogEntryOf<T>>;
  }
}

/** The part of a log that is about one of a guest's devices. */
export class DeviceLog implements Log {
  readonly clock: VirtualClock;
  readonly #log: EventLog;
  readonly #device: number;

  constructor(log: EventLog, device: number) {
    this.clock = log.clock;
    this.#log = log;
    this.#device = device;
  }

  get entries(): readonly LogEntry[] {
    return this.#log.entries.filter(({ device }) => device === this.#device);
  }

  add(entry: LogEntry): void {
    this.#log.add({ ...entry, device: this.#device });
  }

  *of<T extends LogEntry["type"]>(type: T, start = 0): Generator<LogEntryOf<T>> {
    for (const entry of this.#log.of(type, start)) if (entry.device === this.#device) yield entry;
  }
}
