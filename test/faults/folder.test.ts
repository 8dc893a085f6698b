import { join } from "node:path";

import { beforeAll, expect, test, vi } from "vitest";

import { buildCommand, inFolder, virtioMem } from "../unit/cli/command.js";
import { SmallDisk } from "./small-disk.js";
import { NR_RUNS, SweepUnderTest } from "./sweep-under-test.js";

/** A busy machine is no failure. */
vi.setConfig({ testTimeout: 120_000 });

let table = "";

beforeAll(async () => {
  buildCommand();
  await inFolder(async (folder) => {
    table = (await new SweepUnderTest(folder).start("one", "--threads", "1").ended).stdout;
  });
  expect(table.trimEnd().split("\n")).toHaveLength(NR_RUNS + 1);
}, 120_000);

test("a sweep that is killed goes on by the same command, on threads and as a part", () =>
  inFolder(async (folder) => {
    const of = new SweepUnderTest(folder);
    for (const args of [
      ["--threads", "1"],
      ["--shard", "0/2"],
    ]) {
      const results = `r${args.join("").replace("/", "-")}`;
      const killed = of.start(results, ...args);
      await of.reaches(results, 2);
      killed.child.kill("SIGKILL");
      await killed.ended;
      const { status, stdout } = await of.start(results).ended;
      expect(stdout).toBe(table);
      expect(status).toBe(0);
    }
  }));

test("two at once in one folder both give the whole table", () =>
  inFolder(async (folder) => {
    const of = new SweepUnderTest(folder);
    const both = [1, 2].map(() => of.start("r", "--threads", "1"));
    for (const { ended } of both) expect(await ended).toMatchObject({ status: 0, stdout: table });
    expect(of.nrResults("r")).toBe(NR_RUNS);
  }));

test("a full disk ends it, alone and as a part; it goes on from there, and parts merge", () =>
  inFolder(async (folder) => {
    const disk = SmallDisk.mount(join(folder, "r"));
    if (disk === undefined) {
      console.warn("a full disk is not tried: only root can mount a small one");
      return;
    }
    try {
      const of = new SweepUnderTest(folder);
      for (const args of [
        ["--threads", "2"],
        ["--shard", "1/2"],
      ]) {
        const full = await of.start("r", ...args).ended;
        expect(full.stderr).toContain(
          "--results must name a folder that can be written, got ENOSPC",
        );
        expect(full.status).toBe(2);
      }
      disk.grow();
      for (const shard of ["0/2", "1/2"]) {
        expect((await of.start("r", "--shard", shard).ended).status).toBe(0);
      }
      const merged = virtioMem(["sweep", "merge", disk.path, "--format", "csv"]);
      expect(merged.stdout).toBe(table);
    } finally {
      disk.unmount();
    }
  }));
