import { describe, expect, test } from "vitest";
import { parseIomem } from "../../../src/capture/iomem.js";

describe("parseIomem", () => {
  test("finds RAM of every origin and the regions of virtio-mem devices", () => {
    const text = `00001000-0009fbff : System RAM
00100000-3ffd9fff : System RAM
  01000000-01e01d31 : Kernel code
febf0000-febf3fff : virtio-pci-modern
100000000-1ffffffff : virtio0
  100000000-107ffffff : System RAM (virtio_mem)
  118000000-11fffffff : System RAM (virtio_mem)
240000000-27fffffff : CXL Window 0
  240000000-247ffffff : dax0.0
    240000000-247ffffff : System RAM (kmem)
`;
    expect(parseIomem(text, "iomem.txt")).toEqual({
      systemRam: [
        { start: 0x1000, end: 0x9fc00 },
        { start: 0x100000, end: 0x3ffda000 },
        { start: 0x100000000, end: 0x108000000 },
        { start: 0x118000000, end: 0x120000000 },
        { start: 0x240000000, end: 0x248000000 },
      ],
      virtioMemRam: [
        { start: 0x100000000, end: 0x108000000 },
        { start: 0x118000000, end: 0x120000000 },
      ],
      regions: [{ device: "virtio0", start: 0x100000000, end: 0x200000000 }],
    });
  });

  test.each([
    { text: "", message: "iomem.txt must list System RAM, got none" },
    { text: "0-fff : Reserved\n", message: "iomem.txt must list System RAM, got none" },
    { text: "hello\n", message: 'iomem.txt: line must be "start-end : name", got "hello"' },
    {
      text: "0000-zz : System RAM\n",
      message: 'iomem.txt: System RAM must be a hexadecimal number from 0 to 2^53, got "zz"',
    },
    {
      text: "00000000-00000000 : System RAM\n",
      message: "iomem.txt: System RAM must have addresses, got 0-0: only root reads them",
    },
    {
      text: "2000-1fff : System RAM\n",
      message: 'iomem.txt: System RAM must end above its start and below 2^52, got "2000-1fff"',
    },
    {
      text: "0-ffffffffffffff : System RAM\n",
      message:
        'iomem.txt: System RAM must be a hexadecimal number from 0 to 2^53, got "ffffffffffffff"',
    },
    {
      text: "0-10000000000000 : System RAM\n",
      message:
        'iomem.txt: System RAM must end above its start and below 2^52, got "0-10000000000000"',
    },
    {
      text: "1000-2fff : System RAM\n2000-3fff : System RAM\n",
      message: "iomem.txt: System RAM must not overlap, got two of it at 0x2000",
    },
    {
      text: "0-fff : System RAM\n1000-2fff : virtio0\n2000-3fff : virtio1\n",
      message: "iomem.txt: virtio-mem region must not overlap, got two of it at 0x2000",
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parseIomem(text, "iomem.txt")).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});
