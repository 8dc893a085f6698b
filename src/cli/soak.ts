import type { Command } from "commander";
import { stringify } from "yaml";

import { shortened } from "../input-error.js";
import { formatCount } from "../units.js";
import { soak, type SoakFinding, type SoakResult } from "../soak/soak.js";
import { assertInWorker, stopFlag } from "./command-link.js";
import { OutputFile, print, SCENARIO } from "./output.js";
import { progressLine } from "./progress-line.js";
import { UsageError } from "./usage-error.js";
import { EXIT_INTERRUPTED } from "./exit-status.js";

interface SoakFlags {
  readonly seed: string;
  readonly steps: string;
  readonly out?: string;
}

/** A rule was broken. */
const EXIT_FOUND = 1;

export function registerSoak(program: Command): void {
  program
    .command("soak")
    .description("run random guests, and check invariants and accounting after each event")
    .option("--seed <number>", "seed of all random numbers", "1")
    .option("--steps <number>", "events to check", "100000")
    .option("--out <file>", "write a scenario that breaks a rule to this file; `run` replays it")
    .action(runSoak);
}

async function runSoak(flags: SoakFlags): Promise<void> {
  assertInWorker();
  const [seed, steps] = [numberOf("--seed", flags.seed), numberOf("--steps", flags.steps)];
  const out = OutputFile.open(SCENARIO, flags.out);
  const progress = progressLine("soaking");
  const onGuest = (done: number): void => {
    progress.show({ done, total: steps, unit: "runs" });
  };
  const stopWhen = (): boolean => stopFlag?.isAsked === true;
  const result = await soak({ seed, steps, onGuest, stopWhen }).finally(progress.clear);
  stopFlag?.answer();
  const { finding } = result;
  if (finding === undefined) {
    print(`${wordsOf(result, seed)} no rule was broken\n`);
    if (result.steps < steps) process.exitCode = EXIT_INTERRUPTED;
    return;
  }
  print(`${wordsOf(result, seed)} ${finding.what}\n`);
  const file = fileOf(finding, seed);
  if (out === undefined) print(`The smallest scenario that does so:\n\n${file}`);
  else {
    out.write(file);
    print(`virtio-mem run --validate ${out.name} replays it\n`);
  }
  process.exitCode = EXIT_FOUND;
}

function wordsOf({ steps, guests, refused }: SoakResult, seed: number): string {
  return `seed ${seed}, ${formatCount(steps, "step")} of ${formatCount(guests - refused, "guest")}:`;
}

function fileOf({ what, scenario }: SoakFinding, seed: number): string {
  return `# virtio-mem soak --seed ${seed}\n# ${what.replaceAll("\n", " ")}\n${stringify(scenario)}`;
}

function numberOf(flag: string, text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 0xffffffff) return number;
  throw new UsageError(
    `${flag} must be a whole number from 0 to 4294967295, got ${shortened(text)}`,
  );
}
