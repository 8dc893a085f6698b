// Policies in modules, through the command of the installed package: right ones, and such that
// never come back.

import { spawnSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, inject, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const consumer = inject("consumer");
const archive = join(root, "examples/captures/web-server.tar.gz");
const command = join(consumer, "node_modules/virtio-mem-engine/dist/cli/main.js");

function runCommand(...args: string[]) {
  const ended = spawnSync(process.execPath, [command, ...args], {
    cwd: consumer,
    encoding: "utf8",
  });
  return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
}

/** Predicts under a policy module of this code. */
function predictWith(file: string, code: string) {
  writeFileSync(join(consumer, file), code);
  return runCommand("predict", archive, "--policy", `./${file}`);
}

test("the example of the documents runs as it is, alone and in combination", () => {
  cpSync(join(root, "examples/policies/calm-first.ts"), join(consumer, "calm-first.ts"));
  const names = "linux,./calm-first.ts+shrink-slab";
  const { status, stdout } = runCommand("compare", archive, "--policies", names, "--json");
  expect(status).toBe(0);
  const { policies } = JSON.parse(stdout) as { policies: { policy: string }[] };
  expect(policies.map(({ policy }) => policy)).toEqual(["linux", "calm-first+shrink-slab"]);
});

test("a scenario names a policy module relative to its file", () => {
  cpSync(join(root, "examples/policies/calm-first.ts"), join(consumer, "calm-first.ts"));
  const scenario = join(consumer, "own-policy.yaml");
  writeFileSync(
    scenario,
    "duration: 1s\nguest: {}\npolicy: ./calm-first.ts\ndevice: {regionSize: 1GiB}\n",
  );
  const { status, stdout } = runCommand("run", scenario, "--json");
  expect(status).toBe(0);
  expect((JSON.parse(stdout) as { policy: string }).policy).toBe("calm-first");
});

test.each([
  [
    "loops.mjs",
    "export default {name: 'loops', summary: '', unplug: {memoryBlocks: () => { for (;;); }}};",
    "virtio-mem: policy loops: memoryBlocks() must come back within 5 s, got nothing\n",
  ],
  [
    "hangs.ts",
    "for (;;);",
    "virtio-mem: policy module ./hangs.ts must come back within 5 s, got nothing\n",
  ],
  [
    "throws.cjs",
    "module.exports = {name: 'throws', summary: '', unplug: {rank: () => { throw new Error('why'); }}};",
    "virtio-mem: policy throws: rank() must not throw, got: why\n",
  ],
])("%s ends with a message and status 2", (file, code, message) => {
  expect(predictWith(file, code)).toEqual({ status: 2, stdout: "", stderr: message });
});
