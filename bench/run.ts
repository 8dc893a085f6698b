// Usage: npm run bench -- [options]; --help lists them.

import { writeFileSync } from "node:fs";

import { Command, InvalidArgumentError } from "commander";

import { rowsOf } from "./row.js";
import { SEQUENCES } from "./sequences/all.js";
import { sequenceTable } from "./sequences/report.js";
import { CONTENDERS, runContenders } from "./sequences/run.js";

interface Options {
  readonly only?: readonly string[];
  readonly contenders?: readonly string[];
  readonly rounds?: number;
  readonly seed: number;
  readonly json?: string;
  readonly long?: true;
  readonly smoke?: true;
}

const GIB_64 = { pages: 2 ** 24, repeats: 2 ** 24, steps: 2 ** 23 };
const TIB = { ...GIB_64, pages: 2 ** 28 };
const SMOKE = { pages: 2 ** 20, repeats: 2 ** 18, steps: 2 ** 18 };

const program = new Command("bench")
  .description("Measures the core against a bare buddy allocator in TypeScript and in C.")
  .option("--only <names>", `only these, by commas: ${SEQUENCES.join(", ")}`, listOf(SEQUENCES))
  .option(
    "--contenders <names>",
    `only these, by commas: ${CONTENDERS.join(", ")}`,
    listOf(CONTENDERS),
  )
  .option("--rounds <number>", "fresh processes per contender (default: 3)", wholeNumber)
  .option("--seed <number>", "of the order in which contenders take turns", wholeNumber, 1)
  .option("--json <file>", "write all rows to this file, too")
  .option("--long", "1 TiB in place of 64 GiB")
  .option("--smoke", "small and short: does everything run? The figures mean nothing");

program.parse();
const options = program.opts<Options>();
const scale = options.smoke ? SMOKE : options.long ? TIB : GIB_64;
const rounds = await runContenders({
  scale,
  sequences: options.only ?? SEQUENCES,
  contenders: options.contenders ?? CONTENDERS,
  rounds: options.rounds ?? (options.smoke ? 1 : 3),
  seed: options.seed,
  say: (line) => {
    console.error(line);
  },
});
const rows = rowsOf(rounds);
console.log(sequenceTable(rows));
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);

function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`It must be a whole number above 0, got ${text}.`);
}

function listOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(",");
    const unknown = names.find((name) => !known.includes(name));
    if (unknown === undefined) return names;
    throw new InvalidArgumentError(`It must be of ${known.join(", ")}, got ${unknown}.`);
  };
}
