import { median, spread } from "./measure/statistics.js";

/** One round of a workload. */
export interface Round {
  readonly workload: string;
  readonly contender: string;
  readonly pages: number;
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly ops: number;
  /** Metadata of the model. */
  readonly bytes: number;
  /** Of the process. */
  readonly peakBytes: number;
  /** Of what came out, where the workload has one: the same in every round. */
  readonly checksum?: number;
}

/**
 * One line of the results, and one object of --json: all rounds of a workload by a contender at a
 * size.
 */
export interface Row {
  readonly workload: string;
  readonly contender: string;
  /** CPU time per operation: the median. */
  readonly nsPerOp: number;
  /** Metadata of the model. */
  readonly bytesPerPage: number;
  /** Pages of 4 KiB of the model. */
  readonly pages: number;
  readonly rounds: number;
  /** (slowest round - fastest) / median */
  readonly spread: number;
  readonly wallNsPerOp: number;
  /** Operations of a round. */
  readonly ops: number;
  /** The largest of all rounds. */
  readonly peakBytes: number;
  readonly checksum: number | undefined;
}

/** Rows in the order of their first rounds. */
export function rowsOf(rounds: readonly Round[]): Row[] {
  const groups = new Map<string, Round[]>();
  for (const round of rounds) {
    const key = `${round.workload} ${round.contender} ${round.pages}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [round]);
    else group.push(round);
  }
  return [...groups.values()].map(rowOf);
}

function rowOf(group: readonly Round[]): Row {
  const { workload, contender, pages, ops, checksum } = group[0]!;
  const times = group.map((round) => round.cpuNs / round.ops);
  return {
    workload,
    contender,
    nsPerOp: median(times),
    bytesPerPage: Math.max(...group.map(({ bytes }) => bytes)) / pages,
    pages,
    rounds: group.length,
    spread: spread(times),
    wallNsPerOp: median(group.map((round) => round.wallNs / round.ops)),
    ops,
    peakBytes: Math.max(...group.map(({ peakBytes }) => peakBytes)),
    checksum,
  };
}
