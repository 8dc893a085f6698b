import { expect, test } from "vitest";
import { explain } from "../../../../src/predict/explain.js";
import { GiB, MiB, SimulatedGuest, type SimulatedGuestOptions } from "../simulated-guest.js";

interface Case {
  readonly what: string;
  readonly options?: SimulatedGuestOptions;
  readonly happens: (guest: SimulatedGuest) => void;
  readonly waitsFor: string;
  readonly sentences: readonly string[];
}

const CASES: readonly Case[] = [
  {
    what: "all is as requested",
    happens: (guest) => guest.resize(256 * MiB),
    waitsFor: "nothing",
    sentences: ["256 MiB requested, 256 MiB plugged: as requested."],
  },
  {
    what: "the rest is less than a subblock",
    options: { profile: "v5.8" },
    happens: (guest) => guest.resize(130 * MiB),
    waitsFor: "nothing",
    sentences: [
      "130 MiB requested, 128 MiB plugged: 2 MiB missing.",
      "The rest is smaller than the 4 MiB that the driver works in; it stays.",
    ],
  },
  {
    what: "memory is busy",
    happens: (guest) => {
      guest.resize(256 * MiB);
      guest.block(0, 3);
      guest.block(1, 7);
      guest.resize(0);
      guest.clock.advanceNs(20e9);
    },
    waitsFor: "a retry",
    sentences: [
      "0 B requested, 4 MiB plugged: 4 MiB too many.",
      "2 ranges (4 MiB) could not be freed, the first at pfn 1050117 (kernel).",
      "The driver tries again in 30 s.",
    ],
  },
  {
    what: "an emptied memory block stays",
    options: { profile: "v6.5" },
    happens: (guest) => {
      guest.resize(128 * MiB);
      guest.memory.removeResults.push(-16);
      guest.resize(0);
    },
    waitsFor: "a retry",
    sentences: [
      "0 B requested, 0 B plugged: as requested.",
      "1 empty memory block could not be removed.",
      "The driver tries again in 50 s.",
    ],
  },
  {
    what: "the guest migrates",
    happens: (guest) => {
      guest.device.migrating = true;
      guest.resize(128 * MiB);
    },
    waitsFor: "a retry",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The device is busy: the guest migrates, or the host has no memory for it.",
      "The driver tries again in 50 s.",
    ],
  },
  {
    what: "the guest migrates and the driver does not tell that from busy memory",
    options: { profile: "rfc3" },
    happens: (guest) => {
      guest.device.migrating = true;
      guest.resize(128 * MiB);
    },
    waitsFor: "a retry",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The device is busy: the guest migrates, or the host has no memory for it.",
      "The driver tries again in 30 s.",
    ],
  },
  {
    what: "there is no memory for a memmap",
    happens: (guest) => {
      guest.memory.addResults.push(-12);
      guest.resize(128 * MiB);
    },
    waitsFor: "a retry",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The guest has no memory left to describe the memory that would be added.",
      "The driver tries again in 50 s.",
    ],
  },
  {
    what: "there is no memory to move pages to",
    happens: (guest) => {
      guest.resize(128 * MiB);
      guest.block(0, 3);
      guest.memory.contigResults.push(-12);
      guest.resize(0);
    },
    waitsFor: "a retry",
    sentences: [
      "0 B requested, 128 MiB plugged: 128 MiB too many.",
      "The guest has no memory left that pages could be moved to.",
      "The driver tries again in 50 s.",
    ],
  },
  {
    what: "memory is not brought online",
    options: { memory: { onlining: () => undefined } },
    happens: (guest) => guest.resize(2 * GiB),
    waitsFor: "an event",
    sentences: [
      "2 GiB requested, 1 GiB plugged: 1 GiB missing.",
      "8 memory blocks (1 GiB) are added but not online; the driver adds no more before they are.",
    ],
  },
  {
    what: "the region holds no whole memory block",
    options: { device: { regionSize: 64 * MiB } },
    happens: (guest) => guest.resize(64 * MiB),
    waitsFor: "an event",
    sentences: [
      "64 MiB requested, 0 B plugged: 64 MiB missing.",
      "No whole memory block is left in the usable 64 MiB of the device.",
    ],
  },
  {
    what: "online memory is spared",
    options: { parameters: { unplugOnline: false } },
    happens: (guest) => {
      guest.resize(128 * MiB);
      guest.resize(0);
    },
    waitsFor: "nothing",
    sentences: [
      "0 B requested, 128 MiB plugged: 128 MiB too many.",
      "What is left is online, and the driver was told to spare online memory.",
    ],
  },
  {
    what: "the driver is broken",
    happens: (guest) => {
      guest.memory.addResults.push(-17);
      guest.resize(128 * MiB);
    },
    waitsFor: "a reset",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The driver is broken and does nothing more: unexpected errno 17.",
    ],
  },
  {
    what: "the device is broken",
    happens: (guest) => {
      guest.device.requestSize(128 * MiB);
      guest.device.handleBytes(new Uint8Array(2));
    },
    waitsFor: "a reset",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The device got a request that it cannot read and needs a reset.",
    ],
  },
  {
    what: "work is queued",
    happens: (guest) => {
      guest.device.requestSize(128 * MiB);
    },
    waitsFor: "its work",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The driver has work queued that it has not done yet.",
    ],
  },
  {
    what: "the driver was unloaded",
    happens: (guest) => {
      guest.driver.remove();
      guest.device.requestSize(128 * MiB);
    },
    waitsFor: "an event",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "No driver works with the device.",
    ],
  },
  {
    what: "the guest sleeps",
    options: { profile: "upstream" },
    happens: (guest) => {
      guest.driver.trySuspend("to-ram");
      guest.device.requestSize(128 * MiB);
    },
    waitsFor: "an event",
    sentences: [
      "128 MiB requested, 0 B plugged: 128 MiB missing.",
      "The guest is suspended; work goes on when it wakes up.",
    ],
  },
];

test.each(CASES)("explained: $what", ({ options, happens, waitsFor, sentences }) => {
  const guest = new SimulatedGuest(options);
  happens(guest);
  const explanation = explain(guest);
  expect(explanation.sentences).toEqual(sentences);
  expect(explanation.waitsFor).toBe(waitsFor);
  expect(explanation.retryAtMs === undefined).toBe(guest.driver.retryDueNs === undefined);
});
