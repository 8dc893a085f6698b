/** What one run under one policy came to. Sizes are bytes, times virtual milliseconds. */
export interface RunFigures {
  /** Of what the host's largest order to shrink asked for. */
  readonly returnedSize: number;
  /** From that order on until half, nine tenths and all of it were given back; null: never. */
  readonly to50Ms: number | null;
  readonly to90Ms: number | null;
  readonly to100Ms: number | null;
  readonly movedPages: number;
  readonly failedAttempts: number;
  /** Chunks that workloads asked for in vain. */
  readonly failedAllocations: number;
  /** The longest run of free, aligned 2 MiB at the end. */
  readonly largestFreeRun: number;
  readonly scannedPages: number;
  readonly droppedPages: number;
  readonly attempts: number;
  readonly requests: number;
}

export type FigureName = keyof RunFigures;

/** A figure over the seeds. A time that was never reached counts as longer than all others. */
export interface Spread {
  readonly median: number | null;
  readonly least: number | null;
  readonly most: number | null;
}

export interface ComparedPolicy {
  readonly policy: string;
  /** One per seed, in the order of the seeds. */
  readonly runs: readonly RunFigures[];
}

/** Policies on identical guests: each ran once per seed. */
export interface Comparison {
  readonly kind: "capture" | "scenario";
  /** What was run: a file's name or a scenario's title. */
  readonly subject: string;
  /** Bytes that the largest order to shrink asked for; of the first run. */
  readonly askedSize: number;
  readonly seeds: readonly number[];
  readonly policies: readonly ComparedPolicy[];
  /** It was ended early: later policies and seeds are missing. */
  readonly interrupted: boolean;
}

/** @throws RangeError if there is no run. */
export function spreadOf(runs: readonly RunFigures[], figure: FigureName): Spread {
  const values = runs.map((run) => run[figure] ?? Infinity).sort((a, b) => a - b);
  const [least] = values;
  if (least === undefined) throw new RangeError("runs must hold at least one run, got none");
  const middle = values[(values.length - 1) >> 1] ?? least;
  const upper = values[values.length >> 1] ?? middle;
  const median = middle === upper ? middle : (middle + upper) / 2;
  return {
    median: orNull(median),
    least: orNull(least),
    most: orNull(values.at(-1) ?? least),
  };
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
