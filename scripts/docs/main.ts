// Usage: npm run docs [-- --check]
//
// Brings the command output that the documents show up to date. A comment with the command stands
// before such a block:
//
//   <!-- output of: npx virtio-mem --version -->
//
//   ```text
//   0.1.0
//   ```
//
// A picture is preceded by the command that draws it, which names it after --svg:
//
//   <!-- picture by: npx virtio-mem run scenario.yaml --svg scenario.svg -->
//
// So is a table, which the command prints as Markdown:
//
//   <!-- table by: npx tsx scripts/docs/profile-tables.ts driver -->
//
// It also writes docs/api/*.api.md, what users can import (see api.ts), and the API reference to
// build/reference/ (typedoc.json): TypeDoc fails where an export, a member or a parameter has no
// comment, a link leads nowhere, or a type in a signature is not exported.
//
// --check writes nothing and fails where a block differs from what its command prints now.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { apiReports } from "./api.js";

const root = join(import.meta.dirname, "../..");
const DOCUMENTS = [
  "README.md",
  "docs/agreement.md",
  "docs/better-policy.md",
  "docs/check.md",
  "docs/conformance.md",
  "docs/kernels.md",
  "docs/policies.md",
  "docs/transitions.md",
];
const BLOCK = /(<!-- output of: (.+) -->\n\n```\w*\n)([^]*?)(```\n)/g;
const TABLE = /(<!-- table by: (.+) -->\n\n)((?:\|.*\n)*)/g;

const PICTURE = /<!-- picture by: (.+ --svg (\S+)) -->/g;

const isCheck = process.argv.includes("--check");
const stale: string[] = [];
for (const document of DOCUMENTS) {
  const path = join(root, document);
  const old = readFileSync(path, "utf8");
  const renew = (block: string, open: string, command: string, close: string): string => {
    const updated = `${open}${outputOf(command)}${close}`;
    if (updated !== block) stale.push(`${document}: ${command}`);
    return updated;
  };
  const current = old
    .replace(BLOCK, (block, open: string, command: string, _, close: string) =>
      renew(block, open, command, close),
    )
    .replace(TABLE, (block, open: string, command: string) => renew(block, open, command, ""));
  if (!isCheck && current !== old) writeFileSync(path, current);
  for (const [, command = "", picture = ""] of current.matchAll(PICTURE)) {
    if (!isUpToDate(join(root, picture), command)) stale.push(`${document}: ${picture}`);
  }
}
for (const { path, text, missing } of apiReports()) {
  if (missing.length > 0) {
    throw new Error(
      `each type in a signature must be exported beside it:\n  ${missing.join("\n  ")}`,
    );
  }
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  stale.push(path);
  if (!isCheck) writeFileSync(file, text);
}
outputOf(isCheck ? "npx typedoc --emit none" : "npx typedoc");
if (stale.length > 0) {
  const what = isCheck ? "out of date, npm run docs renews it" : "updated";
  console.log(`${what}:\n  ${stale.join("\n  ")}`);
  if (isCheck) process.exitCode = 1;
}

/** Draws a picture again; --check then puts the old one back. */
function isUpToDate(picture: string, command: string): boolean {
  const old = existsSync(picture) ? readFileSync(picture, "utf8") : undefined;
  outputOf(command);
  const drawn = readFileSync(picture, "utf8");
  if (isCheck && old !== undefined) writeFileSync(picture, old);
  return drawn === old;
}

function outputOf(command: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", command], {
    cwd: root,
    encoding: "utf8",
  });
  // 141: the reader, such as head, had enough
  if (status === 0 || status === 141) return stdout;
  throw new Error(`${command} ended with ${String(status)}\n${stdout}${stderr}`);
}
