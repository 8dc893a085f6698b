import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { sampleCore } from "../dump/sample-dump.js";
import { buildCommand, inFolder, virtioMem } from "./command.js";

beforeAll(buildCommand, 300_000);

/** A folder with the sample as a file. */
function withDump<T>(use: (dump: string, folder: string) => T, size?: number): Promise<T> {
  return inFolder((folder) => {
    const dump = join(folder, "guest.dump");
    writeFileSync(dump, sampleCore("6.12").subarray(0, size));
    return use(dump, folder);
  });
}

const PREDICTED = "96 MiB of 128 MiB are unplugged; 32 MiB stay plugged.";

describe("a memory dump at the command line", () => {
  test("is predicted as it is, and as the capture that is made of it", () =>
    withDump((dump, folder) => {
      const direct = virtioMem(["predict", dump]);
      expect(direct.stdout).toContain(PREDICTED);
      const capture = join(folder, "guest.tar.gz");
      const made = virtioMem(["capture-from-dump", dump, "-o", capture]);
      expect(made).toMatchObject({ status: 0, stdout: "" });
      expect(made.stderr).toContain("wrote ");
      expect(statSync(capture).mode & 0o777).toBe(0o600);
      expect(virtioMem(["predict", capture]).stdout).toBe(direct.stdout);
    }));

  test("that is cut off leaves no file", () =>
    withDump((dump, folder) => {
      const before = readdirSync(folder);
      const capture = join(folder, "guest.tar.gz");
      const { status, stderr } = virtioMem(["capture-from-dump", dump, "-o", capture]);
      expect(status).toBe(2);
      expect(stderr).toContain("is the dump complete?");
      expect(existsSync(capture)).toBe(false);
      expect(readdirSync(folder)).toEqual(before);
      const { status: predicted } = virtioMem(["predict", dump]);
      expect(predicted).toBe(2);
    }, 2_000_000));

  test.each([
    [["--memory-map", "0x0"], "--memory-map must be parts such as 0x100000000,5GiB"],
    [["--memory-map", "0x0,1GiB"], "must be a raw image where there is a memory map"],
    [["-o", "guest.txt"], "--out must name a file that ends in .tar.gz"],
  ])("with %j is refused in words", (args, message) =>
    withDump((dump) => {
      const { status, stderr } = virtioMem(["capture-from-dump", dump, ...args]);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
    }),
  );

  test("is what capture-from-dump takes, and nothing else", () =>
    inFolder((folder) => {
      const text = join(folder, "notes.txt");
      writeFileSync(text, "no dump");
      const out = join(folder, "x.tar.gz");
      const { status, stderr } = virtioMem(["capture-from-dump", text, "-o", out]);
      expect(status).toBe(2);
      expect(stderr).toContain("must be a dump of a guest's memory, got something else");
    }));
});
