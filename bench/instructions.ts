// Usage: npx tsx scripts/build/main.ts bench && npx tsx bench/instructions.ts
//
// Counts the machine instructions that an operation of a sequence takes, in C and in the core,
// under valgrind: the difference of two runs of different lengths. A busy machine does not disturb
// it. Needs valgrind; takes some minutes.

import { COMPILERS, compileNative } from "./contenders/native.js";
import { benchCore, bundle } from "./measure/bundle.js";
import { underValgrind } from "./measure/valgrind.js";
import { markdownTable } from "./table.js";

/** A length that is varied: of the memory (log2 of pages), of repeat and hot, of churn. */
interface Lengths {
  readonly logPages: number;
  readonly repeats: number;
  readonly steps: number;
}

interface Count {
  readonly name: string;
  readonly sequence: string;
  readonly short: Partial<Lengths>;
  readonly long: Partial<Lengths>;
  /** Operations that the long run does more. */
  readonly ops: number;
}

const LEAST: Lengths = { logPages: 14, repeats: 16, steps: 0 };
const REPEATS = 2 ** 20;
/**
 * repeat and hot do an allocation and a free each, and a sixteenth of them before the clock starts.
 */
const PER_REPEAT = 2 * (1 + 1 / 16);
/** Nothing beyond the standard instructions of the last ten years: valgrind knows no newer ones. */
const MACHINE = ["-march=x86-64-v3"];

const COUNTS: readonly Count[] = [
  // all memory is allocated and freed twice
  memory("alloc, free in order, o0", "bulk_alloc_o0", 4),
  memory("alloc, shuffle, free, o0", "rand_free_o0", 2),
  ...["repeat_o0", "hot_o0", "repeat_o9", "hot_o9"].map((sequence) => ({
    name: sequence,
    sequence,
    short: { repeats: REPEATS },
    long: { repeats: 2 * REPEATS },
    ops: REPEATS * PER_REPEAT,
  })),
  {
    name: "churn",
    sequence: "churn",
    short: { logPages: 18, steps: REPEATS },
    long: { logPages: 18, steps: 2 * REPEATS },
    ops: REPEATS,
  },
];

function memory(name: string, sequence: string, opsPerPage: number): Count {
  const short = { logPages: 17 };
  const long = { logPages: 20 };
  return { name, sequence, short, long, ops: opsPerPage * (2 ** 20 - 2 ** 17) };
}

type Command = (lengths: Lengths, sequence: string) => readonly string[];

const commands = new Map<string, Command>();
const worker = await bundle("sequences/worker.ts", benchCore());
commands.set("core", ({ logPages, repeats, steps }, sequence) => [
  process.execPath,
  "--no-liftoff",
  // what V8 does beside the work is counted, too; so it should always be the same
  "--single-threaded",
  ...[worker, "core", 2 ** logPages, repeats, steps, sequence].map(String),
]);
for (const compiler of COMPILERS) {
  const program = compileNative("buddy", compiler, [], MACHINE);
  if ("error" in program) {
    console.error(`native-${compiler} is absent: ${program.error}`);
    continue;
  }
  commands.set(`native-${compiler}`, ({ logPages, repeats, steps }, sequence) =>
    [program.path, logPages, repeats, steps, sequence].map(String),
  );
}
const rows = COUNTS.map((count) => [
  count.name,
  ...[...commands.values()].map((command) => instructionsPerOp(command, count).toFixed(0)),
]);
console.log(markdownTable(["instructions per operation", ...commands.keys()], rows));

function instructionsPerOp(command: Command, { sequence, short, long, ops }: Count): number {
  const count = (lengths: Partial<Lengths>): number =>
    instructions(command({ ...LEAST, ...lengths }, sequence));
  return (count(long) - count(short)) / ops;
}

function instructions(command: readonly string[]): number {
  const flags = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
  const { stderr } = underValgrind(flags, command);
  const [, digits] = /I\s+refs:\s+([\d,]+)/.exec(stderr) ?? [];
  if (digits === undefined) throw new Error(`valgrind must count instructions, got ${stderr}`);
  return Number(digits.replaceAll(",", ""));
}
