import { describe, expect, test } from "vitest";
import { Errno } from "../../../src/errno.js";
import { FIRST_ID, GiB, MiB, SimulatedGuest } from "./simulated-guest.js";

describe("growing", () => {
  test("plugs the lowest subblocks of a new memory block by one request", () => {
    const guest = new SimulatedGuest();
    expect(guest.resize(80 * MiB)).toEqual(["PLUG 0:0+40"]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 80"]);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe((80 * MiB) / 4096);
  });

  test("refills a partly plugged memory block before it takes new ones", () => {
    const guest = new SimulatedGuest();
    guest.resize(80 * MiB);
    expect(guest.resize(GiB)).toEqual([
      "PLUG 0:40+24",
      ...[1, 2, 3, 4, 5, 6, 7].map((id) => `PLUG ${id}:0+64`),
    ]);
    expect(guest.memoryBlocks()[0]).toBe("0 kernel 128");
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe((128 * MiB) / 4096);
  });

  test("refills holes from the lowest up, one request per run of them", () => {
    const guest = new SimulatedGuest();
    guest.resize(128 * MiB);
    for (const subblock of [10, 11, 40]) guest.block(0, subblock);
    guest.resize(0);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 6"]);
    expect(guest.resize(70 * MiB)).toEqual(["PLUG 0:0+10", "PLUG 0:12+22"]);
    expect(guest.resize(128 * MiB)).toEqual(["PLUG 0:34+6", "PLUG 0:41+23"]);
  });

  test("refills kernel memory blocks, then movable ones, then offline ones", () => {
    const half = [[0, 32]] as const;
    const guest = new SimulatedGuest({
      known: [
        { zone: undefined, plugged: half },
        { zone: "Movable", plugged: half },
        { zone: "Normal", plugged: half },
        { zone: "Normal", plugged: [[2, 62]] },
      ],
    });
    expect(guest.resize(512 * MiB)).toEqual([
      "PLUG 2:32+32",
      "PLUG 3:0+2",
      "PLUG 1:32+32",
      "PLUG 0:32+32",
    ]);
    expect(guest.memoryBlocks()).toEqual([
      "0 offline 128",
      "1 movable 128",
      "2 kernel 128",
      "3 kernel 128",
    ]);
  });

  test("uses removed memory blocks before new ones", () => {
    const guest = new SimulatedGuest();
    guest.resize(512 * MiB);
    guest.block(3, 0);
    guest.resize(130 * MiB);
    guest.resize(128 * MiB);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 126", "3 kernel-partial 2"]);
    expect(guest.resize(640 * MiB)).toEqual([
      "PLUG 0:63+1",
      "PLUG 3:1+63",
      "PLUG 1:0+64",
      "PLUG 2:0+64",
      "PLUG 4:0+64",
    ]);
  });

  test("never exceeds the request, and leaves less than a subblock with success", () => {
    const guest = new SimulatedGuest({ device: { blockSize: MiB } });
    expect(guest.resize(3 * MiB)).toEqual(["PLUG 0:0+1"]);
    expect(guest.resize(MiB)).toEqual([]);
    expect(guest.driver.pluggedSize).toBe(2 * MiB);
    expect(guest.results()).toEqual([0, 0, 0]);
    expect(guest.driver.retryDueNs).toBeUndefined();
  });

  test("stops without retry where the usable region has no whole memory block left", () => {
    const guest = new SimulatedGuest({ device: { addr: 5 * GiB, regionSize: 336 * MiB } });
    guest.resize(336 * MiB);
    expect(guest.driver.pluggedSize).toBe(256 * MiB);
    expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
    expect(guest.driver.retryDueNs).toBeUndefined();
  });

  test("uses a region that starts and ends inside memory blocks from the next border on", () => {
    const guest = new SimulatedGuest({ device: { addr: 4 * GiB + 2 * MiB, regionSize: GiB } });
    guest.resize(GiB);
    expect(guest.driver.pluggedSize).toBe(7 * 128 * MiB);
    expect(guest.driver.memoryBlocks()[0]?.id).toBe(FIRST_ID + 1);
  });
});

describe("memory that stays offline", () => {
  const offline = { onlining: () => undefined };

  test("stops the growth at 1 GiB; onlining half of it starts it again", () => {
    const guest = new SimulatedGuest({ memory: offline });
    guest.resize(4 * GiB);
    expect(guest.driver.pluggedSize).toBe(GiB);
    expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
    for (let i = 0; i < 3; i++) guest.memory.online(FIRST_ID + i, "Normal");
    expect(guest.driver.hasWork).toBe(false);
    guest.memory.online(FIRST_ID + 3, "Movable");
    expect(guest.driver.hasWork).toBe(true);
    guest.driver.run();
    expect(guest.driver.pluggedSize).toBe(1.5 * GiB);
    expect(guest.memoryBlocks()[3]).toBe("3 movable 128");
  });

  test("counts also where it was offlined later, or before the driver was met", () => {
    const guest = new SimulatedGuest({
      known: Array.from({ length: 12 }, (_, id) => ({
        zone: id < 4 ? undefined : "Normal",
        plugged: [[0, 64]],
      })),
      memory: offline,
    });
    for (let id = 4; id < 6; id++) guest.memory.offline(FIRST_ID + id);
    guest.resize(4 * GiB);
    expect(guest.driver.pluggedSize).toBe(12 * 128 * MiB + 2 * 128 * MiB);
  });

  test("counts also where a removed memory block is used again", () => {
    const guest = new SimulatedGuest({ memory: offline });
    guest.resize(GiB);
    guest.resize(896 * MiB);
    expect(guest.resize(2 * GiB)).toEqual(["PLUG 7:0+64"]);
    guest.memory.online(FIRST_ID + 7, "Normal");
    guest.resize(0);
    expect(guest.driver.pluggedSize).toBe(0);
    guest.resize(4 * GiB);
    expect(guest.driver.pluggedSize).toBe(GiB);
  });

  test("may be two memory blocks where those are large", () => {
    const guest = new SimulatedGuest({ memory: { ...offline, memoryBlockSize: 2 * GiB } });
    guest.resize(16 * GiB);
    expect(guest.driver.pluggedSize).toBe(4 * GiB);
  });

  test("comes online partly plugged with only its plugged pages", () => {
    const guest = new SimulatedGuest({ memory: offline });
    guest.resize(20 * MiB);
    guest.memory.online(FIRST_ID, "Normal");
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe((20 * MiB) / 4096);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 20"]);
    guest.memory.offline(FIRST_ID);
    expect(guest.memoryBlocks()).toEqual(["0 offline-partial 20"]);
  });
});

describe("adding that fails", () => {
  test("unplugs the same range at once and retries later", () => {
    const guest = new SimulatedGuest();
    guest.memory.addResults.push(0, -Errno.ENOMEM);
    expect(guest.resize(512 * MiB)).toEqual(["PLUG 0:0+64", "PLUG 1:0+64", "UNPLUG 1:0+64"]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
    expect(guest.results().at(-1)).toBe(-Errno.ENOMEM);
    guest.clock.advanceToNs(50_000_000_000);
    expect(guest.requests()).toEqual(["PLUG 1:0+64", "PLUG 2:0+64", "PLUG 3:0+64"]);
  });

  test("does not count as offline memory, however often it fails", () => {
    const guest = new SimulatedGuest({ memory: { onlining: () => undefined } });
    guest.memory.addResults.push(...Array.from({ length: 9 }, () => -Errno.ENOMEM));
    guest.resize(128 * MiB);
    guest.clock.advanceToNs(3_000_000_000_000);
    expect(guest.memoryBlocks()).toEqual(["0 offline 128"]);
  });

  test("keeps it plugged where the device refuses to take it back, and tries that first next time", () => {
    const guest = new SimulatedGuest();
    guest.memory.addResults.push(-Errno.ENOMEM);
    const add = guest.memory.addMemoryBlocks.bind(guest.memory);
    guest.memory.addMemoryBlocks = (firstId, count) => {
      guest.device.migrating = true;
      return add(firstId, count);
    };
    expect(guest.resize(128 * MiB)).toEqual(["PLUG 0:0+64", "UNPLUG 0:0+64 BUSY"]);
    expect(guest.memoryBlocks()).toEqual(["0 plugged 128"]);
    expect(guest.results().at(-1)).toBe(-Errno.ENOMEM);
    guest.memory.addMemoryBlocks = add;
    guest.device.migrating = false;
    guest.clock.advanceToNs(50_000_000_000);
    expect(guest.requests()).toEqual(["UNPLUG 0:0+64", "PLUG 0:0+64"]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
  });

  test("with an unexpected errno breaks the driver for good", () => {
    const guest = new SimulatedGuest();
    guest.memory.addResults.push(-Errno.EEXIST);
    guest.resize(128 * MiB);
    expect(guest.driver.isBroken).toBe(true);
    expect(guest.resize(256 * MiB)).toEqual([]);
  });
});
