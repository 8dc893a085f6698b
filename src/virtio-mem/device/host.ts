/**
 * What the device asks of the host behind it, by device blocks `[start, start + count)`. Each may
 * answer `false`: it could not be done. What is left out always succeeds.
 */
export interface DeviceHost {
  /**
   * Takes memory for blocks that are about to be plugged.
   *
   * @param start - First device block, counted from 0.
   * @param count - Device blocks.
   */
  readonly preallocate?: (start: number, count: number) => boolean;
  /**
   * Drops the contents of blocks that are about to be unplugged.
   *
   * @param start - First device block, counted from 0.
   * @param count - Device blocks.
   */
  readonly discard?: (start: number, count: number) => boolean;
}

/**
 * A listener that follows which blocks are plugged, such as the DMA mapping of a passed-through
 * device.
 */
export interface MemoryListener {
  /**
   * Blocks are being plugged; `false` refuses that.
   *
   * @param start - First device block, counted from 0.
   * @param count - Device blocks.
   */
  map(start: number, count: number): boolean;
  /**
   * Blocks are gone, or a plug that this listener agreed to was called off; `false`: it failed.
   *
   * @param start - First device block, counted from 0.
   * @param count - Device blocks.
   */
  unmap(start: number, count: number): boolean;
}

/** The host and all listeners as one: what a device does besides its accounting. */
export class HostMemory {
  readonly #host: DeviceHost;
  readonly #listeners: MemoryListener[] = [];

  constructor(host: DeviceHost) {
    this.#host = host;
  }

  /** Tells `listener` from now on. Returns the function that ends it. */
  add(listener: MemoryListener): () => void {
    this.#listeners.push(listener);
    return () => {
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
  }

  /**
   * Provides memory for blocks and tells the listeners in order; the first refusal ends it.
   *
   * @param undo - whether a failure is taken back: listeners that had agreed are told to unmap,
   *   and the memory is discarded. Without, it stays as far as it came.
   */
  populate(start: number, count: number, undo: boolean): boolean {
    const { preallocate } = this.#host;
    if (preallocate !== undefined && !preallocate(start, count)) {
      if (undo) this.discard(start, count);
      return false;
    }
    if (this.map(start, count, undo)) return true;
    if (undo) this.discard(start, count);
    return false;
  }

  /** The listeners' half of {@link populate}. */
  map(start: number, count: number, undo: boolean): boolean {
    const refusing = this.#listeners.findIndex((listener) => !listener.map(start, count));
    if (refusing < 0) return true;
    if (undo) for (const told of this.#listeners.slice(0, refusing)) told.unmap(start, count);
    return false;
  }

  discard(start: number, count: number): boolean {
    return this.#host.discard?.(start, count) ?? true;
  }

  /** Tells all listeners to unmap. `false` if one could not. */
  unmap(start: number, count: number): boolean {
    let done = true;
    for (const listener of this.#listeners) done = listener.unmap(start, count) && done;
    return done;
  }
}
