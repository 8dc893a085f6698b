/** How far a long operation has come. */
export interface Progress {
  /** So much of {@link total} is done, from 0 on. */
  readonly done: number;
  /** So much there is to do. */
  readonly total: number;
  /**
   * What is counted: pages of a capture that were read, milliseconds of virtual time, runs of a
   * comparison, or bytes that were plugged or unplugged.
   */
  readonly unit: "pages" | "ms" | "runs" | "bytes";
}

/** How to follow a long operation, and how to end it early. */
export interface FollowOptions {
  /**
   * Called now and then while it goes on.
   *
   * @param progress - What is done and what there is to do.
   */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Aborts it: its promise is then rejected with the signal's reason, and nothing is left of it but
   * what an operation says by itself.
   */
  readonly signal?: AbortSignal | undefined;
}
