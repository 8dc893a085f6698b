import { expect, test } from "vitest";
import { obstaclesOf } from "../../../src/predict/obstacles.js";
import { Errno } from "../../../src/errno.js";
import {
  FIRST_ID,
  MiB,
  pfnOf,
  SimulatedGuest,
  type SimulatedGuestOptions,
} from "../virtio-mem/simulated-guest.js";

function shrunkTo0(
  options: SimulatedGuestOptions,
  blocked: readonly (readonly [memoryBlock: number, subblock: number])[],
): SimulatedGuest {
  const guest = new SimulatedGuest(options);
  guest.resize(256 * MiB);
  for (const [memoryBlock, subblock] of blocked) guest.block(memoryBlock, subblock);
  guest.resize(0);
  return guest;
}

test("what was tried and stays is listed by address, with the blocking page", () => {
  const guest = shrunkTo0({}, [
    [1, 3],
    [0, 7],
  ]);
  const obstacle = (memoryBlock: number, subblock: number, tries: number): object => ({
    offset: memoryBlock * 128 * MiB + subblock * 2 * MiB,
    size: 2 * MiB,
    pfn: pfnOf(memoryBlock, subblock) + 5,
    class: "kernel",
    stage: "isolate",
    tries,
  });
  expect(obstaclesOf(guest.log.entries, guest.device)).toEqual([
    obstacle(0, 7, 1),
    obstacle(1, 3, 1),
  ]);
  guest.clock.advanceToNs(50_000_000_000);
  expect(obstaclesOf(guest.log.entries, guest.device)).toEqual([
    obstacle(0, 7, 2),
    obstacle(1, 3, 2),
  ]);
});

test("what went at a later try is none", () => {
  const guest = shrunkTo0({}, [[1, 3]]);
  guest.unblock(1, 3);
  guest.clock.advanceToNs(50_000_000_000);
  expect(obstaclesOf(guest.log.entries, guest.device)).toEqual([]);
});

test("five tries in ZONE_MOVABLE are five", () => {
  const guest = shrunkTo0({ memory: { onlining: () => "Movable" } }, [[0, 0]]);
  // The first run removed memory block 1, so there was a second.
  expect(obstaclesOf(guest.log.entries, guest.device)[0]?.tries).toBe(10);
});

test("where memory ran out on a whole memory block, that is the obstacle, without a page", () => {
  const guest = new SimulatedGuest();
  guest.resize(256 * MiB);
  guest.block(1, 0);
  guest.memory.contigResults.push(-Errno.ENOMEM);
  guest.resize(0);
  expect(obstaclesOf(guest.log.entries, guest.device)).toEqual([
    { offset: 128 * MiB, size: 128 * MiB, pfn: null, class: null, stage: "memory", tries: 1 },
  ]);
  expect(guest.memory.memoryBlockIds()).toContain(FIRST_ID + 1);
});
