import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

import { DEBUG_CORE } from "../build/core.js";
import { damage, type Edit } from "./edit.js";

const require = createRequire(import.meta.url);
const ASC = join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js");
const VITEST = join(dirname(require.resolve("vitest/package.json")), "vitest.mjs");

/** As in scripts/build/core.ts: without it a core is none of this package, and every test fails. */
const EXPORT_STATE = join(import.meta.dirname, "../build/export-state.mjs");

/** The core that tests run on. */
const CORE = "build/debug.wasm";
/** What the tests need; everything else stays behind. */
const PARTS = ["assembly", "build", "src", "test", "scripts", "examples", "docs"];
const FILES = ["asconfig.json", "package.json", "tsconfig.json"];

/** Test files in the order in which they are asked, the quick ones first. */
const CORE_TESTS: readonly (readonly string[])[] = [
  ["test/golden/examples.test.ts", "test/unit/core/bitmap", "test/unit/core/validate"],
  ["test/golden/free-lists.test.ts"],
  ["test/unit/core", "test/property/bulk", "test/property/chance", "test/property/caches"],
  ["test/golden/allocation-order", "test/golden/predictions"],
  ["test/property/load", "test/property/against-naive-model"],
];
const DRIVER_TESTS: readonly (readonly string[])[] = [
  ["test/unit/linux", "test/unit/virtio-mem"],
  ["test/property/driver", "test/property/device"],
  ["test/golden/predictions.test.ts"],
];
/** Tests that start servers or take long, and say nothing that others do not. */
const LEFT_OUT = ["**/large-device.test.ts", "**/device-command.test.ts", "**/core/load.test.ts"];

/** A mutated core may loop for ever. */
const TEST_TIMEOUT_MS = 180_000;

/** A copy of the tree in which one line at a time is broken. */
export class Sandbox {
  readonly #root: string;
  readonly #folder: string;

  static create(root: string): Sandbox {
    return new Sandbox(root, mkdtempSync(join(tmpdir(), "virtio-mem-mutate-")));
  }

  private constructor(root: string, folder: string) {
    this.#root = root;
    this.#folder = join(folder, "tree");
    mkdirSync(this.#folder);
    for (const part of PARTS) {
      if (existsSync(join(root, part))) {
        cpSync(join(root, part), join(this.#folder, part), { recursive: true });
      }
    }
    for (const file of FILES) cpSync(join(root, file), join(this.#folder, file));
    symlinkSync(join(root, "node_modules"), join(this.#folder, "node_modules"));
    // no set-up: the release core that src/ inlines is not what is tested
    writeFileSync(
      join(this.#folder, "vitest.config.ts"),
      `export default { test: {
        include: ["test/**/*.test.ts"],
        exclude: ${JSON.stringify(LEFT_OUT)},
        env: { VIRTIO_MEM_CORE: "debug" }, setupFiles: ["seed.ts"],
        bail: 1, fileParallelism: false, testTimeout: 60_000, reporters: ["json"], outputFile: "result.json",
      } };\n`,
    );
    // the same verdict each time, and no smaller counterexample
    writeFileSync(
      join(this.#folder, "seed.ts"),
      `import fc from "fast-check";\nfc.configureGlobal({ seed: 1, endOnFailure: true });\n`,
    );
  }

  /** Throws unless all tests pass on the tree as it is; a verdict would mean nothing otherwise. */
  async assertSound(): Promise<void> {
    // compiled as for an edit, so that a core that lacks something fails here
    await this.#compile("assembly", "no edit");
    for (const group of [...CORE_TESTS, ...DRIVER_TESTS]) {
      const failed = await this.#firstFailure(group);
      if (failed !== undefined) throw new Error(`${failed} fails without any edit`);
    }
  }

  /**
   * Makes the edit, asks the tests, and undoes it. Returns the test file that failed, if one did.
   */
  async judge(edit: Edit): Promise<string | undefined> {
    const path = join(this.#folder, edit.file);
    const original = readFileSync(join(this.#root, edit.file), "utf8");
    const isCore = edit.file.startsWith("assembly/");
    writeFileSync(path, damage(original, edit));
    try {
      if (isCore) await this.#compile(edit.file, edit.breaks);
      for (const group of isCore ? CORE_TESTS : DRIVER_TESTS) {
        const failed = await this.#firstFailure(group);
        if (failed !== undefined) return failed;
      }
      return undefined;
    } finally {
      writeFileSync(path, original);
      if (isCore) cpSync(join(this.#root, CORE), join(this.#folder, CORE));
    }
  }

  remove(): void {
    rmSync(dirname(this.#folder), { recursive: true, force: true });
  }

  async #compile(file: string, breaks: string): Promise<void> {
    const args = [ASC, ...DEBUG_CORE, "--transform", EXPORT_STATE, "--outFile", CORE];
    const { code, output } = await this.#run(args, 120_000);
    if (code !== 0) throw new Error(`${file} (${breaks}) does not compile:\n${output}`);
  }

  /** Name of the first test file of these that fails. */
  async #firstFailure(files: readonly string[]): Promise<string | undefined> {
    const result = join(this.#folder, "result.json");
    rmSync(result, { force: true });
    const { code, output } = await this.#run([VITEST, "run", ...files], TEST_TIMEOUT_MS);
    if (code === 0) return undefined;
    if (code === undefined) return "no end in sight";
    if (!existsSync(result)) throw new Error(`vitest did not run:\n${output}`);
    const { testResults } = JSON.parse(readFileSync(result, "utf8")) as {
      testResults: readonly { name: string; status: string }[];
    };
    const failed = testResults.find(({ status }) => status === "failed");
    if (failed === undefined) throw new Error(`vitest failed without a failing test:\n${output}`);
    return basename(failed.name);
  }

  /** Runs a script of Node; `code` is undefined where it had to be stopped. */
  #run(
    args: readonly string[],
    timeoutMs: number,
  ): Promise<{ code: number | undefined; output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, args, { cwd: this.#folder, detached: true });
      let output = "";
      const collect = (data: Buffer): void => {
        output += data.toString();
      };
      child.stdout.on("data", collect);
      child.stderr.on("data", collect);
      let isStopped = false;
      const timer = setTimeout(() => {
        isStopped = true;
        // vitest runs its tests in children of its own: stop the whole group
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      }, timeoutMs);
      child.on("error", reject);
      child.on("exit", (code) => {
        clearTimeout(timer);
        resolve({ code: isStopped ? undefined : (code ?? 1), output });
      });
    });
  }
}
