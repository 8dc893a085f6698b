import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { start, until, type Running } from "./processes.js";

const SCENARIO = `duration: 2s
device: {regionSize: 1GiB, requestedSize: 1GiB}
host: [{at: 1s, requestedSize: 0}]
workloads: [{kind: anonymous, size: 64MiB, churnRate: 10MiB}]
`;
export const NR_RUNS = 12;

/** A sweep of some seconds on one thread. */
export class SweepUnderTest {
  readonly folder: string;
  readonly #file: string;

  /** @param folder - For its files. */
  constructor(folder: string) {
    this.folder = folder;
    this.#file = join(folder, "s.yaml");
    writeFileSync(this.#file, SCENARIO);
  }

  /** Starts it with its results in a folder of this name. */
  start(results: string, ...more: readonly string[]): Running {
    return start([
      ...["sweep", this.#file, "--vary", "device.blockSize=2MiB,4MiB", "--seeds", "6"],
      ...["--format", "csv", "--results", join(this.folder, results), ...more],
    ]);
  }

  /** Whole results so far. */
  nrResults(results: string): number {
    const folder = join(this.folder, results, "results");
    if (!existsSync(folder)) return 0;
    return readdirSync(folder).filter((name) => name.endsWith(".json")).length;
  }

  /** Until so many results are there. */
  reaches(results: string, nr: number): Promise<void> {
    return until(() => this.nrResults(results) >= nr, `${nr} results of ${NR_RUNS}`);
  }
}
