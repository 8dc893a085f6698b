import { csvTable, type CsvCell } from "./csv.js";
import type { FleetRow } from "./fleet-row.js";

const COLUMNS: readonly (readonly [string, (row: FleetRow) => CsvCell])[] = [
  ["guest", ({ guest }) => guest],
  ["device", ({ device }) => device],
  ["kernel", ({ answer }) => answer?.release],
  ["profile", ({ answer }) => answer?.profile],
  ["requested_bytes", ({ answer }) => answer?.requestedSize],
  ["plugged_bytes", ({ answer }) => answer?.pluggedSizeBefore],
  ["returned_bytes", ({ answer }) => answer?.returnedSize],
  ["short_bytes", ({ answer }) => answer?.shortSize],
  ["predicted_plugged_bytes", ({ answer }) => answer?.pluggedSizeAfter],
  ["predicted_low_bytes", ({ answer }) => answer?.interval[0]],
  ["predicted_high_bytes", ({ answer }) => answer?.interval[1]],
  ["confidence_percent", ({ answer }) => answer?.confidence],
  ["blocked_by", ({ answer }) => answer?.blockers[0]?.heldBy],
  ["blocked_bytes", ({ answer }) => answer?.blockers[0]?.size],
  ["suggestion", ({ answer }) => answer?.suggestions[0]?.text],
  ["suggestion_gain_bytes", ({ answer }) => answer?.suggestions[0]?.gain],
  ["file", ({ file }) => file],
  ["error", ({ error }) => error],
];

/**
 * A fleet as CSV: a line per device, in the order of the rows; sizes in bytes.
 *
 * @param rows - A row per device, as {@link fleetRow} makes them.
 *
 * @example
 * ```js
 * import { failedFleetRow, fleetCsv } from "virtio-mem-engine";
 *
 * const row = failedFleetRow("db", "db.tar.gz", "iomem must be there, got no such file");
 * console.log(fleetCsv([row]).startsWith("guest,device,")); // true
 * ```
 */
export function fleetCsv(rows: readonly FleetRow[]): string {
  return csvTable(
    COLUMNS.map(([name]) => name),
    rows.map((row) => COLUMNS.map(([, of]) => of(row))),
  );
}
