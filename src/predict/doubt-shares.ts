import { Doubt } from "../core/abi.js";
import { DISTRIBUTIONS } from "./distributions.js";
import type { Distributions, Evidence, TurnedShare } from "./learned.js";

/** Series of a kernel release: `6.12` of `6.12.95-amd64`. */
export function kernelSeries(release: string | undefined): string | undefined {
  return /^(\d+\.\d+)/.exec(release ?? "")?.[1];
}

/** Shares by kind, as far as recordings of that kernel or of any have it. */
export function sharesFor(
  kernel: string | undefined,
  evidence: Evidence,
  from: Distributions = DISTRIBUTIONS,
): Map<Doubt, TurnedShare> {
  const found = new Map<Doubt, TurnedShare>();
  for (const series of ["any", kernel]) {
    for (const share of from.shares) {
      if (share.evidence === evidence && share.kernel === series) {
        found.set(Doubt[share.kind], share);
      }
    }
  }
  return found;
}

/** Is the kernel one that recordings are of? */
export function isRecorded(kernel: string | undefined, from = DISTRIBUTIONS): boolean {
  return kernel !== undefined && Object.hasOwn(from.recordings, kernel);
}
