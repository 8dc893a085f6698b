import type { Command } from "commander";

import { compareAnswer, type Disagreement } from "../check/compare-free-lists.js";
import { FreeListReplay } from "../check/free-list-replay.js";
import { linuxProfile } from "../linux/profile.js";
import { readFreeListRecording } from "../node.js";

interface CheckFlags {
  readonly json?: boolean;
}

export function registerCheck(program: Command): void {
  program
    .command("check")
    .description("replay a free-list recording and compare the model with the kernel")
    .argument("<folder>", "folder with meta.json and steps.jsonl.gz")
    .option("--json", "print the model's answers, one JSON line per step")
    .action(runCheck);
}

async function runCheck(path: string, flags: CheckFlags): Promise<void> {
  const { steps, meta } = await readFreeListRecording(path);
  const replay = new FreeListReplay(steps, meta, linuxProfile("v6.1"));
  if (flags.json === true) {
    for (const step of steps) process.stdout.write(`${JSON.stringify(replay.play(step))}\n`);
    return;
  }
  const totals = { results: 0, sameResults: 0, dumps: 0, sameDumps: 0 };
  let first: Disagreement | undefined;
  for (const step of steps) {
    const compared = compareAnswer(step, replay.play(step));
    totals.results += compared.results;
    totals.sameResults += compared.sameResults;
    totals.dumps += compared.dumps;
    totals.sameDumps += compared.sameDumps;
    first ??= compared.disagreement;
  }
  process.stdout.write(
    `${path}: ${steps.length} steps, ` +
      `${totals.sameResults} of ${totals.results} results and ` +
      `${totals.sameDumps} of ${totals.dumps} free-list dumps identical\n`,
  );
  if (first === undefined) return;
  process.stdout.write(
    `first difference at step ${first.step} (${first.op}), ${first.what}:\n` +
      `  recorded ${first.recorded}\n  model    ${first.model}\n`,
  );
  process.exitCode = 1;
}
