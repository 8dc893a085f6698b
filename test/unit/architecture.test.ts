import { readFileSync } from "node:fs";
import { join } from "node:path";

import ts from "typescript";
import { describe, expect, test } from "vitest";

import {
  circlesOf,
  forbiddenImports,
  readImports,
  type AllowedArrows,
  type ImportGraph,
} from "./import-graph.js";

/** A longer list of numbers cannot be checked at a glance. */
const MOST_PARAMETERS = 5;

const root = join(import.meta.dirname, "../..");

/**
 * Who imports from whom in assembly/; "" are abi.ts, constants.ts and index.ts. See docs/design.md.
 */
const CORE_ARROWS: AllowedArrows = {
  "": ["exports", "capture", "inspect", "workload", "mm"],
  exports: ["contig", "workload", "capture", "inspect", "mm", ""],
  bench: ["exports", "mm", ""],
  contig: ["mm", ""],
  workload: ["mm", ""],
  capture: ["mm", ""],
  inspect: ["mm", ""],
  mm: [""],
};

describe("the core", () => {
  const graph = readImports(join(root, "assembly"));

  test("has no circle of imports", () => {
    expect(circlesOf(graph)).toEqual([]);
  });

  test("imports downwards only", () => {
    expect(forbiddenImports(graph, CORE_ARROWS)).toEqual([]);
  });

  test(`has no function of more than ${MOST_PARAMETERS} positional numbers`, () => {
    const tooMany = [...graph.keys()].flatMap((file) =>
      functionsOf(join(root, "assembly", file))
        .filter(({ parameters }) => parameters.length > MOST_PARAMETERS)
        .map(({ name }) => `${file}: ${name?.text ?? "a function"}`),
    );
    expect(tooMany).toEqual([]);
  });
});

/** The functions that a file declares. */
function functionsOf(path: string): ts.FunctionDeclaration[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
  return source.statements.filter(ts.isFunctionDeclaration);
}

describe("the walk over imports", () => {
  test("finds the imports of this file", () => {
    expect(readImports(import.meta.dirname).get("architecture.test.ts")).toEqual([
      "import-graph.ts",
    ]);
  });

  test("finds circles, however long", () => {
    const graph: ImportGraph = new Map([
      ["a.ts", ["b.ts"]],
      ["b.ts", ["c.ts", "d.ts"]],
      ["c.ts", ["a.ts"]],
      ["d.ts", []],
    ]);
    expect(circlesOf(graph)).toEqual(["a.ts -> b.ts -> c.ts -> a.ts"]);
  });

  test("finds an arrow that goes up", () => {
    const graph: ImportGraph = new Map([
      ["high/a.ts", ["low/b.ts", "high/c.ts"]],
      ["high/c.ts", []],
      ["low/b.ts", ["high/c.ts"]],
    ]);
    const allowed = { high: ["low"], low: [] };
    expect(forbiddenImports(graph, allowed)).toEqual(["low/b.ts -> high/c.ts"]);
  });

  test("knows no folder that is not in the table", () => {
    expect(() => forbiddenImports(new Map([["new/a.ts", []]]), {})).toThrow(
      "the table has no entry for the folder new",
    );
  });
});
