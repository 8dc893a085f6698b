import type { Command } from "commander";

import { CaptureError } from "../capture/capture-error.js";
import { checkRecording } from "../check/check-recording.js";
import { checkResultText } from "../check/check-result.js";
import { compareAnswer, type Disagreement } from "../check/compare-free-lists.js";
import { recordedProfile, RecordingError } from "../check/free-list-recording.js";
import { FreeListReplay } from "../check/free-list-replay.js";
import { recordingKind } from "../check/recording-kind.js";
import { visibleText } from "../input-error.js";
import { readFreeListRecording } from "../node/free-list-recording.js";
import { openCapture } from "../node/index.js";
import { print } from "./output.js";
import { UsageError } from "./usage-error.js";

interface CheckFlags {
  readonly json?: boolean;
}

/** Something differs. */
const EXIT_DIFFERENT = 1;

export function registerCheck(program: Command): void {
  program
    .command("check")
    .description(
      "replay recordings of guests, devices or free lists and compare the model with them",
    )
    .argument("<recordings...>", "folders of recordings, or archives of them")
    .option("--json", "print one JSON line per observation; of free lists, the answer to each step")
    .action(runCheck);
}

async function runCheck(paths: readonly string[], flags: CheckFlags): Promise<void> {
  for (const path of paths) {
    try {
      await checkPath(path, flags.json === true);
    } catch (error) {
      const isUnusable = error instanceof CaptureError || error instanceof RecordingError;
      if (!isUnusable || error.message.startsWith(path)) throw error;
      throw new UsageError(`${path}: ${error.message}`);
    }
  }
}

async function checkPath(path: string, isJson: boolean): Promise<void> {
  const files = await openCapture(path);
  const kind = recordingKind(path, files.names());
  if (kind === "free-lists") {
    await checkFreeLists(path, isJson);
    return;
  }
  for await (const result of checkRecording(path, files, kind)) {
    print(isJson ? `${JSON.stringify(result)}\n` : visibleLines(checkResultText(result)));
    if (!result.agrees) process.exitCode = EXIT_DIFFERENT;
  }
}

async function checkFreeLists(path: string, isJson: boolean): Promise<void> {
  const { steps, meta } = await readFreeListRecording(path);
  const replay = new FreeListReplay(steps, meta, recordedProfile(meta));
  if (isJson) {
    for (const step of steps) print(`${JSON.stringify(replay.play(step))}\n`);
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
  print(
    `${path}: ${steps.length} steps, ` +
      `${totals.sameResults} of ${totals.results} results and ` +
      `${totals.sameDumps} of ${totals.dumps} free-list dumps identical\n`,
  );
  if (first === undefined) return;
  print(
    `first difference at step ${first.step} (${first.op}), ${first.what}:\n` +
      `  recorded ${first.recorded}\n  model    ${first.model}\n`,
  );
  process.exitCode = EXIT_DIFFERENT;
}

/** Names of folders come from archives, which can hold anything. */
function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
}
