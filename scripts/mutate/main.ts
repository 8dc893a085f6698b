// Usage: npm run mutate -- [pattern]
//
// Applies the edits of edits.ts one at a time to a copy of the tree, and runs tests until one fails. An edit that no test notices is listed, with
// the reason where edits.ts has one; any other survivor makes the exit code 1. `pattern` picks edits by file.

import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { EDITS, type Edit } from "./edits.js";

/** Test runs for an edit, the quick and telling ones first. */
const CORE_TESTS = [
  ["test/golden/examples.test.ts", "test/golden/free-lists.test.ts"],
  ["test/unit/core", "test/golden/predictions.test.ts", "test/golden/allocation-order.test.ts"],
  [
    "test/property/against-naive-model.test.ts",
    "test/property/bulk.test.ts",
    "test/property/caches.test.ts",
  ],
];
const DRIVER_TESTS = [
  ["test/unit/virtio-mem"],
  ["test/golden/predictions.test.ts", "test/property/driver.test.ts"],
];

const root = join(import.meta.dirname, "../..");
const pattern = process.argv[2] ?? "";
const edits = EDITS.filter(({ file }) => file.includes(pattern));
const copy = copyTree();
const survivors: Edit[] = [];
try {
  assertGreen();
  for (const [index, edit] of edits.entries()) {
    const started = performance.now();
    const killed = isKilled(edit);
    if (!killed) survivors.push(edit);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    const word = killed ? "killed  " : "SURVIVED";
    console.log(`${index + 1}/${edits.length} ${word} ${edit.file}: ${edit.breaks} (${seconds} s)`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
report();

/** The files that git knows of, with the packages of the original. */
function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "mutate-"));
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
  for (const file of files.split("\0").filter((name) => name !== "")) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** Without damage every run must pass, or a kill would say nothing. */
function assertGreen(): void {
  for (const files of [...CORE_TESTS, ...DRIVER_TESTS]) {
    if (!passes(files)) throw new Error(`the tests must pass without an edit: ${files.join(" ")}`);
  }
}

function isKilled(edit: Edit): boolean {
  const path = join(copy, edit.file);
  const source = readFileSync(path, "utf8");
  const found = source.split(edit.old).length - 1;
  if (found !== 1) {
    throw new Error(`${edit.file}: the old text must stand there once, got ${found}: ${edit.old}`);
  }
  writeFileSync(
    path,
    source.replace(edit.old, () => edit.new),
  );
  try {
    const runs = edit.file.startsWith("assembly/") ? CORE_TESTS : DRIVER_TESTS;
    return runs.some((files) => !passes(files));
  } finally {
    writeFileSync(path, source);
  }
}

/** Runs tests on the debug core; a core that does not compile, or a run that hangs, fails too. */
function passes(files: readonly string[]): boolean {
  const { status } = spawnSync(
    join(copy, "node_modules/.bin/vitest"),
    ["run", "--project", "debug", "--bail", "1", ...files],
    { cwd: copy, stdio: "ignore", timeout: 600_000, env: { ...process.env, CI: "true" } },
  );
  return status === 0;
}

function report(): void {
  const unexplained = survivors.filter(({ changesNothing }) => changesNothing === undefined);
  console.log(`\n${edits.length - survivors.length} of ${edits.length} edits were noticed`);
  for (const { file, old, breaks, changesNothing } of survivors) {
    console.log(
      `survivor in ${file} (${breaks}): ${old.trim()}\n  ${changesNothing ?? "no reason known"}`,
    );
  }
  if (unexplained.length > 0) process.exitCode = 1;
}
