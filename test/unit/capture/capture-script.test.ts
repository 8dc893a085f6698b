import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Command } from "commander";
import { describe, expect, test, vi } from "vitest";
import {
  captureScript,
  exactCaptureScript,
  registerCaptureScript,
} from "../../../src/cli/capture-script.js";
import { exactCaptureFunctions } from "../../../src/cli/exact-capture-script.js";
import { webServer } from "./sample-captures.js";

const shells = [
  { command: "sh", options: [] },
  { command: "dash", options: [] },
  { command: "busybox", options: ["sh"] },
  { command: "bash", options: ["--posix"] },
].filter(({ command }) => spawnSync(command, ["--help"]).error === undefined);

describe("the capture script", () => {
  test.each(shells)("is valid for $command $options", ({ command, options }) => {
    for (const input of [captureScript, exactCaptureScript]) {
      const { status, stderr } = spawnSync(command, [...options, "-n"], {
        input,
        encoding: "utf8",
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
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

/** /proc/kcore as far as headers and notes go: two loads, and VMCOREINFO behind another note. */
function coreHeaders(): Buffer {
  const bytes = Buffer.alloc(512);
  bytes.write("\u007fELF\u0002\u0001\u0001", 0, "latin1");
  bytes.writeBigUInt64LE(64n, 32);
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(3, 56);
  const header = (at: number, type: number, words: readonly bigint[]): void => {
    bytes.writeUInt32LE(type, at);
    bytes.writeUInt32LE(7, at + 4);
    for (const [index, word] of words.entries()) bytes.writeBigUInt64LE(word, at + 8 + index * 8);
  };
  header(64, 4, [232n, 0n, 0n, 76n, 0n, 0n]);
  header(120, 1, [0x4900_0000_3000n, 0xffff_c900_0000_0000n, 0n, 0x1fff_ffff_ffffn, 0n, 0n]);
  header(176, 1, [0x6a00_0000_3000n, 0xffff_ea00_0000_0000n, 0n, 0x4000n, 0n, 0n]);
  const note = (at: number, name: string, text: string): number => {
    bytes.writeUInt32LE(name.length + 1, at);
    bytes.writeUInt32LE(text.length, at + 4);
    bytes.write(name, at + 12, "latin1");
    const start = at + 12 + Math.ceil((name.length + 1) / 4) * 4;
    bytes.write(text, start, "latin1");
    return start + Math.ceil(text.length / 4) * 4;
  };
  note(note(232, "CORE", "\u0001\u0002\u0003"), "VMCOREINFO", "SIZE(page)=64\nPAGESIZE=4096\n");
  return bytes;
}

describe("the exact capture script", () => {
  const folder = mkdtempSync(join(tmpdir(), "exact-"));
  const core = join(folder, "kcore");
  writeFileSync(core, coreHeaders());

  const run = (command: string, options: readonly string[], call: string, bin = ""): string => {
    const { stdout, stderr } = spawnSync(command, [...options], {
      input: `say() { echo "$*"; }\n${exactCaptureFunctions}${bin}\n${call}\n`,
      encoding: "utf8",
    });
    return stdout + stderr;
  };

  test.each(shells)("reads program headers and the note by $command $options", (shell) => {
    const { command, options } = shell;
    expect(run(command, options, `core_headers ${core}`)).toBe(
      "00000004 00000000000000e8 0000000000000000 000000000000004c\n" +
        "00000001 0000490000003000 ffc90000000000 00001fffffffffff\n" +
        "00000001 00006a0000003000 ffea0000000000 0000000000004000\n",
    );
    const info = run(command, options, `core_info ${core} 232 308`);
    expect(info).toBe("SIZE(page)=64\nPAGESIZE=4096\n");
  });

  test.each(shells)("finds the struct pages behind vmalloc by $command $options", (shell) => {
    const { command, options } = shell;
    const dd = 'dd() { echo "$*"; }';
    const call =
      `dir=${folder} work=${folder}; : >${folder}/struct-pages.txt\n` +
      `core_headers ${core} | grep '^00000001 ' | core_pages $((0xffe8ffffffffff))\n` +
      `cat ${folder}/struct-pages.txt`;
    expect(run(command, options, call, dd)).toBe(
      "if=/proc/kcore bs=4096 skip=28454158339 count=4\nffffea0000000000 0000000000004000\n",
    );
  });

  test.each(shells)("goes on without what is not there by $command $options", (shell) => {
    const { command, options } = shell;
    const call = `dir=${folder} work=${folder}\nexact_capture; echo on`;
    expect(run(command, options, call, "dd() { return 1; }")).toBe(
      "not an exact capture: cannot read /proc/kcore (locked down, or no CONFIG_PROC_KCORE); " +
        "going on without the kernel's struct pages\non\n",
    );
  });

  test("is the script with more", () => {
    expect(exactCaptureScript).toContain("with addresses of the kernel");
    expect(exactCaptureScript.indexOf("exact_capture\ncopy /proc/meminfo")).toBeGreaterThan(0);
    const lines = new Set(exactCaptureScript.split("\n"));
    expect(captureScript.split("\n").filter((line) => !lines.has(line))).toEqual([
      "# host name and the kernel command line.",
    ]);
  });

  test("is what the command prints with --exact", async () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const program = new Command();
      registerCaptureScript(program);
      await program.parseAsync(["node", "virtio-mem", "capture-script", "--exact"]);
      expect(write.mock.calls).toEqual([[exactCaptureScript]]);
    } finally {
      write.mockRestore();
    }
  });
});
