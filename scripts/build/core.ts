import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Output, Step } from "./step.js";

const require = createRequire(import.meta.url);
const asc = join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js");

const inlineHot = join(import.meta.dirname, "inline-hot.mjs");
const exportState = join(import.meta.dirname, "export-state.mjs");

const inputs = [
  "assembly",
  "asconfig.json",
  "scripts/build/core.ts",
  "scripts/build/export-state.mjs",
  "node_modules/assemblyscript/package.json",
];
const releaseInputs = [...inputs, "scripts/build/inline-hot.mjs"];

/** An entry of its own: the loops that bench/ measures. */
const BENCH_LOOPS = "assembly/bench/exports.ts";

/**
 * What asc is to do for the core with assertions, which has the constants of the boundary and the
 * loops of bench/ as well.
 */
export const DEBUG_CORE = ["--target", "debug", "assembly/constants.ts", BENCH_LOOPS] as const;

/** `build/debug.wasm` and its source map: assertions on, one import, `env.abort`. */
export const debugCore: Step = {
  name: "debug",
  after: [],
  inputs,
  run: () => compile("debug", ...DEBUG_CORE),
};

/** `build/release.wasm`, its declarations, and the same bytes inlined in a module. */
export const releaseCore: Step = {
  name: "release",
  after: [],
  inputs: releaseInputs,
  async run() {
    const { outputs, wasm } = await compileRelease("release");
    return [...outputs, ...inline(wasm)];
  },
};

/**
 * The release core with the loops of bench/: `build/bench.wasm`, and what `build/inline.js` would
 * be of it.
 */
export const benchCore: Step = {
  name: "bench",
  after: [],
  inputs: releaseInputs,
  async run() {
    const { outputs, wasm } = await compileRelease("bench", BENCH_LOOPS);
    return [...outputs, { path: "build/bench-inline.js", content: inlineModule(wasm) }];
  },
};

/** What `build/inline.js` would be, of the core of bench/ with the names of its functions. */
export async function namedCore(): Promise<string> {
  const { wasm } = await compileRelease("named", "--debug", BENCH_LOOPS);
  return inlineModule(wasm);
}

async function compileRelease(
  name: string,
  ...options: string[]
): Promise<{ outputs: Output[]; wasm: Uint8Array<ArrayBuffer> }> {
  const release = ["--target", "release", "--transform", inlineHot];
  const outputs = await compile(name, ...release, ...options);
  const wasm = outputs.find(({ path }) => path === `build/${name}.wasm`);
  if (wasm === undefined) throw new Error(`asc wrote no build/${name}.wasm`);
  return { outputs, wasm: wasm.content as Uint8Array<ArrayBuffer> };
}

/** Runs asc with these options and collects what it writes, files called `name`. */
async function compile(name: string, ...options: string[]): Promise<Output[]> {
  const folder = mkdtempSync(join(tmpdir(), "virtio-mem-core-"));
  try {
    const outFile = join(folder, `${name}.wasm`);
    await run(process.execPath, [
      asc,
      ...options,
      "--transform",
      exportState,
      "--outFile",
      outFile,
    ]);
    return readdirSync(folder).map((name) => ({
      path: `build/${name}`,
      content: readFileSync(join(folder, name)),
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A core as a JavaScript module. */
function inlineModule(wasm: Uint8Array<ArrayBuffer>): string {
  const module = new WebAssembly.Module(wasm);
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) {
    const names = imports.map((entry) => `${entry.module}.${entry.name}`).join(", ");
    throw new Error(`the release core must import nothing, got ${names}`);
  }
  const names = WebAssembly.Module.exports(module).map((entry) => entry.name);
  return (
    `export const coreBase64 = "${Buffer.from(wasm).toString("base64")}";\n` +
    `export const coreExports = ${JSON.stringify(names)};\n` +
    `export const coreId = "${createHash("sha256").update(wasm).digest("hex").slice(0, 16)}";\n`
  );
}

function inline(wasm: Uint8Array<ArrayBuffer>): Output[] {
  return [
    { path: "build/inline.js", content: inlineModule(wasm) },
    {
      path: "build/inline.d.ts",
      content:
        "/** The release core. */\nexport declare const coreBase64: string;\n" +
        "/** Names of everything that it exports. */\n" +
        "export declare const coreExports: readonly string[];\n" +
        "/** Tells builds apart: the start of a hash of its bytes. */\n" +
        "export declare const coreId: string;\n",
    },
  ];
}

function run(command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const cwd = join(import.meta.dirname, "../..");
    const child = spawn(command, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`asc ended with ${signal ?? String(code)}`));
    });
  });
}
