import { readFileSync, writeFileSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { buildCommand, EXAMPLE, inFolder, interrupted, stuckPolicy, virtioMem } from "./command.js";

beforeAll(buildCommand, 120_000);

const SCENARIO = `duration: 1s
device: {regionSize: 1GiB, requestedSize: 256MiB}
`;

describe("policies in modules", () => {
  test.each([
    ["process.exit(0); export default {name:'a',summary:'x'};", "must not end the process"],
    [
      "export default {name:'a',summary:'x',unplug:{rank:()=>Object.create(null)}};",
      "rank() must return a finite number",
    ],
    [
      "export default {name:'a',summary:'x',online:{autoOnline:'nonsense'}};",
      "online.autoOnline must be offline, online",
    ],
    [
      "export default {name:'a',summary:'x',unplug:{accepts:[()=>{throw {toString(){throw 1}}}]}};",
      "accepts() must not throw",
    ],
    ["export default new Proxy({},{get(){throw null}});", "must load, got: null"],
    [
      "Promise.reject(new Error('unhandled'));export default {name:'a',summary:'x'};",
      "must not throw outside its functions, got: unhandled",
    ],
    [
      "const keep=[];export default {name:'a',summary:'x',unplug:{accepts:[()=>{keep.push(Buffer.alloc(1<<28,1));return true;}]}};",
      "must keep at most 512 MiB of buffers",
    ],
  ])("%s", (code, words) =>
    inFolder((folder) => {
      const module = join(folder, "policy.mjs");
      writeFileSync(module, code);
      const { status, stdout, stderr } = virtioMem(["predict", EXAMPLE, "--policy", module]);
      expect(stderr).toContain(words);
      expect(stderr).toMatch(/^virtio-mem: [^\n]*\n$/);
      expect([status, stdout]).toEqual([2, ""]);
    }),
  );

  test("that print and keep timers change neither the answer nor its end", () =>
    inFolder((folder) => {
      const module = join(folder, "policy.mjs");
      writeFileSync(
        module,
        "console.log('NOISE'); setInterval(()=>{},1000); export default {name:'a',summary:'x'};",
      );
      const { status, stdout, stderr } = virtioMem([
        "predict",
        EXAMPLE,
        "--json",
        "--policy",
        module,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ policy: "a" });
      expect([status, stderr]).toEqual([0, "NOISE\n"]);
    }));
});

describe("output files", () => {
  test("never overwrite the input", () =>
    inFolder((folder) => {
      const file = join(folder, "in.csv");
      writeFileSync(file, SCENARIO);
      const { status, stderr } = virtioMem(["run", file, "--csv", file]);
      expect(stderr).toContain("--csv must name a file that can be written, got the input");
      expect(status).toBe(2);
      expect(readFileSync(file, "utf8")).toBe(SCENARIO);
    }));

  test.each([
    [["--svg", "x.png"], "--svg must name a file that ends in .svg"],
    [["--html", "x.svg"], "--html must name a file that ends in .html"],
    [["--html", "-", "--csv", "-"], "--html must go to a file where --csv takes standard output"],
    [["--svg", "nowhere/x.svg"], "--svg must name a file that can be written, got ENOENT"],
    [["--csv", "."], "--csv must name a file that can be written, got a folder"],
    [["--svg", "-", "--json"], "--svg must go to a file where --json takes standard output"],
  ])("run %s is refused before anything runs", (args, words) =>
    inFolder((folder) => {
      const file = join(folder, "in.yaml");
      writeFileSync(file, SCENARIO.replace("1s", "2400h"));
      const { status, stdout, stderr } = virtioMem(["run", file, ...args]);
      expect(stderr).toContain(words);
      expect([status, stdout]).toEqual([2, ""]);
    }),
  );

  test("are written beside and renamed; - is standard output", () =>
    inFolder((folder) => {
      const [file, svg] = [join(folder, "in.yaml"), join(folder, "out.svg")];
      writeFileSync(file, SCENARIO);
      writeFileSync(svg, "old");
      const drawn = virtioMem(["run", file, "--svg", "-"]);
      expect(drawn.stdout).toMatch(/^<svg /);
      expect(virtioMem(["run", file, "--svg", svg]).stdout).toContain("The picture is in");
      expect(readFileSync(svg, "utf8")).toBe(drawn.stdout);
      expect(readdirSync(folder).sort()).toEqual(["in.yaml", "out.svg"]);
      const page = virtioMem(["run", file, "--html", "-"]).stdout;
      expect(page).toMatch(/^<!doctype html>\n/);
      expect(page).toContain(drawn.stdout.trimEnd());
    }));

  test.runIf(existsSync("/dev/full"))("standard output that is full is told in words", () => {
    const { status, stderr } = virtioMem(["run", "/dev/null"]);
    expect([status, stderr]).toEqual([2, "virtio-mem: <file> must name a file, got a device\n"]);
  });
});

describe("signals", () => {
  const hostile = [
    [
      "a workload",
      "duration: 100h\nworkloads: [{kind: anonymous, size: 512MiB, faultRate: 8000TiB, churnRate: 8000TiB, chunk: 4KiB}]\n",
    ],
    [
      "a driver's run",
      "duration: 1s\nguest: {bootMemory: 1GiB}\ndevice: {regionSize: 15TiB, requestedSize: 15TiB}\n",
    ],
    [
      "a controller",
      "duration: 2400h\ncontrollers: [{every: 1ms, step: 128MiB}]\ndevice: {regionSize: 1GiB}\n",
    ],
  ];
  test.each(hostile)("end %s within a second", async (_, text) => {
    await inFolder(async (folder) => {
      const file = join(folder, "in.yaml");
      writeFileSync(file, text);
      const { status, stdout, stderr, ms } = await interrupted(["run", file], 2500);
      // null: on a busy machine the signal can come before the command hears any
      expect([130, null]).toContain(status);
      if (status === 130) {
        expect(stdout + stderr).toMatch(/Interrupted after|stopped before there was a result/);
      }
      // a second, and what a busy machine takes to say so
      expect(ms).toBeLessThan(2500);
    });
  });
});

test(
  "a signal in the midst of one long call ends a run with what it had before",
  { timeout: 90_000 },
  () =>
    inFolder(async (folder) => {
      const [file, policy, begun] = ["in.yaml", "stuck.js", "begun"].map((name) =>
        join(folder, name),
      );
      writeFileSync(file!, "duration: 20s\n");
      const decide =
        "({ nowMs, requestedSize }) => (nowMs < 6000 ? busy(100) : getStuck(), requestedSize)";
      writeFileSync(
        policy!,
        stuckPolicy(`controller: { periodMs: 500, decide: ${decide} }`, begun!),
      );
      const args = ["run", file!, "--policy", policy!];
      const { status, stdout, stderr } = await interrupted(args, begun!);
      expect(status).toBe(130);
      expect(stdout).toMatch(/^Interrupted after \d/m);
      expect(stderr).toMatch(/^virtio-mem: stopped after [\d.]+ s of 20 s$/m);
    }),
);

describe("what people type", () => {
  test("a capture through a pipe", () => {
    const { stdout, status } = virtioMem(["predict", "-"], { input: readFileSync(EXAMPLE) });
    expect(stdout).toMatch(/^3018 MiB of/);
    expect(status).toBe(0);
  });

  test.each([
    ["--requested-size", "1.3GiB"],
    ["--requested-size", "1Gi"],
    ["--region-start", "0x100000000"],
    ["--until", "1min30s"],
    ["--color", "never"],
  ])("predict %s %s", (flag, value) => {
    const { status, stderr } = virtioMem(["predict", EXAMPLE, flag, value]);
    expect([stderr, status]).toEqual(["", 0]);
  });

  test.each([
    [["predict", EXAMPLE, "--requested-size", "3MiB"], "--requested-size must be a multiple of"],
    [["predict", EXAMPLE, "--region-start", "0x123"], "--region-start"],
    [["predict", "nowhere"], "nowhere must be a folder or an archive, got no such file"],
    [["predict", "/dev/zero"], "/dev/zero must be a folder or an archive, got something else"],
    [["run", "nowhere.yaml"], "<file> must name a file that can be read, got: ENOENT"],
    [["vectors", "--case", "x", "--against", "cat"], "got"],
    [
      ["compare", EXAMPLE, "--policies", "linux", "--seeds", `${"9".repeat(10_000)}x`],
      "--seeds must be",
    ],
  ])("%j: %s", (args, words) => {
    const { status, stderr } = virtioMem(args);
    expect(stderr).toContain(words);
    expect(stderr.length).toBeLessThan(1200);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(2);
  });

  test("colors on request only", () => {
    const escape = "\u001b[";
    expect(virtioMem(["predict", EXAMPLE]).stdout).not.toContain(escape);
    expect(virtioMem(["predict", EXAMPLE, "--color", "always"]).stdout).toContain(escape);
  });
});

describe("a device under test", () => {
  const against = (command: string, ...more: string[]) =>
    virtioMem(["vectors", "--random", "0", "--against", command, ...more]);

  test.each([
    ["sleep 100", "no answer within 1.2 s"],
    ["exit 3", "its end, by exit status 3"],
    ["./nonexist", "its end, by exit status 127"],
    ["head -c 100000 /dev/zero | tr '\\0' x", "frame must have at most"],
    ["cat", "got"],
  ])("%s: %s", (command, words) => {
    const { status, stdout, ms } = against(command, "--timeout", "300ms");
    expect(stdout).toContain(words);
    expect(status).toBe(1);
    expect(ms).toBeLessThan(30_000);
  });

  test.each([
    ["tap", /^TAP version 13\n1\.\.\d+\nnot ok 1 - /],
    ["junit", /^<\?xml version="1\.0"/],
    ["json", /^\{"name":/],
  ])("results as %s", (format, start) => {
    expect(against("exit 3", "--format", format).stdout).toMatch(start);
  });
});
