/**
 * Prices of steps, in virtual nanoseconds. A profile is named after what it was measured on; times of a
 * prediction are as good as its profile.
 */
export interface Calibration {
  readonly name: string;
  /** One request to the device and its answer. */
  readonly requestNs: number;
  /** The host's discard, or its preparation, of a device block. */
  readonly perDeviceBlockNs: number;
  /** An attempt that isolation refuses. */
  readonly refusedNs: number;
  /** An attempt that gets past isolation: draining caches, LRU batches. */
  readonly attemptNs: number;
  /** Per pageblock isolated and given back. */
  readonly perPageblockNs: number;
  /** Moving a base page. */
  readonly migratedPageNs: number;
  /** Dropping a clean file page. */
  readonly droppedPageNs: number;
  /** Looking at a page without touching it, to see whether it could move. */
  readonly lookedPageNs: number;
  /** Adding a memory block and bringing it online, per 128 MiB. */
  readonly addSectionNs: number;
  /** Taking an emptied memory block offline and removing it, per 128 MiB. */
  readonly removeSectionNs: number;
}

/**
 * Orders of magnitude for a guest with hardware virtualisation: the cost model of contig-range.md section 6, with
 * adding and removing set so that idle memory goes at the rates published with HyperAlloc (about 57 us per 2 MiB block to unplug, 19 us to plug).
 */
export const DEFAULT_CALIBRATION: Calibration = {
  name: "default",
  requestNs: 10_000,
  perDeviceBlockNs: 5_000,
  refusedNs: 4_000,
  attemptNs: 40_000,
  perPageblockNs: 10_000,
  migratedPageNs: 2_000,
  droppedPageNs: 500,
  lookedPageNs: 5,
  addSectionNs: 800_000,
  removeSectionNs: 2_000_000,
};
