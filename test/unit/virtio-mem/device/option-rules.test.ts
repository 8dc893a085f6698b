import { describe, expect, test } from "vitest";

import { VirtioMemDevice } from "../../../../src/virtio-mem/device/device.js";
import { QEMU_FLAVOUR, type DeviceFlavour } from "../../../../src/virtio-mem/device/flavour.js";

const GiB = 1024 ** 3;
const GOOD = { addr: 4 * GiB, regionSize: GiB };

/** What a program without types may hand over. */
function deviceOf(options: unknown): VirtioMemDevice {
  return new VirtioMemDevice(options as ConstructorParameters<typeof VirtioMemDevice>[0]);
}

describe("a device is not made", () => {
  test.each<{ options: unknown; error: Error }>([
    {
      options: undefined,
      error: new TypeError("options of a device must be an object, got undefined"),
    },
    { options: { addr: 0 }, error: new TypeError("regionSize must be given, got undefined") },
    { options: { regionSize: 0 }, error: new TypeError("addr must be given, got undefined") },
    {
      options: { ...GOOD, addr: "4GiB" },
      error: new TypeError('addr must be a whole number of bytes >= 0, got "4GiB"'),
    },
    {
      options: { ...GOOD, regionSize: 1.5 },
      error: new RangeError("regionSize must be a whole number of bytes >= 0, got 1.5"),
    },
    {
      options: { ...GOOD, blockSize: null },
      error: new TypeError("blockSize must be a whole number of bytes >= 0, got null"),
    },
    {
      options: { ...GOOD, requestedSize: -1 },
      error: new RangeError("requestedSize must be a whole number of bytes >= 0, got -1"),
    },
    {
      options: { ...GOOD, usableRegionSize: NaN },
      error: new RangeError("usableRegionSize must be a whole number of bytes >= 0, got NaN"),
    },
    {
      options: { ...GOOD, nodeId: "0" },
      error: new TypeError('nodeId must be a whole number >= 0, got "0"'),
    },
    {
      options: { ...GOOD, flavour: 7 },
      error: new TypeError("flavour must be a text or an object, got 7"),
    },
    {
      options: { ...GOOD, plugged: 7 },
      error: new TypeError("plugged must be a list, got 7"),
    },
    {
      options: { ...GOOD, plugged: [[0, 1], 7] },
      error: new TypeError("plugged must be runs [first block, blocks], got 7"),
    },
    {
      options: { ...GOOD, plugged: [[0]] },
      error: new TypeError("plugged must be runs [first block, blocks], got an array of 1"),
    },
    {
      options: { ...GOOD, plugged: [[0, "1"]] },
      error: new TypeError("plugged must be runs [first block, blocks], got an array of 2"),
    },
    {
      options: { ...GOOD, withoutFeatures: "AcpiPxm" },
      error: new TypeError(
        "withoutFeatures must be a list of AcpiPxm, UnpluggedInaccessible, PersistentSuspend, " +
          'Version1, got "AcpiPxm"',
      ),
    },
    {
      options: { ...GOOD, withoutFeatures: ["AcpiPxm", "Acpi"] },
      error: new TypeError(
        "withoutFeatures must be a list of AcpiPxm, UnpluggedInaccessible, PersistentSuspend, " +
          "Version1, got an array of 2",
      ),
    },
    { options: { ...GOOD, log: 7 }, error: new TypeError("log must be an object, got 7") },
    {
      options: { ...GOOD, host: { preallocate: true } },
      error: new TypeError(
        "host must be an object with functions preallocate and discard, or without, got an object",
      ),
    },
    {
      options: { ...GOOD, host: null },
      error: new TypeError(
        "host must be an object with functions preallocate and discard, or without, got null",
      ),
    },
    {
      options: { ...GOOD, blokSize: 1 },
      error: new RangeError(
        'options of a device must have known names only, got "blokSize": did you mean blockSize?',
      ),
    },
  ])("$error.message", ({ options, error }) => {
    expect(() => deviceOf(options)).toThrow(error);
  });

  test.each<{ change: Record<string, unknown>; rule: string }>([
    { change: { name: 7 }, rule: "flavour.name must be a string, got 7" },
    { change: { plugChecks: "range" }, rule: 'flavour.plugChecks must be a list, got "range"' },
    {
      change: { busyWhileMigrating: 1 },
      rule: "flavour.busyWhileMigrating must be a boolean, got 1",
    },
    {
      change: { unplugAll: undefined },
      rule: "flavour.unplugAll must be an object, got undefined",
    },
    {
      change: { unplugAll: { ...QEMU_FLAVOUR.unplugAll, clears: 1 } },
      rule: "flavour.unplugAll.clears must be a string, got 1",
    },
    { change: { usableRegion: null }, rule: "flavour.usableRegion must be an object, got null" },
    {
      change: { geometry: { ...QEMU_FLAVOUR.geometry, regionStep: "1" } },
      rule: 'flavour.geometry.regionStep must be a number, got "1"',
    },
    {
      change: { features: { ...QEMU_FLAVOUR.features, offered: {} } },
      rule: "flavour.features.offered must be a list, got an object",
    },
  ])("with a flavour of its own: $rule", ({ change, rule }) => {
    expect(() => deviceOf({ ...GOOD, flavour: { ...QEMU_FLAVOUR, ...change } })).toThrow(
      new RangeError(rule),
    );
  });
});

test("a flavour of a caller's own may lack what some of the known ones lack", () => {
  const flavour: DeviceFlavour = {
    ...QEMU_FLAVOUR,
    unmapFailure: { answer: "ERROR", leaves: "blocks" },
    usableRegion: { kind: "region" },
  };
  expect(deviceOf({ ...GOOD, flavour }).usableRegionSize).toBe(GiB);
});

test("a host may have one function, and more than a device asks for", () => {
  const host = { discard: () => true, name: "of a caller's own" };
  expect(deviceOf({ ...GOOD, host }).pluggedSize).toBe(0);
});

describe("a call with wrong arguments says so, and changes nothing", () => {
  type Call = (device: VirtioMemDevice) => unknown;
  const asAny = (value: unknown): never => value as never;
  test.each<{ words: string; call: Call }>([
    {
      words: "request must be bytes or a list of bytes, got 7",
      call: (device) => device.handleBytes(asAny(7)),
    },
    {
      words: "request must be bytes or a list of bytes, got an array of 2",
      call: (device) => device.handleBytes(asAny([new Uint8Array(24), "x"])),
    },
    {
      words: 'request must have a type of PLUG, UNPLUG, UNPLUG_ALL, STATE, got "PLUGG"',
      call: (device) => device.handle(asAny({ type: "PLUGG" })),
    },
    {
      words: "request must have a type of PLUG, UNPLUG, UNPLUG_ALL, STATE, got undefined",
      call: (device) => device.handle(asAny({})),
    },
    {
      words: "request must have a type of PLUG, UNPLUG, UNPLUG_ALL, STATE, got undefined",
      call: (device) => device.handle(asAny(undefined)),
    },
    {
      words: "request must have a type of PLUG, UNPLUG, UNPLUG_ALL, STATE, got 7",
      call: (device) => device.handle(asAny(7)),
    },
    {
      words: 'writableSize must be a whole number from 0 to 9007199254740991, got "10"',
      call: (device) => device.handleBytes(new Uint8Array(24), asAny("10")),
    },
    {
      words: "listener must be a function, got undefined",
      call: (device) => device.onSizeChange(asAny(undefined)),
    },
    {
      words: "listener must be a function, got an object",
      call: (device) => device.onConfigChange(asAny({})),
    },
    {
      words: "listener must have functions map and unmap, got an object",
      call: (device) => device.addMemoryListener(asAny({ map: () => true })),
    },
    {
      words: "listener must have functions map and unmap, got an object",
      call: (device) => device.addMemoryListener(asAny({ unmap: () => true })),
    },
    {
      words: "listener must have functions map and unmap, got undefined",
      call: (device) => device.addMemoryListener(asAny(undefined)),
    },
  ])("$words", ({ words, call }) => {
    const device = deviceOf({ ...GOOD, requestedSize: GiB });
    const before = device.snapshot();
    expect(() => call(device)).toThrow(new TypeError(words));
    expect(device.snapshot()).toEqual(before);
  });

  test.each<{ words: string; call: Call }>([
    {
      words: "writableSize must be a whole number from 0 to 9007199254740991, got -1",
      call: (device) => device.handleBytes(new Uint8Array(24), -1),
    },
    {
      words: "start must be a whole number from 0 to 9007199254740991, got 0.5",
      call: (device) => device.isAll(0.5, 1, true),
    },
    {
      words: "count must be a whole number from 0 to 9007199254740991, got -1",
      call: (device) => device.isAll(0, -1, true),
    },
    {
      words: "size must be a whole number from 0 to 1048576, got 1048577",
      call: (device) => device.readConfig(0, 2 ** 20 + 1),
    },
  ])("$words", ({ words, call }) => {
    expect(() => call(deviceOf(GOOD))).toThrow(new RangeError(words));
  });
});

test("the most bytes of the config space that may be asked for are ones beyond its end", () => {
  const read = deviceOf(GOOD).readConfig(0, 2 ** 20);
  expect(read).toHaveLength(2 ** 20);
  expect(read.every((byte) => byte === 0xff)).toBe(true);
});
