import { describe, expect, test } from "vitest";

import { VirtioMemDevice } from "../../../../src/virtio-mem/device/device.js";
import { assertLoadable, type DeviceSnapshot } from "../../../../src/virtio-mem/device/snapshot.js";

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;
const PLACE = { addr: 4 * GiB, regionSize: GiB, blockSize: 2 * MiB, nodeId: 3 };

/** 5 of 512 device blocks plugged, 256 MiB usable: 128 device blocks. */
const GOOD: DeviceSnapshot = {
  flavour: "qemu",
  ...PLACE,
  usableRegionSize: 256 * MiB,
  pluggedSize: 10 * MiB,
  requestedSize: 32 * MiB,
  plugged: [
    [0, 3],
    [126, 2],
  ],
  acceptedFeatures: "100000002",
  health: "working",
};

function load(change: Record<string, unknown>, mayDisagree = false): void {
  assertLoadable({ ...GOOD, ...change }, PLACE, mayDisagree);
}

test.each<{ what: string; change: Record<string, unknown> }>([
  { what: "as it was taken", change: {} },
  { what: "without a driver", change: { acceptedFeatures: null } },
  { what: "with all 64 features", change: { acceptedFeatures: "FFFFffffffffffff" } },
  { what: "of a device that needs a reset", change: { health: "needs-reset" } },
  { what: "of a device that has stopped", change: { health: "stopped" } },
  { what: "with nothing plugged", change: { plugged: [], pluggedSize: 0 } },
  { what: "with nothing requested", change: { requestedSize: 0 } },
  { what: "with all of the region requested and usable", change: { requestedSize: GiB } },
  { what: "with all of the region usable", change: { usableRegionSize: GiB } },
  {
    what: "with runs that meet",
    change: {
      plugged: [
        [0, 3],
        [3, 2],
      ],
    },
  },
])("a snapshot $what is taken", ({ change }) => {
  expect(() => {
    load(change);
  }).not.toThrow();
});

describe("a snapshot is refused", () => {
  const RUNS = "plugged must be ascending runs of usable device blocks";
  test.each<{ change: Record<string, unknown>; words: string }>([
    { change: { addr: 2 * GiB }, words: "addr must be 4 GiB, got 2 GiB" },
    { change: { regionSize: 2 * GiB }, words: "regionSize must be 1 GiB, got 2 GiB" },
    { change: { blockSize: MiB }, words: "blockSize must be 2 MiB, got 1 MiB" },
    { change: { nodeId: 0 }, words: "nodeId must be 3, got 0" },
    { change: { nodeId: null }, words: "nodeId must be 3, got null" },
    {
      change: { usableRegionSize: MiB },
      words: "usableRegionSize must be a multiple of 2 MiB, got 1 MiB",
    },
    {
      change: { pluggedSize: -2 * MiB },
      words: "pluggedSize must be a multiple of 2 MiB, got -2 MiB",
    },
    {
      change: { requestedSize: 1.5 },
      words: "requestedSize must be a multiple of 2 MiB, got 1.5 B",
    },
    {
      change: { requestedSize: GiB + 2 * MiB },
      words: "requestedSize must be at most 1 GiB, got 1026 MiB",
    },
    {
      change: { usableRegionSize: GiB + 2 * MiB },
      words: "usableRegionSize must be at most 1 GiB, got 1026 MiB",
    },
    { change: { plugged: [[0, 0]] }, words: `${RUNS}, got 0 from 0 on` },
    { change: { plugged: [[0, -1]] }, words: `${RUNS}, got -1 from 0 on` },
    { change: { plugged: [[0, 1.5]] }, words: `${RUNS}, got 1.5 from 0 on` },
    { change: { plugged: [[0.5, 1]] }, words: `${RUNS}, got 1 from 0.5 on` },
    { change: { plugged: [[-1, 2]] }, words: `${RUNS}, got 2 from -1 on` },
    { change: { plugged: [["0", 2]] }, words: `${RUNS}, got 2 from 0 on` },
    { change: { plugged: [[126, 3]] }, words: `${RUNS}, got 3 from 126 on` },
    {
      change: {
        plugged: [
          [0, 3],
          [2, 2],
        ],
      },
      words: `${RUNS}, got 2 from 2 on`,
    },
    { change: { pluggedSize: 8 * MiB }, words: "pluggedSize must be 10 MiB, got 8 MiB" },
    { change: { plugged: 7 }, words: "plugged must be a list of runs, got 7" },
    {
      change: { plugged: [[0, 5], 7] },
      words: "plugged must be a list of runs, got an array of 2",
    },
    { change: { plugged: undefined }, words: "plugged must be a list of runs, got undefined" },
    {
      change: { acceptedFeatures: 1 },
      words: "acceptedFeatures must be null or up to 16 hexadecimal digits, got 1",
    },
    {
      change: { acceptedFeatures: "" },
      words: 'acceptedFeatures must be null or up to 16 hexadecimal digits, got ""',
    },
    {
      change: { acceptedFeatures: "0x1" },
      words: 'acceptedFeatures must be null or up to 16 hexadecimal digits, got "0x1"',
    },
    {
      change: { acceptedFeatures: "1g" },
      words: 'acceptedFeatures must be null or up to 16 hexadecimal digits, got "1g"',
    },
    {
      change: { acceptedFeatures: "00000000000000001" },
      words:
        'acceptedFeatures must be null or up to 16 hexadecimal digits, got "00000000000000001"',
    },
    {
      change: { health: "fine" },
      words: 'health must be one of working, needs-reset, stopped, got "fine"',
    },
    {
      change: { health: undefined },
      words: "health must be one of working, needs-reset, stopped, got undefined",
    },
  ])("$words", ({ change, words }) => {
    expect(() => {
      load(change);
    }).toThrow(new RangeError(`snapshot: ${words}`));
  });

  test.each([undefined, null, 7, "snapshot"])("that is %s", (snapshot) => {
    expect(() => {
      assertLoadable(snapshot as unknown as DeviceSnapshot, PLACE, false);
    }).toThrow(TypeError);
  });
});

test("plugged size and runs may disagree where a failure of the host has left them so", () => {
  expect(() => {
    load({ pluggedSize: 8 * MiB }, true);
  }).not.toThrow();
});

test("a device without a node has none in its snapshot, and takes no other", () => {
  const device = new VirtioMemDevice({ addr: 4 * GiB, regionSize: GiB });
  const snapshot = device.snapshot();
  expect(snapshot.nodeId).toBeNull();
  device.restore(snapshot);
  expect(() => {
    device.restore({ ...snapshot, nodeId: 0 });
  }).toThrow(new RangeError("snapshot: nodeId must be null, got 0"));
});
