import type { Distributions } from "../../../src/predict/learned.js";
import { CLAIMS, type Verdict } from "./evaluate.js";

const MiB = 2 ** 20;

/** What is claimed against what is so, kernel by kernel and pooled. */
export function reliabilityTable(verdicts: readonly Verdict[]): string {
  const head = [
    "recordings",
    "from",
    "requests",
    ...CLAIMS.map((claim) => `${claim} %`),
    "90 % width",
    "Brier",
    "rules",
  ];
  const rows: string[][] = [];
  const kernels = [...new Set(verdicts.map(({ kernel }) => kernel))].sort(byNumber);
  for (const evidence of ["flags", "references"] as const) {
    const own = verdicts.filter((verdict) => verdict.evidence === evidence);
    for (const kernel of kernels) {
      rows.push(
        rowOf(
          `Linux ${kernel}`,
          evidence,
          own.filter((one) => one.kernel === kernel),
        ),
      );
    }
    rows.push(rowOf("all", evidence, own));
  }
  rows.push(rowOf("all", "both", verdicts));
  return markdown([head, ...rows]);
}

function rowOf(name: string, from: string, verdicts: readonly Verdict[]): string[] {
  const sum = (of: (verdict: Verdict) => number): number =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0);
  const inside = (at: number): number =>
    sum(({ intervals, real }) => {
      const [low, high] = intervals[at] ?? [0, 0];
      return low <= real && real <= high ? 1 : 0;
    });
  const widths = verdicts
    .map(({ intervals, regionSize }) => {
      const [low, high] = intervals[CLAIMS.indexOf(90)] ?? [0, 0];
      return (high - low) / regionSize;
    })
    .sort((a, b) => a - b);
  const subblocks = Math.max(
    1,
    sum((verdict) => verdict.subblocks),
  );
  const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
  return [
    name,
    from,
    String(verdicts.length),
    ...CLAIMS.map((_, at) => percent(inside(at) / Math.max(1, verdicts.length), 0)),
    percent(widths[widths.length >> 1] ?? 0, 2),
    (sum(({ squaredError }) => squaredError) / subblocks).toFixed(5),
    (sum(({ squaredErrorOfRules }) => squaredErrorOfRules) / subblocks).toFixed(5),
  ];
}

/** Requests whose real size lies outside the 90 % interval. */
export function missedTable(verdicts: readonly Verdict[]): string {
  const at = CLAIMS.indexOf(90);
  const rows = verdicts.flatMap(({ name, kernel, evidence, real, predicted, intervals }) => {
    const [low, high] = intervals[at] ?? [0, 0];
    if (low <= real && real <= high) return [];
    const interval = `${low / MiB} to ${high / MiB}`;
    return [[name, kernel, evidence, String(real / MiB), String(predicted / MiB), interval]];
  });
  return markdown([["recording", "Linux", "from", "real", "predicted", "90 % interval"], ...rows]);
}

export function sharesTable({ shares }: Distributions): string {
  const rows = shares.map((share) => [
    share.kind,
    share.evidence,
    share.kernel,
    String(share.guests),
    `${share.turned} of ${share.subblocks}`,
    `${(100 * share.mean).toFixed(2)} %`,
    share.likeness.toFixed(1),
  ]);
  const head = ["kind", "from", "Linux", "requests", "turned out otherwise", "share", "likeness"];
  return markdown([head, ...rows]);
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function markdown(lines: readonly (readonly string[])[]): string {
  const [head = [], ...body] = lines;
  const widths = head.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [format(head), format(widths.map((width) => "-".repeat(width))), ...body.map(format)].join(
    "\n",
  );
}
