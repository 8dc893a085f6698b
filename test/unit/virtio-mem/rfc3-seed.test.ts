import { expect, test } from "vitest";
import { Errno } from "../../../src/errno.js";
import {
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
  guest.clock.advanceTo(100_000_000_000);
  const waits = [...guest.log.of("retry-armed")].map(({ atNs, dueNs }) => dueNs - atNs);
  expect(waits).toEqual([30e9, 30e9, 30e9, 30e9]);
  guest.unblock(0, 3);
  guest.clock.advanceTo(130_000_000_000);
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
