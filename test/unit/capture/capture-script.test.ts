import { spawnSync } from "node:child_process";
import { Command } from "commander";
import { describe, expect, test, vi } from "vitest";
import { captureScript, registerCaptureScript } from "../../../src/cli/capture-script.js";
import { webServer } from "./sample-captures.js";

const shells = [
  { command: "sh", options: [] },
  { command: "dash", options: [] },
  { command: "busybox", options: ["sh"] },
  { command: "bash", options: ["--posix"] },
].filter(({ command }) => spawnSync(command, ["--help"]).error === undefined);

describe("the capture script", () => {
  test.each(shells)("is valid for $command $options", ({ command, options }) => {
    const { status, stderr } = spawnSync(command, [...options, "-n"], {
      input: captureScript,
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("makes the files that a capture has", async () => {
    for (const name of (await webServer()).names()) {
      expect(captureScript).toContain(
        name.replace(/^kpage(flags|count)\.gz$/, "page_words kpage$1"),
      );
    }
  });

  test("reads the page flags after everything else", () => {
    const lines = captureScript.split("\n");
    const last = lines.indexOf("page_words kpageflags");
    expect(lines[last - 1]).toBe("copy /proc/zoneinfo zoneinfo.txt");
    expect(lines.slice(last + 1).filter((line) => /\/(proc|sys)\//.test(line))).toEqual([]);
  });

  test("is what the command prints", async () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const program = new Command();
      registerCaptureScript(program);
      await program.parseAsync(["node", "virtio-mem", "capture-script"]);
      expect(write.mock.calls).toEqual([[captureScript]]);
    } finally {
      write.mockRestore();
    }
  });
});
