#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

import { Command, CommanderError } from "commander";

import { visibleText } from "../input-error.js";
import { registerCaptureFromDump } from "./capture-from-dump.js";
import { registerCaptureScript } from "./capture-script.js";
import { registerCheck } from "./check.js";
import { NeedsWorker, tell } from "./command-link.js";
import { runInWorker } from "./command-worker.js";
import { registerCompare } from "./compare.js";
import { registerDevice } from "./device.js";
import { registerExplore } from "./explore.js";
import { failureOf } from "./failure.js";
import { reasonOf } from "./output.js";
import { registerInspect } from "./inspect.js";
import { registerPredict } from "./predict.js";
import { registerRun } from "./run.js";
import { registerSoak } from "./soak.js";
import { registerSweep } from "./sweep.js";
import { serveSweep, sweepWorkerData } from "./sweep-worker.js";
import { registerVectors } from "./vectors.js";
import { registerWorker } from "./worker.js";
import { EXIT_BAD_INPUT } from "./exit-status.js";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

/**
 * A message repeats arguments, which can hold anything; what it says above that is several lines of
 * its own.
 */
function visibleLines(text: string): string {
  return text.split("\n").map(visibleText).join("\n");
}

function programOf(): Command {
  const program = new Command("virtio-mem")
    .description("Models virtio-mem memory hot(un)plug of Linux guests page by page")
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(visibleLines(text)) });
  registerPredict(program);
  registerCompare(program);
  registerRun(program);
  registerSoak(program);
  registerSweep(program, new URL(import.meta.url));
  registerExplore(program, fileURLToPath(new URL("../explorer/", import.meta.url)));
  registerCaptureScript(program);
  registerCaptureFromDump(program);
  registerInspect(program);
  registerCheck(program);
  registerDevice(program);
  registerVectors(program);
  registerWorker(program, new URL(import.meta.url));
  for (const command of program.commands) command.exitOverride();
  return program;
}

async function runCommand(): Promise<void> {
  try {
    await programOf().parseAsync();
  } catch (error) {
    if (error instanceof NeedsWorker) {
      await runAgainInWorker();
    } else if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
    } else {
      const { words, exitCode } = failureOf(error, version);
      fail(exitCode, words);
    }
  }
}

async function runAgainInWorker(): Promise<void> {
  try {
    const ended = await runInWorker(fileURLToPath(import.meta.url), (text) => {
      process.stdout.write(text);
    });
    fail(ended.exitCode, ended.words);
  } catch (error) {
    const { words, exitCode } = failureOf(error, version);
    fail(exitCode, words);
  }
}

function fail(exitCode: number, words: string | undefined): void {
  process.exitCode = exitCode;
  if (words === undefined) return;
  if (isMainThread) process.stderr.write(`virtio-mem: ${words}\n`);
  else tell({ type: "fail", words, exitCode });
}

if (isMainThread) {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // the reader, such as head, may have had enough
    if (error.code === "EPIPE") process.exit();
    process.stderr.write(
      `virtio-mem: standard output must take the answer, got ${reasonOf(error)}\n`,
    );
    process.exit(EXIT_BAD_INPUT);
  });
  process.stderr.on("error", () => undefined);
  await runCommand();
} else if (sweepWorkerData !== undefined) {
  serveSweep(sweepWorkerData);
} else {
  await runCommand();
  tell({ type: "done", exitCode: Number(process.exitCode ?? 0) });
}
