import { geometricMean } from "../measure/statistics.js";
import type { Row } from "../row.js";
import { markdownTable } from "../table.js";

/**
 * Nanoseconds per operation, a column per contender, with half the spread in percent; and geometric
 * means against the fastest C.
 */
export function sequenceTable(rows: readonly Row[]): string {
  const contenders = [...new Set(rows.map(({ contender }) => contender))];
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  const cellOf = (workload: string, contender: string): Row | undefined =>
    rows.find((row) => row.workload === workload && row.contender === contender);
  const times = workloads.map((workload) => [
    workload,
    ...contenders.map((contender) => timeCell(cellOf(workload, contender))),
  ]);
  const bytes = contenders.map((contender) => {
    const own = rows.filter((row) => row.contender === contender);
    return Math.max(...own.map(({ bytesPerPage }) => bytesPerPage)).toFixed(2);
  });
  const means = contenders
    .filter((reference) => reference !== "core-call")
    .map((reference) => [
      `geometric mean, ${reference} = 1`,
      ...contenders.map((contender) => {
        const ratio = meanRatio(rows, contender, reference);
        return ratio === undefined ? "-" : ratio.toFixed(2);
      }),
    ]);
  return markdownTable(
    ["ns per operation", ...contenders],
    [...times, ["bytes per page", ...bytes], ...means],
  );
}

function timeCell(row: Row | undefined): string {
  if (row === undefined) return "-";
  return `${row.nsPerOp.toFixed(2)} ±${Math.round(row.spread * 50)} %`;
}

/** Geometric mean of the time ratios over all sequences that both ran. */
export function meanRatio(
  rows: readonly Row[],
  contender: string,
  reference: string,
): number | undefined {
  const ratios = rows
    .filter((row) => row.contender === contender)
    .flatMap(({ workload, nsPerOp }) => {
      const other = rows.find((row) => row.contender === reference && row.workload === workload);
      return other === undefined ? [] : [nsPerOp / other.nsPerOp];
    });
  return ratios.length === 0 ? undefined : geometricMean(ratios);
}
