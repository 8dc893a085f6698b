import { median, spread } from "./measure/statistics.js";

/** One line of the results, and one object of --json. */
export interface Row {
  readonly workload: string;
  readonly contender: string;
  /** Nanoseconds of CPU time per operation: the median of all rounds. */
  readonly nsPerOp: number;
  /** Metadata of the model. */
  readonly bytesPerPage: number;
  /** Pages of 4 KiB of the model. */
  readonly pages: number;
  readonly rounds: number;
  /** (slowest round - fastest) / median */
  readonly spread: number;
  /** Of what was allocated, where the workload has one: the same in every round. */
  readonly checksum?: number;
}

/** One round of a workload. */
export interface Round {
  readonly workload: string;
  readonly contender: string;
  readonly pages: number;
  readonly ns: number;
  readonly ops: number;
  readonly bytes: number;
  readonly checksum: number;
}

/** Rounds of the same workload and contender become a row, in the order of their first rounds. */
export function rowsOf(rounds: readonly Round[]): Row[] {
  const groups = new Map<string, Round[]>();
  for (const round of rounds) {
    const key = `${round.workload} ${round.contender}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [round]);
    else group.push(round);
  }
  return [...groups.values()].map((group) => {
    const { workload, contender, pages, checksum } = group[0]!;
    const times = group.map(({ ns, ops }) => ns / ops);
    return {
      workload,
      contender,
      nsPerOp: median(times),
      bytesPerPage: Math.max(...group.map(({ bytes }) => bytes)) / pages,
      pages,
      rounds: group.length,
      spread: spread(times),
      checksum,
    };
  });
}
