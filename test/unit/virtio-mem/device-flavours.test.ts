import { describe, expect, test } from "vitest";
import { KernelError } from "../../../src/core/kernel-error.js";
import {
  deviceFlavour,
  FLAVOUR_NAMES,
  type FlavourName,
} from "../../../src/virtio-mem/device/flavour.js";
import {
  VirtioMemDevice,
  type VirtioMemDeviceOptions,
} from "../../../src/virtio-mem/device/device.js";
import type { BlocksRequest } from "../../../src/virtio-mem/protocol.js";
import { encodeRequest } from "../../../src/virtio-mem/wire.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const ADDR = 4 * GiB;
const FLAVOURS: FlavourName[] = ["spec", "qemu", "cloud-hypervisor", "firecracker"];

function deviceOf(
  flavour: FlavourName,
  options: Partial<VirtioMemDeviceOptions> = {},
): VirtioMemDevice {
  return new VirtioMemDevice({ addr: ADDR, regionSize: 8 * GiB, flavour, ...options });
}

function ask(
  device: VirtioMemDevice,
  type: BlocksRequest["type"],
  offset: number,
  nbBlocks: number,
): string {
  const { type: answer, state } = device.handle({ type, addr: ADDR + offset, nbBlocks });
  return state === undefined ? answer : `${answer} ${state}`;
}

/** One answer per flavour, in the order spec, qemu, cloud-hypervisor, firecracker. */
type Row = readonly [string, string, string, string];

function expectEach(row: Row, answer: (flavour: FlavourName) => string): void {
  expect(FLAVOURS.map(answer)).toEqual([...row]);
}

describe("PLUG", () => {
  // Block 0 is plugged, 64 MiB requested. Firecracker has 128 MiB usable, QEMU 320 MiB.
  test.each<{ what: string; offset: number; nb: number; row: Row }>([
    { what: "what is free", offset: 2 * MiB, nb: 31, row: ["ACK", "ACK", "ACK", "ACK"] },
    { what: "too much", offset: 2 * MiB, nb: 32, row: ["NACK", "NACK", "NACK", "ERROR"] },
    { what: "too much, misaligned", offset: MiB, nb: 99, row: ["ERROR", "ERROR", "NACK", "ERROR"] },
    { what: "misaligned", offset: MiB, nb: 1, row: ["ERROR", "ERROR", "ERROR", "ERROR"] },
    { what: "a plugged block", offset: 0, nb: 1, row: ["ERROR", "ERROR", "ERROR", "ERROR"] },
    {
      what: "too much and plugged",
      offset: 0,
      nb: 32,
      row: ["NACK", "NACK", "NACK", "ERROR"],
    },
    { what: "nothing", offset: 2 * MiB, nb: 0, row: ["ERROR", "ERROR", "ERROR", "ERROR"] },
    {
      what: "at 128 MiB",
      offset: 128 * MiB,
      nb: 1,
      row: ["ACK", "ACK", "ACK", "ERROR"],
    },
    {
      what: "at 320 MiB",
      offset: 320 * MiB,
      nb: 1,
      row: ["ACK", "ERROR", "ACK", "ERROR"],
    },
  ])("of $what", ({ offset, nb, row }) => {
    expectEach(row, (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(64 * MiB);
      expect(ask(device, "PLUG", 0, 1)).toBe("ACK");
      return ask(device, "PLUG", offset, nb);
    });
  });

  test("of nothing where more is plugged than requested", () => {
    expectEach(["ERROR", "ERROR", "NACK", "ERROR"], (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(64 * MiB);
      ask(device, "PLUG", 0, 32);
      device.requestSize(32 * MiB);
      return ask(device, "PLUG", 64 * MiB, 0);
    });
  });

  test("while migrating", () => {
    expectEach(["BUSY", "BUSY", "ACK", "ACK"], (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(64 * MiB);
      device.migrating = true;
      return ask(device, "PLUG", 0, 1);
    });
  });

  test("that a listener refuses: answer, is the block set, plugged bytes", () => {
    expectEach(["BUSY 0 0", "BUSY 0 0", "ERROR 1 0", "ERROR 1 2"], (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(64 * MiB);
      device.addMemoryListener({ map: () => false, unmap: () => true });
      const answer = ask(device, "PLUG", 0, 1);
      return `${answer} ${Number(device.isAll(0, 1, true))} ${device.pluggedSize / MiB}`;
    });
  });

  test("without memory on the host is BUSY and changes nothing", () => {
    const discarded: number[][] = [];
    const device = deviceOf("qemu", {
      requestedSize: 64 * MiB,
      host: { preallocate: () => false, discard: (...run) => discarded.push(run) > 0 },
    });
    expect(ask(device, "PLUG", 2 * MiB, 3)).toBe("BUSY");
    expect(device.pluggedSize).toBe(0);
    expect(discarded).toEqual([[1, 3]]);
  });

  test("is taken back from the listeners that had agreed when a later one refuses", () => {
    const calls: string[] = [];
    const device = deviceOf("qemu", { requestedSize: 64 * MiB });
    const listener = (name: string, agrees: boolean) => ({
      map: (start: number, count: number) => {
        calls.push(`${name} map ${start}+${count}`);
        return agrees;
      },
      unmap: (start: number, count: number) => {
        calls.push(`${name} unmap ${start}+${count}`);
        return true;
      },
    });
    device.addMemoryListener(listener("a", true));
    device.addMemoryListener(listener("b", true));
    const stop = device.addMemoryListener(listener("c", false));
    device.addMemoryListener(listener("d", true));
    expect(ask(device, "PLUG", 0, 2)).toBe("BUSY");
    expect(calls.splice(0)).toEqual([
      "a map 0+2",
      "b map 0+2",
      "c map 0+2",
      "a unmap 0+2",
      "b unmap 0+2",
    ]);
    stop();
    expect(ask(device, "PLUG", 0, 2)).toBe("ACK");
    expect(ask(device, "UNPLUG", 0, 2)).toBe("ACK");
    expect(calls.splice(0)).toEqual([
      "a map 0+2",
      "b map 0+2",
      "d map 0+2",
      "a unmap 0+2",
      "b unmap 0+2",
      "d unmap 0+2",
    ]);
  });
});

describe("UNPLUG", () => {
  const plugged = (
    flavour: FlavourName,
    options: Partial<VirtioMemDeviceOptions> = {},
  ): VirtioMemDevice => {
    const device = deviceOf(flavour, options);
    device.requestSize(64 * MiB);
    expect(ask(device, "PLUG", 0, 32)).toBe("ACK");
    return device;
  };

  test("goes below what is requested", () => {
    expectEach(["ACK", "ACK", "ACK", "ACK"], (flavour) => ask(plugged(flavour), "UNPLUG", 0, 32));
  });

  test("of memory that cannot be discarded: answer, plugged", () => {
    expectEach(["BUSY 64", "BUSY 64", "ERROR 64", "ACK 0"], (flavour) => {
      const device = plugged(flavour, { host: { discard: () => false } });
      return `${ask(device, "UNPLUG", 0, 32)} ${device.pluggedSize / MiB}`;
    });
  });

  test("of memory that a listener keeps: answer, is a block set, plugged", () => {
    expectEach(["ACK 0 0", "ACK 0 0", "ERROR 0 64", "ACK 0 0"], (flavour) => {
      const device = plugged(flavour);
      device.addMemoryListener({ map: () => true, unmap: () => false });
      const answer = ask(device, "UNPLUG", 0, 32);
      return `${answer} ${Number(device.isAll(0, 1, true))} ${device.pluggedSize / MiB}`;
    });
  });

  test("of blocks that a failure had left uncounted leaves no negative size", () => {
    const device = deviceOf("cloud-hypervisor", { requestedSize: 64 * MiB });
    const stop = device.addMemoryListener({ map: () => false, unmap: () => true });
    expect(ask(device, "PLUG", 0, 4)).toBe("ERROR");
    stop();
    expect(ask(device, "UNPLUG", 0, 4)).toBe("ACK");
    expect(device.pluggedSize).toBe(0);
  });

  test("while migrating", () => {
    expectEach(["BUSY", "BUSY", "ACK", "ACK"], (flavour) => {
      const device = plugged(flavour);
      device.migrating = true;
      return ask(device, "UNPLUG", 0, 1);
    });
  });
});

describe("UNPLUG_ALL", () => {
  const all = (device: VirtioMemDevice): string => {
    const { type } = device.handle({ type: "UNPLUG_ALL" });
    return `${type} ${device.pluggedSize / MiB} ${device.usableRegionSize / MiB}`;
  };
  /** 32 MiB requested after 64 MiB: more is plugged and usable than need be. */
  const used = (
    flavour: FlavourName,
    options: Partial<VirtioMemDeviceOptions> = {},
  ): VirtioMemDevice => {
    const device = deviceOf(flavour, options);
    device.requestSize(64 * MiB);
    expect(ask(device, "PLUG", 0, 32)).toBe("ACK");
    device.requestSize(32 * MiB);
    return device;
  };

  test("answer, plugged and usable MiB afterwards", () => {
    expectEach(["ACK 0 8192", "ACK 0 288", "ACK 0 8192", "ACK 0 0"], (flavour) =>
      all(used(flavour)),
    );
  });

  test("while migrating", () => {
    expectEach(["BUSY 64 8192", "BUSY 64 320", "ACK 0 8192", "ACK 0 0"], (flavour) => {
      const device = used(flavour);
      device.migrating = true;
      return all(device);
    });
  });

  test("while migrating with nothing plugged", () => {
    expectEach(["ACK 0 8192", "ACK 0 288", "ACK 0 8192", "ACK 0 0"], (flavour) => {
      const device = used(flavour);
      ask(device, "UNPLUG", 0, 32);
      device.migrating = true;
      return all(device);
    });
  });

  test("of memory that cannot be discarded", () => {
    expectEach(["BUSY 64 8192", "BUSY 64 320", "ERROR 64 8192", "ERROR 64 128"], (flavour) =>
      all(used(flavour, { host: { discard: () => false } })),
    );
  });

  test("with nothing plugged does not discard, but in cloud-hypervisor", () => {
    expectEach(["ACK 0 8192", "ACK 0 0", "ERROR 0 8192", "ACK 0 0"], (flavour) =>
      all(deviceOf(flavour, { host: { discard: () => false } })),
    );
  });

  test("leaves a driver of Firecracker without usable blocks until the host changes the target", () => {
    const device = used("firecracker");
    all(device);
    expect(ask(device, "PLUG", 0, 1)).toBe("ERROR");
    device.requestSize(32 * MiB);
    expect(ask(device, "PLUG", 0, 1)).toBe("ACK");
  });
});

describe("the usable region", () => {
  test.each<{ target: number; row: readonly number[] }>([
    { target: 0, row: [8192, 0, 8192, 0] },
    { target: 2, row: [8192, 258, 8192, 128] },
    { target: 128, row: [8192, 384, 8192, 128] },
    { target: 130, row: [8192, 386, 8192, 256] },
    { target: 8192 - 128, row: [8192, 8192, 8192, 8192 - 128] },
    { target: 8192, row: [8192, 8192, 8192, 8192] },
  ])("for a target of $target MiB", ({ target, row }) => {
    const usable = FLAVOURS.map((flavour) => {
      const device = deviceOf(flavour);
      if (target > 0) device.requestSize(target * MiB);
      return device.usableRegionSize / MiB;
    });
    expect(usable).toEqual(row);
  });

  test("is a GiB more than requested on Arm", () => {
    const device = deviceOf("qemu-arm");
    device.requestSize(512 * MiB);
    expect(device.usableRegionSize).toBe(1.5 * GiB);
  });

  test("is rounded up to device blocks larger than the extent", () => {
    const device = deviceOf("qemu", { blockSize: GiB });
    device.requestSize(GiB);
    expect(device.usableRegionSize).toBe(2 * GiB);
  });

  test("is no larger than the region where that is smaller than the extent", () => {
    const device = deviceOf("qemu", { regionSize: 64 * MiB });
    device.requestSize(2 * MiB);
    expect(device.usableRegionSize).toBe(64 * MiB);
  });
});

describe("a target", () => {
  const change = (device: VirtioMemDevice, size: number): string => {
    let told = 0;
    const stop = device.onConfigChange(() => told++);
    try {
      device.requestSize(size);
      return `taken ${told}`;
    } catch (error) {
      return (error as Error).name;
    } finally {
      stop();
    }
  };

  test.each<{ what: string; size: number; row: Row }>([
    { what: "new", size: 64 * MiB, row: ["taken 1", "taken 1", "taken 1", "taken 1"] },
    { what: "as it is", size: 32 * MiB, row: ["taken 1", "taken 1", "KernelError", "taken 1"] },
    {
      what: "no multiple of the block",
      size: 3 * MiB,
      row: ["RangeError", "RangeError", "RangeError", "RangeError"],
    },
    {
      what: "larger than the region",
      size: 16 * GiB,
      row: ["RangeError", "RangeError", "RangeError", "RangeError"],
    },
  ])("that is $what", ({ size, row }) => {
    expectEach(row, (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(32 * MiB);
      return change(device, size);
    });
  });

  test("without a driver is seen later, or refused", () => {
    expectEach(["taken 0", "taken 0", "taken 0", "KernelError"], (flavour) => {
      const device = deviceOf(flavour);
      device.deviceReset();
      return change(device, 32 * MiB);
    });
  });

  test("may exceed the region only in a device of QEMU that is just being made", () => {
    expectEach(["RangeError", "64", "RangeError", "RangeError"], (flavour) => {
      try {
        const device = deviceOf(flavour, { regionSize: 0, requestedSize: 64 * MiB });
        return String(device.requestedSize / MiB);
      } catch (error) {
        return (error as Error).name;
      }
    });
  });

  test("cannot change while the device is being removed", () => {
    const device = deviceOf("qemu");
    expect(device.tryRemove()).toBe(true);
    expect(() => {
      device.requestSize(2 * MiB);
    }).toThrow(new KernelError("EBUSY", "request a size of a device that is being removed"));
    device.cancelRemoval();
    device.requestSize(2 * MiB);
    expect(device.tryRemove()).toBe(false);
    expect(ask(device, "PLUG", 0, 1)).toBe("ACK");
    device.requestSize(0);
    expect(device.tryRemove()).toBe(false);
    expect(deviceOf("qemu", { withoutFeatures: ["UnpluggedInaccessible"] }).tryRemove()).toBe(
      false,
    );
  });
});

describe("a request that cannot be read", () => {
  const plug = encodeRequest({ type: "PLUG", addr: ADDR, nbBlocks: 1 });
  const answerTo = (
    device: VirtioMemDevice,
    request: Uint8Array | Uint8Array[],
    writable = 10,
  ): string => {
    const bytes = device.handleBytes(request, writable);
    if (bytes === undefined) return "none";
    return bytes.length === 0 ? "empty" : String(bytes[0]);
  };

  test.each<{ what: string; request: Uint8Array | Uint8Array[]; writable?: number; row: Row }>([
    {
      what: "with 23 bytes",
      request: plug.subarray(0, 23),
      row: ["none needs-reset none", "none needs-reset none", "empty working 0", "none working 0"],
    },
    {
      what: "without a byte",
      request: new Uint8Array(0),
      row: ["none needs-reset none", "none needs-reset none", "empty working 0", "none working 0"],
    },
    {
      what: "with room for 9 bytes of answer",
      request: plug,
      writable: 9,
      row: ["none needs-reset none", "none needs-reset none", "empty working 0", "none working 0"],
    },
    {
      what: "of an unknown type",
      request: encodeRequest({ type: 4, addr: 0n, nbBlocks: 0 }),
      row: ["none needs-reset none", "none needs-reset none", "3 working 0", "none working 0"],
    },
    {
      what: "in two descriptors",
      request: [plug.subarray(0, 8), plug.subarray(8)],
      row: ["0 working 3", "0 working 3", "empty working 0", "none working 0"],
    },
    {
      what: "longer than 24 bytes",
      request: Uint8Array.of(...plug, 1, 2, 3),
      row: ["0 working 3", "0 working 3", "0 working 3", "0 working 3"],
    },
  ])("$what: answer, health, answer to the next PLUG", ({ request, writable, row }) => {
    expectEach(row, (flavour) => {
      const device = deviceOf(flavour);
      device.requestSize(64 * MiB);
      const answer = answerTo(device, request, writable);
      return `${answer} ${device.health} ${answerTo(device, plug)}`;
    });
  });

  test("breaks the device until its driver has reset it; blocks and sizes stay", () => {
    const device = deviceOf("qemu", { requestedSize: 64 * MiB });
    expect(answerTo(device, plug)).toBe("0");
    expect(answerTo(device, Uint8Array.of(7))).toBe("none");
    expect(device.needsReset).toBe(true);
    expect(device.handle({ type: "UNPLUG_ALL" })).toEqual({ type: "none" });
    device.requestSize(32 * MiB);
    device.deviceReset();
    expect(device.needsReset).toBe(false);
    expect(device.pluggedSize).toBe(2 * MiB);
    expect(device.handle({ type: "UNPLUG_ALL" })).toEqual({ type: "none" });
    device.activate();
    expect(device.handle({ type: "UNPLUG_ALL" })).toEqual({ type: "ACK" });
  });
});

describe("cloud-hypervisor before v52", () => {
  const many = { regionSize: 129 * GiB, requestedSize: 129 * GiB };
  const blocks = (129 * GiB) / (2 * MiB);

  test.each([
    { flavour: "cloud-hypervisor", left: [] },
    { flavour: "cloud-hypervisor-v51", left: [[512, 2 ** 16 - 512 + 1]] },
  ] as const)("$flavour clears the bits of 66,048 blocks but $left", ({ flavour, left }) => {
    const device = deviceOf(flavour, many);
    expect(blocks).toBe(2 ** 16 + 512);
    for (const [block, nbBlocks] of [
      [0, 2 ** 16 - 1],
      [2 ** 16 - 1, 2],
    ] as const) {
      const addr = device.addr + block * 2 * MiB;
      expect(device.handle({ type: "PLUG", addr, nbBlocks }).type).toBe("ACK");
    }
    expect(device.handle({ type: "UNPLUG_ALL" }).type).toBe("ACK");
    expect(device.pluggedSize).toBe(0);
    expect([...device.pluggedRuns()]).toEqual(left);
  });

  test("a request of 25 bytes ends it", () => {
    const device = deviceOf("cloud-hypervisor-v51", { requestedSize: 64 * MiB });
    const request = encodeRequest({ type: "PLUG", addr: ADDR, nbBlocks: 1 });
    expect(device.handleBytes(Uint8Array.of(...request, 0))).toBeUndefined();
    expect(device.health).toBe("stopped");
  });
});

describe("a look at the checks of a request", () => {
  test("says which one fails first, and changes nothing", () => {
    const device = deviceOf("qemu", { requestedSize: 64 * MiB });
    const { addr } = device;
    const check = (type: "PLUG" | "UNPLUG" | "STATE", block: number, nbBlocks: number) =>
      device.failedCheck({ type, addr: addr + block * 2 * MiB, nbBlocks });
    expect(device.handle({ type: "PLUG", addr, nbBlocks: 2 }).type).toBe("ACK");
    expect(check("PLUG", 2, 30)).toBeUndefined();
    expect(check("PLUG", 2, 31)).toBe("size");
    expect(check("PLUG", 1, 2)).toBe("state");
    expect(check("PLUG", -1, 1)).toBe("range");
    expect(check("UNPLUG", 1, 2)).toBe("state");
    expect(check("STATE", 0, 0)).toBe("range");
    expect(device.failedCheck({ type: "UNPLUG_ALL" })).toBeUndefined();
    device.migrating = true;
    expect(check("PLUG", 2, 1)).toBe("busy");
    expect(check("STATE", 0, 1)).toBeUndefined();
    expect(device.pluggedSize).toBe(4 * MiB);
  });
});

describe("features", () => {
  const bits = (flavour: FlavourName, options: Partial<VirtioMemDeviceOptions> = {}): string =>
    deviceOf(flavour, options).offeredFeatures.toString(16);

  test("are offered by flavour", () => {
    expectEach(["100000006", "100000006", "100000000", "100000002"], (flavour) => bits(flavour));
    expectEach(["100000007", "100000007", "100000001", "100000002"], (flavour) =>
      bits(flavour, { nodeId: 1 }),
    );
    expectEach(["100000004", "100000004", "100000000", "100000002"], (flavour) =>
      bits(flavour, { withoutFeatures: ["UnpluggedInaccessible"] }),
    );
  });

  test("must be accepted where the device needs them, and only what is offered", () => {
    const device = deviceOf("qemu");
    device.deviceReset();
    expect(device.activate(0x1_0000_0000n)).toBe(false);
    expect(device.isActive).toBe(false);
    expect(device.activate(0x1_0000_0003n)).toBe(false);
    expect(device.activate(0x2n)).toBe(false);
    expect(device.activate(0x1_0000_0002n)).toBe(true);
    expect(device.hasAccepted("UnpluggedInaccessible")).toBe(true);
    expect(device.hasAccepted("PersistentSuspend")).toBe(false);
    expect(deviceOf("cloud-hypervisor").activate(0x1_0000_0000n)).toBe(true);
  });

  test("decide who may read unplugged memory", () => {
    const access = (device: VirtioMemDevice): string =>
      [0, 2, 258]
        .map((at) => {
          const allowed = (["read", "write", "dma"] as const).filter((kind) =>
            device.allowsAccess(kind, ADDR + at * MiB, MiB),
          );
          return allowed.join("+") || "none";
        })
        .join(", ");
    const options = { requestedSize: 2 * MiB, plugged: [[0, 1]] as const };
    expect(access(deviceOf("qemu", options))).toBe("read+write+dma, none, none");
    const readable = deviceOf("qemu", { ...options, withoutFeatures: ["UnpluggedInaccessible"] });
    expect(access(readable)).toBe("read+write+dma, read, none");
    expect(readable.allowsAccess("write", ADDR + MiB, 2 * MiB)).toBe(false);
    expect(readable.allowsAccess("read", ADDR + MiB, 2 * MiB)).toBe(true);
    expect(readable.allowsAccess("read", ADDR - 1, 1)).toBe(false);
    expect(readable.allowsAccess("read", ADDR, 0)).toBe(false);
  });
});

describe("a flavour", () => {
  test.each<{ options: Partial<VirtioMemDeviceOptions>; message: string }>([
    {
      options: { flavour: "cloud-hypervisor", blockSize: 4 * MiB },
      message: "blockSize must be at most 2 MiB with cloud-hypervisor, got 4 MiB",
    },
    {
      options: { flavour: "cloud-hypervisor", regionSize: 192 * MiB },
      message: "regionSize must be a multiple of 128 MiB, got 192 MiB",
    },
    {
      options: { flavour: "firecracker", blockSize: MiB / 2 },
      message: "blockSize must be a power of two of at least 1 MiB, got 512 KiB",
    },
    {
      options: { nodeId: 65536 },
      message: "nodeId must be a whole number from 0 to 65535, got 65536",
    },
    {
      options: { addr: 2 ** 53 - GiB, blockSize: MiB },
      message: "addr + regionSize must be less than 8 PiB, got 8 PiB",
    },
  ])("refuses: $message", ({ options, message }) => {
    expect(() => deviceOf("qemu", { regionSize: GiB, ...options })).toThrow(
      new RangeError(message),
    );
  });

  test("of the specification takes blocks of any power of two", () => {
    expect(deviceOf("spec", { blockSize: 4096 }).nbBlocks).toBe(2 ** 21);
  });

  test("is found by its name", () => {
    for (const name of FLAVOUR_NAMES) expect(deviceFlavour(name).name).toBe(name);
    expect(() => deviceFlavour("toString")).toThrow(
      new RangeError(
        "flavour must be one of spec, qemu, qemu-arm, cloud-hypervisor, cloud-hypervisor-v51, firecracker, got toString",
      ),
    );
  });
});
