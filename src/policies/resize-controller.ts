/** A guest as its resize controller sees it from outside. Sizes are bytes. */
export interface ResizeView {
  /** Virtual milliseconds since boot. */
  readonly nowMs: number;
  /** Boot memory. */
  readonly bootSize: number;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of a device block. */
  readonly blockSize: number;
  /** Bytes that the host requests. */
  readonly requestedSize: number;
  /** Bytes that are plugged. */
  readonly pluggedSize: number;
  /** Free memory of the guest, and the part of it in free chunks of 2 MiB and more. */
  readonly freeSize: number;
  /** Free memory in chunks of 2 MiB and more. */
  readonly freeHugeSize: number;
}

/** Resizes a guest by itself: is asked again and again, and says what size to ask the guest for. */
export interface ResizeController {
  /** Virtual milliseconds between two decisions, at least 1. */
  readonly periodMs: number;
  /**
   * The size to request now, in bytes: rounded down to device blocks and kept inside the region by
   * the caller.
   *
   * @param view - The guest as it is at this moment.
   */
  readonly decide: (view: ResizeView) => number;
}
