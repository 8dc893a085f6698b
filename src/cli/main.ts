#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { Command, CommanderError } from "commander";

import { CaptureError } from "../capture/capture-error.js";
import { RecordingError } from "../check/free-list-recording.js";
import { CapacityError } from "../core/kernel-error.js";
import { ScenarioError } from "../scenario/file/scenario-error.js";
import { registerCaptureScript } from "./capture-script.js";
import { registerCheck } from "./check.js";
import { registerCompare } from "./compare.js";
import { registerDevice } from "./device.js";
import { NeedsWorker } from "./policy-choice.js";
import { runInWorker } from "./policy-worker.js";
import { registerPredict } from "./predict.js";
import { registerRun } from "./run.js";
import { registerVectors } from "./vectors.js";
import { UsageError } from "./usage-error.js";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

/** Bad usage or bad input. */
const EXIT_BAD_INPUT = 2;

const program = new Command("virtio-mem")
  .description("Models virtio-mem memory hot(un)plug of Linux guests page by page")
  .version(version)
  .exitOverride();
registerPredict(program);
registerCompare(program);
registerRun(program);
registerCaptureScript(program);
registerCheck(program);
registerDevice(program);
registerVectors(program);
for (const command of program.commands) command.exitOverride();

// the reader, such as head, may have had enough
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_BAD_INPUT;
  } else if (error instanceof NeedsWorker) {
    process.exitCode = (await runInWorker(fileURLToPath(import.meta.url))) ?? EXIT_BAD_INPUT;
  } else if (isInputError(error)) {
    process.stderr.write(`virtio-mem: ${error.message}\n`);
    process.exitCode = EXIT_BAD_INPUT;
  } else {
    throw error;
  }
}

function isInputError(error: unknown): error is Error {
  return [CaptureError, RecordingError, ScenarioError, RangeError, CapacityError, UsageError].some(
    (type) => error instanceof type,
  );
}
