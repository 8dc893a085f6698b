import { describe, expect, test } from "vitest";
import { parseKernelName } from "../../../src/capture/kernel-name.js";

describe("parseKernelName", () => {
  test.each([
    {
      text: "Linux guest 6.1.0-56-amd64 #1 SMP Debian 6.1.192-2 (2026-11-16) x86_64 GNU/Linux\n",
      release: "6.1.0-56-amd64",
    },
    { text: "Linux 10.0.0.7 6.12.1 #1 SMP x86_64 GNU/Linux", release: "6.12.1" },
    { text: "Linux version 5.4.0-rc3 (gcc 9.2.1) #1 SMP", release: "5.4.0-rc3" },
    { text: "Linux aarch64 6.6.1 #2 x86_64 GNU/Linux", release: "6.6.1" },
    { text: "FreeBSD", release: undefined },
    { text: "", release: undefined },
  ])("finds $release", ({ text, release }) => {
    expect(parseKernelName(text, "uname.txt")).toBe(release);
  });

  test.each(["aarch64", "i686", "ppc64le", "s390x", "riscv64"])(
    "%s is not supported",
    (machine) => {
      expect(() =>
        parseKernelName(`Linux guest 6.1.0 #1 SMP ${machine} GNU/Linux`, "uname.txt"),
      ).toThrow(`uname.txt: machine must be x86_64, got ${machine}: not supported yet`);
    },
  );
});
