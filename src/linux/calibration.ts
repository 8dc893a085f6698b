import { optionError, shortened, shown } from "../input-error.js";

/**
 * Prices of steps, in virtual nanoseconds. A profile is named after what it was measured on; times
 * of a prediction are as good as its profile.
 */
export interface Calibration {
  /** What results call it. */
  readonly name: string;
  /** One request to the device and its answer. */
  readonly requestNs: number;
  /** The host's discard of 2 MiB that have contents, when they are unplugged. */
  readonly discardNs: number;
  /**
   * A passed-through device maps and pins 2 MiB that are plugged, contents included; and lets them
   * go.
   */
  readonly mapNs: number;
  /** Taking 2 MiB out of a passed-through device's DMA mapping. */
  readonly unmapNs: number;
  /** An attempt that isolation refuses. */
  readonly refusedNs: number;
  /** An attempt that gets past isolation: draining caches, LRU batches. */
  readonly attemptNs: number;
  /** Per pageblock isolated and given back. */
  readonly perPageblockNs: number;
  /** Moving a base page. */
  readonly migratedPageNs: number;
  /**
   * What an attempt costs besides where it finds no memory to move pages to: direct reclaim and
   * compaction, again and again, until `__alloc_pages_slowpath()` gives up (v6.1).
   */
  readonly reclaimNs: number;
  /** Dropping a clean file page. */
  readonly droppedPageNs: number;
  /** Giving back a page of slab with its objects. */
  readonly droppedSlabPageNs: number;
  /** Looking at a page without touching it, to see whether it could move. */
  readonly lookedPageNs: number;
  /** Adding a memory block and bringing it online, per 128 MiB. */
  readonly addSectionNs: number;
  /** Taking an emptied memory block offline and removing it, per 128 MiB. */
  readonly removeSectionNs: number;
}

/**
 * Orders of magnitude for a guest with hardware virtualisation, with adding and removing set so
 * that idle memory goes at the rates published with HyperAlloc (about 57 us per 2 MiB block to
 * unplug, 19 us to plug).
 */
export const DEFAULT_CALIBRATION: Calibration = {
  name: "default",
  requestNs: 10_000,
  discardNs: 12_000,
  mapNs: 450_000,
  unmapNs: 40_000,
  refusedNs: 4_000,
  attemptNs: 40_000,
  perPageblockNs: 10_000,
  migratedPageNs: 2_000,
  reclaimNs: 65_000_000,
  droppedPageNs: 500,
  droppedSlabPageNs: 3_000,
  lookedPageNs: 5,
  addSectionNs: 800_000,
  removeSectionNs: 2_000_000,
};

/**
 * Fitted to the four cells of HyperAlloc's inflate benchmark (EuroSys'25) in which the guest had
 * touched nothing, and to what discarding contents costs HyperAlloc itself: docs/published.md. A
 * guest of 2 GiB and a device of 18 GiB in ZONE_MOVABLE on two Xeon Gold 6252, Linux 6.1, QEMU 8.2.
 */
export const HYPERALLOC_CALIBRATION: Calibration = {
  ...DEFAULT_CALIBRATION,
  name: "xeon6252-linux6.1-qemu8.2",
  addSectionNs: 1_351_431,
  removeSectionNs: 2_599_215,
  discardNs: 5_881,
  mapNs: 437_748,
  unmapNs: 33_652,
};

/**
 * Its prices as whole nanoseconds, the unit of the clock. @throws RangeError where one is no price.
 */
export function wholeCalibration(calibration: Calibration): Calibration {
  const prices = Object.entries(calibration).map(([name, price]: [string, unknown]) => {
    if (name === "name") return [name, price];
    if (typeof price === "number" && price >= 0 && price < MOST_NS)
      return [name, Math.round(price)];
    throw optionError(
      `calibration.${shortened(name)} must be nanoseconds from 0 to a day, got ${shown(price)}`,
    );
  });
  return Object.fromEntries(prices) as Calibration;
}

const MOST_NS = 86_400 * 1e9;

const CALIBRATIONS: readonly Calibration[] = [DEFAULT_CALIBRATION, HYPERALLOC_CALIBRATION];

/** Names of the calibrations that come with the package. */
export const CALIBRATION_NAMES = CALIBRATIONS.map(({ name }) => name);

/**
 * @param name - One of {@link CALIBRATION_NAMES}.
 * @throws RangeError if there is none of that name.
 *
 * @example
 * ```js
 * import { CALIBRATION_NAMES, calibrationNamed, Guest } from "virtio-mem-engine";
 *
 * const [name] = CALIBRATION_NAMES;
 * const guest = await Guest.create({ calibration: calibrationNamed(name) });
 * ```
 */
export function calibrationNamed(name: string): Calibration {
  const found = CALIBRATIONS.find((calibration) => calibration.name === name);
  if (found !== undefined) return found;
  throw optionError(
    `calibration must be one of ${CALIBRATION_NAMES.join(", ")}, got ${shortened(name)}`,
  );
}
