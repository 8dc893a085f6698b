import { describe, expect, test } from "vitest";
import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../../../src/linux/profile.js";
import {
  driverGeometry,
  type DriverParameters,
} from "../../../../src/virtio-mem/driver/parameters.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

function geometry(
  profile: ProfileName,
  deviceBlockSize: number,
  memoryBlockSize: number,
  parameters: DriverParameters = {},
): { subblockSize: number; bigBlockSize: number | undefined } {
  const { driver } = linuxProfile(profile);
  const found = driverGeometry(driver, parameters, deviceBlockSize, memoryBlockSize);
  return { subblockSize: found.subblockSize, bigBlockSize: found.bigBlockSize };
}

test.each([
  { profile: "rfc3-seed", block: MiB, memoryBlock: 128 * MiB, sub: 4 * MiB, big: undefined },
  {
    profile: "rfc3-seed",
    block: 128 * MiB,
    memoryBlock: 128 * MiB,
    sub: 128 * MiB,
    big: undefined,
  },
  { profile: "v6.1", block: MiB, memoryBlock: 128 * MiB, sub: 2 * MiB, big: undefined },
  { profile: "v6.1", block: 64 * MiB, memoryBlock: 128 * MiB, sub: 64 * MiB, big: undefined },
  { profile: "v6.1", block: 128 * MiB, memoryBlock: 128 * MiB, sub: 128 * MiB, big: 128 * MiB },
  { profile: "upstream", block: GiB, memoryBlock: 128 * MiB, sub: GiB, big: GiB },
  { profile: "upstream", block: GiB, memoryBlock: 2 * GiB, sub: GiB, big: undefined },
] as const)(
  "$profile: device blocks of $block in memory blocks of $memoryBlock bytes",
  ({ profile, block, memoryBlock, sub, big }) => {
    expect(geometry(profile, block, memoryBlock)).toEqual({ subblockSize: sub, bigBlockSize: big });
  },
);

test("big-block mode can be asked for, with larger blocks", () => {
  expect(geometry("v6.1", 2 * MiB, 128 * MiB, { forceBbm: true }).bigBlockSize).toBe(128 * MiB);
  const parameters = { forceBbm: true, bbmBlockSize: GiB };
  expect(geometry("v6.1", 2 * MiB, 128 * MiB, parameters).bigBlockSize).toBe(GiB);
});

describe("refused", () => {
  test.each([
    {
      profile: "rfc3-seed",
      block: 256 * MiB,
      parameters: {},
      message:
        "blockSize must be at most a memory block (128 MiB) without big-block mode, got 256 MiB",
    },
    {
      profile: "rfc3-seed",
      block: 2 * MiB,
      parameters: { unplugOnline: false },
      message: "unplugOnline must be true in a driver without the parameter, got false",
    },
    {
      profile: "rfc3-seed",
      block: 2 * MiB,
      parameters: { forceBbm: true },
      message: "forceBbm must be false in a driver without big-block mode, got true",
    },
    {
      profile: "upstream",
      block: 2 * MiB,
      parameters: { bbmSafeUnplug: false },
      message: "bbmSafeUnplug must be true in a driver without the choice, got false",
    },
    {
      profile: "v6.1",
      block: 2 * MiB,
      parameters: { forceBbm: true, bbmBlockSize: 64 * MiB },
      message: "bbmBlockSize must be a power of two of at least 128 MiB, got 64 MiB",
    },
  ] as const)("$message", ({ profile, block, parameters, message }) => {
    expect(() => geometry(profile, block, 128 * MiB, parameters)).toThrow(new RangeError(message));
  });
});

test("a profile that does not exist is refused by name", () => {
  expect(() => linuxProfile("v4.20" as ProfileName)).toThrow(
    new RangeError(
      "profile must be one of rfc3-seed, rfc3, v5.8, v5.10, v5.11, v5.14, v5.15, v6.1, v6.5, v6.6, v6.8, v6.12, " +
        "v6.18, v7.2, upstream, got v4.20",
    ),
  );
  expect(PROFILE_NAMES.map((name) => linuxProfile(name).name)).toEqual(PROFILE_NAMES);
});
