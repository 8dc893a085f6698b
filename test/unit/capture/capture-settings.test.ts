import { describe, expect, test } from "vitest";

import { captureSettings } from "../../../src/capture/capture-settings.js";
import type { CaptureMemoryBlock, CaptureSettings } from "../../../src/capture/capture.js";

type Given = Readonly<Record<string, string>>;

function settingsOf(
  {
    memory = { auto_online_blocks: "online" },
    module = {},
    line = {},
  }: Partial<Record<"memory" | "module" | "line", Given>>,
  blocks: readonly CaptureMemoryBlock[] = [],
): { settings: CaptureSettings; notes: string[] } {
  const notes: string[] = [];
  const sources = {
    memorySettings: new Map(Object.entries(memory)),
    memorySettingsFile: "memory-settings.txt",
    moduleParameters: new Map(Object.entries(module)),
    moduleParametersFile: "module-parameters.txt",
    commandLine: new Map(Object.entries(line)),
    commandLineFile: "cmdline.txt",
  };
  return { settings: captureSettings(sources, blocks, notes), notes };
}

const block = (
  state: CaptureMemoryBlock["state"],
  ...validZones: string[]
): CaptureMemoryBlock => ({ id: 1, state, validZones });

describe("settings of a captured guest", () => {
  test("are the kernel's defaults where nothing says more", () => {
    expect(settingsOf({})).toEqual({
      notes: [],
      settings: {
        autoOnline: "online",
        onlinePolicy: "contig-zones",
        autoMovableRatio: 301,
        autoMovableNumaAware: true,
        movableNode: false,
        memmapOnMemory: false,
        forceBigBlocks: false,
        bigBlockSize: 0,
        bigBlockSafeUnplug: true,
        unplugOnline: true,
      },
    });
  });

  test("are read from the command line, and rather from /sys", () => {
    const line = {
      "memory_hotplug.online_policy": "auto-movable",
      "memory_hotplug.auto_movable_ratio": "400",
      "memory_hotplug.auto_movable_numa_aware": "0",
      "memory_hotplug.memmap_on_memory": "1",
      "virtio_mem.force_bbm": "on",
      "virtio_mem.bbm_block_size": "268435456",
      "virtio_mem.bbm_safe_unplug": "off",
      "virtio_mem.unplug_online": "N",
      memhp_default_state: "offline",
      movable_node: "",
    };
    expect(settingsOf({ line, memory: {} })).toEqual({
      notes: [],
      settings: {
        autoOnline: "offline",
        onlinePolicy: "auto-movable",
        autoMovableRatio: 400,
        autoMovableNumaAware: false,
        movableNode: true,
        memmapOnMemory: true,
        forceBigBlocks: true,
        bigBlockSize: 2 ** 28,
        bigBlockSafeUnplug: false,
        unplugOnline: false,
      },
    });
    const module = { "virtio_mem.force_bbm": "N", "memory_hotplug.auto_movable_ratio": "7" };
    expect(settingsOf({ line, module }).settings).toMatchObject({
      autoOnline: "online",
      forceBigBlocks: false,
      autoMovableRatio: 7,
    });
  });

  test.each(["", "y", "Yes", "true", "T", "1", "on", "force"])("%j is yes", (value) => {
    const name = "memory_hotplug.memmap_on_memory";
    expect(settingsOf({ module: { [name]: value } }).settings.memmapOnMemory).toBe(true);
  });

  test.each(["n", "No", "false", "F", "0", "off"])("%j is no", (value) => {
    const name = "virtio_mem.unplug_online";
    expect(settingsOf({ module: { [name]: value } }).settings.unplugOnline).toBe(false);
  });

  test.each([
    [[], "offline"],
    [[block("offline", "Movable")], "offline"],
    [[block("online", "Movable"), block("offline", "Normal")], "online_movable"],
    [[block("online", "Movable", "Normal")], "online_movable"],
    [[block("online", "Normal", "Movable")], "online"],
    [[block("online", "Movable"), block("online", "Normal")], "online"],
  ] as const)("how memory goes online is seen by memory blocks [%#]", (blocks, autoOnline) => {
    const { settings, notes } = settingsOf({ memory: {} }, blocks);
    expect(settings.autoOnline).toBe(autoOnline);
    expect(notes).toEqual([
      `nothing says how added memory goes online (auto_online_blocks); taken as ${autoOnline}`,
    ]);
  });

  test.each<[Parameters<typeof settingsOf>[0], string]>([
    [
      { memory: { auto_online_blocks: "on" } },
      "memory-settings.txt: auto_online_blocks must be offline, online, online_kernel or " +
        'online_movable, got "on"',
    ],
    [
      { memory: {}, line: { memhp_default_state: "" } },
      "cmdline.txt: memhp_default_state must be offline, online, online_kernel or " +
        'online_movable, got ""',
    ],
    [
      { module: { "memory_hotplug.online_policy": "auto" } },
      "module-parameters.txt: memory_hotplug.online_policy must be contig-zones or " +
        'auto-movable, got "auto"',
    ],
    [
      { line: { "memory_hotplug.auto_movable_ratio": "3.5" } },
      "cmdline.txt: memory_hotplug.auto_movable_ratio must be a whole number from 0 to 2^53, " +
        'got "3.5"',
    ],
    ...["x", "onn", "offf"].map((value): [Parameters<typeof settingsOf>[0], string] => [
      { line: { "virtio_mem.force_bbm": value } },
      `cmdline.txt: virtio_mem.force_bbm must be Y or N, got "${value}"`,
    ]),
  ])("that Linux does not take are refused [%#]", (given, message) => {
    expect(() => settingsOf(given)).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });

  test.each(["offline", "online", "online_kernel", "online_movable"])("%s is a state", (state) => {
    expect(settingsOf({ memory: { auto_online_blocks: state } }).settings.autoOnline).toBe(state);
  });
});
