import type { Stoppable } from "./until-signal.js";
import type { SweepFigures } from "../sweep/job.js";
import type { SweepFailure } from "../sweep/judge.js";
import type { SweepJob, SweepSubject } from "../sweep/plan.js";

/** Who makes the runs of a sweep: threads of this machine, or workers at a queue. */
export interface SweepExecutor extends Stoppable {
  /** Runs that could not be made. */
  readonly failures: readonly SweepFailure[];
  /** No further run begins; what is done is kept. */
  stop(): void;
  /**
   * Makes runs, in any order; each result is handed on as soon as it is there.
   *
   * @throws what `onResult` throws.
   */
  run(jobs: readonly SweepJob[]): Promise<void>;
}

/** What every executor is given. */
export interface SweepExecutorOptions {
  /** What is run. */
  readonly subject: SweepSubject;
  /** Path of the capture; unused for scenarios. */
  readonly path: string;
  /** Keeps a result; what it throws ends the sweep. */
  readonly onResult: (job: SweepJob, figures: SweepFigures) => void;
  /** Is told how much has been run, in runs, with the shares of those under way. */
  readonly onProgress: (shares: ReadonlyMap<SweepJob, number>, nrDone: number) => void;
}
