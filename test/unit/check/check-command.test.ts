import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Command } from "commander";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";

import { registerCheck } from "../../../src/cli/check.js";

const GOLDEN = fileURLToPath(new URL("../../golden/", import.meta.url));
const DEVICE = join(GOLDEN, "recordings/h-device-directed-2m");
const folder = mkdtempSync(join(tmpdir(), "check-command-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  process.exitCode = 0;
});

/** Runs the command in this process; what it throws main.ts prints, with exit code 2. */
async function check(...args: string[]): Promise<{ status: unknown; lines: string[] }> {
  const program = new Command();
  registerCheck(program);
  let stdout = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  try {
    process.exitCode = 0;
    await program.parseAsync(["check", ...args], { from: "user" });
  } finally {
    write.mockRestore();
  }
  return { status: process.exitCode, lines: stdout.trimEnd().split("\n") };
}

/** A recording of one file in a folder of its own. */
function recording(name: string, file: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, file), text);
  return path;
}

test("several recordings, of several kinds, one after the other", async () => {
  const { status, lines } = await check(DEVICE, join(GOLDEN, "lists/e10"));
  expect(lines).toEqual([
    `${DEVICE}: agrees; 56 of 56 lines`,
    expect.stringMatching(
      /e10: 19 steps, 25 of 25 results and 17 of 17 free-list dumps identical$/,
    ),
  ]);
  expect(status).toBe(0);
});

test("one JSON object per observation", async () => {
  const { status, lines } = await check("--json", DEVICE);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ kind: "device", recording: DEVICE, agrees: true, difference: null }),
  ]);
  expect(status).toBe(0);
});

test("exit status 1 where something differs", async () => {
  const path = recording(
    "differs",
    "requests.jsonl",
    '{"req":"PLUG","off":0,"nb_blocks":1,"resp":"ACK"}\n',
  );
  const meta = { block_size: 2 ** 21, region: { gpa: 2 ** 32, size: 2 ** 30 } };
  writeFileSync(join(path, "meta.json"), JSON.stringify(meta));
  const { status, lines } = await check(path);
  expect(lines.slice(0, 4)).toEqual([
    `${path}: differs; 0 of 1 lines`,
    '  first difference: line 1: {"req":"PLUG","off":0,"nb_blocks":1}',
    "    recorded resp ACK",
    "    model    resp ERROR",
  ]);
  expect(lines[4]).toMatch(/^ {4}why {6}it leaves the usable region of 0 B; /);
  expect(status).toBe(1);
});

describe("what cannot be read is an error that names it", () => {
  test("a path that is not there", async () => {
    await expect(check(join(folder, "nowhere"))).rejects.toThrow(/got no such file$/);
  });

  test("a recording whose file breaks a rule", async () => {
    const path = recording("bad", "expected.json", "{}");
    await expect(check(path)).rejects.toThrow(
      `${path}: expected.json: t_request must be a number of seconds, got undefined`,
    );
  });

  test("what was printed before stays", async () => {
    const path = recording("empty", "notes.txt", "");
    await expect(check(DEVICE, path)).rejects.toThrow(/must hold one of .*, got none$/);
  });
});
