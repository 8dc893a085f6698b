import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { shardOf } from "../../../src/cli/sweep-shard.js";
import { buildCommand, EXAMPLE, inFolder, interrupted, virtioMem } from "./command.js";

const ROOT = join(import.meta.dirname, "../../..");

beforeAll(buildCommand, 120_000);

const SCENARIO = `duration: 2s
device: {regionSize: 1GiB, requestedSize: 1GiB}
host: [{at: 1s, requestedSize: 0}]
workloads: [{kind: anonymous, size: 64MiB, churnRate: 10MiB}]
`;
const VARY = [
  "--vary",
  "guest.autoMovableRatio=100,301,600",
  "--vary",
  "device.blockSize=2MiB,4MiB",
];

function withScenario<T>(use: (file: string, folder: string) => T | Promise<T>): Promise<T> {
  return inFolder((folder) => {
    const file = join(folder, "s.yaml");
    writeFileSync(file, SCENARIO);
    return use(file, folder);
  });
}

describe("sweep", () => {
  test(
    "goes on where it ended; the table is the same on one thread and on several",
    () =>
      withScenario((file, folder) => {
        const args = ["sweep", file, ...VARY, "--seeds", "2", "--format", "csv"];
        const one = join(folder, "one");
        const first = virtioMem([...args, "--threads", "1", "--results", one]);
        expect(first.stderr).toBe("");
        expect(first.stdout.trimEnd().split("\n")).toHaveLength(13);
        const several = join(folder, "several");
        const second = virtioMem([...args, "--threads", "3", "--results", several]);
        expect(second.stdout).toBe(first.stdout);
        const names = readdirSync(join(one, "results"));
        expect(names).toEqual(readdirSync(join(several, "results")));
        // one is gone, one is damaged: both are made again
        rmSync(join(one, "results", names[0] ?? ""));
        writeFileSync(join(one, "results", names[1] ?? ""), '{"key":');
        expect(virtioMem([...args, "--results", one]).stdout).toBe(first.stdout);
      }),
    120_000,
  );

  test(
    "of a scenario that begins with a capture names its results by that capture, too",
    () =>
      inFolder((folder) => {
        const file = join(folder, "s.yaml");
        cpSync(EXAMPLE, join(folder, "capture.tar.gz"));
        writeFileSync(
          file,
          "start: capture.tar.gz\nduration: 2s\nhost: [{at: 1s, requestedSize: 0}]\n",
        );
        const results = join(folder, "results");
        const args = ["sweep", file, "--policies", "linux,isolate-first", "--results", results];
        const { status, stdout } = virtioMem([...args, "--threads", "2", "--format", "csv"]);
        expect(status).toBe(0);
        expect(stdout.trimEnd().split("\n")).toHaveLength(3);
        cpSync(join(ROOT, "test/golden/exact/pinned-7.2.tar"), join(folder, "capture.tar.gz"));
        expect(virtioMem(args)).toMatchObject({ status: 2, stdout: "" });
        expect(virtioMem([...args, "--vary", "start=a.tar.gz"]).stderr).toContain("key start");
      }),
    120_000,
  );

  test(
    "shards make all of it together",
    () =>
      withScenario((file, folder) => {
        const args = ["sweep", file, ...VARY, "--format", "json"];
        const whole = virtioMem([...args, "--results", join(folder, "whole")]).stdout;
        const parts = [0, 1].map((index) => join(folder, `part-${index}`));
        for (const [index, part] of parts.entries()) {
          const { stdout } = virtioMem([...args, "--results", part, "--shard", `${index}/2`]);
          expect(JSON.parse(stdout)).toMatchObject({ missing: 3 });
        }
        expect(virtioMem(["sweep", "merge", ...parts, "--format", "json"]).stdout).toBe(whole);
        cpSync(join(parts[1] ?? "", "results"), join(parts[0] ?? "", "results"), {
          recursive: true,
        });
        expect(virtioMem(["sweep", "merge", parts[0] ?? "", "--format", "json"]).stdout).toBe(
          whole,
        );
      }),
    120_000,
  );

  test(
    "a signal loses nothing that has run",
    () =>
      withScenario(async (file, folder) => {
        const results = join(folder, "results");
        const args = ["sweep", file, ...VARY, "--seeds", "900", "--results", results];
        const { status, stdout } = await interrupted(args, 6000);
        expect(status).toBe(130);
        expect(stdout).toMatch(/\d+\s+of\s+5,400\s+runs\s+are\s+missing\.|No run has been made\./);
        const made = readdirSync(join(results, "results"));
        for (const name of made) expect(name).toMatch(/^[\da-f]{32}\.json$/);
      }),
    60_000,
  );

  test(
    "of a captured guest",
    () =>
      inFolder((folder) => {
        const args = ["sweep", EXAMPLE, "--policies", "linux,sense-first", "--format", "json"];
        const { stdout } = virtioMem([...args, "--results", join(folder, "r")]);
        expect(JSON.parse(stdout)).toMatchObject({
          kind: "capture",
          rows: [{ setting: { policy: "sense-first" } }, { setting: { policy: "linux" } }],
        });
      }),
    60_000,
  );

  test(
    "refuses the folder of another sweep, and one that is none",
    () =>
      withScenario((file, folder) => {
        const results = join(folder, "r");
        virtioMem(["sweep", file, "--results", results]);
        const other = virtioMem(["sweep", file, ...VARY, "--results", results]);
        expect(other.stderr).toContain("--results must name a folder of this sweep");
        expect(other.status).toBe(2);
        mkdirSync(join(folder, "empty"));
        const none = virtioMem(["sweep", "merge", join(folder, "empty")]);
        expect(none.stderr).toContain("must hold sweep.json, got none");
        expect(virtioMem(["sweep", file, "--results", file]).status).toBe(2);
        expect(virtioMem(["sweep", file, "--results", "/proc/x"]).status).toBe(2);
      }),
    60_000,
  );

  test.each([
    [["--vary", "guest.autoMovableRato=1"], 'did you mean "autoMovableRatio"?'],
    [["--vary", "device.blockSize=3MiB"], "must be a power of two"],
    [["--seeds", "0"], "--seeds must be a whole number from 1 to 1,000"],
    [["--threads", "x"], "--threads must be a whole number"],
    [["--shard", "2/2"], "--shard must be a number from 0 on"],
    [["--policies", "nonsense"], "policy: must be one of"],
  ])("%j is refused before anything runs", (args, words) =>
    withScenario((file, folder) => {
      const { status, stdout, stderr } = virtioMem([
        "sweep",
        file,
        ...args,
        "--results",
        join(folder, "r"),
      ]);
      expect(stderr).toContain(words);
      expect([status, stdout]).toEqual([2, ""]);
      expect(readdirSync(folder)).toEqual(["s.yaml"]);
    }),
  );
});

describe("--shard", () => {
  test.each([
    ["0/8", {}, { index: 0, of: 8 }],
    ["auto/8", { JOB_COMPLETION_INDEX: "7" }, { index: 7, of: 8 }],
    [
      "auto",
      { SLURM_ARRAY_TASK_ID: "5", SLURM_ARRAY_TASK_MIN: "1", SLURM_ARRAY_TASK_COUNT: "8" },
      { index: 4, of: 8 },
    ],
  ])("%s", (text, env, shard) => {
    expect(shardOf(text, env)).toEqual(shard);
  });

  test.each([
    ["8/8", {}],
    ["1", {}],
    ["auto/8", {}],
    ["auto/8", { JOB_COMPLETION_INDEX: "8" }],
    ["auto", { JOB_COMPLETION_INDEX: "1" }],
    ["1/2/3", {}],
    ["-1/2", {}],
  ])("%s with %j is refused", (text, env) => {
    expect(() => shardOf(text, env)).toThrow("--shard");
  });
});
