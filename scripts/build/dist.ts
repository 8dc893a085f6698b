import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { rolldown, type OutputChunk, type RolldownOutput } from "rolldown";
import ts from "typescript";

import { releaseCore } from "./core.js";
import type { Output, Step } from "./step.js";

const root = join(import.meta.dirname, "../..");

/** What users import: as ES module and as CommonJS, each with declarations. */
const LIBRARY = { index: "src/index.ts", node: "src/node/index.ts" };
/** What only our own files start, as ES modules: the command and, later, worker threads. */
const PROGRAMS = { "cli/main": "src/cli/main.ts" };
/** Stay imports; all else is bundled, so that a page needs no import map. */
const EXTERNAL = [/^node:/, "commander", "jiti", "picocolors"];

const tools = ["package.json", "package-lock.json", "tsconfig.json", "scripts/build/dist.ts"];

/** Everything in `dist/` that runs. */
export const distJs: Step = {
  name: "js",
  after: [releaseCore],
  inputs: ["src", "build/release.wasm", "build/inline.js", ...tools],
  async run() {
    const esm = await bundle({ ...LIBRARY, ...PROGRAMS }, "esm");
    const cjs = await bundle(LIBRARY, "cjs");
    assertBrowserSafe(esm);
    return [
      ...esm.output.map((chunk) => toOutput(chunk as OutputChunk)),
      ...cjs.output.map((chunk) => toOutput(chunk as OutputChunk)),
      { path: "dist/core.wasm", content: readFileSync(join(root, "build/release.wasm")) },
      { path: "dist/THIRD-PARTY.txt", content: thirdParty([esm, cjs]) },
    ];
  },
};

/**
 * The declarations in `dist/types/`, one per source file: those that tsc writes and those that asc
 * wrote, and all of them once more for CommonJS.
 */
export const distTypes: Step = {
  name: "types",
  after: [releaseCore],
  inputs: ["src", "build/release.d.ts", "build/inline.d.ts", ...tools],
  run() {
    const declarations = declarationsOf(Object.values(LIBRARY));
    declarations.set("build/release.d.ts", readFileSync(join(root, "build/release.d.ts"), "utf8"));
    const outputs = [...declarations].flatMap(([path, content]): Output[] => [
      { path: `dist/types/${path}`, content },
      {
        path: `dist/types/${path.replace(/\.ts$/, ".cts")}`,
        content: content.replace(/(["'])(\.{1,2}\/[^"']+)\.js\1/g, "$1$2.cjs$1"),
      },
    ]);
    return Promise.resolve(outputs);
  },
};

/** What tsc declares of `entries` and all that they import, by path within the repository. */
function declarationsOf(entries: readonly string[]): Map<string, string> {
  const { options } = ts.parseJsonSourceFileConfigFileContent(
    ts.readJsonConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)),
    ts.sys,
    root,
  );
  const program = ts.createProgram(
    entries.map((path) => join(root, path)),
    {
      ...options,
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      stripInternal: true,
      rootDir: root,
      outDir: root,
    },
  );
  const declarations = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (path, content) => {
    declarations.set(relative(root, path), content);
  });
  const [first] = diagnostics;
  if (first !== undefined) {
    throw new Error(
      `tsc cannot declare the library: ${ts.flattenDiagnosticMessageText(first.messageText, " ")}`,
    );
  }
  return declarations;
}

async function bundle(
  input: Readonly<Record<string, string>>,
  format: "esm" | "cjs",
): Promise<RolldownOutput> {
  const extension = format === "esm" ? "js" : "cjs";
  const build = await rolldown({
    cwd: root,
    input,
    external: EXTERNAL,
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    transform: { target: "es2022" },
  });
  const result = await build.generate({
    format,
    exports: "named",
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `shared/[name].${extension}`,
    // all that the library needs in one file: each one more costs a program as much time as 100 KiB
    // of code
    codeSplitting: { groups: [{ name: "engine", test: /\/src\/index\.ts$/ }] },
    // the declarations have them
    comments: { jsdoc: false },
  });
  await build.close();
  return result;
}

function toOutput(chunk: OutputChunk): Output {
  return {
    path: `dist/${chunk.fileName}`,
    content: inAscii(chunk.code),
    isProgram: chunk.code.startsWith("#!"),
  };
}

/**
 * The same program without a character beyond ASCII, all of which stand in texts and expressions: a
 * single one makes Node decode the file the slow way, and V8 keep and read it with two bytes per
 * character.
 */
function inAscii(code: string): string {
  return code.replace(/[^\0-\x7f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** Fails if anything that `index` loads would itself load something from outside of `dist/`. */
function assertBrowserSafe({ output }: RolldownOutput): void {
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk as OutputChunk]));
  const seen = new Set<string>();
  const visit = (fileName: string): void => {
    if (seen.has(fileName)) return;
    seen.add(fileName);
    const chunk = chunks.get(fileName);
    for (const imported of [...(chunk?.imports ?? []), ...(chunk?.dynamicImports ?? [])]) {
      if (!chunks.has(imported)) {
        throw new Error(
          `src/index.ts must load nothing from outside of the package, ${fileName} imports ${imported}`,
        );
      }
      visit(imported);
    }
  };
  visit("index.js");
}

/** Name, version and licence of each package whose code ended up in ours. */
function thirdParty(results: readonly RolldownOutput[]): string {
  const folders = new Set<string>();
  for (const chunk of results.flatMap(({ output }) => output as readonly OutputChunk[])) {
    for (const id of chunk.moduleIds) {
      const match = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(relative(root, id));
      if (match?.[1] !== undefined) folders.add(match[1]);
    }
  }
  const entries = [...folders].sort().map((name) => {
    const folder = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      version: string;
      license: string;
    };
    const licenseFile = join(folder, "LICENSE");
    const text = existsSync(licenseFile) ? `\n${readFileSync(licenseFile, "utf8").trim()}\n` : "";
    return `${name} ${version} (${license})\n${text}`;
  });
  return `These packages are part of the files in this folder.\n\n${entries.join("\n")}`;
}
