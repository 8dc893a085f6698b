import type { Distributions } from "../../../src/predict/learned.js";

/** The lines that parseDistributions() of src/predict/parse-distributions.ts reads. */
export function formatDistributions(learned: Distributions): string {
  const { recordings, shares, shortage, guests } = learned;
  const lines: (string | number)[][] = [
    ...Object.entries(recordings).map(([kernel, names]) => ["recordings", kernel, ...names]),
    ["#", "evidence", "kind", "kernel", "guests", "subblocks", "turned", "mean", "likeness"],
    ...shares.map((share) => {
      const { evidence, kind, kernel, subblocks, turned, mean, likeness } = share;
      return ["turned", evidence, kind, kernel, share.guests, subblocks, turned, mean, likeness];
    }),
    ["#", "evidence", "guests", "quantiles of the error"],
    ...shortage.map(({ evidence, guests: seen, quantiles }) => [
      "short",
      evidence,
      seen,
      ...quantiles,
    ]),
    ["#", "kernel", "shares of page kinds"],
    ...guests.map(({ kernel, shares: parts }) => ["guest", kernel, ...withoutLastZeros(parts)]),
  ];
  return [...new Set(lines.map((words) => words.join(" ")))].join("\n");
}

function withoutLastZeros(parts: readonly number[]): number[] {
  return parts.slice(0, parts.findLastIndex((part) => part !== 0) + 1);
}
