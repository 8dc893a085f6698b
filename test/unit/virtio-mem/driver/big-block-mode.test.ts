import { describe, expect, test } from "vitest";
import { Errno } from "../../../../src/errno.js";
import {
  ADDR,
  FIRST_ID,
  GiB,
  MiB,
  SimulatedGuest,
  type SimulatedGuestOptions,
} from "../simulated-guest.js";

/** Big blocks of 256 MiB: requests for memory blocks 0, 2, 4, ... of 128 subblocks each. */
function bigBlockGuest(options: SimulatedGuestOptions = {}): SimulatedGuest {
  return new SimulatedGuest({
    ...options,
    parameters: { forceBbm: true, bbmBlockSize: 256 * MiB, ...options.parameters },
  });
}

test("grows by whole big blocks, added as one, and never beyond the request", () => {
  const guest = bigBlockGuest();
  expect(guest.resize(600 * MiB)).toEqual(["PLUG 0:0+128", "PLUG 2:0+128"]);
  expect([...guest.log.of("add-memory")].map(({ firstId, count }) => [firstId, count])).toEqual([
    [FIRST_ID, 2],
    [FIRST_ID + 2, 2],
  ]);
  expect(guest.results().at(-1)).toBe(0);
});

test("a device block larger than a memory block makes big blocks of its size", () => {
  const guest = new SimulatedGuest({ device: { blockSize: 512 * MiB } });
  expect(guest.resize(GiB)).toEqual(["PLUG 0:0+256", "PLUG 4:0+256"]);
  expect(guest.resize(512 * MiB)).toEqual(["UNPLUG 4:0+256"]);
});

describe("shrinking", () => {
  test("takes each section, removes the big block, then unplugs it, from the top", () => {
    const guest = bigBlockGuest();
    guest.resize(512 * MiB);
    const start = guest.log.length;
    expect(guest.resize(256 * MiB)).toEqual(["UNPLUG 2:0+128"]);
    const steps = guest.log.entries.slice(start).map(({ type }) => type);
    expect(steps.filter((type) => type !== "big-block-state")).toEqual([
      "requested-size",
      "run-start",
      "contig",
      "contig",
      "remove-memory",
      "request",
      "run-end",
      "run-start",
      "run-end",
    ]);
    expect(guest.memory.memoryBlockIds()).toEqual([FIRST_ID, FIRST_ID + 1]);
  });

  test("leaves a busy big block as it was and goes on below it", () => {
    const guest = bigBlockGuest();
    guest.resize(768 * MiB);
    guest.block(5, 1);
    expect(guest.resize(256 * MiB)).toEqual(["UNPLUG 2:0+128", "UNPLUG 0:0+128"]);
    expect(guest.memoryBlocks()).toEqual(["4 kernel 128", "5 kernel 128"]);
    expect(guest.memory.nrBuddyPages(FIRST_ID + 4)).toBe(32768);
    expect(guest.results().at(-1)).toBe(0);
  });

  test("retries where too little could go", () => {
    const guest = bigBlockGuest();
    guest.resize(256 * MiB);
    guest.block(0, 0);
    guest.resize(0);
    expect(guest.results().at(-1)).toBe(-Errno.EBUSY);
    guest.unblock(0, 0);
    guest.clock.advanceToNs(50_000_000_000);
    expect(guest.requests()).toEqual(["UNPLUG 0:0+128"]);
  });

  test("takes offline big blocks first, then movable ones, then the rest", () => {
    const zones = ["Movable", "Movable", undefined, undefined, "Movable", "Normal"] as const;
    const guest = bigBlockGuest({ memory: { onlining: (id) => zones[id - FIRST_ID] } });
    guest.resize(768 * MiB);
    expect(guest.resize(0)).toEqual(["UNPLUG 2:0+128", "UNPLUG 0:0+128", "UNPLUG 4:0+128"]);
  });

  test("removes without taking the pages first where it is told to", () => {
    const guest = bigBlockGuest({ parameters: { bbmSafeUnplug: false } });
    guest.resize(512 * MiB);
    guest.block(2, 3);
    expect(guest.resize(0)).toEqual(["UNPLUG 0:0+128"]);
    expect([...guest.log.of("contig")]).toEqual([]);
    expect([...guest.log.of("remove-memory")].map(({ errno }) => errno)).toEqual([
      -Errno.EBUSY,
      0,
      -Errno.EBUSY,
    ]);
  });

  test("spares online big blocks where it is told to", () => {
    const guest = bigBlockGuest({ parameters: { unplugOnline: false } });
    guest.resize(256 * MiB);
    expect(guest.resize(0)).toEqual([]);
    expect(guest.results().at(-1)).toBe(0);
    guest.memory.offline(FIRST_ID);
    guest.memory.offline(FIRST_ID + 1);
    guest.driver.run();
    expect(guest.requests()).toEqual(["UNPLUG 0:0+128"]);
  });

  test("gives the pages back where the removal fails", () => {
    const guest = bigBlockGuest();
    guest.resize(256 * MiB);
    guest.memory.offlineAndRemove = () => -Errno.EBUSY;
    guest.resize(0);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128", "1 kernel 128"]);
  });

  test("unplugs a removed big block in the next run where the device was busy", () => {
    const guest = bigBlockGuest();
    guest.resize(256 * MiB);
    guest.device.migrating = true;
    expect(guest.resize(0)).toEqual(["UNPLUG 0:0+128 BUSY", "UNPLUG 0:0+128 BUSY"]);
    expect(guest.memoryBlocks()).toEqual(["0 plugged 128", "1 plugged 128"]);
    guest.device.migrating = false;
    guest.clock.advanceToNs(50_000_000_000);
    expect(guest.requests()).toEqual(["UNPLUG 0:0+128"]);
  });
});

test("adding that fails is undone", () => {
  const guest = bigBlockGuest();
  guest.memory.addResults.push(-Errno.ENOMEM);
  expect(guest.resize(256 * MiB)).toEqual(["PLUG 0:0+128", "UNPLUG 0:0+128"]);
  expect(guest.memoryBlocks()).toEqual([]);
});

test("memory that stays offline stops the growth, onlining it starts it again", () => {
  const guest = bigBlockGuest({ memory: { onlining: () => undefined } });
  guest.resize(4 * GiB);
  expect(guest.driver.pluggedSize).toBe(GiB);
  expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
  for (let i = 0; i < 4; i++) guest.memory.online(FIRST_ID + i, "Normal");
  expect(guest.driver.hasWork).toBe(true);
});

describe("met in the midst of its life", () => {
  /** Big blocks of 256 MiB: a row each, of two memory blocks. */
  const resumed = (
    zones: readonly ("Normal" | "Movable" | undefined | "not there")[],
    plugged: readonly boolean[],
    options: SimulatedGuestOptions = {},
  ): SimulatedGuest => {
    const guest = new SimulatedGuest({
      parameters: { forceBbm: true, bbmBlockSize: 256 * MiB },
      known: plugged.map((isPlugged, at) => ({
        zone: zones[at] === "not there" ? undefined : (zones[at] as "Normal"),
        plugged: isPlugged ? [[0, 64]] : [],
      })),
      ...options,
    });
    return guest;
  };

  test("it knows which memory is online, in which zone, and which is not", () => {
    const guest = resumed(["Normal", "Movable", undefined, undefined], [true, true, true, true]);
    expect(guest.memoryBlocks()).toEqual([
      "0 kernel 128",
      "1 movable 128",
      "2 offline 128",
      "3 offline 128",
    ]);
    expect([...guest.log.of("big-block-state")].map(({ id, to }) => [id, to])).toEqual([
      [FIRST_ID / 2, "unused"],
      [FIRST_ID / 2, "added"],
      [FIRST_ID / 2 + 1, "unused"],
      [FIRST_ID / 2 + 1, "added"],
    ]);
  });

  test("a hole below plugged big blocks is filled first", () => {
    const guest = resumed(["Normal", "Normal", "Normal", "Normal"], [true, true, true, true]);
    guest.resize(256 * MiB);
    guest.block(0, 3);
    expect(guest.resize(0)).toEqual([]);
    expect(guest.resize(GiB)).toEqual(["PLUG 2:0+128", "PLUG 4:0+128", "PLUG 6:0+128"]);
  });

  test("what is offline counts against the limit on offline memory", () => {
    const offline = Array.from({ length: 6 }, () => undefined);
    const guest = resumed(
      offline,
      offline.map(() => true),
      {
        memory: { onlining: () => undefined },
      },
    );
    // 768 MiB of 1 GiB are offline already
    expect(guest.resize(2 * GiB)).toEqual(["PLUG 6:0+128"]);
    expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
  });

  test("a big block of which half is plugged is refused", () => {
    expect(() => resumed(["Normal", "Normal", "Normal"], [true, true, true])).toThrow(
      new RangeError(
        "plugged must hold whole big blocks (128 device blocks), got 134217728 bytes outside of them",
      ),
    );
  });
});

describe("plugging", () => {
  test("uses removed big blocks again, ascending, before new ones", () => {
    const guest = bigBlockGuest();
    guest.resize(768 * MiB);
    guest.resize(0);
    expect(guest.resize(512 * MiB)).toEqual(["PLUG 0:0+128", "PLUG 2:0+128"]);
    expect(guest.resize(GiB)).toEqual(["PLUG 4:0+128", "PLUG 6:0+128"]);
  });

  test("ends at the first refusal of a removed big block", () => {
    const guest = bigBlockGuest();
    guest.resize(512 * MiB);
    guest.resize(0);
    guest.device.migrating = true;
    expect(guest.resize(512 * MiB)).toEqual(["PLUG 0:0+128 BUSY"]);
    expect(guest.results().at(-1)).toBe(-Errno.ETXTBSY);
  });

  test("leaves out what of the region is no whole big block", () => {
    // the first and the last 128 MiB of it
    const device = { addr: ADDR + 128 * MiB, regionSize: 768 * MiB };
    const guest = bigBlockGuest({ device });
    expect(guest.resize(768 * MiB)).toEqual(["PLUG 1:0+128", "PLUG 3:0+128"]);
    expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
  });
});

describe("memory blocks that go online and offline by hand", () => {
  test("are counted where they are the device's, and left alone where not", () => {
    const guest = bigBlockGuest({ memory: { onlining: () => undefined } });
    guest.resize(GiB);
    const foreign = FIRST_ID + 128;
    guest.memory.place(foreign, undefined, () => true);
    guest.memory.online(foreign, "Normal");
    expect(guest.driver.hasWork).toBe(false);
    // half of the limit has to be free before a run is worth it
    for (let i = 0; i < 3; i++) guest.memory.online(FIRST_ID + i, "Normal");
    expect(guest.driver.hasWork).toBe(false);
    guest.memory.online(FIRST_ID + 3, "Movable");
    expect(guest.driver.hasWork).toBe(true);
    guest.driver.run();
    expect([...guest.log.of("run-start")].at(-1)?.trigger).toBe("memory-onlined");
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
  });

  test("that go offline start a run only where online ones are spared", () => {
    const run = (unplugOnline: boolean): string | undefined => {
      const guest = bigBlockGuest({ parameters: { unplugOnline } });
      guest.resize(256 * MiB);
      guest.memory.offline(FIRST_ID);
      const isAsked = guest.driver.hasWork;
      guest.driver.run();
      return isAsked ? [...guest.log.of("run-start")].at(-1)?.trigger : undefined;
    };
    expect([run(true), run(false)]).toEqual([undefined, "memory-offlined"]);
  });
});
