import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

import { rolldown, type OutputChunk, type RolldownOutput } from "rolldown";
import ts from "typescript";

import { releaseCore } from "./core.js";
import { ENTRY_SOURCES } from "./entries.js";
import type { Output, Step } from "./step.js";
import { thirdPartyText } from "./third-party.js";

const root = join(import.meta.dirname, "../..");

/** What only our own files start, as ES modules: the command, and the processes of its worker. */
const PROGRAMS = {
  "cli/main": "src/cli/main.ts",
  "cli/queue-processor": "src/cli/queue-processor.ts",
};
/** Stay imports; all else is bundled, so that a page needs no import map. */
const EXTERNAL = [
  /^node:/,
  "commander",
  "jiti",
  "modern-tar",
  "fzstd",
  "snappyjs",
  "bullmq",
  "ioredis",
];

const tools = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts/build/dist.ts",
  "scripts/build/entries.ts",
  "scripts/build/third-party.ts",
];

/** Everything in `dist/` that runs. */
export const distJs: Step = {
  name: "js",
  after: [releaseCore],
  inputs: ["src", "build/release.wasm", "build/inline.js", ...tools],
  async run() {
    const esm = await bundle({ ...ENTRY_SOURCES, ...PROGRAMS }, "esm");
    const cjs = await bundle(ENTRY_SOURCES, "cjs");
    const modules = await moduleTree();
    assertBrowserSafe(esm);
    return [
      ...[esm, cjs].flatMap(({ output }) => output.map((chunk) => toOutput(chunk as OutputChunk))),
      ...modules.output.map((chunk) => withoutBareImports(toOutput(chunk as OutputChunk))),
      { path: "dist/modules/packaged-core.workerd.js", content: coreFromModule("../core.wasm") },
      {
        path: "dist/modules/packaged-core.edge-light.js",
        content: coreFromModule("../core.wasm?module"),
      },
      { path: "dist/core.wasm", content: readFileSync(join(root, "build/release.wasm")) },
      { path: "dist/THIRD-PARTY.txt", content: thirdPartyText(modulesOf([esm, cjs])) },
    ];
  },
};

/**
 * The declarations in `dist/types/`, once each: one per source file, those that tsc writes and
 * those that asc wrote, and one per entry and module system that passes them on. The former count
 * as CommonJS, which either system can import.
 */
export const distTypes: Step = {
  name: "types",
  after: [releaseCore],
  inputs: ["src", "build/release.d.ts", "build/inline.d.ts", ...tools],
  run() {
    const declarations = declarationsOf(Object.values(ENTRY_SOURCES));
    declarations.set("build/release.d.ts", readFileSync(join(root, "build/release.d.ts"), "utf8"));
    const outputs = [...declarations].map(([path, content]): Output => ({
      path: `dist/types/${path}`,
      content,
    }));
    for (const [name, source] of Object.entries(ENTRY_SOURCES)) {
      const content = `${NEEDED_LIBRARIES}export * from "./${source.replace(/\.ts$/, ".js")}";\n`;
      outputs.push({ path: `dist/types/${name}.d.mts`, content });
      outputs.push({ path: `dist/types/${name}.d.cts`, content });
    }
    outputs.push({ path: "dist/types/package.json", content: '{ "type": "commonjs" }\n' });
    return Promise.resolve(outputs);
  },
};

/** Said at the head of the entries, where a compiler's complaint about a missing name leads. */
const NEEDED_LIBRARIES =
  "// Needs the library ES2022 of TypeScript, and DOM or WebWorker, which declare WebAssembly, Blob,\n" +
  "// URL and AbortSignal. The entry for Node needs @types/node besides.\n";

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

/** The module in which the package's own core is made; see {@link PACKAGED_CORE}. */
const CORE_SOURCE = join(root, "src/core/packaged-core.ts");
/** How the modules of the package name it, because a host decides which of several it is. */
const PACKAGED_CORE = "#packaged-core";

/**
 * The library as a file per source file, `dist/modules/`: a bundler then leaves out all files that
 * nothing imports. What we bundle of other packages lies in `vendor/`.
 */
async function moduleTree(): Promise<RolldownOutput> {
  const build = await rolldown({
    cwd: root,
    input: { ...ENTRY_SOURCES, "packaged-core": CORE_SOURCE },
    external: EXTERNAL,
    platform: "neutral",
    resolve: { mainFields: ["module", "main"] },
    transform: { target: "es2022" },
    // as package.json says
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: "packaged-core",
        resolveId: (source, importer) =>
          importer !== undefined && source.endsWith("/packaged-core.js")
            ? { id: PACKAGED_CORE, external: true }
            : null,
      },
    ],
  });
  const result = await build.generate({
    format: "esm",
    preserveModules: true,
    preserveModulesRoot: join(root, "src"),
    entryFileNames: (chunk) => `modules/${chunk.name.replaceAll("node_modules/", "vendor/")}.js`,
    comments: { jsdoc: false },
  });
  await build.close();
  return result;
}

/** Without the import that is left of a file whose constants were all put in their places. */
function withoutBareImports(output: Output): Output {
  return { ...output, content: String(output.content).replace(/^import "\..*";\n/gm, "") };
}

/** `packaged-core.ts` for hosts that import a .wasm file as a `WebAssembly.Module`. */
function coreFromModule(path: string): string {
  return (
    `import core from "${path}";\n` +
    "export const packagedCore = () => Promise.resolve(core);\n" +
    "export const packagedCoreSync = () => core;\n"
  );
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

/**
 * Fails if what an entry for browsers loads would itself load something from outside of `dist/`.
 */
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
          `what browsers load must load nothing from outside of the package, ${fileName} imports ${imported}`,
        );
      }
      visit(imported);
    }
  };
  for (const entry of ["index.js", "device.js", "core.js"]) visit(entry);
}

function modulesOf(results: readonly RolldownOutput[]): string[] {
  return results
    .flatMap(({ output }) => output as readonly OutputChunk[])
    .flatMap(({ moduleIds }) => moduleIds);
}
