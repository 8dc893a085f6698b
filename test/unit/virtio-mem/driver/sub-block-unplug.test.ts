import { describe, expect, test } from "vitest";
import { Errno } from "../../../../src/errno.js";
import { FIRST_ID, GiB, MiB, SimulatedGuest } from "../simulated-guest.js";

/** `UNPLUG block:s+1` for each subblock from `from` down to `to`, busy ones left out. */
function singly(block: number, from: number, to: number, busy: readonly number[] = []): string[] {
  const requests: string[] = [];
  for (let s = from; s >= to; s--) if (!busy.includes(s)) requests.push(`UNPLUG ${block}:${s}+1`);
  return requests;
}

describe("shrinking", () => {
  test("takes whole memory blocks from the top, then subblocks from the top", () => {
    const guest = new SimulatedGuest();
    guest.resize(GiB);
    expect(guest.resize(64 * MiB)).toEqual([
      ...[7, 6, 5, 4, 3, 2, 1].map((id) => `UNPLUG ${id}:0+64`),
      ...singly(0, 63, 32),
    ]);
    expect(guest.memory.memoryBlockIds()).toEqual([FIRST_ID]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 64"]);
  });

  test("goes through a memory block subblock by subblock where one is busy", () => {
    const guest = new SimulatedGuest();
    guest.resize(128 * MiB);
    guest.block(0, 20);
    expect(guest.resize(0)).toEqual(singly(0, 63, 0, [20]));
    expect(guest.results().at(-1)).toBe(-Errno.EBUSY);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 2"]);
  });

  test("goes from partly to wholly plugged memory blocks, movable before kernel", () => {
    const all = [[0, 64]] as const;
    const one = [[9, 1]] as const;
    const guest = new SimulatedGuest({
      known: [
        { zone: undefined, plugged: all },
        { zone: "Movable", plugged: one },
        { zone: "Movable", plugged: all },
        { zone: undefined, plugged: one },
        { zone: "Normal", plugged: all },
        { zone: "Normal", plugged: one },
        { zone: "Movable", plugged: one },
      ],
    });
    expect(guest.resize(0)).toEqual([
      "UNPLUG 3:9+1",
      "UNPLUG 0:0+64",
      "UNPLUG 6:9+1",
      "UNPLUG 1:9+1",
      "UNPLUG 5:9+1",
      "UNPLUG 2:0+64",
      "UNPLUG 4:0+64",
    ]);
    expect(guest.memory.memoryBlockIds()).toEqual([]);
  });

  test("empties offline memory blocks first, in runs from the top", () => {
    const zones = [undefined, "Normal"] as const;
    const guest = new SimulatedGuest({ memory: { onlining: (id) => zones[id - FIRST_ID] } });
    guest.resize(256 * MiB);
    expect(guest.resize(150 * MiB)).toEqual(["UNPLUG 0:11+53"]);
    expect(guest.memoryBlocks()).toEqual(["0 offline-partial 22", "1 kernel 128"]);
    expect(guest.resize(130 * MiB)).toEqual(["UNPLUG 0:1+10"]);
    expect(guest.resize(128 * MiB)).toEqual(["UNPLUG 0:0+1"]);
    expect(guest.memory.memoryBlockIds()).toEqual([FIRST_ID + 1]);
  });

  test("runs again at once after it removed a memory block, until a run removes none", () => {
    const guest = new SimulatedGuest();
    guest.resize(256 * MiB);
    guest.block(0, 3);
    guest.resize(0);
    expect([...guest.log.of("run-start")].map(({ trigger }) => trigger)).toEqual([
      "probe",
      "config-change",
      "config-change",
      "memory-removed",
    ]);
    expect(guest.results().slice(-2)).toEqual([-Errno.EBUSY, -Errno.EBUSY]);
    expect([...guest.log.of("retry-armed")]).toHaveLength(1);
  });

  test.each([
    { zone: "Normal", tries: 1 },
    { zone: "Movable", tries: 5 },
  ] as const)("tries a busy range in zone $zone $tries times", ({ zone, tries }) => {
    const guest = new SimulatedGuest({ memory: { onlining: () => zone } });
    guest.resize(2 * MiB);
    guest.block(0, 0);
    guest.resize(0);
    expect([...guest.log.of("contig")]).toHaveLength(tries);
  });

  test("ends with the first -ENOMEM, without further tries", () => {
    const guest = new SimulatedGuest({ memory: { onlining: () => "Movable" } });
    guest.resize(256 * MiB);
    guest.block(1, 0);
    guest.memory.contigResults.push(-Errno.ENOMEM);
    expect(guest.resize(0)).toEqual([]);
    expect([...guest.log.of("contig")]).toHaveLength(1);
    expect(guest.results().at(-1)).toBe(-Errno.ENOMEM);
    expect(guest.driver.retryDueNs).toBeDefined();
  });

  test("gives the pages back where the device is busy, and changes no state", () => {
    const guest = new SimulatedGuest();
    guest.resize(128 * MiB);
    guest.device.migrating = true;
    expect(guest.resize(0)).toEqual(["UNPLUG 0:0+64 BUSY"]);
    expect(guest.results().at(-1)).toBe(-Errno.ETXTBSY);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
    guest.device.migrating = false;
    guest.clock.advanceToNs(50_000_000_000);
    expect(guest.driver.pluggedSize).toBe(0);
  });
});

describe("a memory block that is empty but cannot be removed", () => {
  test.each([
    { profile: "v6.1", result: 0 },
    { profile: "upstream", result: -Errno.EBUSY },
  ] as const)("makes a run of $profile end with $result", ({ profile, result }) => {
    const guest = new SimulatedGuest({ profile });
    guest.resize(128 * MiB);
    const remove = guest.memory.offlineAndRemove.bind(guest.memory);
    guest.memory.offlineAndRemove = () => -Errno.EBUSY;
    guest.resize(0);
    expect(guest.results().at(-1)).toBe(result);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
    guest.memory.offlineAndRemove = remove;
    guest.clock.advanceToNs(60_000_000_000);
    guest.requests();
    expect(guest.results().at(-1)).toBe(0);
    expect(guest.memoryBlocks()).toEqual(profile === "upstream" ? [] : ["0 kernel-partial 0"]);
    // What it left is plugged again like any partly plugged memory block.
    expect(guest.resize(128 * MiB)).toEqual(["PLUG 0:0+64"]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
  });
});

describe("a driver that spares online memory", () => {
  test("unplugs what is offline only, and is content with that", () => {
    const zones = [undefined, "Normal"] as const;
    const guest = new SimulatedGuest({
      memory: { onlining: (id) => zones[id - FIRST_ID] },
      parameters: { unplugOnline: false },
    });
    guest.resize(256 * MiB);
    expect(guest.resize(0)).toEqual(["UNPLUG 0:0+64"]);
    expect(guest.results().at(-1)).toBe(0);
    expect(guest.driver.retryDueNs).toBeUndefined();
    guest.memory.offline(FIRST_ID + 1);
    guest.driver.run();
    expect(guest.requests()).toEqual(["UNPLUG 1:0+64"]);
  });
});
