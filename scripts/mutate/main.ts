// Usage: npm run mutate -- [pattern...]
//
// Makes one edit at a time in copies of the tree, and runs tests until one fails. An edit that no
// test notices is listed, with the reason where there is one; any other survivor makes the exit
// code 1. Patterns pick edits by file or text.

import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

import { debugCore, releaseCore } from "../build/core.js";
import { bringUpToDate } from "../build/step.js";
import { coreEdits } from "./core-edits.js";
import { driverEdits } from "./driver-edits.js";
import { damage, type Edit } from "./edit.js";
import { EDITS } from "./edits.js";
import { Sandbox } from "./sandbox.js";
import { specialPageEdits } from "./special-page-edits.js";

interface Outcome {
  readonly edit: Edit;
  /** Test file that failed; undefined where none did. */
  readonly killedBy: string | undefined;
}

const root = join(import.meta.dirname, "../..");
const patterns = process.argv.slice(2);
const edits = [...EDITS, ...coreEdits, ...specialPageEdits, ...driverEdits].filter(
  ({ file, old }) =>
    patterns.length === 0 || patterns.some((pattern) => `${file} ${old}`.includes(pattern)),
);
if (edits.length === 0) throw new Error(`no edit matches ${patterns.join(" ")}`);
// an edit that cannot be made is an error, before anything runs
for (const edit of edits) damage(readFileSync(join(root, edit.file), "utf8"), edit);

await bringUpToDate([debugCore, releaseCore]);
const queue = [...edits];
const outcomes: Outcome[] = [];
const nrWorkers = Math.min(cpus().length, 4, edits.length);
await Promise.all([
  ...Array.from({ length: nrWorkers }, () => inSandbox(work)),
  inSandbox((sandbox) => sandbox.assertSound()),
]);
report();

async function inSandbox(act: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = Sandbox.create(root);
  try {
    await act(sandbox);
  } finally {
    sandbox.remove();
  }
}

async function work(sandbox: Sandbox): Promise<void> {
  for (let edit = queue.shift(); edit !== undefined; edit = queue.shift()) {
    const start = performance.now();
    const killedBy = await sandbox.judge(edit);
    const seconds = ((performance.now() - start) / 1000).toFixed(0).padStart(3);
    outcomes.push({ edit, killedBy });
    const done = `${outcomes.length}/${edits.length}`.padStart(7);
    const verdict = (killedBy === undefined ? "SURVIVED" : `killed by ${killedBy}`).padEnd(40);
    console.log(`${done}  ${seconds} s  ${verdict}  ${edit.file}: ${edit.breaks}`);
  }
}

function report(): void {
  const survivors = outcomes.filter(({ killedBy }) => killedBy === undefined);
  console.log(`\n${outcomes.length - survivors.length} of ${outcomes.length} edits were noticed`);
  for (const { edit } of survivors) {
    console.log(
      `\nsurvivor in ${edit.file} (${edit.breaks})\n- ${edit.old}\n+ ${edit.new}\n` +
        (edit.changesNothing ?? "no reason known"),
    );
    if (edit.changesNothing === undefined) process.exitCode = 1;
  }
  for (const { edit, killedBy } of outcomes) {
    if (edit.changesNothing === undefined || killedBy === undefined) continue;
    console.log(`\n${edit.file} (${edit.breaks}) was said to change nothing, ${killedBy} fails`);
    process.exitCode = 1;
  }
}
