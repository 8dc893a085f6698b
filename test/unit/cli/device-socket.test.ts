import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, expect, test, vi } from "vitest";

import { buildCommand, inFolder } from "./command.js";

beforeAll(buildCommand, 120_000);

const MAIN = join(import.meta.dirname, "../../../dist/cli/main.js");

async function served(socket: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [MAIN, "device", "--serve", socket], { stdio: "pipe" });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (words += piece));
  await vi.waitUntil(() => existsSync(socket) || child.exitCode !== null, { timeout: 20_000 });
  expect([child.exitCode, words]).toEqual([null, ""]);
  return child;
}

test.each(["SIGINT", "SIGTERM"] as const)("%s leaves no socket behind", (signal) =>
  inFolder(async (folder) => {
    const socket = join(folder, "device.sock");
    const child = await served(socket);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([130, null]);
    expect(existsSync(socket)).toBe(false);
  }),
);

test("a socket that a killed process has left is taken over, one in use is not", () =>
  inFolder(async (folder) => {
    const socket = join(folder, "device.sock");
    const killed = await served(socket);
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(existsSync(socket)).toBe(true);
    const next = spawn(process.execPath, [MAIN, "device", "--serve", socket], { stdio: "pipe" });
    // the stale one goes first, so that a look at the file alone says nothing
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(next.exitCode).toBeNull();
    next.kill("SIGTERM");
    await once(next, "exit");
    expect(existsSync(socket)).toBe(false);
  }));
