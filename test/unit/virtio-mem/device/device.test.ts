import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../src/clock.js";
import { EventLog } from "../../../../src/log/event-log.js";
import {
  VirtioMemDevice,
  type VirtioMemDeviceOptions,
} from "../../../../src/virtio-mem/device/device.js";
import type { BlocksRequest } from "../../../../src/virtio-mem/protocol.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const ADDR = 4 * GiB;

function deviceOf(options: Partial<VirtioMemDeviceOptions> = {}): VirtioMemDevice {
  return new VirtioMemDevice({ addr: ADDR, regionSize: 8 * GiB, ...options });
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

/**
 * Usable region of 336 MiB with block 0 plugged; device blocks of 2 MiB, 80 MiB requested:
 *
 * ```text
 *  block  0   1 ...               167 | 168 ...
 *         1   0                     0 | not usable
 * ```
 */
function oneBlockPlugged(): VirtioMemDevice {
  const device = deviceOf({ requestedSize: 80 * MiB });
  expect(ask(device, "PLUG", 0, 1)).toBe("ACK");
  return device;
}

describe("a request", () => {
  test.each([
    { what: "the last usable block", type: "PLUG", offset: 334 * MiB, nb: 1, answer: "ACK" },
    { what: "one past the usable region", type: "PLUG", offset: 334 * MiB, nb: 2, answer: "ERROR" },
    { what: "below the region", type: "PLUG", offset: -2 * MiB, nb: 1, answer: "ERROR" },
    { what: "misaligned", type: "PLUG", offset: MiB, nb: 1, answer: "ERROR" },
    { what: "no block", type: "PLUG", offset: 2 * MiB, nb: 0, answer: "ERROR" },
    {
      what: "the end of the address space",
      type: "PLUG",
      offset: 2 ** 64 - 2 * MiB,
      nb: 65535,
      answer: "ERROR",
    },
    { what: "up to the requested size", type: "PLUG", offset: 2 * MiB, nb: 39, answer: "ACK" },
    { what: "one block too many", type: "PLUG", offset: 2 * MiB, nb: 40, answer: "NACK" },
    { what: "too many and one plugged", type: "PLUG", offset: 0, nb: 41, answer: "NACK" },
    { what: "too many and not usable", type: "PLUG", offset: 0, nb: 65535, answer: "ERROR" },
    { what: "one plugged, one not", type: "PLUG", offset: 0, nb: 2, answer: "ERROR" },
    { what: "the plugged one", type: "UNPLUG", offset: 0, nb: 1, answer: "ACK" },
    { what: "one plugged, one not", type: "UNPLUG", offset: 0, nb: 2, answer: "ERROR" },
    { what: "an unplugged one", type: "UNPLUG", offset: 2 * MiB, nb: 1, answer: "ERROR" },
    { what: "misaligned", type: "UNPLUG", offset: MiB, nb: 1, answer: "ERROR" },
    { what: "the plugged one", type: "STATE", offset: 0, nb: 1, answer: "ACK PLUGGED" },
    { what: "an unplugged one", type: "STATE", offset: 2 * MiB, nb: 1, answer: "ACK UNPLUGGED" },
    { what: "both", type: "STATE", offset: 0, nb: 2, answer: "ACK MIXED" },
    {
      what: "inside the region, not usable",
      type: "STATE",
      offset: 336 * MiB,
      nb: 1,
      answer: "ERROR",
    },
    { what: "no block", type: "STATE", offset: 0, nb: 0, answer: "ERROR" },
  ] as const)("$type of $what is answered $answer", ({ type, offset, nb, answer }) => {
    const device = oneBlockPlugged();
    const plugged = device.pluggedSize;
    expect(ask(device, type, offset, nb)).toBe(answer);
    const change = answer === "ACK" ? (type === "PLUG" ? nb : -nb) * 2 * MiB : 0;
    expect(device.pluggedSize).toBe(plugged + change);
    expect([...device.pluggedRuns()].reduce((sum, [, count]) => sum + count, 0)).toBe(
      device.pluggedSize / (2 * MiB),
    );
  });

  test("must name a 16-bit number of blocks", () => {
    expect(() => ask(deviceOf(), "PLUG", 0, 65536)).toThrow(
      new RangeError("nbBlocks must be a whole number from 0 to 65535, got 65536"),
    );
  });

  test("with the largest number of blocks flips them all", () => {
    const device = deviceOf({ regionSize: 256 * GiB, requestedSize: 256 * GiB });
    expect(ask(device, "PLUG", 2 * MiB, 65535)).toBe("ACK");
    expect([...device.pluggedRuns()]).toEqual([[1, 65535]]);
  });

  test("to plug is refused above a lowered target, to unplug is not", () => {
    const device = oneBlockPlugged();
    device.requestSize(0);
    expect(ask(device, "PLUG", 2 * MiB, 1)).toBe("NACK");
    expect(ask(device, "UNPLUG", 0, 1)).toBe("ACK");
  });

  test("to unplug all empties more than 65535 blocks", () => {
    const device = deviceOf({ regionSize: 256 * GiB, requestedSize: 256 * GiB });
    ask(device, "PLUG", 0, 65535);
    ask(device, "PLUG", 65535 * 2 * MiB, 65535);
    expect(device.handle({ type: "UNPLUG_ALL" }).type).toBe("ACK");
    expect(device.pluggedSize).toBe(0);
  });
});

describe("a migrating device", () => {
  test.each([
    { type: "PLUG", offset: 2 * MiB, nb: 1, answer: "BUSY" },
    { type: "PLUG", offset: 2 * MiB, nb: 40, answer: "NACK" },
    { type: "PLUG", offset: 0, nb: 1, answer: "ERROR" },
    { type: "UNPLUG", offset: 0, nb: 1, answer: "BUSY" },
    { type: "UNPLUG", offset: 2 * MiB, nb: 1, answer: "ERROR" },
    { type: "STATE", offset: 0, nb: 1, answer: "ACK PLUGGED" },
  ] as const)("answers $type of $nb at $offset with $answer", ({ type, offset, nb, answer }) => {
    const device = oneBlockPlugged();
    device.migrating = true;
    expect(ask(device, type, offset, nb)).toBe(answer);
    expect([...device.pluggedRuns()]).toEqual([[0, 1]]);
  });

  test("unplugs all only where nothing is plugged, and shrinks the usable region then", () => {
    const device = oneBlockPlugged();
    device.requestSize(2 * MiB);
    device.migrating = true;
    expect(device.handle({ type: "UNPLUG_ALL" }).type).toBe("BUSY");
    expect(device.usableRegionSize).toBe(336 * MiB);
    device.migrating = false;
    ask(device, "UNPLUG", 0, 1);
    device.migrating = true;
    expect(device.handle({ type: "UNPLUG_ALL" }).type).toBe("ACK");
    expect(device.usableRegionSize).toBe(258 * MiB);
  });

  test("keeps its memory over a system reset", () => {
    const device = oneBlockPlugged();
    device.migrating = true;
    device.systemReset();
    expect(device.pluggedSize).toBe(2 * MiB);
    device.migrating = false;
    device.systemReset();
    expect(device.pluggedSize).toBe(0);
  });
});

test("the usable region is the target and 256 MiB, never shrinks, and is cut at the region", () => {
  const device = deviceOf();
  const usableAfter = (size: number): number => {
    device.requestSize(size);
    return device.usableRegionSize;
  };
  expect(device.usableRegionSize).toBe(0);
  expect(usableAfter(80 * MiB)).toBe(336 * MiB);
  expect(usableAfter(GiB)).toBe(1.25 * GiB);
  expect(usableAfter(64 * MiB)).toBe(1.25 * GiB);
  device.handle({ type: "UNPLUG_ALL" });
  expect(device.usableRegionSize).toBe(320 * MiB);
  expect(usableAfter(8 * GiB)).toBe(8 * GiB);
  device.requestSize(0);
  device.handle({ type: "UNPLUG_ALL" });
  expect(device.usableRegionSize).toBe(0);
  expect(ask(device, "PLUG", 0, 1)).toBe("ERROR");
});

test("every target is notified, also one equal to the old; requests never are", () => {
  const device = deviceOf();
  const seen: number[] = [];
  const stop = device.onConfigChange(() => seen.push(device.requestedSize));
  device.requestSize(2 * MiB);
  device.requestSize(2 * MiB);
  ask(device, "PLUG", 0, 1);
  device.handle({ type: "UNPLUG_ALL" });
  stop();
  device.requestSize(0);
  expect(seen).toEqual([2 * MiB, 2 * MiB]);
});

describe("requestSize", () => {
  test.each([
    { size: 3 * MiB, message: "requestedSize must be a multiple of 2 MiB, got 3 MiB" },
    { size: 16 * GiB, message: "requestedSize must be at most regionSize (8 GiB), got 16 GiB" },
    { size: -1, message: "requestedSize must be a whole number of bytes >= 0, got -1" },
  ])("rejects $size and keeps the old target", ({ size, message }) => {
    const device = deviceOf({ requestedSize: 4 * MiB });
    expect(() => {
      device.requestSize(size);
    }).toThrow(new RangeError(message));
    expect(device.requestedSize).toBe(4 * MiB);
  });
});

describe("a device", () => {
  test.each([
    {
      options: { blockSize: 3 * MiB },
      message: "blockSize must be a power of two of at least 1 MiB, got 3 MiB",
    },
    {
      options: { blockSize: 512 * 1024 },
      message: "blockSize must be a power of two of at least 1 MiB, got 512 KiB",
    },
    { options: { addr: MiB }, message: "addr must be a multiple of 2 MiB, got 1 MiB" },
    {
      options: { regionSize: 5 * MiB },
      message: "regionSize must be a multiple of 2 MiB, got 5 MiB",
    },
    {
      options: {
        plugged: [
          [0, 2],
          [1, 1],
        ] as const,
      },
      message: "plugged must name free device blocks of 0 to 4096, got 1 from 1 on",
    },
    {
      options: { plugged: [[4095, 2]] as const },
      message: "plugged must name free device blocks of 0 to 4096, got 2 from 4095 on",
    },
  ])("is refused: $message", ({ options, message }) => {
    expect(() => deviceOf(options)).toThrow(new RangeError(message));
  });

  test("may have an empty region", () => {
    const device = deviceOf({ regionSize: 0 });
    expect(device.nbBlocks).toBe(0);
    expect(ask(device, "STATE", 0, 1)).toBe("ERROR");
  });

  test("met in its life keeps what is plugged usable", () => {
    const device = deviceOf({ plugged: [[100, 28]], requestedSize: 0 });
    expect(device.config).toEqual({
      blockSize: 2 * MiB,
      nodeId: undefined,
      addr: ADDR,
      regionSize: 8 * GiB,
      usableRegionSize: 256 * MiB,
      pluggedSize: 56 * MiB,
      requestedSize: 0,
    });
  });

  test("writes down requests and sizes with their time", () => {
    const clock = new VirtualClock();
    const log = new EventLog(clock);
    const device = deviceOf({ log });
    device.requestSize(2 * MiB);
    clock.advanceNs(7);
    ask(device, "PLUG", 0, 1);
    expect(log.entries).toEqual([
      { type: "usable-region", atNs: 0, oldSize: 0, newSize: 258 * MiB },
      { type: "requested-size", atNs: 0, size: 2 * MiB },
      { type: "request", atNs: 7, request: "PLUG", offset: 0, nbBlocks: 1, response: "ACK" },
    ]);
  });
});
