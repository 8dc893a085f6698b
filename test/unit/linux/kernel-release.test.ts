import { expect, test } from "vitest";

import { DISTRIBUTIONS, profileOfRelease } from "../../../src/linux/kernel-release.js";
import { PROFILE_NAMES } from "../../../src/linux/profile.js";

test.each([
  ["5.10.0-32-amd64", "v5.10", undefined],
  ["5.15.0-91-generic", "v5.15", undefined],
  ["6.1.0-56-amd64", "v6.1", undefined],
  ["6.12.95+deb12-amd64", "v6.12", undefined],
  ["6.18", "v6.18", undefined],
  ["7.2.13+deb14-amd64", "v7.2", undefined],
  ["5.13.19", "v5.11", "the nearest older one known"],
  ["6.11.0-21-generic", "v6.8", "the nearest older one known"],
  ["6.17.4", "v6.12", "the nearest older one known"],
  ["7.3.0-rc5", "v7.2", "the newest known"],
  ["9.1-rc3", "v7.2", "the newest known"],
  ["5.4.0-150-generic", "v5.8", "the oldest known: Linux had no virtio-mem before"],
  [
    "4.18.0-553.el8_10.x86_64",
    "v5.14",
    "RHEL 8 has the driver of 5.14 in 4.18, with subblocks of 4 MiB",
  ],
])("Linux %s gets profile %s", (release, profile, because) => {
  expect(profileOfRelease(release)).toEqual({ profile, because });
});

test("a RHEL 9 kernel gets the version that it began as", () => {
  expect(profileOfRelease("5.14.0-427.13.1.el9_4.x86_64")).toMatchObject({ profile: "v5.14" });
});

test.each(["", "linux", "six", "6", "99999.1"])("%j is no release", (release) => {
  expect(profileOfRelease(release)).toBeUndefined();
});

test("distributions name versions that have a profile", () => {
  for (const { profile } of DISTRIBUTIONS) {
    if (profile !== undefined) expect(PROFILE_NAMES).toContain(profile);
  }
});
