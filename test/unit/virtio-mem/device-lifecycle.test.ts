import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../src/clock.js";
import { EventLog } from "../../../src/log/event-log.js";
import { throttleSizeEvents } from "../../../src/virtio-mem/device/size-events.js";
import { dynamicSlotSize, mappedSlots } from "../../../src/virtio-mem/device/slots.js";
import type { DeviceSnapshot } from "../../../src/virtio-mem/device/snapshot.js";
import {
  VirtioMemDevice,
  type VirtioMemDeviceOptions,
} from "../../../src/virtio-mem/device/device.js";
import { encodeConfig } from "../../../src/virtio-mem/wire.js";
import { recordedBoots } from "./recorded-boot.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const ADDR = 4 * GiB;

function deviceOf(options: Partial<VirtioMemDeviceOptions> = {}): VirtioMemDevice {
  return new VirtioMemDevice({ addr: ADDR, regionSize: 8 * GiB, ...options });
}

function plug(device: VirtioMemDevice, start: number, nbBlocks: number): string {
  return device.handle({ type: "PLUG", addr: ADDR + start * 2 * MiB, nbBlocks }).type;
}

function unplug(device: VirtioMemDevice, start: number, nbBlocks: number): string {
  return device.handle({ type: "UNPLUG", addr: ADDR + start * 2 * MiB, nbBlocks }).type;
}

describe("the config space", () => {
  const device = deviceOf({ requestedSize: 64 * MiB, nodeId: 3 });

  test("is read at each offset and width", () => {
    const whole = encodeConfig(device.config);
    for (let offset = 0; offset < 56; offset++) {
      for (const size of [1, 2, 4, 8, 56]) {
        const read = device.readConfig(offset, size);
        expect(read).toHaveLength(size);
        if (offset + size > 56) expect([...read].every((byte) => byte === 0xff)).toBe(true);
        else expect([...read]).toEqual([...whole.subarray(offset, offset + size)]);
      }
    }
    expect([...device.readConfig(8, 8)]).toEqual([3, 0, 0, 0, 0, 0, 0, 0]);
    expect([...device.readConfig(-1, 1)]).toEqual([0xff]);
    expect([...device.readConfig(5000, 2)]).toEqual([0xff, 0xff]);
  });

  test("does not change when it is written", () => {
    const before = [...device.readConfig()];
    device.writeConfig(48, new Uint8Array(8).fill(0xff));
    expect([...device.readConfig()]).toEqual(before);
    device.readConfig().fill(0);
    expect([...device.readConfig()]).toEqual(before);
  });
});

describe("a reset", () => {
  test("of the device changes no block and no size", () => {
    const device = deviceOf({ requestedSize: 64 * MiB });
    plug(device, 3, 5);
    const before = device.config;
    device.deviceReset();
    expect(device.config).toEqual(before);
    expect([...device.pluggedRuns()]).toEqual([[3, 5]]);
    expect(device.isActive).toBe(false);
    expect(plug(device, 0, 1)).toBe("none");
  });

  test("of the machine unplugs all and shrinks the usable region", () => {
    const device = deviceOf({ requestedSize: 64 * MiB });
    plug(device, 0, 32);
    device.requestSize(32 * MiB);
    device.systemReset();
    expect(device.config).toMatchObject({ pluggedSize: 0, usableRegionSize: 288 * MiB });
    expect(device.isActive).toBe(false);
  });
});

describe("the plugged size", () => {
  test("is told after each acknowledged request and when all has gone", () => {
    const device = deviceOf({ requestedSize: 64 * MiB });
    const told: number[] = [];
    device.onSizeChange((size) => told.push(size / MiB));
    plug(device, 0, 2);
    plug(device, 0, 2);
    unplug(device, 0, 1);
    device.handle({ type: "UNPLUG_ALL" });
    device.handle({ type: "UNPLUG_ALL" });
    plug(device, 0, 3);
    device.systemReset();
    device.systemReset();
    expect(told).toEqual([4, 2, 0, 6, 0]);
  });

  test("passes the monitor once a second, the last value of each second", () => {
    const clock = new VirtualClock();
    const device = deviceOf({ requestedSize: GiB });
    const told: [number, number][] = [];
    const stop = throttleSizeEvents(device, clock, (size) => {
      told.push([clock.nowMs, size / MiB]);
    });
    plug(device, 0, 1);
    clock.advanceToNs(300e6);
    plug(device, 1, 1);
    clock.advanceToNs(900e6);
    plug(device, 2, 1);
    clock.advanceToNs(1500e6);
    plug(device, 3, 1);
    clock.advanceToNs(5000e6);
    plug(device, 4, 1);
    clock.advanceToNs(7000e6);
    plug(device, 5, 1);
    plug(device, 6, 1);
    stop();
    plug(device, 7, 1);
    clock.advanceToNs(20_000e6);
    expect(told).toEqual([
      [0, 2],
      [1000, 6],
      [2000, 8],
      [5000, 10],
      [7000, 12],
    ]);
  });

  const boots = recordedBoots().filter(({ host }) =>
    host.some(({ ev }) => ev === "MEMORY_DEVICE_SIZE_CHANGE"),
  );
  test.each(boots)("passes the monitor as recorded in $name", (boot) => {
    const clock = new VirtualClock();
    const { addr, regionSize, blockSize } = boot;
    const device = new VirtioMemDevice({ addr, regionSize, blockSize });
    const told: number[] = [];
    throttleSizeEvents(device, clock, (size) => told.push(size));
    const recorded: number[] = [];
    for (const { ev, t, size, off, nb_blocks: nbBlocks } of boot.host) {
      if (ev === "MEMORY_DEVICE_SIZE_CHANGE") {
        recorded.push(size!);
        continue;
      }
      clock.advanceToNs(Math.round(t * 1e9));
      if (ev === "requested-size") device.requestSize(size!);
      else if (ev === "PLUG" || ev === "UNPLUG") {
        device.handle({ type: ev, addr: addr + off!, nbBlocks: nbBlocks! });
      }
    }
    clock.advanceNs(2e9);
    expect(told).toHaveLength(recorded.length);
    // The host's timer may be late by a single block or two; in two of the boots it was.
    for (const [index, size] of told.entries()) {
      expect(Math.abs(size - recorded[index]!)).toBeLessThanOrEqual(4 * MiB);
    }
  });
});

describe("a snapshot", () => {
  const used = (): VirtioMemDevice => {
    const device = deviceOf({ requestedSize: 64 * MiB, nodeId: 1 });
    plug(device, 0, 3);
    plug(device, 10, 2);
    device.requestSize(32 * MiB);
    return device;
  };

  test("carries everything over, through JSON", () => {
    const old = used();
    old.deviceReset();
    old.activate(0x1_0000_0002n);
    old.handleBytes(new Uint8Array(1));
    const snapshot = JSON.parse(JSON.stringify(old.snapshot())) as DeviceSnapshot;
    const discarded: number[][] = [];
    const mapped: number[][] = [];
    const device = deviceOf({
      nodeId: 1,
      host: { discard: (...run) => discarded.push(run) > 0 },
    });
    device.addMemoryListener({ map: (...run) => mapped.push(run) > 0, unmap: () => true });
    device.restore(snapshot);
    expect(device.snapshot()).toEqual(old.snapshot());
    expect(device.config).toEqual(old.config);
    expect(device.needsReset).toBe(true);
    expect(mapped).toEqual([
      [0, 3],
      [10, 2],
    ]);
    expect(discarded).toEqual([
      [3, 7],
      [12, 4084],
    ]);
  });

  test.each<{ change: Partial<DeviceSnapshot>; message: string }>([
    { change: { addr: 0 }, message: "addr must be 4 GiB, got 0 B" },
    { change: { regionSize: GiB }, message: "regionSize must be 8 GiB, got 1 GiB" },
    { change: { blockSize: 4 * MiB }, message: "blockSize must be 2 MiB, got 4 MiB" },
    { change: { nodeId: null }, message: "nodeId must be 1, got null" },
    {
      change: { requestedSize: MiB },
      message: "requestedSize must be a multiple of 2 MiB, got 1 MiB",
    },
    {
      change: { usableRegionSize: 16 * GiB },
      message: "usableRegionSize must be at most 8 GiB, got 16 GiB",
    },
    { change: { pluggedSize: 2 * MiB }, message: "pluggedSize must be 10 MiB, got 2 MiB" },
    {
      change: {
        plugged: [
          [2, 1],
          [0, 4],
        ],
      },
      message: "plugged must be ascending runs of usable device blocks, got 4 from 0 on",
    },
    {
      change: { plugged: [[4000, 5]] },
      message: "plugged must be ascending runs of usable device blocks, got 5 from 4000 on",
    },
  ])("is refused: $message", ({ change, message }) => {
    const device = deviceOf({ nodeId: 1 });
    const before = device.snapshot();
    expect(() => {
      device.restore({ ...used().snapshot(), ...change });
    }).toThrow(new RangeError(`snapshot: ${message}`));
    expect(device.snapshot()).toEqual(before);
  });

  test("is refused by a listener that cannot map it, and nothing stays mapped", () => {
    const device = deviceOf({ nodeId: 1 });
    const before = device.snapshot();
    const mapped = new Set<number>();
    device.addMemoryListener({
      map: (start) => start === 0 && mapped.add(start).size > 0,
      unmap: (start) => mapped.delete(start),
    });
    expect(() => {
      device.restore(used().snapshot());
    }).toThrow("restore 2 plugged device blocks from 10 on: EBUSY");
    expect(device.snapshot()).toEqual(before);
    expect(mapped.size).toBe(0);
  });
});

test("memory slots are mapped where a block of them is plugged", () => {
  const device = deviceOf({ requestedSize: 8 * GiB });
  plug(device, 0, 1);
  plug(device, 2, 1);
  plug(device, 1023, 2);
  expect(dynamicSlotSize(device, 4)).toBe(2 * GiB);
  expect(dynamicSlotSize(device, 100)).toBe(GiB);
  expect(mappedSlots(device, 2 * GiB)).toEqual([0, 1]);
  expect(mappedSlots(device, 128 * MiB)).toEqual([0, 15, 16]);
  expect(() => dynamicSlotSize(device, 0)).toThrow(
    new RangeError("allowedSlots must be a whole number from 1 on, got 0"),
  );
});

test("a broken device is written down", () => {
  const log = new EventLog(new VirtualClock());
  const device = deviceOf({ log });
  device.handleBytes(new Uint8Array(3));
  device.deviceReset();
  expect(log.entries).toEqual([
    { type: "device-health", atNs: 0, health: "needs-reset" },
    { type: "device-health", atNs: 0, health: "working" },
  ]);
});
