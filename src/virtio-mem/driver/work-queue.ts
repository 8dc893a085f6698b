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
  readonly #items: (() => void)[] = [];
  #running = false;

  /** Is queued work being done? */
  get isRunning(): boolean {
    return this.#running;
  }

  /**
   * Where an item stands, from 0 on; undefined where it is not queued.
   *
   * @param item - As it was queued.
   */
  placeOf(item: () => void): number | undefined {
    const at = this.#items.indexOf(item);
    return at < 0 ? undefined : at;
  }

  /**
   * Queues work.
   *
   * @param item - Is called once, when the queue runs; one that is queued already stays so.
   */
  queue(item: () => void): void {
    this.#items.push(item);
  }

  /** Runs items until none is left. Called from inside an item it does nothing. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) item();
    } finally {
      this.#running = false;
    }
  }
}
