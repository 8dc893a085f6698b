import type { Row } from "../row.js";
import { markdownTable } from "../table.js";
import { sizeText, timeText } from "../units.js";

/** Time per operation and memory against modelled size, a line per workload and size. */
export function workloadTable(rows: readonly Row[]): string {
  return markdownTable(
    [
      "workload",
      "contender",
      "size",
      "CPU per operation",
      "±",
      "wall per operation",
      "metadata",
      "process",
    ],
    rows.map((row) => [
      row.workload,
      row.contender,
      sizeText(row.pages * 4096),
      timeText(row.nsPerOp),
      `${Math.round(row.spread * 50)} %`,
      timeText(row.wallNsPerOp),
      sizeText(row.bytesPerPage * row.pages),
      sizeText(row.peakBytes),
    ]),
  );
}
