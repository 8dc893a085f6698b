import type { PausingWork } from "../../pausing-work.js";

/** An item of a {@link WorkQueue}: what is called once, and may give back work that pauses. */
export type QueuedWork = (() => PausingWork) | (() => void);

const never = (): boolean => false;

/**
 * Runs the work of all drivers of a guest, one item after the other and never one inside another.
 *
 * What interrupts running work (a timer, a config change) may only queue: the item runs when the
 * running one is over.
 *
 * @example
 * ```js
 * import { WorkQueue } from "virtio-mem-engine/device";
 *
 * const queue = new WorkQueue();
 * queue.queue(() => console.log("works")); // works
 * queue.run();
 * ```
 */
export class WorkQueue {
  readonly #items: QueuedWork[] = [];
  #running = false;
  #isPauseDue = never;

  /** Is queued work being done? */
  get isRunning(): boolean {
    return this.#running;
  }

  /**
   * Where an item stands, from 0 on; undefined where it is not queued.
   *
   * @param item - As it was queued.
   */
  placeOf(item: QueuedWork): number | undefined {
    const at = this.#items.indexOf(item);
    return at < 0 ? undefined : at;
  }

  /**
   * Queues work.
   *
   * @param item - Is called once, when the queue runs; one that is queued already stays so.
   */
  queue(item: QueuedWork): void {
    if (!this.#items.includes(item)) this.#items.push(item);
  }

  /** Should running work pause before its next step? Never, but for {@link slices}. */
  get isPauseDue(): boolean {
    return this.#isPauseDue();
  }

  /** Runs items until none is left. Called from inside an item, or in a pause, it does nothing. */
  run(): void {
    const slices = this.slices(never);
    while (slices.next().done !== true);
  }

  /**
   * Does what {@link run} does, step by step the same, with pauses in between: the caller asks for
   * the next slice when it likes, and until the end. Meanwhile the queue counts as running.
   *
   * @param isPauseDue - Is asked after each step.
   */
  *slices(isPauseDue: () => boolean): PausingWork {
    if (this.#running) return;
    this.#running = true;
    this.#isPauseDue = isPauseDue;
    try {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
        const work = item();
        if (work !== undefined) yield* work;
      }
    } finally {
      this.#running = false;
      this.#isPauseDue = never;
    }
  }
}
