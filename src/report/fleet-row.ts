import type { Prediction } from "../predict/prediction.js";
import { adviceFor } from "./advice.js";
import { outcomeOf } from "./fate-style.js";
import { RegionMap } from "./region-map.js";

/** Memory that stays for one reason. */
export interface FleetBlocker {
  /**
   * Group of reasons: `slab`, `buffer`, `pinned`, `kernel`, `memmap`, `memory`, `busy`, `other`.
   */
  readonly reason: string;
  /** What holds it, in words. */
  readonly heldBy: string;
  /** Bytes. */
  readonly size: number;
}

/** Something a person can do. */
export interface FleetSuggestion {
  /** Bytes that it is about; 0 where it is about no certain number. */
  readonly size: number;
  /** Bytes that come back by doing it; null where that was not tried. */
  readonly gain: number | null;
  /** What to do. */
  readonly text: string;
}

/** What one device of one guest of a fleet would do. Sizes are bytes. */
export interface FleetAnswer {
  /** Version of Linux that was modelled. */
  readonly profile: string;
  /** Release as the capture names it; null where it does not. */
  readonly release: string | null;
  /** Requested of the device. */
  readonly requestedSize: number;
  /** Plugged before. */
  readonly pluggedSizeBefore: number;
  /** Plugged afterwards. */
  readonly pluggedSizeAfter: number;
  /** What comes back; negative where the guest grows. */
  readonly returnedSize: number;
  /** What the request falls short by: stays plugged, or cannot be plugged. */
  readonly shortSize: number;
  /** Interval of `pluggedSizeAfter`. */
  readonly interval: readonly [low: number, high: number];
  /** Percent of all cases in which the size that remains is to lie in the interval. */
  readonly confidence: number;
  /** Why memory stays, the most of it first. */
  readonly blockers: readonly FleetBlocker[];
  /** What can be done, the most memory first. */
  readonly suggestions: readonly FleetSuggestion[];
  /** What makes the answer unsure, in words. */
  readonly notes: readonly string[];
}

/** A device of a guest of a fleet, or a capture that could not be used. */
export interface FleetRow {
  /** Name of the guest, by which rows are told apart. */
  readonly guest: string;
  /** The capture, as it was named. */
  readonly file: string;
  /** The device as Linux calls it; null where nothing says it. */
  readonly device: string | null;
  /** What it would do; null where the capture cannot be used. */
  readonly answer: FleetAnswer | null;
  /** Why it cannot; null where it can. */
  readonly error: string | null;
}

/**
 * Bytes that the request falls short by: stay plugged, or cannot be plugged.
 *
 * @internal
 */
export function shortSizeOf(prediction: Prediction): number {
  const outcome = outcomeOf(prediction);
  const isShort = outcome === "shrink-short" || outcome === "grow-short";
  return isShort ? Math.abs(prediction.pluggedSizeAfter - prediction.requestedSize) : 0;
}

/**
 * The row of a prediction in a fleet.
 *
 * @param guest - Name of the guest.
 * @param file - File that its capture was read from.
 * @param prediction - From {@link predict}.
 *
 * @example
 * ```js
 * import { fleetRow, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const row = fleetRow("web-server", "web-server.tar.gz", await predict(capture));
 * console.log(row.guest); // web-server
 * ```
 */
export function fleetRow(guest: string, file: string, prediction: Prediction): FleetRow {
  const { pluggedSizeBefore, pluggedSizeAfter, requestedSize, kernel } = prediction;
  const outcome = outcomeOf(prediction);
  const shortSize = shortSizeOf(prediction);
  const map = new RegionMap(prediction);
  const answer: FleetAnswer = {
    profile: prediction.profile,
    release: kernel?.release ?? null,
    requestedSize,
    pluggedSizeBefore,
    pluggedSizeAfter,
    returnedSize: pluggedSizeBefore - pluggedSizeAfter,
    shortSize,
    interval: [prediction.interval[0], prediction.interval[1]],
    confidence: prediction.confidence,
    blockers: map.reasons.map(({ group, heldBy, size }) => ({ reason: group, heldBy, size })),
    suggestions:
      shortSize > 0
        ? adviceFor(prediction, map, outcome).map(({ size, gain = null, text }) => ({
            size,
            gain,
            text,
          }))
        : [],
    notes: [...prediction.notes],
  };
  return { guest, file, device: prediction.device, answer, error: null };
}

/**
 * The row of a capture that cannot be used.
 *
 * @param guest - Name of the guest.
 * @param file - File that cannot be used.
 * @param error - Why, in words.
 *
 * @example
 * ```js
 * import { failedFleetRow, fleetText } from "virtio-mem-engine";
 *
 * const row = failedFleetRow("db", "db.tar.gz", "iomem must be there, got no such file");
 * process.stdout.write(fleetText([row], { columns: 80 }));
 * ```
 */
export function failedFleetRow(guest: string, file: string, error: string): FleetRow {
  return { guest, file, device: null, answer: null, error };
}

/**
 * A copy of the rows with those first that fall short by most; captures that cannot be used come
 * last, since nothing is known of them.
 *
 * @param rows - Rows in any order.
 *
 * @example
 * ```js
 * import {
 *   failedFleetRow,
 *   fleetRow,
 *   predict,
 *   readCapture,
 *   worstFirst,
 * } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * const rows = [
 *   failedFleetRow("db", "db.tar.gz", "iomem must be there, got no such file"),
 *   fleetRow("web-server", "web-server.tar.gz", await predict(capture)),
 * ];
 * console.log(worstFirst(rows).map(({ guest }) => guest)); // [ 'web-server', 'db' ]
 * ```
 */
export function worstFirst(rows: readonly FleetRow[]): FleetRow[] {
  const rank = ({ answer }: FleetRow): number => (answer === null ? -1 : answer.shortSize);
  return [...rows].sort(
    (a, b) =>
      rank(b) - rank(a) ||
      (b.answer?.interval[1] ?? 0) - (a.answer?.interval[1] ?? 0) ||
      (a.guest < b.guest ? -1 : a.guest > b.guest ? 1 : 0),
  );
}
