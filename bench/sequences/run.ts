import { join } from "node:path";

import { COMPILERS, compileNative } from "../contenders/native.js";
import { jsonLines, programLines } from "../measure/child.js";
import { randomSource, shuffled } from "../measure/random.js";
import type { Round } from "../row.js";
import { SEQUENCES } from "./all.js";
import { checkChecksums } from "./checksums.js";
import type { Measure, Scale } from "./sequence.js";

const WORKER = join(import.meta.dirname, "worker.ts");
const IN_NODE = ["core", "core-call", "typescript"] as const;

/** Contenders of the sequences; a native one needs its compiler. */
export const CONTENDERS: readonly string[] = [
  ...IN_NODE,
  ...COMPILERS.map((compiler) => `native-${compiler}`),
];

export interface SequenceOptions {
  readonly scale: Scale;
  readonly sequences: readonly string[];
  readonly contenders: readonly string[];
  readonly rounds: number;
  /** Of the order in which the contenders take turns. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

type Command = () => Promise<Measure[]>;

/**
 * Runs the sequences: in each round every contender once, in random order, each in a fresh process.
 *
 * @throws Error if contenders that do the same disagree on what was allocated.
 */
export async function runContenders(options: SequenceOptions): Promise<Round[]> {
  const { scale, contenders, rounds, seed, say } = options;
  const commands = new Map<string, Command>();
  for (const contender of contenders) {
    const command = commandOf(contender, options);
    if (command !== undefined) commands.set(contender, command);
  }
  const random = randomSource(seed);
  const results: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const contender of shuffled([...commands.keys()], random)) {
      say(`round ${round} of ${rounds}: ${contender}`);
      const measures = await commands.get(contender)!();
      results.push(...measures.map((measure) => ({ ...measure, contender, pages: scale.pages })));
    }
  }
  await checkChecksums(results, options);
  return sorted(results);
}

function commandOf(
  contender: string,
  { scale, sequences, say }: SequenceOptions,
): Command | undefined {
  const { pages, repeats, steps } = scale;
  const compiler = COMPILERS.find((name) => contender === `native-${name}`);
  if (compiler === undefined) {
    const args = [contender, ...[pages, repeats, steps].map(String), ...sequences];
    return () => programLines(WORKER, args);
  }
  const program = compileNative("buddy", compiler);
  if ("error" in program) {
    say(`${contender} is absent: ${program.error}`);
    return undefined;
  }
  const args = [Math.log2(pages), repeats, steps].map(String);
  return () => jsonLines(program.path, [...args, ...sequences]);
}

/** By sequence, then by contender, as they are listed. */
function sorted(rounds: readonly Round[]): Round[] {
  const rank = ({ workload, contender }: Round): number =>
    SEQUENCES.indexOf(workload) * CONTENDERS.length + CONTENDERS.indexOf(contender);
  return rounds.toSorted((a, b) => rank(a) - rank(b));
}
