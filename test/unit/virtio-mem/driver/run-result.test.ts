import { describe, expect, test } from "vitest";

import { Errno } from "../../../../src/errno.js";
import { linuxProfile } from "../../../../src/linux/profile.js";
import { explainResult, isRetried } from "../../../../src/virtio-mem/driver/run-result.js";

const { driver } = linuxProfile("v6.1");

describe("the result of a run", () => {
  test.each([
    { errno: 0, retried: false, words: "as much as whole blocks allow is plugged" },
    {
      errno: -Errno.ENOSPC,
      retried: false,
      words: "no usable block is left, or too much memory is offline",
    },
    { errno: -Errno.ETXTBSY, retried: true, words: "the device is busy" },
    { errno: -Errno.EBUSY, retried: true, words: "memory of the guest is busy" },
    { errno: -Errno.ENOMEM, retried: true, words: "the guest is out of memory" },
    {
      errno: -Errno.EAGAIN,
      retried: false,
      words: "the device refuses what it requests; broken",
    },
    {
      errno: -Errno.EINVAL,
      retried: false,
      words: `unexpected errno ${Errno.EINVAL}; broken`,
    },
  ])("$errno: $words", ({ errno, retried, words }) => {
    expect(explainResult(errno, { ...driver, deviceBusy: "ETXTBSY" })).toBe(words);
    expect(isRetried(errno)).toBe(retried);
  });

  test("EBUSY is also the device's where the version tells them not apart", () => {
    expect(explainResult(-Errno.EBUSY, { ...driver, deviceBusy: "EBUSY" })).toBe(
      "memory of the guest or the device is busy",
    );
  });
});
