// Every @example of the sources, run on the installed package (CONTRIBUTING.md, "Change the API").

import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { runNode } from "./run.js";

const root = join(import.meta.dirname, "../..");
const consumer = inject("consumer");

interface Example {
  /** The file, and what the comment is of. */
  readonly name: string;
  readonly code: string;
}

const COMMENT = / *\/\*\*\n(?: *\*.*\n)*? *\*\/\n/g;
const BLOCK = /@example\n```js\n([^]*?)\n```/g;

function examplesOf(file: string): Example[] {
  const text = readFileSync(join(root, "src", file), "utf8");
  return [...text.matchAll(COMMENT)].flatMap((comment) => {
    const words = comment[0].replace(/^ *\* ?/gm, "");
    const declaration = text.slice(comment.index + comment[0].length).split("\n", 1)[0] ?? "";
    const of = /(\w+)(?: =|[<(]|$| \{| extends| implements)/.exec(declaration)?.[1] ?? declaration;
    return [...words.matchAll(BLOCK)].map(([, code = ""]) => ({ name: `${file}: ${of}`, code }));
  });
}

const examples = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap(examplesOf);

/** What its calls of `console.log` print, as the comments behind them say. */
function expectedOutput(code: string): string {
  return [...code.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)]
    .map(([, printed = ""]) => `${printed}\n`)
    .join("");
}

describe("the example of", () => {
  cpSync(join(root, "examples/captures/web-server.tar.gz"), join(consumer, "web-server.tar.gz"));

  test.each(examples)("$name", ({ name, code }) => {
    const file = `example-${name.replace(/\W+/g, "-")}.mjs`;
    writeFileSync(join(consumer, file), code);
    const printed = runNode([file], consumer);
    const expected = expectedOutput(code);
    if (expected !== "") expect(printed).toBe(expected);
  });
});

test("every function of the API has an example", () => {
  const reports = readdirSync(join(root, "docs/api")).filter((file) => file.endsWith(".api.md"));
  const functions = reports.flatMap((report) => {
    const text = readFileSync(join(root, "docs/api", report), "utf8");
    return [...text.matchAll(/^function (\w+)/gm)].map(([, name = ""]) => name);
  });
  const shown = new Set(examples.map(({ name }) => name.replace(/.*: /, "")));
  expect(functions.length).toBeGreaterThan(50);
  expect([...new Set(functions)].filter((name) => !shown.has(name))).toEqual([]);
});
