import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { buildCommand, EXAMPLE } from "./command.js";

const ROOT = join(import.meta.dirname, "../../..");
const SCENARIO = join(ROOT, "examples/scenarios/safe-ratio.yaml");

const folder = mkdtempSync(join(tmpdir(), "virtio-mem-test-"));

beforeAll(buildCommand, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs `virtio-mem` where a process may reserve so many KiB. */
function within(kib: number, nodeOptions: string, args: readonly string[]) {
  const command = [process.execPath, nodeOptions, join(ROOT, "dist/cli/main.js"), ...args];
  const { status, stdout, stderr } = spawnSync(
    "sh",
    ["-c", `ulimit -v ${kib} && exec "$@"`, "sh", ...command.filter((word) => word !== "")],
    { encoding: "utf8", timeout: 60_000, cwd: folder },
  );
  return { status, stdout, stderr };
}

test.runIf(process.platform === "linux").each([
  [["run", SCENARIO], "2 GiB for this command on 1 thread"],
  [
    ["sweep", SCENARIO, "--vary", "guest.autoMovableRatio=100,301", "--threads", "2"],
    "2.75 GiB for this command on 2 threads",
  ],
])("too little address space for threads: %j", (args, words) => {
  const { status, stderr } = within(1_800_000, "", args);
  expect(stderr).toBe(
    `virtio-mem: the address space (ulimit -v) must be at least ${words}, got 1.717 GiB\n`,
  );
  expect(status).toBe(2);
});

test.runIf(process.platform === "linux")("too little for a guest, and what helps", () => {
  const args = ["predict", EXAMPLE, "--samples", "1"];
  const { status, stderr } = within(3_000_000, "", args);
  expect(stderr).toMatch(
    /^virtio-mem: the machine must have memory .* --disable-wasm-trap-handler/,
  );
  expect(status).toBe(2);
  expect(within(3_000_000, "--disable-wasm-trap-handler", args)).toMatchObject({ status: 0 });
});
