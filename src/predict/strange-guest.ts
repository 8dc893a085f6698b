import type { Guest } from "../guest/guest.js";
import type { LoadedCapture } from "../guest/loaded-capture.js";
import { isRecorded, kernelSeries } from "./doubt-shares.js";
import { DISTRIBUTIONS } from "./distributions.js";
import type { Distributions } from "./learned.js";
import { sharesOfPages } from "./page-shares.js";

/**
 * A guest whose shares of page kinds are further from every recorded guest's is unlike all of them.
 */
const FAR = 0.25;

/**
 * What makes a guest unlike those that the distributions were learned from, in words; empty where
 * nothing does. Ask before anything happens in the guest.
 */
export function strangenessOf(
  { capture }: LoadedCapture,
  guest: Guest,
  distributions: Distributions = DISTRIBUTIONS,
): string[] {
  const found: string[] = [];
  const kernel = kernelSeries(capture.kernelVersion);
  if (!isRecorded(kernel, distributions)) {
    const recorded = Object.keys(distributions.recordings).join(", ");
    const what =
      kernel === undefined ? "a kernel that the capture does not name" : `Linux ${kernel}`;
    found.push(
      `no recorded guest is of ${what}: the interval is learned from Linux ${recorded}, and wider`,
    );
  }
  const shares = sharesOfPages(guest);
  const distances = distributions.guests.map((recorded) => distance(shares, recorded.shares));
  if (Math.min(...distances) > FAR && distances.length > 0) {
    found.push(
      "no recorded guest had its memory in use for such things in such parts: the interval is wider",
    );
  }
  return found;
}

/** 0: the same; 1: nothing in common. */
function distance(one: readonly number[], other: readonly number[]): number {
  let sum = 0;
  for (const [at, share] of one.entries()) sum += Math.abs(share - (other[at] ?? 0));
  const [free, otherFree] = [one, other].map((shares) =>
    Math.max(0, 1 - shares.reduce((total, share) => total + share, 0)),
  );
  return (sum + Math.abs((free ?? 0) - (otherFree ?? 0))) / 2;
}
