import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildCommand, EXAMPLE, inFolder, virtioMem } from "./command.js";

beforeAll(buildCommand, 120_000);

const WEB = join(import.meta.dirname, "../../golden/recordings/s-web-normal");
const [STEP2 = "", STEP3 = ""] = ["step2", "step3"].map((step) => join(WEB, step));

describe("predict --after", () => {
  test("says what was predicted, what happened, and whether the interval held", () => {
    const args = ["predict", STEP2, "--after", STEP3, "--requested-size", "1GiB"];
    const { status, stdout } = virtioMem(args);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^The size is as predicted\.\n/);
    expect(stdout).toContain("Blocks right     1,024 of 1,024 (100.00 %)");
    const { outcome } = JSON.parse(virtioMem([...args, "--json"]).stdout) as {
      outcome: { wrong: unknown[]; isInside: boolean };
    };
    expect(outcome).toMatchObject({ wrong: [], isInside: true });
  });

  test("names the blocks that ended otherwise, and what was to hold them", () => {
    const args = ["predict", EXAMPLE, "--after", EXAMPLE, "--requested-size", "0"];
    const { stdout } = virtioMem([...args, "--samples", "0"]);
    expect(stdout).toContain("3018 MiB more stay plugged than predicted, outside the 90 %");
    expect(stdout).toContain("3018 MiB stayed, though predicted to go\n");
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("of two folders is a table; what cannot be compared is a line", () =>
    inFolder((folder) => {
      const [before = "", after = ""] = ["before", "after"].map((name) => join(folder, name));
      for (const path of [before, after]) {
        mkdirSync(path);
        cpSync(EXAMPLE, join(path, "web.tar.gz"));
        writeFileSync(join(path, "broken.tar.gz"), "none");
      }
      const args = ["predict", before, "--after", after, "--requested-size", "3GiB"];
      const { status, stdout } = virtioMem(args);
      expect(status).toBe(2);
      expect(stdout).toContain("1 of 1 sizes as predicted; 1 inside the 90 % interval");
      expect(stdout).toMatch(/^web +3 GiB +- +3 GiB +yes +1,536\/1,536$/m);
      expect(stdout).toMatch(/^broken: /m);
    }));

  test.each([
    [["--what-if", "sync"], "--what-if must be left out with --after"],
    [["--svg", "x.svg"], "--svg must be left out with --after"],
  ])("%j is refused", (more, words) => {
    const { status, stderr } = virtioMem(["predict", EXAMPLE, "--after", EXAMPLE, ...more]);
    expect(stderr).toContain(words);
    expect(status).toBe(2);
  });

  test("another device, and a request that nothing says, are refused", () => {
    const other = virtioMem(["predict", EXAMPLE, "--after", WEB, "--folder", "step1"]);
    expect(other.status).toBe(2);
    const silent = virtioMem(["predict", STEP2, "--after", STEP3]);
    expect(silent.stderr).toContain("--requested-size must say what was requested");
    expect(silent.status).toBe(2);
  });
});
