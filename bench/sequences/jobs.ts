import { benchCore, bundle } from "../measure/bundle.js";
import { jsonLines } from "../measure/child.js";
import { COMPILERS, compileNative } from "../contenders/native.js";
import type { Job } from "../measure/interleave.js";
import type { Round } from "../row.js";
import { SEQUENCES } from "./all.js";
import type { Scale } from "./sequence.js";

/** Contenders of the sequences; a native one needs its compiler. */
export const CONTENDERS: readonly string[] = [
  "core",
  "core-call",
  "typescript",
  ...COMPILERS.map((compiler) => `native-${compiler}`),
];

/**
 * A job per contender: all wanted sequences in one process. A contender whose compiler fails is
 * absent.
 */
export async function sequenceJobs(
  scale: Scale,
  sequences: readonly string[],
  contenders: readonly string[],
  say: (line: string) => void,
): Promise<Job[]> {
  const worker = await bundle("sequences/worker.ts", benchCore());
  const { pages, repeats, steps } = scale;
  return contenders.flatMap((contender) => {
    const job = (command: string, ...args: readonly (string | number)[]): Job => ({
      name: contender,
      async run() {
        const lines = await jsonLines<Round>(command, [...args.map(String), ...sequences]);
        return lines.map((line) => ({ ...line, contender, pages }));
      },
    });
    const compiler = COMPILERS.find((name) => contender === `native-${name}`);
    if (compiler === undefined) {
      return job(process.execPath, worker, contender, pages, repeats, steps);
    }
    const program = compileNative("buddy", compiler);
    if ("path" in program) return job(program.path, Math.log2(pages), repeats, steps);
    say(`${contender} is absent: ${program.error}`);
    return [];
  });
}

/** By sequence, then by contender, as they are listed. */
export function inOrder(rounds: readonly Round[]): Round[] {
  const rank = ({ workload, contender }: Round): number =>
    SEQUENCES.indexOf(workload) * CONTENDERS.length + CONTENDERS.indexOf(contender);
  return rounds.toSorted((a, b) => rank(a) - rank(b));
}
