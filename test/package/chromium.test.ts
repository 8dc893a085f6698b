import { describe, expect, test } from "vitest";

import { chromiumFor, type Machine } from "./chromium.js";

const debian: Machine = {
  platform: "linux",
  arch: "x64",
  glibc: "2.36",
  chromiumPath: undefined,
  isCI: false,
};

describe("the browser tests run", () => {
  test("in the Chromium of the development dependencies, where it is built for the machine", () => {
    expect(chromiumFor(debian)).toBe("package");
    expect(chromiumFor({ ...debian, chromiumPath: "" })).toBe("package");
  });

  test("in the Chromium that CHROMIUM_PATH names, on any machine", () => {
    const chromiumPath = "/usr/bin/chromium";
    expect(chromiumFor({ ...debian, chromiumPath })).toEqual({ path: chromiumPath });
    expect(chromiumFor({ ...debian, chromiumPath, arch: "arm64" })).toEqual({ path: chromiumPath });
  });

  test("in CI on Linux on x64 whatever else it may lack", () => {
    expect(chromiumFor({ ...debian, glibc: undefined, isCI: true })).toBe("package");
  });
});

describe("the browser tests are left out, with the reason and the remedy in one line,", () => {
  test.each<[string, Partial<Machine>]>([
    ["linux on arm64", { arch: "arm64" }],
    ["darwin on x64", { platform: "darwin", glibc: undefined }],
    ["win32 on x64", { platform: "win32", glibc: undefined, isCI: true }],
    ["linux on x64 without glibc", { glibc: undefined }],
  ])("on %s", (name, other) => {
    const { leftOut } = chromiumFor({ ...debian, ...other }) as { leftOut: string };
    expect(leftOut).toContain(`this is ${name};`);
    expect(leftOut).toContain("CHROMIUM_PATH");
    expect(leftOut).not.toContain("\n");
  });
});
