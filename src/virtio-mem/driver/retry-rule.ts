/**
 * When the driver tries again after a run that left something to do. Milliseconds of virtual time.
 */
export interface RetryRule {
  /** The first wait, and after each success. */
  readonly minimumMs: number;
  /** Waits grow by {@link factor} up to this. */
  readonly maximumMs: number;
  /** By how much each wait is longer than the one before. */
  readonly factor: number;
  /**
   * Timed tries in a row; then the driver waits for its host, or for memory that is freed. Default:
   * no end.
   */
  readonly most?: number;
  /** Try at once when as much as a subblock has been freed since the last try. Default: false. */
  readonly onFreed?: boolean;
}
