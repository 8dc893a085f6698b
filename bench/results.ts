import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

import { COMPILERS, compilerVersion } from "./contenders/native.js";
import { scalingSvg } from "./plot.js";
import type { Row } from "./row.js";
import { SEQUENCES } from "./sequences/all.js";
import { sequenceTable } from "./sequences/report.js";
import { targetsOf, targetTable } from "./targets.js";
import { sizeText } from "./units.js";
import { WORKLOADS } from "./workloads/all.js";
import { workloadTable } from "./workloads/report.js";

const folder = import.meta.dirname;
const CORE = join(folder, "../build/release.wasm");
const DATA = join(folder, "results.json");
const REPORT = join(folder, "RESULTS.md");
const PLOT = join(folder, "scaling.svg");

/** A whole run, as bench/results.json keeps the last one. */
export interface Results {
  /** What it ran on, a line each. */
  readonly machine: readonly string[];
  readonly coreBytes: number;
  readonly rows: readonly Row[];
}

export function resultsOf(rows: readonly Row[]): Results {
  const [cpu] = cpus();
  return {
    machine: [
      `${cpu?.model ?? "unknown processor"}, ${cpus().length} cores, ${sizeText(totalmem())}`,
      `Node ${process.version}, V8 ${process.versions.v8}`,
      ...COMPILERS.map((compiler) => compilerVersion(compiler) ?? `no ${compiler}`),
    ],
    coreBytes: statSync(CORE).size,
    rows,
  };
}

/** Writes bench/results.json, bench/RESULTS.md and bench/scaling.svg. */
export function keepResults(results: Results): void {
  writeFileSync(DATA, `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(REPORT, reportOf(results));
  drawPlot(results, PLOT);
}

export function drawPlot({ rows }: Results, path: string): void {
  writeFileSync(path, `${scalingSvg(rows)}\n`);
}

/** @throws Error if there are none. */
export function lastResults(): Results {
  if (!existsSync(DATA)) throw new Error("results must have been kept by --results before");
  return JSON.parse(readFileSync(DATA, "utf8")) as Results;
}

export function isSequence({ workload }: Row): boolean {
  return SEQUENCES.includes(workload);
}

/** The sequences with their contenders, then what is reached of the targets. */
export function summaryOf({ machine, rows, coreBytes }: Results): string {
  return [
    `${machine.join("; ")}.`,
    sequenceTable(rows.filter(isSequence)),
    targetTable(targetsOf(rows, coreBytes)),
  ].join("\n\n");
}

function reportOf(results: Results): string {
  const others = results.rows.filter((row) => !isSequence(row));
  const operations = WORKLOADS.map(({ name, operation }) => `- \`${name}\`: ${operation}`);
  return `# Results

Written by \`npm run bench -- --results\`; [README](README.md) says what each row is.

${results.machine.map((line) => `- ${line}`).join("\n")}

## Targets

${targetTable(targetsOf(results.rows, results.coreBytes))}

## The eleven sequences on 64 GiB

${sequenceTable(results.rows.filter(isSequence))}

The figure behind ± is half the distance of the slowest round from the fastest.

## Workloads by size

![Time and memory against modelled size](scaling.svg)

One operation is

${operations.join("\n")}

${workloadTable(others)}
`;
}
