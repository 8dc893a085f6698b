import { describe, expect, test } from "vitest";

import {
  findDevice,
  type DeviceSources,
  type FoundDevice,
} from "../../../src/capture/device-region.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const NOTHING = {
  options: {},
  iomem: { systemRam: [], virtioMemRam: [], regions: [] },
  iomemFile: "iomem.txt",
  log: [],
  logFile: "dmesg.txt",
  json: undefined,
  jsonFile: "device.json",
  meta: undefined,
  metaFile: "meta.json",
} as const satisfies DeviceSources;

const REGION = { device: "virtio0", start: 4 * GiB, end: 6 * GiB };
const OTHER = { device: "virtio1", start: 8 * GiB, end: 9 * GiB };
const LOG = {
  device: "virtio0",
  regionStart: 4 * GiB,
  regionSize: 2 * GiB,
  blockSize: 4 * MiB,
  requestedSize: GiB,
  node: 1,
};
const JSON_SIDE = {
  regionStart: 4 * GiB,
  regionSize: 2 * GiB,
  blockSize: 4 * MiB,
  pluggedRuns: [[0, 3]],
} as const;
const META = {
  kernel: undefined,
  commandLine: undefined,
  regionStart: 4 * GiB,
  regionSize: 2 * GiB,
  blockSize: 4 * MiB,
  memoryBlockSize: undefined,
  pageSize: undefined,
};

const iomemOf = (...regions: (typeof REGION)[]): DeviceSources["iomem"] => ({
  ...NOTHING.iomem,
  regions,
});

function find(sources: Partial<DeviceSources>): FoundDevice & { notes: string[] } {
  const notes: string[] = [];
  return { ...findDevice({ ...NOTHING, ...sources }, notes), notes };
}

describe("the device of a capture", () => {
  const device = {
    regionStart: 4 * GiB,
    regionSize: 2 * GiB,
    blockSize: 4 * MiB,
    node: 0,
    otherRegions: [],
    name: undefined,
    pluggedRuns: undefined,
    requestedSize: undefined,
  };

  test.each([
    ["the hypervisor", { json: JSON_SIDE }, { pluggedRuns: [[0, 3]] }],
    ["the log", { log: [LOG] }, { name: "virtio0", node: 1, requestedSize: GiB }],
    ["a recording", { meta: META }, {}],
    [
      "options",
      { options: { regionStart: 4 * GiB, regionSize: 2 * GiB, deviceBlockSize: 4 * MiB } },
      {},
    ],
    [
      "all of them",
      { json: JSON_SIDE, log: [LOG], meta: META, iomem: iomemOf(REGION) },
      { name: "virtio0", node: 1, requestedSize: GiB, pluggedRuns: [[0, 3]] },
    ],
  ])("is what is said by %s", (_, sources, more) => {
    const found = find(sources);
    expect(found.device).toEqual({ ...device, ...more });
    expect(found.notes).toEqual([]);
    expect(found.log).toBe("log" in sources ? LOG : undefined);
  });

  test("is the region of iomem, with blocks of 2 MiB where nothing says their size", () => {
    const { device: found, notes, log } = find({ iomem: iomemOf(REGION) });
    expect(found).toEqual({ ...device, name: "virtio0", blockSize: 2 * MiB });
    expect(notes).toEqual(["nothing says the device block size; taken as 2 MiB"]);
    expect(log).toBeUndefined();
  });

  test("is one of several by its address; each has a log of its own", () => {
    const iomem = iomemOf(REGION, OTHER);
    const log = [{ ...LOG, device: "virtio1", regionStart: 8 * GiB, regionSize: GiB }, LOG];
    const one = find({ iomem, log, options: { regionStart: 8 * GiB } });
    expect(one.device).toEqual({
      ...device,
      regionStart: 8 * GiB,
      regionSize: GiB,
      name: "virtio1",
      node: 1,
      requestedSize: GiB,
      otherRegions: [[4 * GiB, 6 * GiB]],
    });
    for (const sources of [{ json: JSON_SIDE }, { meta: META }]) {
      const other = find({ iomem, log, ...sources });
      expect(other.device).toMatchObject({ name: "virtio0", otherRegions: [[8 * GiB, 9 * GiB]] });
      expect(other.log).toBe(LOG);
    }
  });

  test("has no log where several drivers wrote one and no region tells", () => {
    const { log } = find({ log: [LOG, { ...LOG, device: "virtio1" }], json: JSON_SIDE });
    expect(log).toBeUndefined();
  });

  test("has no log where the only one is of another region", () => {
    const { log, device: found } = find({
      iomem: iomemOf({ ...REGION, device: "virtio5" }),
      log: [LOG],
    });
    expect([log, found.name, found.requestedSize]).toEqual([undefined, "virtio5", undefined]);
  });

  test("is what an option says, with a note, where a file says something else", () => {
    const options = { regionStart: 6 * GiB, regionSize: GiB, deviceBlockSize: 2 * MiB };
    const { device: found, notes } = find({ json: JSON_SIDE, options });
    expect(found).toMatchObject({ regionStart: 6 * GiB, regionSize: GiB, blockSize: 2 * MiB });
    expect(notes).toEqual([
      "regionStart 0x180000000 was given; device.json says 0x100000000",
      "regionSize 1 GiB was given; device.json says 2 GiB",
      "deviceBlockSize 2 MiB was given; device.json says 4 MiB",
    ]);
  });

  test.each<[Partial<DeviceSources>, string]>([
    [
      {},
      'iomem.txt: virtio-mem region must be there as a line "start-end : virtioN", got none: is ' +
        "the virtio_mem driver loaded?",
    ],
    [
      { log: [{ device: "virtio0", regionStart: 0 }] },
      'iomem.txt: virtio-mem region must be there as a line "start-end : virtioN", got none: is ' +
        "the virtio_mem driver loaded?",
    ],
    [
      { iomem: iomemOf(REGION, OTHER) },
      "iomem.txt: virtio-mem region must be chosen by regionStart where there are several: " +
        "--region-start 0x100000000 (virtio0), --region-start 0x200000000 (virtio1)",
    ],
    [
      { json: JSON_SIDE, iomem: iomemOf({ ...REGION, start: 5 * GiB }) },
      "iomem.txt: virtio0 must be 0x100000000 as in device.json, got 0x140000000",
    ],
    [
      { json: JSON_SIDE, iomem: iomemOf({ ...REGION, end: 5 * GiB }) },
      "iomem.txt: virtio0 must be 2 GiB as in device.json, got 1 GiB",
    ],
    [
      { json: JSON_SIDE, log: [{ ...LOG, regionStart: 0 }] },
      "dmesg.txt: start address of virtio0 must be 0x100000000 as in device.json, got 0x0",
    ],
    [
      { json: JSON_SIDE, log: [{ ...LOG, regionSize: GiB }] },
      "dmesg.txt: region size of virtio0 must be 2 GiB as in device.json, got 1 GiB",
    ],
    [
      { json: JSON_SIDE, log: [{ ...LOG, blockSize: MiB }] },
      "dmesg.txt: device block size of virtio0 must be 4 MiB as in device.json, got 1 MiB",
    ],
    [
      { json: JSON_SIDE, meta: { ...META, regionStart: 0 } },
      "meta.json: region.gpa must be 0x100000000 as in device.json, got 0x0",
    ],
    [
      { json: JSON_SIDE, meta: { ...META, regionSize: GiB } },
      "meta.json: region.size must be 2 GiB as in device.json, got 1 GiB",
    ],
    [
      { json: JSON_SIDE, meta: { ...META, blockSize: MiB } },
      "meta.json: device_block_size must be 4 MiB as in device.json, got 1 MiB",
    ],
    [
      { json: { ...JSON_SIDE, blockSize: 3 * MiB } },
      "device.json: block_size must be a power of two of at least 4 KiB, got 3 MiB",
    ],
    [
      { json: { ...JSON_SIDE, blockSize: 2048 } },
      "device.json: block_size must be a power of two of at least 4 KiB, got 2 KiB",
    ],
    [
      { json: { ...JSON_SIDE, regionSize: 0 } },
      "device.json: region_size must be a multiple of the device block size (4 MiB), got 0 B",
    ],
    [
      { json: { ...JSON_SIDE, regionSize: 6 * MiB } },
      "device.json: region_size must be a multiple of the device block size (4 MiB), got 6 MiB",
    ],
    [
      { json: { ...JSON_SIDE, regionStart: 6 * MiB } },
      "device.json: region_start must be a multiple of the device block size (4 MiB), got 0x600000",
    ],
    [
      { json: { ...JSON_SIDE, regionStart: 2 ** 52 } },
      "device.json: region_size must end below 2^52, got 0x10000080000000",
    ],
  ])("cannot be one that the files contradict [%#]", (sources, message) => {
    expect(() => find(sources)).toThrow(expect.objectContaining({ name: "CaptureError", message }));
  });

  test.each([
    [{ deviceBlockSize: 3 }, "deviceBlockSize must be a power of two of at least 4 KiB, got 3 B"],
    [
      { regionSize: MiB },
      "regionSize must be a multiple of the device block size (4 MiB), got 1 MiB",
    ],
    [
      { regionSize: Number.NaN },
      "regionSize must be a multiple of the device block size (4 MiB), got NaN B",
    ],
    [
      { regionStart: -4 * MiB },
      "regionStart must be a multiple of the device block size (4 MiB), got 0x-400000",
    ],
    [{ regionStart: 2 ** 52 }, "regionSize must end below 2^52, got 0x10000080000000"],
  ])("%j as an option is refused as an option", (options, message) => {
    const act = (): unknown =>
      find({
        json: JSON_SIDE,
        options: { regionStart: 4 * GiB, regionSize: 2 * GiB, ...options },
      });
    expect(act).toThrow(RangeError);
    expect(act).toThrow(message);
  });

  test("may be of one page a block, and end at 2^52", () => {
    const json = { ...JSON_SIDE, blockSize: 4096, regionStart: 2 ** 52 - 2 * GiB };
    expect(find({ json }).device).toMatchObject({ blockSize: 4096 });
  });
});
