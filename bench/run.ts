// Usage: npm run bench -- [options]; --help lists them.

import { accessSync, constants, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { interleave, type Schedule } from "./measure/interleave.js";
import { rowsOf, type Row } from "./row.js";
import { drawPlot, keepResults, lastResults, resultsOf, summaryOf } from "./results.js";
import { SEQUENCES } from "./sequences/all.js";
import { checkChecksums } from "./sequences/checksums.js";
import { CONTENDERS, inOrder, sequenceJobs } from "./sequences/jobs.js";
import { sequenceTable } from "./sequences/report.js";
import { targetsOf, targetTable } from "./targets.js";
import { WORKLOADS } from "./workloads/all.js";
import { assertSameResults, bySize, workloadJobs } from "./workloads/jobs.js";
import { workloadTable } from "./workloads/report.js";

interface Options {
  readonly only?: readonly string[];
  readonly contenders?: readonly string[];
  readonly rounds?: number;
  readonly seed: number;
  readonly json?: string;
  readonly long?: true;
  readonly smoke?: true;
  readonly results?: true;
  readonly last?: true;
  readonly plot?: string;
}

const GIB_64 = { pages: 2 ** 24, repeats: 2 ** 24, steps: 2 ** 23 };
const TIB = { ...GIB_64, pages: 2 ** 28 };
const SMOKE = { pages: 2 ** 20, repeats: 2 ** 18, steps: 2 ** 18 };
const NAMES = [...SEQUENCES, ...WORKLOADS.map(({ name }) => name)];

const program = new Command("bench")
  .description("Measures the core, beside a bare buddy allocator in TypeScript and in C.")
  .option("--only <names>", `only these, by commas: ${NAMES.join(", ")}`, listOf(NAMES))
  .option(
    "--contenders <names>",
    `only these, by commas: ${CONTENDERS.join(", ")}`,
    listOf(CONTENDERS),
  )
  .option("--rounds <number>", "fresh processes per contender (default: 3)", wholeNumber)
  .option("--seed <number>", "of the order in which contenders take turns", wholeNumber, 1)
  .option("--json <file>", "write all rows to this file, too", writableFile)
  .option(
    "--plot <file>",
    "draw time and memory against modelled size to this SVG file",
    writableFile,
  )
  .option("--results", "renew bench/RESULTS.md, bench/results.json and bench/scaling.svg")
  .option("--last", "measure nothing: take what --results kept last")
  .option("--long", "the sequences at 1 TiB in place of 64 GiB, the workloads at more sizes")
  .option("--smoke", "small and short: does everything run? The figures mean nothing");

program.parse();
const options = program.opts<Options>();
const schedule: Schedule = {
  rounds: options.rounds ?? (options.smoke ? 1 : 3),
  seed: options.seed,
  say: (line) => {
    console.error(line);
  },
};
const isWanted = (name: string): boolean => options.only?.includes(name) ?? true;
const results = options.last
  ? lastResults()
  : resultsOf([...(await sequenceRows()), ...(await workloadRows())]);
if (options.last) console.log(summaryOf(results));
else if (!options.smoke) console.log(targetTable(targetsOf(results.rows, results.coreBytes)));
if (options.results) keepResults(results);
if (options.plot !== undefined) drawPlot(results, options.plot);
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify(results.rows, null, 1)}\n`);
}

async function sequenceRows(): Promise<Row[]> {
  const scale = options.smoke ? SMOKE : options.long ? TIB : GIB_64;
  const sequences = SEQUENCES.filter(isWanted);
  if (sequences.length === 0) return [];
  const contenders = options.contenders ?? CONTENDERS;
  const jobs = await sequenceJobs(scale, sequences, contenders, schedule.say);
  const rounds = await interleave(jobs, schedule);
  await checkChecksums(rounds, { scale, sequences });
  const rows = rowsOf(inOrder(rounds));
  console.log(`${sequenceTable(rows)}\n`);
  return rows;
}

async function workloadRows(): Promise<Row[]> {
  const workloads = WORKLOADS.filter(({ name }) => isWanted(name));
  if (workloads.length === 0) return [];
  const jobs = await workloadJobs(
    workloads,
    options.smoke ? "smoke" : options.long ? "long" : "usual",
    schedule.say,
  );
  const rounds = await interleave(jobs, schedule);
  assertSameResults(rounds);
  const rows = rowsOf(bySize(rounds, workloads));
  console.log(`${workloadTable(rows)}\n`);
  return rows;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`It must be a whole number above 0, got ${text}.`);
}

/** Asked before anything is measured: a whole run takes long. */
function writableFile(path: string): string {
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new InvalidArgumentError(`It must be in a folder that can be written to, got ${path}.`);
  }
  return path;
}

function listOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(",");
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return names;
    throw new InvalidArgumentError(`It must be of ${known.join(", ")}, got ${unknown}.`);
  };
}
