import { describe, expect, test } from "vitest";

import { Guest, type NewGuestOptions } from "../../src/guest/guest.js";
import { explain } from "../../src/predict/explain.js";
import { coreModule } from "../core-under-test.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const TWO_NODES = [
  { start: 0, size: GiB, node: 0 },
  { start: 4 * GiB, size: GiB, node: 1 },
];

async function guestOf(options: NewGuestOptions): Promise<Guest> {
  const guest = await Guest.create({
    bootRanges: TWO_NODES,
    devices: [
      { regionSize: 8 * GiB, node: 0 },
      { regionSize: 8 * GiB, node: 1 },
    ],
    core: coreModule(),
    ...options,
  });
  return guest;
}

/** Zones of a device's memory blocks in order, shortened. */
function zonesOf(guest: Guest, index: number): string {
  return guest.devices[index]!.driver.memoryBlocks()
    .map(({ state, zone }) => (zone === undefined ? state : zone === "Movable" ? "M" : "N"))
    .join("");
}

function present(guest: Guest, node: number, kind: "Normal" | "Movable"): number {
  return (guest.zones.find(kind, node)?.present ?? 0) * 4096;
}

test("each device has its own sizes, its own place and its own node", async () => {
  const guest = await guestOf({ online: { autoOnline: "online_movable" } });
  guest.requestSize(GiB, 0);
  guest.requestSize(512 * MiB, 1);
  expect(guest.devices.map(({ device }) => [device.addr, device.pluggedSize])).toEqual([
    [5 * GiB, GiB],
    [13 * GiB, 512 * MiB],
  ]);
  expect([present(guest, 0, "Movable"), present(guest, 1, "Movable")]).toEqual([GiB, 512 * MiB]);
  guest.requestSize(0, 0);
  expect(guest.devices.map(({ device }) => device.pluggedSize)).toEqual([0, 512 * MiB]);
  expect(guest.pluggedMap(1)).toMatch(/^1{256}0+$/);
  guest.pages.validate();
});

test("the log says of which device an entry is, and each device has its part of it", async () => {
  const guest = await guestOf({});
  guest.requestSize(128 * MiB, 1);
  const own = [...guest.devices[1]!.log.of("request")];
  expect(own).toEqual([expect.objectContaining({ request: "PLUG", offset: 0, device: 1 })]);
  expect([...guest.devices[0]!.log.of("request")]).toEqual([]);
  expect([...guest.log.of("request")]).toEqual(own);
  expect(explain(guest.devices[1]!).sentences).toEqual([
    "128 MiB requested, 128 MiB plugged: as requested.",
  ]);
});

test("the memory map lies in the node of what it describes", async () => {
  const guest = await guestOf({ online: { autoOnline: "online_movable" } });
  const before = guest.zones.all().map(({ id }) => guest.pages.freePages(id));
  guest.requestSize(GiB, 1);
  const taken = guest.zones
    .all()
    .slice(0, before.length)
    .map(({ id, node }, at) => [node, before[at]! - guest.pages.freePages(id)] as const)
    .filter(([, pages]) => pages !== 0);
  expect(taken).toEqual([[1, 8 * 512]]);
});

describe("auto-movable", () => {
  const auto = { autoOnline: "online", onlinePolicy: "auto-movable" } as const;

  test("wants the ratio on each node", async () => {
    const bootRanges = [
      { start: 0, size: 2 * GiB, node: 0 },
      { start: 4 * GiB, size: 512 * MiB, node: 1 },
    ];
    const devices = [
      { regionSize: 8 * GiB, node: 0 },
      { regionSize: 8 * GiB, node: 1 },
    ];
    const aware = await guestOf({ bootRanges, devices, online: auto });
    aware.requestSize(3 * GiB, 1);
    // 512 MiB pay for 12 memory blocks of 128 MiB, then each kernel block for three
    expect(zonesOf(aware, 1)).toBe("MMMMMMMMMMMMNMMMNMMMNMMM");
    const unaware = await guestOf({
      bootRanges,
      devices,
      online: { ...auto, autoMovableNumaAware: false },
    });
    unaware.requestSize(3 * GiB, 1);
    expect(zonesOf(unaware, 1)).toBe("M".repeat(24));
  });

  test("counts what other devices need over the system", async () => {
    const online = { ...auto, autoMovableRatio: 100, autoMovableNumaAware: false };
    const guest = await guestOf({ online });
    guest.requestSize(GiB, 0);
    expect(zonesOf(guest, 0)).toBe("M".repeat(8));
    guest.requestSize(2 * GiB, 1);
    // of 2 GiB at boot 1 GiB pays for the first device; the rest for 8 blocks, then one for one
    expect(zonesOf(guest, 1)).toBe("MMMMMMMMNMNMNMNM");
  });
});

test("contig-zones looks at the zones of the node", async () => {
  const guest = await guestOf({ online: { autoOnline: "offline" } });
  guest.requestSize(512 * MiB, 0);
  guest.requestSize(512 * MiB, 1);
  const ids = guest.devices[0]!.driver.memoryBlocks().map(({ id }) => id);
  const others = guest.devices[1]!.driver.memoryBlocks().map(({ id }) => id);
  expect(guest.hotplug.onlineMemoryBlock(ids[0]!, "online_movable")).toBe(0);
  expect(guest.hotplug.onlineMemoryBlock(ids[2]!, "online_movable")).toBe(0);
  expect(guest.hotplug.onlineMemoryBlock(ids[1]!, "online")).toBe(0);
  expect(guest.hotplug.onlineMemoryBlock(ids[3]!, "online")).toBe(0);
  expect(guest.hotplug.onlineMemoryBlock(others[1]!, "online")).toBe(0);
  expect(zonesOf(guest, 0)).toBe("MMMN");
  expect(zonesOf(guest, 1)).toBe("offlineNofflineoffline");
  // the movable zone ends where its last memory block went
  expect(guest.hotplug.offlineMemoryBlock(ids[2]!)).toBe(0);
  expect(guest.hotplug.offlineMemoryBlock(ids[1]!)).toBe(0);
  expect(guest.hotplug.onlineMemoryBlock(ids[1]!, "online")).toBe(0);
  expect(zonesOf(guest, 0)).toBe("MNofflineN");
});

describe("big blocks", () => {
  test("go to one zone as a whole", async () => {
    const guest = await guestOf({
      driver: { forceBbm: true, bbmBlockSize: 512 * MiB },
      online: { autoOnline: "online", onlinePolicy: "auto-movable", autoMovableRatio: 100 },
    });
    guest.requestSize(3 * GiB, 0);
    expect(zonesOf(guest, 0)).toBe("MMMMMMMMNNNNMMMMNNNNMMMM");
  });
});

test.each<[string, NewGuestOptions]>([
  ["devices must hold at least one, got none", { devices: [] }],
  ["bootRanges must hold a range, got none", { bootRanges: [] }],
  [
    "bootRanges must not overlap, got two ranges at 1048576",
    {
      bootRanges: [
        { start: 0, size: 2 * MiB },
        { start: MiB, size: MiB },
      ],
    },
  ],
  [
    "regionStart must lie above all boot memory and devices before it (8.5 GiB), got 8 GiB",
    {
      bootRanges: [{ start: 0, size: GiB }],
      devices: [{ regionSize: 4.5 * GiB }, { regionStart: 8 * GiB }],
    },
  ],
])("%s", async (message, options) => {
  await expect(guestOf(options)).rejects.toThrow(message);
});

test("an index that no device has", async () => {
  const guest = await guestOf({});
  expect(() => {
    guest.requestSize(0, 2);
  }).toThrow("index must be that of a device, 0 to 1, got 2");
});
