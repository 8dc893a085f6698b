import { createHash } from "node:crypto";

import type { SweepFigures } from "../sweep/job.js";
import type { SweepJob, SweepPlan, SweepSubject } from "../sweep/plan.js";
import type { SweepOrder } from "./sweep-run.js";

/** A run at the queue. */
export interface QueueRun extends SweepOrder {
  /** By which its result is found. */
  readonly key: string;
}

/** What a worker is given at a time: some runs of one sweep. */
export interface QueueChunk {
  /** Version and build of the engine that is to make them. */
  readonly engine: string;
  readonly subject: SweepSubject;
  /** Where workers find the capture that is the subject, or that it begins with. */
  readonly path: string;
  readonly runs: readonly QueueRun[];
}

/** What a worker gives back. Runs that are in neither list were not made. */
export interface QueueAnswer {
  readonly done: readonly { readonly key: string; readonly figures: SweepFigures }[];
  readonly failed: readonly { readonly key: string; readonly error: string }[];
  /** Real milliseconds, for the size of the chunks to come. */
  readonly ms: number;
}

/** A chunk should take so long: a lost one costs little, and asking for the next is no effort. */
const AIM_MS = 20_000;
/** With more, answers grow to megabytes. */
const MOST_RUNS = 1000;

/** How many runs the next chunk has. */
export function chunkSize({
  msPerRun,
  nrLeft,
  nrActive,
}: {
  /** Real milliseconds of the runs so far; undefined before the first. */
  readonly msPerRun: number | undefined;
  /** Runs that no worker has. */
  readonly nrLeft: number;
  /** Chunks under way. */
  readonly nrActive: number;
}): number {
  if (msPerRun === undefined) return 1;
  // so that no worker is left with a long chunk when all others have ended
  const share = Math.ceil(nrLeft / (2 * Math.max(1, nrActive) + 2));
  return Math.max(1, Math.min(MOST_RUNS, share, Math.floor(AIM_MS / Math.max(msPerRun, 0.01))));
}

/** Equal chunks of a sweep have equal names: who puts one again puts it once. */
export function chunkName({ digest }: SweepPlan, jobs: readonly SweepJob[]): string {
  const hash = createHash("sha256").update(jobs.map(({ key }) => key).join());
  return `${digest.slice(0, 16)}-${hash.digest("hex").slice(0, 24)}`;
}
