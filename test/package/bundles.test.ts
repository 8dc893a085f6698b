// What becomes of the package in a bundler: what it weighs, and in a host that compiles no
// WebAssembly from bytes, as workerd and the edge runtimes do, that it runs.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";

import { build, type BuildOptions } from "esbuild";
import { describe, expect, inject, test } from "vitest";

import { packageExports, packageImports } from "../../scripts/build/entries.js";
import { runNode } from "./run.js";

const consumer = inject("consumer");
const installed = join(consumer, "node_modules/virtio-mem-engine");

/** The bundle of a program that stands in the consumer's folder. */
async function bundled(contents: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles, warnings } = await build({
    stdin: { contents, resolveDir: consumer },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    write: false,
    logLevel: "silent",
    ...options,
  });
  expect(warnings).toEqual([]);
  return outputFiles?.[0]?.text ?? "";
}

function sizeOf(name: string, options?: BuildOptions, entry = ""): Promise<number> {
  const program = `import { ${name} } from "virtio-mem-engine${entry}"; globalThis.used = ${name};`;
  return bundled(program, options).then(({ length }) => length);
}

describe.each(["browser", "node", "neutral"] as const)("a bundle for platform %s", (platform) => {
  test("has of the package what is used of it", async () => {
    expect(await sizeOf("formatSize", { platform })).toBeLessThan(2000);
    expect(await sizeOf("VirtioMemDevice", { platform }, "/device")).toBeLessThan(25_000);
    expect(await sizeOf("Guest", { platform })).toBeLessThan(287_000);
  });
});

test("a program for Node has one copy of the package in its bundle", async () => {
  const program =
    'import { CaptureError } from "virtio-mem-engine";' +
    'import { openCapture } from "virtio-mem-engine/node";' +
    'openCapture("no-such-folder").catch((error) => console.log(error instanceof CaptureError));';
  const code = await bundled(program, { platform: "node", packages: "bundle" });
  const file = join(consumer, "one-copy.mjs");
  writeFileSync(file, code);
  expect(runNode([file], consumer)).toBe("true\n");
});

describe.each([
  ["workerd", "core.wasm"],
  ["edge-light", "core.wasm?module"],
])("under the condition %s", (condition, file) => {
  test(`the core is the module ${file}, and nothing is compiled`, async () => {
    const imported: string[] = [];
    const program =
      'import { Guest } from "virtio-mem-engine";' +
      'import { loadCoreSync } from "virtio-mem-engine/core";' +
      "globalThis.exported = loadCoreSync().memory.buffer.byteLength > 0;" +
      "globalThis.result = Guest.create({ bootSize: 2 ** 30, regionSize: 2 ** 31 }).then((guest) => {" +
      "  guest.requestSize(2 ** 30); return guest.device.pluggedSize; });";
    const code = await bundled(program, {
      format: "iife",
      conditions: [condition, "worker", "browser"],
      plugins: [
        {
          name: "core",
          setup(bundler) {
            bundler.onResolve({ filter: /\.wasm/ }, ({ path }) => {
              imported.push(path);
              return { path, namespace: "core" };
            });
            bundler.onLoad({ filter: /./, namespace: "core" }, () => ({
              contents: "export default compiledCore;",
            }));
          },
        },
      ],
    });
    const compiledCore = new WebAssembly.Module(readFileSync(join(installed, "dist/core.wasm")));
    const host = createContext(
      { compiledCore, structuredClone },
      { codeGeneration: { strings: false, wasm: false } },
    ) as { exported?: boolean; result?: Promise<number> };
    expect(() => {
      runInContext("new WebAssembly.Module(new Uint8Array(8))", host);
    }).toThrow("Wasm code generation disallowed by embedder");

    runInContext(code, host);
    expect(imported).toEqual([`../${file}`]);
    expect(host.exported).toBe(true);
    expect(await host.result).toBe(2 ** 30);
    expect(code.length).toBeLessThan(230_000);
  });
});

test("package.json has the entries of the build, and each file that it names is packed", () => {
  const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    exports: Record<string, unknown>;
    imports: Record<string, unknown>;
    dependencies: Record<string, string>;
  };
  expect(manifest.exports).toMatchObject(packageExports());
  expect(manifest.imports).toEqual(packageImports());
  for (const path of filesIn([manifest.exports, manifest.imports])) {
    expect(readFileSync(join(installed, path)).length, path).toBeGreaterThan(0);
  }
  // those of archives and dumps are loaded where one is read
  const loaded = ["commander", "fzstd", "jiti", "modern-tar", "snappyjs"];
  expect(Object.keys(manifest.dependencies)).toEqual(loaded);
});

function filesIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Object.values(value as object).flatMap(filesIn);
}

test("nothing is made of TextDecoder or TextEncoder when the library is loaded", () => {
  const program =
    "delete globalThis.TextDecoder; delete globalThis.TextEncoder;" +
    'for (const entry of ["", "/device", "/core", "/node"])' +
    "  await import(`virtio-mem-engine${entry}`);";
  expect(runNode(["--input-type=module", "--eval", program], consumer)).toBe("");
});

test("jiti is loaded for a policy in TypeScript only", () => {
  const program =
    'import { createRequire } from "node:module";' +
    'await import("virtio-mem-engine/node");' +
    "const loaded = Object.keys(createRequire(import.meta.url).cache);" +
    'console.log(loaded.some((path) => path.includes("jiti")));';
  expect(runNode(["--input-type=module", "--eval", program], consumer)).toBe("false\n");
});
