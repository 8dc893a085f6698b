// What docs/conformance.md tells people to do, done with the installed package.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { describe, expect, inject, test } from "vitest";

import { binOf, runNode } from "./run.js";

const consumer = inject("consumer");
const COMMAND = "node_modules/.bin/virtio-mem";
const KIT = "node_modules/virtio-mem-engine/docs/conformance";
const hasPython = spawnSync("python3", ["--version"]).status === 0;
/** The example devices, as the package brings them; nothing but Node is needed for the first. */
const toys = [
  { language: "JavaScript", program: process.execPath, file: `${KIT}/toy_device.mjs` },
  ...(hasPython ? [{ language: "Python", program: "python3", file: `${KIT}/toy_device.py` }] : []),
];
if (!hasPython) {
  console.log(
    "tests of the example device in Python are left out: there is no python3 on the PATH",
  );
}
const document = readFileSync(join(import.meta.dirname, "../../docs/conformance.md"), "utf8");
const examples = [...document.matchAll(/```js\n([^]*?)```\n\n```text\n([^]*?)```/g)].map(
  ([, code = "", output = ""]) => [code, output] as const,
);

/** Where a compiler is there: the C and Rust examples are programs first. */
const compiled = [
  { language: "C", compiler: "cc", options: ["-O1", "-Wall", "-Wextra", "-Werror"], file: "c" },
  {
    language: "Rust",
    compiler: "rustc",
    options: ["--edition", "2021", "-D", "warnings"],
    file: "rs",
  },
].filter(({ language, compiler }) => {
  const isThere = spawnSync(compiler, ["--version"]).status === 0;
  if (!isThere) {
    console.log(`tests of the example device in ${language} are left out: there is no ${compiler}`);
  }
  return isThere;
});

function vectors(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [COMMAND, "vectors", "--random", "500", ...args], {
    cwd: consumer,
    encoding: "utf8",
  });
}

describe.each(toys)("a device in $language, with the adapter", ({ program, file }) => {
  const command = `"${program}" ${file}`;

  test("agrees over its standard input and output", () => {
    const { status, stdout, stderr } = vectors("--against", command);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^(\S+) of \1 steps agree; of \d+ cases \d+ complete, 0 differ, 3 left out\n/,
    );
    expect(status).toBe(0);
  });

  test("agrees over a Unix socket", async () => {
    const path = join(consumer, `${basename(program)}.sock`);
    const toy = spawn(program, [file, "--socket", path], { cwd: consumer, stdio: "inherit" });
    try {
      await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true);
      const { status, stdout } = vectors("--socket", path);
      expect(stdout).toMatch(/^(\S+) of \1 steps agree/);
      expect(status).toBe(0);
    } finally {
      toy.kill();
    }
  });

  test("differs where it has a defect, and the command says where", () => {
    const { status, stdout } = vectors("--against", `${command} --defect`);
    expect(stdout).toMatch(/05-up-to-the-target, line \d+: .*\n {2}resp: expected NACK, got ACK\n/);
    expect(status).toBe(1);
  });
});

describe.each(compiled)("a device in $language", ({ compiler, options, file }) => {
  test("compiles without a warning, agrees, and differs where it has a defect", () => {
    const toy = join(consumer, `toy_device_${file}`);
    const built = spawnSync(compiler, [...options, "-o", toy, `${KIT}/toy_device.${file}`], {
      cwd: consumer,
      encoding: "utf8",
    });
    expect(built.stderr).toBe("");
    const { status, stdout } = vectors("--against", toy);
    expect(stdout).toMatch(
      /^(\S+) of \1 steps agree; of \d+ cases \d+ complete, 0 differ, 3 left out\n/,
    );
    expect(status).toBe(0);
    const defect = vectors("--against", `${toy} --defect`);
    expect(defect.stdout).toContain("  resp: expected NACK, got ACK\n  rule: plugged_size 0 B and");
    expect(defect.status).toBe(1);
  });
});

test("a device that does not start differs in its first answer, and the command says how it ended", () => {
  const { status, stdout } = vectors("--against", "exit 0");
  expect(stdout).toMatch(/^0 of \d+ steps agree; /);
  expect(stdout).toContain("got its end, by exit status 0");
  expect(status).toBe(1);
});

test("our device stands behind a command of the kit's own", () => {
  const { status, stdout } = vectors(
    "--against",
    `"${process.execPath}" ${COMMAND} device --serve stdio`,
  );
  expect(stdout).toMatch(
    /^(\S+) of \1 steps agree; of \d+ cases \d+ complete, 0 differ, 0 left out\n$/,
  );
  expect(status).toBe(0);
});

describe("device and driver as doubles", () => {
  test("have three examples", () => {
    expect(examples).toHaveLength(3);
    expect([...document.matchAll(/```js\n/g)]).toHaveLength(3);
  });

  test.each(examples.map((example, at) => [at + 1, ...example] as const))(
    "example %i prints what stands below it",
    (at, code, output) => {
      const file = `conformance-${at}.mjs`;
      writeFileSync(join(consumer, file), code);
      expect(runNode([file], consumer)).toBe(output);
    },
  );

  test("are as the declarations say", () => {
    const files = examples.map(([code], at) => {
      const file = `conformance-${at}-typed.mts`;
      // the examples are JavaScript; what a strict compiler wants to be told besides
      const typed = code
        .replace("let notifier;", "let notifier: MemoryNotifier;")
        .replace("new Map()", "new Map<number, MemoryBlockInfo>()")
        .replace("const memory = {", "const memory: LinuxMemory = {")
        .replace("its) {", "its: MemoryNotifier) {")
        .replace("const plug = (block, nbBlocks)", "const plug = (block: number, nbBlocks: number)")
        .replaceAll("device.handleBytes(request);", "device.handleBytes(request)!;")
        .replaceAll("device.handleBytes(unplug)", "device.handleBytes(unplug)!")
        .replaceAll('"PLUG").type', '"PLUG")!.type')
        .replaceAll('"UNPLUG").type', '"UNPLUG")!.type')
        .replace("console.log(low / MiB)", "console.log(low! / MiB)");
      const types = "LinuxMemory, MemoryBlockInfo, MemoryNotifier";
      writeFileSync(
        join(consumer, file),
        `import type { ${types} } from "virtio-mem-engine";\nexport type Used = [${types}];\n${typed}`,
      );
      return file;
    });
    const options = "--noEmit --strict --target es2022 --module nodenext --skipLibCheck false";
    runNode([binOf("tsc"), ...options.split(" "), ...files], consumer);
  });
});
