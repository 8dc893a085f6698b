import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";

import { beforeAll, expect, test } from "vitest";

import { buildCommand } from "../unit/cli/command.js";

const ROOT = join(import.meta.dirname, "../..");
const INIT = 0;
const START = 1;

beforeAll(buildCommand, 300_000);

test("a process whose worker is gone ends, also in the middle of a chunk", async () => {
  const bullmq = createRequire(join(ROOT, "package.json")).resolve("bullmq");
  const child = fork(join(bullmq, "../classes/main.js"), { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.once("message", () => {
    child.send({ cmd: START, job: { id: "1", name: "chunk", data: {}, opts: {} }, token: "token" });
    child.disconnect();
  });
  child.send({ cmd: INIT, value: join(ROOT, "dist/cli/queue-processor.js") });
  const limit = new Promise((resolve) => setTimeout(resolve, 30_000, "still there"));
  const end = await Promise.race([ended, limit]);
  child.kill("SIGKILL");
  expect(end).not.toBe("still there");
}, 60_000);
