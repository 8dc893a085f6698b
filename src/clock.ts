import { optionError, shown } from "./input-error.js";
import { NS_PER_MS } from "./units.js";

/** A run was told to stop in the midst of its work; what it has so far stands. */
export class Interrupted extends Error {
  constructor() {
    super("stopped");
    this.name = "Interrupted";
  }
}

/** A timer of a {@link VirtualClock}. It fires once. */
export interface Timer {
  /** Virtual nanoseconds since boot. */
  readonly dueNs: number;
}

interface ArmedTimer extends Timer {
  readonly callback: () => void;
}

/**
 * Time of one simulation. It moves only when told to, so that equal runs take equal time.
 *
 * Whatever costs time calls {@link advanceNs} with the price; a waiting caller uses {@link
 * advanceToNs}. Both fire the timers they pass, earliest first and those due at the same time in
 * the order they were set. A callback sees the time at which its timer was due, and may set timers
 * and advance the clock itself.
 *
 * Times are whole nanoseconds since the start, up to 2^53 (104 days).
 *
 * @example
 * ```js
 * import { Guest } from "virtio-mem-engine";
 *
 * const { clock } = await Guest.create();
 * clock.setTimer(clock.nowNs + 5_000_000, () => console.log(`fired at ${clock.nowMs} ms`));
 * clock.advanceNs(10_000_000);
 * ```
 */
export class VirtualClock {
  #nowNs: number;
  /** By due time, latest first: the next one to fire is at the end. */
  readonly #timers: ArmedTimer[] = [];

  /**
   * A clock without timers.
   *
   * @param nowNs - What time it is, in whole nanoseconds since the start. Default: 0.
   * @throws RangeError if that is no such number.
   */
  constructor(nowNs = 0) {
    assertNs("nowNs", nowNs);
    this.#nowNs = nowNs;
  }

  /** The timers that are set, in the order in which they fire. */
  get timers(): readonly Timer[] {
    return [...this.#timers].reverse();
  }

  /** Now in whole nanoseconds since the start. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /** Now in milliseconds, with a fraction. */
  get nowMs(): number {
    return this.#nowNs / NS_PER_MS;
  }

  /** When the next timer is due; undefined where none is set. */
  get nextTimerNs(): number | undefined {
    return this.#timers.at(-1)?.dueNs;
  }

  /**
   * Is asked at each move whether to stop there; where it says so, the move throws Interrupted. For
   * runs whose work takes long real time between two chances to yield the thread.
   */
  stopWhen: (() => boolean) | undefined;

  /**
   * Lets `ns` nanoseconds pass.
   *
   * @param ns - Whole nanoseconds, from 0 on.
   * @throws RangeError if `ns` is no such number, or the time would reach 2^53; Interrupted where
   *   {@link stopWhen} says so.
   */
  advanceNs(ns: number): void {
    assertNs("ns", ns);
    if (this.stopWhen?.() === true) throw new Interrupted();
    if (this.#timers.length === 0) {
      this.#setNow(this.#nowNs + ns);
    } else {
      this.advanceToNs(this.#nowNs + ns);
    }
  }

  /**
   * Lets the time pass until `ns`. A time that has passed already changes nothing.
   *
   * @param ns - Whole nanoseconds since the start.
   * @throws RangeError if `ns` is no such time; Interrupted where {@link stopWhen} says so.
   */
  advanceToNs(ns: number): void {
    assertNs("ns", ns);
    if (this.stopWhen?.() === true) throw new Interrupted();
    for (let timer = this.#timers.at(-1); timer !== undefined; timer = this.#timers.at(-1)) {
      if (timer.dueNs > ns) break;
      this.#timers.pop();
      this.#setNow(Math.max(this.#nowNs, timer.dueNs));
      timer.callback();
      if (this.stopWhen?.() === true) throw new Interrupted();
    }
    this.#setNow(Math.max(this.#nowNs, ns));
  }

  /**
   * Calls `callback` when the clock reaches `dueNs`; one that has passed fires at the next move.
   *
   * @param dueNs - Whole nanoseconds since the start.
   * @param callback - Is called once, with the clock at `dueNs` or later.
   * @returns The timer, for {@link cancelTimer}.
   * @throws RangeError if `dueNs` is no such time.
   */
  setTimer(dueNs: number, callback: () => void): Timer {
    assertNs("dueNs", dueNs);
    const timer = { dueNs, callback };
    let at = this.#timers.length;
    while (at > 0 && (this.#timers[at - 1]?.dueNs ?? Infinity) <= dueNs) at--;
    this.#timers.splice(at, 0, timer);
    return timer;
  }

  /**
   * Takes a timer back. One that has fired or was cancelled before is left alone.
   *
   * @param timer - What {@link setTimer} has returned.
   */
  cancelTimer(timer: Timer): void {
    const at = this.#timers.findIndex((armed) => armed === timer);
    if (at >= 0) this.#timers.splice(at, 1);
  }

  #setNow(ns: number): void {
    if (!Number.isSafeInteger(ns)) {
      throw optionError(`virtual time must stay below 2^53 ns, got ${shown(ns)}`);
    }
    this.#nowNs = ns;
  }
}

function assertNs(name: string, ns: number): void {
  if (!Number.isSafeInteger(ns) || ns < 0) {
    throw optionError(`${name} must be a whole number of nanoseconds >= 0, got ${shown(ns)}`);
  }
}
