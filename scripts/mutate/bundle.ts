import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";

import { Instrumenter } from "@stryker-mutator/instrumenter";
import { build as esbuild, type Plugin } from "esbuild";

import { LEFT_OUT, type MutatedFolder } from "./folders.js";

/** One change of a source file, which is there but not active in the bundles. */
export interface Mutant {
  readonly id: string;
  /** Path from the repository's root. */
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  readonly column: number;
  /** Stryker's name for what was done. */
  readonly kind: string;
  readonly old: string;
  readonly new: string;
}

/** Test files with all mutants of a folder inside, each a module of its own. */
export interface Bundles {
  readonly mutants: readonly Mutant[];
  /** Paths of the modules. */
  readonly modules: readonly string[];
}

/**
 * Instruments sources with Stryker, and bundles each test file with them.
 *
 * @param only - parts of paths of sources; all where there are none.
 */
export async function bundle(
  root: string,
  folder: MutatedFolder,
  out: string,
  only: readonly string[],
): Promise<Bundles> {
  const sources = folder.sources
    .flatMap((part) => filesBelow(join(root, "src", part), /\.ts$/))
    .filter((path) => only.length === 0 || only.some((part) => path.includes(part)));
  const tests = folder.tests
    .flatMap((part) => filesBelow(join(root, "test", part), /\.test\.ts$/))
    .filter((path) => !LEFT_OUT.includes(basename(path)));
  const { mutants, contents } = await instrument(root, sources);
  mkdirSync(out, { recursive: true });
  await esbuild({
    entryPoints: tests,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    conditions: ["module"],
    outdir: out,
    outbase: join(root, "test"),
    outExtension: { ".js": ".mjs" },
    plugins: [testApi(), instrumented(contents)],
    logLevel: "error",
  });
  return { mutants, modules: tests.map((path) => outputOf(root, out, path)) };
}

function outputOf(root: string, out: string, test: string): string {
  return join(out, relative(join(root, "test"), test).replace(/\.ts$/, ".mjs"));
}

function filesBelow(path: string, pattern: RegExp): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => pattern.test(file))
    .sort();
}

async function instrument(
  root: string,
  paths: readonly string[],
): Promise<{ mutants: Mutant[]; contents: Map<string, string> }> {
  const silent = (): void => undefined;
  const no = (): boolean => false;
  const instrumenter = new Instrumenter({
    ...{ trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent },
    ...{ isTraceEnabled: no, isDebugEnabled: no, isInfoEnabled: no },
    ...{ isWarnEnabled: no, isErrorEnabled: no, isFatalEnabled: no },
  });
  const originals = new Map(paths.map((path) => [path, readFileSync(path, "utf8")]));
  const files = [...originals].map(([name, content]) => ({ name, content, mutate: true }));
  const { files: changed, mutants } = await instrumenter.instrument(files, {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  return {
    contents: new Map(changed.map(({ name, content }) => [name, content])),
    mutants: mutants.map(({ id, fileName, location: { start, end }, ...mutant }) => ({
      id,
      file: relative(root, fileName),
      line: start.line + 1,
      column: start.column + 1,
      kind: mutant.mutatorName,
      old: between(originals.get(fileName) ?? "", start, end),
      new: mutant.replacement,
    })),
  };
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function between(text: string, start: Place, end: Place): string {
  const lines = text.split("\n").slice(start.line, end.line + 1);
  const last = lines.length - 1;
  lines[last] = (lines[last] ?? "").slice(0, end.column);
  lines[0] = (lines[0] ?? "").slice(start.column);
  return lines.join("\n");
}

/** `vitest` is what the judge has put there: test-api.ts. */
function testApi(): Plugin {
  const names = "test, it, describe, expect, beforeAll, beforeEach, afterAll, afterEach, vi";
  return {
    name: "test-api",
    setup: (build) => {
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: "vitest", namespace: "test-api" }));
      build.onLoad({ filter: /.*/, namespace: "test-api" }, () => ({
        contents: `export const { ${names} } = globalThis.testApi;`,
      }));
    },
  };
}

/** Sources with their mutants; files know where they were before they came into a bundle. */
function instrumented(contents: ReadonlyMap<string, string>): Plugin {
  return {
    name: "instrumented",
    setup: (build) => {
      build.onLoad({ filter: /\/(src|test|scripts)\/.*\.ts$/ }, ({ path }) => {
        const text = contents.get(path) ?? readFileSync(path, "utf8");
        return {
          loader: "ts",
          contents: text
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
            .replaceAll("import.meta.dirname", JSON.stringify(dirname(path))),
        };
      });
    },
  };
}
