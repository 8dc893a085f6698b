import type { Progress } from "../progress.js";
import { assertOptions, SIGNAL, type OptionRule } from "../option-check.js";
import { optionError, optionTypeError, shown } from "../input-error.js";
import { Guest } from "./guest.js";
import type { RestoreOptions } from "./options.js";

/** A request of a run that one travels in. */
export interface TravelledRequest {
  /** Bytes: as for {@link Guest.requestSize}. */
  readonly bytes: number;
  /** Which of the guest's devices. Default: the first. */
  readonly index?: number;
}

/** How a moment is looked for. */
export interface TravelOptions {
  /** Aborts it: the promise is rejected with the signal's reason, at the start of the run. */
  readonly signal?: AbortSignal | undefined;
}

/** The thread is yielded after this many real milliseconds. */
const YIELD_MS = 8;

/** Before the first moment. */
const NOTHING = { entries: -1, ms: -1 };

const RULES: Readonly<Record<keyof Required<TravelOptions>, OptionRule>> = { signal: SIGNAL };

/**
 * Any moment of a run, page by page: before it, between any two steps of the driver, at each
 * virtual time, forwards and backwards. A run is a snapshot and a request; it is deterministic, so
 * a moment is made again by doing what led to it. Forwards that goes on from where it is, backwards
 * it begins at the snapshot.
 *
 * Moments are counted as the log counts: an entry is the number of entries that had been written,
 * as `guest.log.length` says of the guest of the run and of this one alike.
 *
 * @example
 * ```js
 * import { Guest, TimeTravel } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ regionSize: 2 ** 30 });
 * guest.requestSize(2 ** 30);
 * const before = guest.snapshot();
 * const half = [];
 * guest.log.follow(({ type }) => {
 *   if (type === "request" && guest.device.pluggedSize === 2 ** 29) half.push(guest.log.length);
 * });
 * guest.requestSize(0);
 *
 * const travel = await TimeTravel.begin(before, { bytes: 0 });
 * const then = await travel.toEntry(half[0]);
 * console.log(then.device.pluggedSize); // 536870912
 * const start = await travel.toStart();
 * console.log(start.device.pluggedSize); // 1073741824
 * ```
 */
export class TimeTravel {
  readonly #snapshot: ArrayBufferLike;
  readonly #request: TravelledRequest;
  readonly #options: RestoreOptions;
  #guest: Guest;
  #state: "before" | "within" | "after" | "beyond" = "before";
  /** The rest of the request, while within it. */
  #slices: Iterator<Progress, void> | undefined;
  /** Entries and time of the moment before the present one. */
  #passed = NOTHING;

  private constructor(
    snapshot: ArrayBufferLike,
    request: TravelledRequest,
    options: RestoreOptions,
    guest: Guest,
  ) {
    this.#snapshot = snapshot;
    this.#request = request;
    this.#options = options;
    this.#guest = guest;
  }

  /**
   * The run of a request, at its start.
   *
   * @param snapshot - Of the guest just before; it is read again for each way back.
   * @param request - What was requested then.
   * @param options - What a snapshot cannot hold.
   * @throws as {@link Guest.restore} does.
   */
  static async begin(
    snapshot: ArrayBufferLike,
    request: TravelledRequest,
    options: RestoreOptions = {},
  ): Promise<TimeTravel> {
    if (typeof request !== "object" || (request as unknown) === null) {
      throw optionTypeError(`request must be an object with bytes, got ${shown(request)}`);
    }
    return new TimeTravel(snapshot, request, options, await Guest.restore(snapshot, options));
  }

  /** The guest of the present moment, to look at. Another one after each way back. */
  get guest(): Guest {
    return this.#guest;
  }

  /** Goes to the moment before the request. */
  async toStart(): Promise<Guest> {
    if (this.#state !== "before") await this.#restart();
    return this.#guest;
  }

  /**
   * Goes to the first moment between two steps of the driver at which `entry` entries of the log or
   * more have been written; to the end of the request where that has fewer.
   *
   * @param entry - A length that the log of the run had.
   * @param options - How to follow it.
   * @throws RangeError if `entry` is no whole number; what the request throws.
   */
  async toEntry(entry: number, options: TravelOptions = {}): Promise<Guest> {
    assertOptions("options of toEntry()", options, RULES);
    if (!Number.isSafeInteger(entry) || entry < 0) {
      throw optionError(`entry must be a whole number >= 0, got ${shown(entry)}`);
    }
    if (this.#state === "beyond" || this.#passed.entries >= entry) await this.#restart();
    await this.#forward(({ log }) => log.length >= entry, options);
    return this.#guest;
  }

  /**
   * Goes to the first moment between two steps of the driver at or after a virtual time; after the
   * request, with the driver's retries until then, exactly there.
   *
   * @param ms - Virtual milliseconds, as `guest.clock.nowMs` counts them.
   * @param options - How to follow it.
   * @throws RangeError if `ms` is no time; what the request throws.
   */
  async toTime(ms: number, options: TravelOptions = {}): Promise<Guest> {
    assertOptions("options of toTime()", options, RULES);
    if (!(ms >= 0 && ms < 9e9)) {
      throw optionError(`ms must be a time from 0 to 104 days in milliseconds, got ${shown(ms)}`);
    }
    const isBack = this.#state === "beyond" ? this.#guest.clock.nowMs > ms : this.#passed.ms >= ms;
    if (isBack) await this.#restart();
    await this.#forward(({ clock }) => clock.nowMs >= ms, options);
    if (this.#guest.clock.nowMs < ms) {
      this.#guest.advanceTo(ms);
      this.#state = "beyond";
    }
    return this.#guest;
  }

  async #restart(): Promise<void> {
    this.#guest = await Guest.restore(this.#snapshot, this.#options);
    this.#state = "before";
    this.#slices = undefined;
    this.#passed = NOTHING;
  }

  /** Goes step by step until a moment is there, or to the end of the request. */
  async #forward(isThere: (guest: Guest) => boolean, { signal }: TravelOptions): Promise<void> {
    let yielded = performance.now();
    try {
      while (this.#state !== "after" && this.#state !== "beyond" && !isThere(this.#guest)) {
        signal?.throwIfAborted();
        this.#step();
        if (performance.now() - yielded > YIELD_MS) {
          await new Promise((resolve) => setTimeout(resolve, 0));
          yielded = performance.now();
        }
      }
    } catch (error) {
      await this.#restart();
      throw error;
    }
  }

  #step(): void {
    const { log, clock } = this.#guest;
    this.#passed = { entries: log.length, ms: clock.nowMs };
    if (this.#slices === undefined) {
      const { bytes, index = 0 } = this.#request;
      const request = this.#guest.requestSizeInSlices(bytes, { index, sliceMs: 0 });
      this.#slices = request[Symbol.iterator]();
      this.#state = "within";
    } else if (this.#slices.next().done === true) {
      this.#state = "after";
    }
  }
}
