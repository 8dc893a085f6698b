import type { Progress, FollowOptions } from "../progress.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { PausingWork } from "../pausing-work.js";
import { optionTypeError } from "../input-error.js";

/** How a size is requested in slices; progress counts bytes that were plugged or unplugged. */
export interface SlicedRequestOptions extends FollowOptions {
  /** Which of the guest's devices. Default: the first. */
  readonly index?: number;
  /**
   * Real milliseconds that a slice takes at least, from 0 on; one step of the driver more at most.
   * With 0 each step is a slice. Default: 8.
   */
  readonly sliceMs?: number;
  /**
   * Aborts the request: it ends with the signal's reason, as an error. The host then asks for what
   * is plugged at that moment, which the driver notices as it notices every change of the size; so
   * the guest is whole, what was unplugged or plugged until then stays so, and no retry is due.
   */
  readonly signal?: AbortSignal | undefined;
  /** As `signal`, without an error: the size that was reached is the result. */
  readonly stop?: AbortSignal | undefined;
}

/** What a request for a size has come to. */
export interface SizeChange {
  /** Bytes that were requested. */
  readonly requestedSize: number;
  /** Bytes that were plugged before. */
  readonly pluggedSizeBefore: number;
  /** Bytes that are plugged now; the driver may go on later, when its retry timer is due. */
  readonly pluggedSize: number;
  /** Has `stop` ended it before the driver was through? */
  readonly interrupted: boolean;
}

export const SLICE_MS = 8;

/** What a request needs of its guest. */
export interface SlicedWork {
  readonly device: VirtioMemDevice;
  readonly pluggedSizeBefore: number;
  readonly requestedSize: number;
  /** The driver's work, to its end, however often it pauses. */
  begin(isPauseDue: () => boolean): PausingWork;
}

/**
 * A request for a size on its way, slice by slice, so that the thread is never held for long.
 * Iterate it, in a loop or with a `next()` for each frame of a page, or await {@link result}, which
 * yields the thread between slices; either way it runs once, and the guest comes to the same end
 * bit for bit as by {@link Guest.requestSize}.
 *
 * Between two slices the driver is in the midst of its run: the guest can be looked at, but gives
 * no snapshot, and a size that is requested meanwhile is noticed by the run that is going on. A
 * loop that is left early ends the request as `stop` does.
 *
 * @example
 * ```js
 * import { formatSize, Guest } from "virtio-mem-engine";
 *
 * const guest = await Guest.create({ regionSize: 2 ** 34 });
 * for (const { done } of guest.requestSizeInSlices(2 ** 33)) {
 *   if (done >= 2 ** 32) break; // that will do
 * }
 * console.log(guest.device.requestedSize === guest.device.pluggedSize); // true
 *
 * const abort = new AbortController();
 * const { pluggedSize } = await guest
 *   .requestSizeInSlices(0, { signal: abort.signal, onProgress: ({ done }) => done })
 *   .result();
 * console.log(formatSize(pluggedSize)); // 0 B
 * ```
 */
export class SlicedRequest implements Iterable<Progress> {
  readonly #work: SlicedWork;
  readonly #options: SlicedRequestOptions;
  readonly #steps: PausingWork;
  #sliceEnd = 0;
  #isBegun = false;
  #isInterrupted = false;

  /** @internal */
  constructor(work: SlicedWork, options: SlicedRequestOptions) {
    this.#work = work;
    this.#options = options;
    this.#steps = work.begin(() => performance.now() >= this.#sliceEnd);
  }

  /**
   * Does a slice, then yields how far it has come, until the driver goes idle or waits for its
   * retry timer.
   *
   * @throws the reason of `signal`, after the request has ended; TypeError if it runs already.
   */
  *[Symbol.iterator](): Generator<Progress, void> {
    this.#begin();
    let isOver = false;
    try {
      while (!isOver) {
        isOver = true; // what throws is over, too
        isOver = this.#slice();
        yield this.#progress();
      }
    } finally {
      // the loop was left: the driver has to come to an end
      if (!isOver) {
        this.#withdraw();
        while (!this.#slice());
      }
    }
    if (this.#isInterrupted) this.#options.signal?.throwIfAborted();
  }

  /**
   * Runs to the end, and yields the thread between slices.
   *
   * @returns what was reached; rejects with the reason of `signal`, and with a TypeError if it runs
   *   already.
   */
  async result(): Promise<SizeChange> {
    const slices = this[Symbol.iterator]();
    while (slices.next().done !== true) await new Promise((resolve) => setTimeout(resolve, 0));
    return this.change;
  }

  /** What the request has come to so far. */
  get change(): SizeChange {
    const { requestedSize, pluggedSizeBefore, device } = this.#work;
    const interrupted = this.#isInterrupted;
    return { requestedSize, pluggedSizeBefore, pluggedSize: device.pluggedSize, interrupted };
  }

  #begin(): void {
    if (this.#isBegun) throw optionTypeError("a request in slices must be run once only");
    this.#options.signal?.throwIfAborted();
    this.#isBegun = true;
  }

  /** Returns whether that was the last one. */
  #slice(): boolean {
    const { signal, stop, sliceMs = SLICE_MS } = this.#options;
    if (signal?.aborted === true || stop?.aborted === true) this.#withdraw();
    this.#sliceEnd = performance.now() + sliceMs;
    return this.#steps.next().done === true;
  }

  /** The host is content with what is plugged. */
  #withdraw(): void {
    if (this.#isInterrupted) return;
    this.#isInterrupted = true;
    const { device } = this.#work;
    if (device.requestedSize !== device.pluggedSize) device.requestSize(device.pluggedSize);
  }

  #progress(): Progress {
    const { requestedSize, pluggedSizeBefore, device } = this.#work;
    const progress: Progress = {
      done: Math.abs(device.pluggedSize - pluggedSizeBefore),
      total: Math.abs(requestedSize - pluggedSizeBefore),
      unit: "bytes",
    };
    this.#options.onProgress?.(progress);
    return progress;
  }
}
