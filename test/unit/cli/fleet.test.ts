import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildCommand, EXAMPLE, inFolder, interrupted, stuckPolicy, virtioMem } from "./command.js";

beforeAll(buildCommand, 120_000);

/** On a busy machine. */
const PATIENCE = 90_000;

/** A folder with a capture that can be used and one that cannot. */
function withFleet(use: (folder: string) => void): Promise<void> {
  return inFolder((folder) => {
    cpSync(EXAMPLE, join(folder, "virtio-mem-capture-web-1.tar.gz"));
    writeFileSync(join(folder, "web-2.tar.gz"), "no archive");
    use(folder);
  });
}

describe("predict with several captures", () => {
  test("a bad one is a row with its reason, the others are answered, the status is 2", () =>
    withFleet((folder) => {
      const { status, stdout } = virtioMem(["predict", folder, "--samples", "0"]);
      expect(status).toBe(2);
      expect(stdout).toMatch(/^web-1 +v6\.1 +3 GiB +3018 MiB/m);
      expect(stdout).toMatch(/^web-2 .*\n +cannot be used: /m);
      for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    }));

  test("a line of JSON for each", () =>
    withFleet((folder) => {
      const files = ["virtio-mem-capture-web-1.tar.gz", "web-2.tar.gz"];
      const { stdout } = virtioMem([
        "predict",
        ...files.map((name) => join(folder, name)),
        "--samples",
        "0",
        "--format",
        "jsonl",
      ]);
      const rows = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
      expect(rows).toMatchObject([
        { guest: "web-1", answer: { shortSize: 54 * 1024 ** 2 }, error: null },
        { guest: "web-2", answer: null },
      ]);
    }));

  test.each([
    [[EXAMPLE, EXAMPLE], "must name each capture once"],
    [["-", EXAMPLE], "must be files where there are several, got -"],
    [[EXAMPLE, "--format", "csv", "--svg", "x.svg"], "--svg must be left out"],
    [[EXAMPLE, "--format", "csv", "--json"], "--json must be left out"],
    [[EXAMPLE, "--fail-above", "much"], "--fail-above must be a number with a unit"],
  ])("%s", (args, words) => {
    const { status, stdout, stderr } = virtioMem(["predict", ...args]);
    expect(stderr).toContain(words);
    expect([status, stdout]).toEqual([2, ""]);
  });

  test("a recording of one guest stays one", () =>
    inFolder((folder) => {
      writeFileSync(join(folder, "meta.json"), "{}");
      for (const step of ["step1", "step2"]) {
        mkdirSync(join(folder, step));
        writeFileSync(join(folder, step, "before.kpf.gz"), "");
      }
      const { status, stderr } = virtioMem(["predict", folder]);
      expect(stderr).toContain("must hold one capture, got 2: step1, step2");
      expect(status).toBe(2);
    }));
});

test.each([
  ["53MiB", 1],
  ["54MiB", 0],
])("predict --fail-above %s ends with %i", (size, expected) => {
  const { status, stdout } = virtioMem([
    "predict",
    EXAMPLE,
    "--samples",
    "0",
    "--fail-above",
    size,
  ]);
  expect(status).toBe(expected);
  expect(stdout).toContain("54 MiB stay plugged");
});

describe("a signal in the midst of several captures", () => {
  test.each([
    { what: "predictions", more: [] },
    { what: "comparisons", more: ["--after"] },
  ])(
    "ends $what with the rows so far, and says how many",
    ({ more }) =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, "a-broken.tar.gz"), "no archive");
        cpSync(EXAMPLE, join(folder, "b.tar.gz"));
        const [policy, begun] = ["stuck.js", "begun"].map((name) => join(folder, name));
        const unplug = "unplug: { memoryBlocks: () => getStuck() }";
        writeFileSync(policy!, stuckPolicy(unplug, begun!));
        const after = more.flatMap((flag) => [flag, folder]);
        const args = ["predict", folder, ...after, "--policy", policy!, "--requested-size", "0"];
        const { status, stdout, stderr, ms } = await interrupted(args, begun!);
        expect(status).toBe(130);
        expect(stdout).toMatch(/^a-broken[ :]/m);
        expect(stdout).not.toMatch(/^b[ :]/m);
        expect(stderr).toContain("stopped after 1 of 2 captures");
        expect(ms).toBeLessThan(5000);
      }),
    PATIENCE,
  );
});
