/** At which step of `alloc_contig_range()` an attempt ended (v6.1). */
export type ContigStage = "done" | "isolate" | "migrate" | "test" | "memory";

/** What one attempt of `alloc_contig_range()` did. */
export interface ContigResult {
  /** 0, -EBUSY, -ENOMEM or -EINTR. */
  readonly errno: number;
  /** Step at which the attempt ended. */
  readonly stage: ContigStage;
  /** First blocking page; undefined on success and where memory ran out. */
  readonly blockingPfn: number | undefined;
  /** Its class as pageClassName() prints it. */
  readonly blockingClass: string | undefined;
  /** Base pages moved elsewhere. They stay moved when the attempt fails. */
  readonly migratedPages: number;
  /** Clean file pages dropped. */
  readonly droppedPages: number;
}
