import { describe, expect, test } from "vitest";
import { Errno } from "../../../src/errno.js";
import {
  ADDR,
  FIRST_ID,
  GiB,
  MiB,
  SimulatedGuest,
  type SimulatedGuestOptions,
} from "./simulated-guest.js";

// The unplug run of the patch that this project began with: subblocks of 4 MiB, everything upwards.

function seedGuest(options: SimulatedGuestOptions = {}): SimulatedGuest {
  return new SimulatedGuest({ ...options, profile: "rfc3-seed" });
}

test("an idle GiB shrinks to 64 MiB by 240 single requests, upwards, and keeps its memory blocks", () => {
  const guest = seedGuest();
  guest.resize(GiB);
  const requests = guest.resize(64 * MiB);
  const expected: string[] = [];
  for (let at = 0; at < 240; at++) expected.push(`UNPLUG ${at >> 5}:${(at & 31) * 2}+2`);
  expect(requests).toEqual(expected);
  expect(guest.memory.memoryBlockIds()).toHaveLength(8);
  expect(guest.memoryBlocks()[0]).toBe("0 kernel-partial 0");
  expect(guest.results().at(-1)).toBe(0);
});

test("a busy subblock is skipped once, and -EBUSY makes it retry every 30 s", () => {
  const guest = seedGuest();
  guest.resize(12 * MiB);
  guest.block(0, 3);
  expect(guest.resize(0)).toEqual(["UNPLUG 0:0+2", "UNPLUG 0:4+2"]);
  guest.clock.advanceToNs(100_000_000_000);
  const waits = [...guest.log.of("retry-armed")].map(({ atNs, dueNs }) => dueNs - atNs);
  expect(waits).toEqual([30e9, 30e9, 30e9, 30e9]);
  guest.unblock(0, 3);
  guest.clock.advanceToNs(130_000_000_000);
  expect(guest.requests()).toEqual(["UNPLUG 0:2+2"]);
});

test("a busy device ends the run, although its errno is that of busy memory", () => {
  const guest = seedGuest();
  guest.resize(128 * MiB);
  guest.device.migrating = true;
  expect(guest.resize(0)).toEqual(["UNPLUG 0:0+2 BUSY"]);
  expect(guest.results().at(-1)).toBe(-Errno.EBUSY);
  expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
});

test("the end of memory ends the run", () => {
  const guest = seedGuest();
  guest.resize(128 * MiB);
  guest.block(0, 2);
  guest.memory.contigResults.push(-Errno.ENOMEM);
  expect(guest.resize(0)).toEqual(["UNPLUG 0:0+2"]);
  expect(guest.results().at(-1)).toBe(-Errno.ENOMEM);
});

test("partly plugged memory blocks go before whole ones, offline before online", () => {
  const guest = seedGuest({
    known: [
      { zone: "Normal", plugged: [[0, 64]] },
      { zone: undefined, plugged: [[0, 64]] },
      { zone: "Normal", plugged: [[4, 2]] },
      {
        zone: undefined,
        plugged: [
          [2, 4],
          [10, 2],
        ],
      },
    ],
  });
  const requests = guest.resize(0);
  expect(requests.slice(0, 5)).toEqual([
    "UNPLUG 3:2+4",
    "UNPLUG 3:10+2",
    "UNPLUG 1:0+64",
    "UNPLUG 2:4+2",
    "UNPLUG 0:0+2",
  ]);
  // Offline memory blocks are removed when they are empty, online ones are not.
  expect(guest.memory.memoryBlockIds()).toEqual([FIRST_ID, FIRST_ID + 2]);
});

test("memory in ZONE_MOVABLE is left alone until it is offlined by hand", () => {
  const guest = seedGuest({ memory: { onlining: () => "Movable" } });
  guest.resize(128 * MiB);
  expect(guest.resize(0)).toEqual([]);
  expect(guest.results().at(-1)).toBe(-Errno.EBUSY);
  guest.memory.offline(FIRST_ID);
  guest.driver.run();
  expect(guest.requests()).toEqual(["UNPLUG 0:0+64"]);
});

test("a partly plugged memory block refuses ZONE_MOVABLE", () => {
  const guest = seedGuest({ memory: { onlining: () => undefined } });
  guest.resize(64 * MiB);
  expect(guest.memory.online(FIRST_ID, "Movable")).toBe(false);
  expect(guest.memory.online(FIRST_ID, "Normal")).toBe(true);
});

test("growing stops at ten offline memory blocks and goes on when one comes online", () => {
  const guest = seedGuest({ memory: { onlining: () => undefined } });
  guest.resize(2 * GiB);
  expect(guest.driver.pluggedSize).toBe(1280 * MiB);
  expect(guest.results().at(-1)).toBe(-Errno.ENOSPC);
  guest.memory.online(FIRST_ID, "Normal");
  guest.driver.run();
  expect(guest.driver.pluggedSize).toBe(1408 * MiB);
});

test("less than 4 MiB is left alone with success", () => {
  const guest = seedGuest();
  guest.resize(128 * MiB);
  expect(guest.resize(126 * MiB)).toEqual([]);
  expect(guest.results().at(-1)).toBe(0);
});

// The online unplug path step by step (docs/spec/driver.md#online-memory-blocks). A line is one
// thing that happened; places are memory block:subblock of 4 MiB.

const SUBBLOCKS = 32;

function walk(guest: SimulatedGuest, start: number): string[] {
  const place = (address: number): string => {
    const subblock = (address - ADDR) / (4 * MiB);
    return `${Math.floor(subblock / SUBBLOCKS)}:${subblock % SUBBLOCKS}`;
  };
  return guest.log.entries.slice(start).flatMap((entry) => {
    switch (entry.type) {
      case "contig":
        return `take ${place(entry.startPfn * 4096)}: ${entry.errno}`;
      case "request":
        return `${entry.request} ${place(ADDR + entry.offset)}: ${entry.response}`;
      case "memory-block-state":
        return `state ${entry.id - FIRST_ID}: ${entry.from ?? "none"} to ${entry.to}`;
      case "run-end":
        return `end: ${entry.errno}`;
      default:
        return [];
    }
  });
}

/** The steps of one subblock that goes. */
function gone(place: string): string[] {
  return [`take ${place}: 0`, `UNPLUG ${place}: ACK`];
}

const WHOLE: readonly (readonly [number, number])[] = [[0, 64]];

describe("the online path, step by step", () => {
  /** Runs a request for `size` and returns what happened. */
  function shrink(guest: SimulatedGuest, size: number): string[] {
    const start = guest.log.length;
    guest.device.requestSize(size);
    guest.driver.run();
    return walk(guest, start);
  }

  test("partial memory blocks come first, busy subblocks are skipped, the state becomes partial", () => {
    const guest = seedGuest({
      known: [
        { zone: "Normal", plugged: WHOLE },
        { zone: "Normal", plugged: [[4, 6]] },
      ],
    });
    guest.block(0, 2);
    guest.block(1, 6);
    // 3 subblocks of the partial one, of which one is busy, then 3 of the whole one, of which one
    // is busy
    expect(shrink(guest, 140 * MiB - 16 * MiB)).toEqual([
      ...gone("1:2"),
      "take 1:3: -16",
      ...gone("1:4"),
      ...gone("0:0"),
      "state 0: kernel to kernel-partial",
      "take 0:1: -16",
      ...gone("0:2"),
      "end: 0",
    ]);
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 120", "1 kernel-partial 4"]);
  });

  test("-ENOMEM aborts the run at once, with what was done before kept", () => {
    const guest = seedGuest({ known: [{ zone: "Normal", plugged: WHOLE }] });
    guest.block(0, 2);
    guest.memory.contigResults.push(-Errno.ENOMEM);
    expect(shrink(guest, 0)).toEqual([
      ...gone("0:0"),
      "state 0: kernel to kernel-partial",
      "take 0:1: -12",
      "end: -12",
    ]);
    expect(guest.driver.retryDueNs).toBe(guest.clock.nowNs + 30e9);
  });

  test("what the device refuses goes back to the allocator, with no bit and no state changed", () => {
    let refuses = false;
    const guest = seedGuest({
      known: [{ zone: "Normal", plugged: WHOLE }],
      device: { host: { discard: () => !refuses } },
    });
    guest.block(0, 0);
    refuses = true;
    expect(shrink(guest, 0)).toEqual([
      "take 0:0: -16",
      "take 0:1: 0",
      "UNPLUG 0:1: BUSY",
      "end: -16",
    ]);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
    expect(guest.memoryBlocks()).toEqual(["0 kernel 128"]);
    expect(guest.driver.pluggedSize).toBe(128 * MiB);
  });

  test("a device error breaks the driver, and the pages go back all the same", () => {
    const guest = seedGuest({
      known: [{ zone: "Normal", plugged: WHOLE }],
      device: { host: { discard: () => false }, flavour: "cloud-hypervisor", regionSize: GiB },
    });
    expect(shrink(guest, 0)).toEqual(["take 0:0: 0", "UNPLUG 0:0: ERROR", "end: -22"]);
    expect(guest.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
    expect(guest.driver.isBroken).toBe(true);
  });

  test("at the end -EBUSY where subblocks were busy, each tried once", () => {
    const guest = seedGuest({ known: [{ zone: "Normal", plugged: [[0, 8]] }] });
    for (const subblock of [0, 2, 4, 6]) guest.block(0, subblock);
    expect(shrink(guest, 0)).toEqual([
      "take 0:0: -16",
      "take 0:1: -16",
      "take 0:2: -16",
      "take 0:3: -16",
      "end: -16",
    ]);
  });

  test("ZONE_MOVABLE is not touched, not even looked at", () => {
    const guest = seedGuest({
      known: [
        { zone: "Movable", plugged: WHOLE },
        { zone: "Normal", plugged: [[0, 2]] },
      ],
    });
    expect(shrink(guest, 0)).toEqual([...gone("1:0"), "end: -16"]);
    expect(guest.memoryBlocks()).toEqual(["0 movable 128", "1 kernel-partial 0"]);
  });

  test("between memory blocks the lock is free: what changes state then is missed or met", () => {
    const guest = seedGuest({
      known: [
        { zone: "Normal", plugged: WHOLE },
        { zone: "Normal", plugged: WHOLE },
        { zone: undefined, plugged: WHOLE },
        { zone: undefined, plugged: WHOLE },
        { zone: "Normal", plugged: WHOLE },
      ],
    });
    const start = guest.log.length;
    guest.block(0, 0);
    let waiting = true;
    guest.log.follow((entry) => {
      // user space has waited for the lock since the first attempt; 0:31 is the last one of block 0
      if (!waiting || entry.type !== "request" || entry.offset !== 31 * 4 * MiB) return;
      waiting = false;
      guest.memory.offline(FIRST_ID + 1);
      guest.memory.offline(FIRST_ID + 4);
      guest.memory.online(FIRST_ID + 4, "Normal");
    });
    guest.device.requestSize(0);
    guest.driver.run();
    const steps = walk(guest, start);
    const runs = steps.join("\n").split(/(?<=end: -?\d+)\n/);
    const first = (runs[0] ?? "").split("\n");
    // offline memory went first, by runs; then block 0, and 4, which came back; 1 was missed
    expect(first.slice(0, 6)).toEqual([
      "UNPLUG 2:0: ACK",
      "state 2: offline to offline-partial",
      "state 2: offline-partial to unused",
      "UNPLUG 3:0: ACK",
      "state 3: offline to offline-partial",
      "state 3: offline-partial to unused",
    ]);
    const tried = first.filter((step) => step.startsWith("take")).map((step) => step.slice(5, 7));
    expect([...new Set(tried)]).toEqual(["0:", "4:"]);
    expect(first.at(-1)).toBe("end: -16");
    // offlining has queued another run, which takes the missed one
    expect(runs[1]).toContain("UNPLUG 1:0: ACK");
    expect(guest.memoryBlocks()).toEqual(["0 kernel-partial 4", "4 kernel-partial 0"]);
  });
});
