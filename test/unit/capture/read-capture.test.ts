import { describe, expect, test } from "vitest";
import { CaptureError } from "../../../src/capture/capture-error.js";
import { captureFilesOf } from "../../../src/capture/capture-files.js";
import { readCapture, readCaptures } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { type Change, goldenPath, recording, webServer, webServerPath } from "./sample-captures.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const deviceJson = (json: object) =>
  JSON.stringify({
    region_start: 4 * GiB,
    region_size: 4 * GiB,
    block_size: 2 * MiB,
    plugged_rle: [[0, 1536, 1]],
    ...json,
  });

describe("a user's capture", () => {
  test("gives device, settings and memory of the guest it was made in", async () => {
    const capture = await readCapture(await openCapture(webServerPath));
    expect(capture.name).toBe(`${webServerPath}: capture`);
    expect(capture.kernelVersion).toBe("6.1.0-56-amd64");
    expect(capture.commandLine).toMatch(/^console=ttyS0 .* memhp_default_state=online_kernel$/);
    expect(capture.device).toEqual({
      name: "virtio0",
      otherRegions: [],
      regionStart: 4 * GiB,
      regionSize: 4 * GiB,
      blockSize: 2 * MiB,
      node: 0,
      pluggedRuns: undefined,
      requestedSize: 3 * GiB,
    });
    expect(capture.settings).toEqual({
      autoOnline: "online_kernel",
      onlinePolicy: "contig-zones",
      autoMovableRatio: 301,
      autoMovableNumaAware: true,
      movableNode: false,
      memmapOnMemory: false,
      forceBigBlocks: false,
      bigBlockSize: 0,
      bigBlockSafeUnplug: true,
      unplugOnline: true,
    });
    expect(capture.systemRam).toEqual([
      [0x1000, 0x9fc00],
      [0x100000, 0x3ffda000],
      [0x100000000, 0x1c0000000],
    ]);
    expect(capture.memoryBlocks).toHaveLength(32);
    expect(capture.memoryBlocks[0]).toEqual({ id: 0, state: "online", validZones: ["none"] });
    expect(capture.memoryBlocks[31]).toEqual({ id: 55, state: "online", validZones: ["Normal"] });
    expect(capture.vmstat.get("nr_free_pages")).toBe(688222);
    expect(capture.memInfo.get("MemTotal")).toBe(4044712 * 1024);
    expect(capture.mapCounts).toBeDefined();
    expect(capture.pageState).toBeUndefined();
    expect(capture.memmaps).toBeUndefined();
    expect(capture.notes).toEqual([]);
  });

  test("has plugged blocks where the hypervisor's file is with it", async () => {
    const files = await webServer({ "device.json": deviceJson({}) });
    expect((await readCapture(files)).device.pluggedRuns).toEqual([[0, 1536]]);
  });

  test("can do without everything but five files, and says what it assumes", async () => {
    const left = ["kpageflags.gz", "iomem.txt", "zoneinfo.txt", "memory-blocks.txt"];
    const files = await webServer();
    const without = files.names().filter((name) => !left.includes(name));
    const capture = await readCapture(
      await webServer(Object.fromEntries(without.map((name) => [name, undefined]))),
    );
    expect(capture.notes).toEqual([
      "nothing says the device block size; taken as 2 MiB",
      "nothing says the size of a memory block; taken as 128 MiB",
      "nothing says how added memory goes online (auto_online_blocks); taken as online",
    ]);
    expect(capture.kernelVersion).toBeUndefined();
    expect(capture.commandLine).toBeUndefined();
    expect(capture.pageTypes).toBeUndefined();
    expect(capture.mapCounts).toBeUndefined();
    expect(capture.vmstat.size).toBe(0);
    expect(capture.settings.onlinePolicy).toBe("contig-zones");
  });

  test("takes live values before the command line", async () => {
    const files = await webServer({
      "cmdline.txt":
        "memhp_default_state=offline memory_hotplug.online_policy=auto-movable movable_node " +
        "virtio-mem.force-bbm virtio_mem.bbm_block_size=268435456",
      "module-parameters.txt": (text) => text.replace(/.*force_bbm.*\n/, ""),
    });
    const { settings } = await readCapture(files);
    expect(settings).toMatchObject({
      autoOnline: "online_kernel",
      onlinePolicy: "contig-zones",
      movableNode: true,
      forceBigBlocks: true,
      bigBlockSize: 0,
    });
  });

  test("takes what is not recorded from the options only", async () => {
    const files = await webServer({ "dmesg-virtio_mem.txt": undefined });
    const capture = await readCapture(files, { deviceBlockSize: 4 * MiB });
    expect(capture.device.blockSize).toBe(4 * MiB);
    expect(capture.notes).toEqual([]);
  });

  test("believes an option against a file, and notes it", async () => {
    const capture = await readCapture(await webServer(), { deviceBlockSize: 4 * MiB });
    expect(capture.device.blockSize).toBe(4 * MiB);
    expect(capture.notes).toEqual([
      "deviceBlockSize 4 MiB was given; dmesg-virtio_mem.txt says 2 MiB",
    ]);
  });

  test.each([
    {
      options: { deviceBlockSize: 3 * MiB },
      message: "deviceBlockSize must be a power of two of at least 4 KiB, got 3 MiB",
    },
    {
      options: { deviceBlockSize: Number.NaN },
      message: "deviceBlockSize must be a whole number of bytes >= 0, got NaN",
    },
    {
      options: { regionSize: 4 * GiB + 1 },
      message: "regionSize must be a multiple of the device block size (2 MiB), got 4294967297 B",
    },
    {
      options: { regionStart: -2 * MiB },
      message: "regionStart must be a whole number of bytes >= 0, got -2097152",
    },
    {
      options: { regionSize: 2 ** 52 },
      message: "regionSize must end below 2^52, got 0x10000100000000",
    },
  ])("rejects options $options", async ({ options, message }) => {
    await expect(readCapture(await webServer(), options)).rejects.toThrow(new RangeError(message));
  });

  test("one of several devices is chosen by its address", async () => {
    const two = await webServer({
      "iomem.txt": (text) => `${text}200000000-2ffffffff : virtio1\n`,
    });
    await expect(readCapture(two)).rejects.toMatchObject({
      message:
        "iomem.txt: virtio-mem region must be chosen by regionStart where there are several: " +
        "--region-start 0x100000000 (virtio0), --region-start 0x200000000 (virtio1)",
    });
    const each = await readCaptures(two);
    expect(each.map(({ device }) => [device.name, device.regionStart])).toEqual([
      ["virtio0", 4 * GiB],
      ["virtio1", 8 * GiB],
    ]);
    expect(await readCaptures(two, { regionStart: 8 * GiB })).toHaveLength(1);
    const { device } = await readCapture(two, { regionStart: 4 * GiB });
    expect(device).toMatchObject({ regionStart: 4 * GiB, regionSize: 4 * GiB, blockSize: 2 * MiB });
  });
});

describe("a recording", () => {
  test("gives the device, its plugged blocks and memmaps", async () => {
    const capture = await readCapture(await openCapture(`${goldenPath}e-mixed-seed1/step2`));
    expect(capture.device.pluggedRuns).toEqual([[0, 768]]);
    expect(capture.memmaps).toHaveLength(20);
    expect(capture.memmaps?.[0]).toEqual({ section: 0, pfn: 252416 });
    expect(capture.pageState).toBeDefined();
  });

  test("takes settings from the command line in meta.json", async () => {
    const bigBlocks = await readCapture(
      await openCapture(`${goldenPath}i-bbm256-safe1-seed1/step1`),
    );
    expect(bigBlocks.settings).toMatchObject({ forceBigBlocks: true, bigBlockSize: 256 * MiB });
    const autoMovable = await readCapture(
      await openCapture(`${goldenPath}g-automovable-100/step1`),
    );
    expect(autoMovable.settings).toMatchObject({
      autoOnline: "online",
      onlinePolicy: "auto-movable",
      autoMovableRatio: 100,
    });
  });

  test("needs no device-before.json", async () => {
    const files = await recording("a-idle-normal-4m", { "device-before.json": undefined });
    const { device } = await readCapture(files);
    expect(device).toMatchObject({ blockSize: 4 * MiB, pluggedRuns: undefined });
  });

  test("its outcome is never opened", async () => {
    const files = await recording("a-idle-normal-2m");
    const opened: string[] = [];
    const watched = {
      ...files,
      open: (name: string) => {
        opened.push(name);
        return files.open(name);
      },
    };
    for await (const piece of (await readCapture(watched)).pageFlags()) {
      expect(piece.length).toBeGreaterThan(0);
    }
    expect(opened.filter((name) => !/before|^meta\.json$/.test(name))).toEqual([]);
    expect(opened).toContain("before.kpf.gz");
  });

  test("one step is chosen among several by its folder", async () => {
    const files = await openCapture(`${goldenPath}s-web-normal`);
    await expect(readCapture(files)).rejects.toMatchObject({
      message: `${goldenPath}s-web-normal must hold one capture, got 3: step1, step2, step3`,
    });
    const { device } = await readCapture(files, { folder: "step3" });
    expect(device.pluggedRuns).toHaveLength(5);
  });
});

describe("what contradicts or is missing", () => {
  const rows: { name: string; changes: Record<string, Change>; message: string }[] = [
    {
      name: "no page flags",
      changes: { "kpageflags.gz": undefined },
      message: "kpageflags.gz must be in the capture, got no such file",
    },
    {
      name: "no iomem",
      changes: { "iomem.txt": undefined },
      message: "iomem.txt must be in the capture, got no such file",
    },
    {
      name: "no zoneinfo",
      changes: { "zoneinfo.txt": undefined },
      message: "zoneinfo.txt must be in the capture, got no such file",
    },
    {
      name: "no memory blocks",
      changes: { "memory-blocks.txt": undefined },
      message: "memory-blocks.txt must be in the capture, got no such file",
    },
    {
      name: "no driver",
      changes: {
        "iomem.txt": (text) => text.replace(/.*virtio0\n/, ""),
        "dmesg-virtio_mem.txt": undefined,
      },
      message:
        'iomem.txt: virtio-mem region must be there as a line "start-end : virtioN", got none: ' +
        "is the virtio_mem driver loaded?",
    },
    {
      name: "iomem read by a user",
      changes: {
        "iomem.txt": (text) => text.replaceAll(/[\da-f]+-[\da-f]+ :/g, "00000000-00000000 :"),
      },
      message: "iomem.txt: System RAM must have addresses, got 0-0: only root reads them",
    },
    {
      name: "two files disagree on the region",
      changes: { "device.json": deviceJson({ region_start: 8 * GiB }) },
      message: "iomem.txt: virtio0 must be 0x200000000 as in device.json, got 0x100000000",
    },
    {
      name: "two files disagree on the block size",
      changes: { "device.json": deviceJson({ block_size: 4 * MiB, plugged_rle: [] }) },
      message:
        "dmesg-virtio_mem.txt: device block size of virtio0 must be 4 MiB as in device.json, got 2 MiB",
    },
    {
      name: "a region of odd size",
      changes: {
        "iomem.txt": (text) => text.replace("100000000-1ffffffff", "100000000-1fff0ffff"),
        "dmesg-virtio_mem.txt": undefined,
      },
      message:
        "iomem.txt: virtio0 must be a multiple of the device block size (2 MiB), got 4193344 KiB",
    },
    {
      name: "plugged blocks beyond the region",
      changes: { "device.json": deviceJson({ plugged_rle: [[2047, 2, 1]] }) },
      message: "device.json: plugged_rle[0] must end within 2048 blocks, got 2049",
    },
    {
      name: "a memory block that iomem does not know",
      changes: {
        "memory-blocks.txt": (text) =>
          `${text}memory60 phys_index=0000003c state=online valid_zones=Normal\n`,
      },
      message:
        "memory-blocks.txt: memory60 must be System RAM in iomem.txt, " +
        "got no such range from 0x1e0000000",
    },
    {
      name: "memory that sysfs does not know",
      changes: { "memory-blocks.txt": (text) => text.replace(/memory40 .*\n/, "") },
      message:
        "memory-blocks.txt: memory40 must be there, as iomem.txt says, got no such memory block",
    },
    {
      name: "virtio-mem memory outside the region",
      changes: {
        "iomem.txt": (text) => text.replace("  100000000-1bfffffff :", "  100000000-207ffffff :"),
        "memory-blocks.txt": (text) =>
          `${text}memory64 phys_index=00000040 state=online valid_zones=Normal\n`,
      },
      message:
        "iomem.txt: System RAM (virtio_mem) must end within the device region at 0x200000000, " +
        "got 0x208000000",
    },
    {
      name: "half a memory block",
      changes: {
        "iomem.txt": (text) => text.replace("  100000000-1bfffffff :", "  100000000-1bdffffff :"),
      },
      message:
        "iomem.txt: System RAM (virtio_mem) must be whole memory blocks of 128 MiB, " +
        "got 0x100000000",
    },
    {
      name: "an arm64 guest",
      changes: { "uname.txt": "Linux guest 6.1.0-56-arm64 #1 SMP Debian aarch64 GNU/Linux\n" },
      message: "uname.txt: machine must be x86_64, got aarch64: not supported yet",
    },
    {
      name: "pages of 64 KiB",
      changes: {
        "zoneinfo.txt": (text) =>
          text.replaceAll(
            /(spanned|present|managed)( +)(\d+)/g,
            (_, name: string, gap: string, pages: string) =>
              `${name}${gap}${Math.floor(Number(pages) / 16)}`,
          ),
      },
      message:
        "zoneinfo.txt: present must add up to about 1048441 pages of 4 KiB, got 65526: " +
        "other page sizes are not supported yet",
    },
    {
      name: "memory blocks of another architecture",
      changes: {
        "memory-settings.txt": "block_size_bytes 1000000\nauto_online_blocks offline\n",
      },
      message:
        "memory-settings.txt: block_size_bytes must be a power of two from 128 MiB to 2 GiB, " +
        "got 16 MiB: not supported yet",
    },
    {
      name: "an unknown way to go online",
      changes: { "memory-settings.txt": "block_size_bytes 8000000\nauto_online_blocks maybe\n" },
      message:
        "memory-settings.txt: auto_online_blocks must be " +
        'offline, online, online_kernel or online_movable, got "maybe"',
    },
    {
      name: "an unknown online policy",
      changes: { "module-parameters.txt": (text) => text.replace("contig-zones", "best") },
      message:
        "module-parameters.txt: memory_hotplug.online_policy must be " +
        'contig-zones or auto-movable, got "best"',
    },
    {
      name: "a flag that is none",
      changes: { "module-parameters.txt": (text) => text.replace("force_bbm:N", "force_bbm:?") },
      message: 'module-parameters.txt: virtio_mem.force_bbm must be Y or N, got "?"',
    },
    {
      name: "an absurd ratio",
      changes: { "module-parameters.txt": (text) => text.replace("ratio:301", "ratio:-1") },
      message:
        "module-parameters.txt: memory_hotplug.auto_movable_ratio must be " +
        'a whole number from 0 to 2^53, got "-1"',
    },
    {
      name: "an absurd counter",
      changes: { "vmstat.txt": "nr_free_pages 9007199254740993\n" },
      message:
        'vmstat.txt: nr_free_pages must be a whole number from 0 to 2^53, got "9007199254740993"',
    },
  ];

  test.each(rows)("$name", async ({ changes, message }) => {
    const reading = readCapture(await webServer(changes));
    await expect(reading).rejects.toBeInstanceOf(CaptureError);
    await expect(reading).rejects.toMatchObject({ message });
  });

  test("the error carries file and field", async () => {
    const error: unknown = await readCapture(
      await webServer({ "vmstat.txt": "nr_free_pages -1\n" }),
    ).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: "CaptureError",
      file: "vmstat.txt",
      field: "nr_free_pages",
    });
  });

  test("a recording of a guest with 64 KiB pages", async () => {
    const files = await recording("a-idle-normal-2m", {
      "meta.json": (text) => text.replace('"page_size": 4096', '"page_size": 65536'),
    });
    await expect(readCapture(files)).rejects.toMatchObject({
      message: "meta.json: page_size must be 4096, got 65536: not supported yet",
    });
  });

  test("a recording without its page flags", async () => {
    const files = await recording("a-idle-normal-2m", { "before.kpf.gz": undefined });
    await expect(readCapture(files)).rejects.toMatchObject({
      message: "before.kpf.gz must be in the capture, got no such file",
    });
  });

  test.each([
    { name: "nothing", members: [] },
    { name: "other files", members: ["notes.txt", "iomem.txt", "photos/me.jpg"] },
  ])("$name is not a capture", async ({ members }) => {
    const files = captureFilesOf(
      "folder",
      new Map(members.map((name) => [name, new Blob(["text"])])),
    );
    await expect(readCapture(files)).rejects.toMatchObject({
      message:
        "folder must hold a capture (kpageflags.gz, iomem.txt, zoneinfo.txt, memory-blocks.txt " +
        'and more; "virtio-mem capture-script" prints a script that makes one), got none',
    });
  });
});
