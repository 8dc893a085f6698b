import { describe, expect, test } from "vitest";
import { parseKernelLog } from "../../../src/capture/kernel-log.js";

describe("parseKernelLog", () => {
  test("keeps devices apart, and the last value of each", () => {
    const text = `[    2.417937] virtio_mem virtio0: start address: 0x100000000
[    2.418042] virtio_mem virtio0: region size: 0x100000000
[    2.418053] virtio_mem virtio0: device block size: 0x200000
[    2.418065] virtio_mem virtio0: nid: 1
[    2.418175] virtio_mem virtio0: memory block size: 0x8000000
[    2.419102] virtio_mem virtio0: requested size: 0x0
[   14.860310] virtio_mem virtio0: requested size: 0xc0000000
[   14.860673] virtio_mem virtio0: plugging memory: 0x100000000 - 0x107ffffff
[   15.1] guest kernel: virtio_mem virtio3: nid: -1
[   15.2] virtio_mem virtio3: device block size: 400000
init: virtio_mem args: force_bbm=1
`;
    expect(parseKernelLog(text, "dmesg.txt")).toEqual([
      {
        device: "virtio0",
        regionStart: 2 ** 32,
        regionSize: 2 ** 32,
        blockSize: 2 ** 21,
        memoryBlockSize: 2 ** 27,
        requestedSize: 3 * 2 ** 30,
        node: 1,
      },
      { device: "virtio3", blockSize: 2 ** 22 },
    ]);
  });

  test("a log without the driver is empty", () => {
    expect(parseKernelLog("[ 0.0] Linux version 6.1\n", "dmesg.txt")).toEqual([]);
  });

  test.each([
    {
      text: "virtio_mem virtio0: region size: 0x1g\n",
      message:
        'dmesg.txt: region size of virtio0 must be a hexadecimal number from 0 to 2^53, got "0x1g"',
    },
    {
      text: "virtio_mem virtio0: nid: zero\n",
      message: 'dmesg.txt: nid of virtio0 must be the number of a node, got "zero"',
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parseKernelLog(text, "dmesg.txt")).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});
