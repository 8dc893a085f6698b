import { describe, expect, test } from "vitest";

import type { CaptureZone } from "../../../src/capture/capture.js";
import {
  checkMemory,
  checkMemoryBlockSize,
  type MemoryView,
} from "../../../src/capture/consistency.js";

const MiB = 2 ** 20;
const BLOCK = 128 * MiB;
const range = (from: number, to: number): { start: number; end: number } => ({
  start: from * BLOCK,
  end: to * BLOCK,
});
const blocks = (...ids: number[]): MemoryView["memoryBlocks"] =>
  ids.map((id) => ({ id, state: "online", validZones: [] }));

const VIEW: MemoryView = {
  iomem: {
    systemRam: [{ start: 4096, end: BLOCK }, range(2, 3), range(3, 4)],
    virtioMemRam: [range(2, 3), range(3, 4)],
    regions: [{ device: "virtio0", ...range(2, 6) }],
  },
  iomemFile: "iomem.txt",
  memoryBlocks: blocks(0, 2, 3),
  memoryBlocksFile: "memory-blocks.txt",
  memoryBlockSize: BLOCK,
  region: range(2, 6),
  zones: [{ present: 40_000 }, { present: 58_303 }] as unknown as CaptureZone[],
  zoneinfoFile: "zoneinfo.txt",
};
const withIomem = (iomem: Partial<MemoryView["iomem"]>): Partial<MemoryView> => ({
  iomem: { ...VIEW.iomem, ...iomem },
});

describe("sizes of memory blocks", () => {
  test.each([128, 256, 2048])("%i MiB is one", (size) => {
    expect(() => {
      checkMemoryBlockSize(size * MiB, "file", "field");
    }).not.toThrow();
  });

  test.each([
    [64 * MiB, "64 MiB"],
    [4096 * MiB, "4 GiB"],
    [384 * MiB, "384 MiB"],
    [0, "0 B"],
  ])("%i bytes are none", (size, got) => {
    const rule = `must be a power of two from 128 MiB to 2 GiB, got ${got}: not supported yet`;
    expect(() => {
      checkMemoryBlockSize(size, "file", "field");
    }).toThrow(`file: field ${rule}`);
  });
});

describe("files that speak of the same memory", () => {
  test("fit together", () => {
    expect(() => {
      checkMemory(VIEW);
    }).not.toThrow();
  });

  test("need not know the memory of other devices", () => {
    const iomem = {
      systemRam: [...VIEW.iomem.systemRam, range(6, 7)],
      virtioMemRam: [...VIEW.iomem.virtioMemRam, range(6, 7)],
      regions: [...VIEW.iomem.regions, { device: "virtio1", ...range(6, 8) }],
    };
    expect(() => {
      checkMemory({ ...VIEW, ...withIomem(iomem) });
    }).not.toThrow();
  });

  test("may count half of the pages, as while a guest is resized; offline ones do not count", () => {
    const zones = [{ present: 49_152 }] as unknown as CaptureZone[];
    expect(() => {
      checkMemory({ ...VIEW, zones });
    }).not.toThrow();
    const offline = VIEW.memoryBlocks.map((block) => ({ ...block, state: "offline" as const }));
    expect(() => {
      checkMemory({ ...VIEW, memoryBlocks: offline, zones: [] });
    }).not.toThrow();
  });

  test.each<[string, Partial<MemoryView>, string]>([
    [
      "a memory block without RAM",
      { memoryBlocks: blocks(0, 1, 2, 3) },
      "memory-blocks.txt: memory1 must be System RAM in iomem.txt, got no such range from 0x8000000",
    ],
    [
      "a memory block above all RAM",
      { memoryBlocks: blocks(0, 2, 3, 4) },
      "memory-blocks.txt: memory4 must be System RAM in iomem.txt, got no such range from " +
        "0x20000000",
    ],
    [
      "RAM of a device below its region",
      withIomem({ virtioMemRam: [range(1, 2)] }),
      "iomem.txt: System RAM (virtio_mem) must lie in the device region from 0x10000000, got " +
        "0x8000000",
    ],
    [
      "RAM of a device above its region",
      withIomem({ virtioMemRam: [range(6, 7)] }),
      "iomem.txt: System RAM (virtio_mem) must lie in the device region from 0x10000000, got " +
        "0x30000000",
    ],
    [
      "RAM of a device that begins before its region",
      withIomem({ virtioMemRam: [range(1, 3)] }),
      "iomem.txt: System RAM (virtio_mem) must end within the device region at 0x30000000, got " +
        "0x18000000",
    ],
    [
      "RAM of a device that ends behind its region",
      withIomem({ virtioMemRam: [range(5, 7)] }),
      "iomem.txt: System RAM (virtio_mem) must end within the device region at 0x30000000, got " +
        "0x38000000",
    ],
    [
      "RAM of a device that starts in a memory block",
      withIomem({ virtioMemRam: [{ start: 2 * BLOCK + MiB, end: 3 * BLOCK }] }),
      "iomem.txt: System RAM (virtio_mem) must be whole memory blocks of 128 MiB, got 0x10100000",
    ],
    [
      "RAM of a device that ends in a memory block",
      withIomem({ virtioMemRam: [{ start: 2 * BLOCK, end: 3 * BLOCK - MiB }] }),
      "iomem.txt: System RAM (virtio_mem) must be whole memory blocks of 128 MiB, got 0x10000000",
    ],
    [
      "a memory block of the device that is missing",
      withIomem({ virtioMemRam: [range(3, 5)] }),
      "memory-blocks.txt: memory4 must be there, as iomem.txt says, got no such memory block",
    ],
    [
      "pages of another size",
      { zones: [{ present: 24_576 }] as unknown as CaptureZone[] },
      "zoneinfo.txt: present must add up to about 98303 pages of 4 KiB, got 24576: other page " +
        "sizes are not supported yet",
    ],
  ])("%s does not fit", (_, change, message) => {
    expect(() => {
      checkMemory({ ...VIEW, ...change });
    }).toThrow(expect.objectContaining({ name: "CaptureError", message }));
  });
});
