import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { registerDevice } from "../../../src/cli/device.js";
import { registerVectors } from "../../../src/cli/vectors.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "device-command-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const COMMAND = [join(ROOT, "node_modules/tsx/dist/cli.mjs"), join(ROOT, "src/cli/main.ts")];

afterEach(() => {
  process.exitCode = 0;
});

/** Runs a command in this process; what it throws main.ts prints, with exit code 2. */
async function run(...args: string[]): Promise<{ status: unknown; stdout: string }> {
  const program = new Command();
  registerDevice(program);
  registerVectors(program);
  let stdout = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    process.exitCode = 0;
    await program.parseAsync(args, { from: "user" });
  } finally {
    write.mockRestore();
  }
  return { status: process.exitCode, stdout };
}

function file(name: string, lines: readonly object[] | string): string {
  const path = join(folder, name);
  const text =
    typeof lines === "string" ? lines : lines.map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(path, text);
  return path;
}

const REQUESTS = [
  { req: "requested-size", size: 67108864, result: "ignored" },
  { req: "PLUG", off: 0, nb_blocks: 1, resp: "ignored", cfg: {} },
  { req: "STATE", off: 0, nb_blocks: 2, note: "ignored" },
  { req: "requested-size", size: 1 },
  { req: "raw9" },
  { req: "UNPLUG_ALL" },
  { req: "system_reset" },
];

describe("device --replay", () => {
  test("answers nothing where a line is wrong, and prints long answers piece by piece", async () => {
    const many = Array.from({ length: 2000 }, () => ({ req: "STATE", nb_blocks: 1 }));
    const wrong = file("wrong.jsonl", [...many, { req: "PLUG", nb_blocks: -1 }]);
    let stdout = "";
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += String(text);
      return true;
    });
    const program = new Command();
    registerDevice(program);
    const played = program.parseAsync(["device", "--replay", wrong], { from: "user" });
    await expect(played).rejects.toThrow("line 2001: nb_blocks must be a whole number");
    expect(stdout).toBe("");
    await program.parseAsync(["device", "--replay", file("many.jsonl", many)], { from: "user" });
    expect(write.mock.calls.length).toBeGreaterThan(1);
    write.mockRestore();
    expect(stdout.trimEnd().split("\n")).toHaveLength(2000);
  });

  test("prints one JSON line per line, with the geometry of meta.json beside the file", async () => {
    file(
      "meta.json",
      JSON.stringify({ block_size: 4194304, region: { gpa: 4294967296, size: 134217728 } }),
    );
    const { status, stdout } = await run(
      "device",
      "--replay",
      file("requests.jsonl", REQUESTS),
      "--json",
    );
    expect(status).toBe(0);
    const cfg = (usable: number, plugged: number): object => ({
      usable_region_size: usable,
      plugged_size: plugged,
      requested_size: 67108864,
    });
    const plugged = cfg(134217728, 4194304);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      { result: "OK", cfg: cfg(134217728, 0) },
      { resp: "ACK", cfg: plugged },
      { resp: "ACK", state: "MIXED", cfg: plugged },
      { result: "error", cfg: plugged },
      { resp: "none", needsReset: true, cfg: plugged },
      { resp: "none", needsReset: true, cfg: plugged },
      { cfg: cfg(134217728, 0) },
    ]);
  });

  test("takes the flavour and the geometry from options", async () => {
    const { stdout } = await run(
      ...[
        "device",
        "--replay",
        file("few.jsonl", REQUESTS.slice(0, 2)),
        "--flavour",
        "firecracker",
      ],
      ...["--region-size", "1GiB", "--device-block-size", "2MiB", "--region-start", "8GiB"],
    );
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as { cfg: object };
    expect(last.cfg).toEqual({
      usable_region_size: 134217728,
      plugged_size: 2097152,
      requested_size: 67108864,
    });
  });

  test.each([
    { args: [], message: "device must have --replay or --serve, got neither" },
    {
      args: ["--replay", join(folder, "absent.jsonl")],
      message: /^--replay must name a file that can be read, got: ENOENT/,
    },
    {
      args: ["--replay", file("bad.jsonl", '{"req":"PLUG"}\n{"req":"FLY"}')],
      message: "line 2: req must be a request that is known, got FLY",
    },
  ])("says what is wrong: $message", async ({ args, message }) => {
    await expect(run("device", ...args)).rejects.toThrow(message);
  });
});

describe("vectors", () => {
  const serve = (flavour: string): string =>
    [process.execPath, ...COMMAND, "device", "--serve", "stdio", "--flavour", flavour]
      .map((word) => `'${word}'`)
      .join(" ");

  test("are written to a file and tried on a device that another process serves", async () => {
    const out = join(folder, "vectors.jsonl");
    await run("vectors", "--random", "200", "--seed", "5", "--out", out);
    expect(readFileSync(out, "utf8")).toMatch(/^{"req":"vectors","version":1,"flavour":"qemu"}\n/);
    const same = await run("vectors", out, "--against", serve("qemu"));
    expect(same.stdout).toMatch(/^([\d,]+) of \1 steps agree; of 49 cases 49 complete, 0 differ/);
    expect(same.status).toBe(0);
    const other = await run("vectors", out, "--against", serve("cloud-hypervisor"), "--json");
    expect(other.status).toBe(1);
    const results = other.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(results).toHaveLength(49);
    expect(results[0]).toMatchObject({ name: "01-end-of-the-usable-region", skipped: false });
  });

  test("are tried on a device behind a Unix socket", async () => {
    const socket = join(folder, "device.sock");
    const served = run("device", "--serve", socket, "--flavour", "firecracker");
    await vi.waitUntil(() => existsSync(socket));
    const options = ["--flavour", "firecracker", "--random", "100"];
    const { stdout } = await run("vectors", "--socket", socket, ...options);
    await served;
    expect(stdout).toMatch(/49 complete, 0 differ, 0 left out/);
  });

  test("say what is wrong", async () => {
    await expect(run("vectors", "--random", "x")).rejects.toThrow(
      "--random must be a whole number, got x",
    );
    const ended = await run("vectors", "--random", "0", "--against", "true");
    expect(ended).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("got its end, by exit status 0") as string,
    });
    const nowhere = await run("vectors", "--random", "0", "--socket", join(folder, "none"));
    expect(nowhere).toMatchObject({
      status: 1,
      stdout: expect.stringContaining("ENOENT") as string,
    });
  });
}, 60_000);
