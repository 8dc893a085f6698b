/** A guest as whoever resizes it sees it from outside. Sizes are bytes. */
export interface ResizeView {
  readonly nowMs: number;
  readonly bootSize: number;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly requestedSize: number;
  readonly pluggedSize: number;
  /** Free memory of the guest, and the part of it in free chunks of 2 MiB and more. */
  readonly freeSize: number;
  readonly freeHugeSize: number;
}

/** Resizes a guest by itself: is asked again and again, and says what size to ask the guest for. */
export interface ResizeController {
  /** Virtual milliseconds between two decisions, at least 1. */
  readonly periodMs: number;
  /** Bytes, rounded down to device blocks and kept inside the region by whoever asks. */
  readonly decide: (view: ResizeView) => number;
}
