import fc from "fast-check";
import { expect, test } from "vitest";
import type { ZoneKind } from "../../src/linux/linux-memory.js";
import { linuxProfile, PROFILE_NAMES, type DriverProfile } from "../../src/linux/profile.js";
import { explain } from "../../src/virtio-mem/explain.js";
import {
  FIRST_ID,
  GiB,
  MEMORY_BLOCK,
  MiB,
  SimulatedGuest,
} from "../unit/virtio-mem/simulated-guest.js";
import { nrRuns, PATIENCE } from "./nr-runs.js";

// Random hosts and users against the driver. The fake memory throws when the driver touches pages
// that it must not touch; the rest of the invariants (driver.md section 11) is checked here.

type Step =
  | { readonly kind: "resize"; readonly blocks: number }
  | { readonly kind: "block" | "unblock"; readonly memoryBlock: number; readonly subblock: number }
  | { readonly kind: "online" | "offline"; readonly memoryBlock: number; readonly zone: ZoneKind }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "migrate"; readonly on: boolean }
  | { readonly kind: "no-memmap" | "no-removal" | "suspend" | "wake-up" }
  /** The host runs out of memory, or cannot discard any. */
  | { readonly kind: "host-fails"; readonly on: boolean }
  /** The size changes while the driver adds its next memory block. */
  | { readonly kind: "resize-later"; readonly blocks: number };

const NR_MEMORY_BLOCKS = 8;
const memoryBlock = fc.nat(NR_MEMORY_BLOCKS - 1);
const zone = fc.constantFrom<ZoneKind>("Normal", "Movable");
const place = { memoryBlock, subblock: fc.nat(63) };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("resize" as const), blocks: fc.nat(NR_MEMORY_BLOCKS * 64) }),
  fc.record({ kind: fc.constantFrom("block" as const, "unblock" as const), ...place }),
  fc.record({ kind: fc.constantFrom("online" as const, "offline" as const), memoryBlock, zone }),
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.nat(400) }),
  fc.record({ kind: fc.constant("migrate" as const), on: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("no-memmap" as const, "no-removal" as const) }),
  fc.record({ kind: fc.constantFrom("suspend" as const, "wake-up" as const) }),
  fc.record({ kind: fc.constant("host-fails" as const), on: fc.boolean() }),
  fc.record({ kind: fc.constant("resize-later" as const), blocks: fc.nat(NR_MEMORY_BLOCKS * 64) }),
);

/** What the steps change besides the guest. */
interface Surroundings {
  hostFails: boolean;
  /** A size that comes while a memory block is added. */
  later: number | undefined;
}

function apply(guest: SimulatedGuest, around: Surroundings, step: Step): void {
  const { memory, device, driver, clock } = guest;
  switch (step.kind) {
    case "resize":
      device.requestSize(step.blocks * 2 * MiB);
      break;
    case "block":
      guest.block(step.memoryBlock, step.subblock);
      break;
    case "unblock":
      guest.unblock(step.memoryBlock, step.subblock);
      break;
    case "online":
    case "offline": {
      const id = FIRST_ID + step.memoryBlock;
      const state = memory.memoryBlock(id)?.state;
      if (step.kind === "online" && state === "offline") memory.online(id, step.zone);
      if (step.kind === "offline" && state === "online") memory.offline(id);
      break;
    }
    case "wait":
      clock.advance(step.seconds * 1_000_000_000);
      break;
    case "migrate":
      device.migrating = step.on;
      break;
    case "no-memmap":
      memory.addResults.push(-12);
      break;
    case "no-removal":
      memory.removeResults.push(-16);
      break;
    case "suspend":
      driver.trySuspend("to-ram");
      break;
    case "wake-up":
      driver.wakeUp();
      break;
    case "host-fails":
      around.hostFails = step.on;
      break;
    case "resize-later":
      around.later = step.blocks * 2 * MiB;
      break;
  }
  driver.run();
}

/** The invariants that hold whenever nothing is going on. */
function check(guest: SimulatedGuest, profile: DriverProfile): void {
  const { device, driver, memory, log } = guest;
  expect(driver.isBroken).toBe(false);
  expect(driver.pluggedSize).toBe(device.pluggedSize);
  const memoryBlocks = driver.memoryBlocks();
  const plugged = memoryBlocks.reduce((sum, { pluggedSize }) => sum + pluggedSize, 0);
  expect(plugged).toBe(device.pluggedSize);
  for (const { id, state, pluggedSize } of memoryBlocks) {
    const isPartial = state.endsWith("-partial");
    if (state === "plugged") expect(pluggedSize).toBeGreaterThan(0);
    else expect(pluggedSize === MEMORY_BLOCK).toBe(!isPartial);
    const info = memory.memoryBlock(id);
    expect(info?.state).toBe(
      state === "plugged" ? undefined : state.startsWith("offline") ? "offline" : "online",
    );
    if (info?.state === "online") {
      expect(info.zone === "Movable").toBe(state.startsWith("movable"));
      expect(memory.nrBuddyPages(id) * 4096).toBe(pluggedSize);
    }
  }
  expect(memory.memoryBlockIds()).toEqual(
    memoryBlocks.filter(({ state }) => state !== "plugged").map(({ id }) => id),
  );
  const last = [...log.of("run-end")].at(-1);
  const isRetried = last !== undefined && [-16, -26, -12].includes(last.errno);
  if (!driver.isFrozen) {
    expect(driver.retryDueNs !== undefined).toBe(isRetried);
    const unit = driver.geometry.bigBlockSize ?? driver.geometry.subblockSize;
    if (last?.errno === 0) expect(Math.abs(device.requestedSize - plugged)).toBeLessThan(unit);
  }
  checkOffline(guest, profile);
  const { sentences } = explain(guest);
  expect(sentences.length).toBeGreaterThan(device.requestedSize === plugged ? 0 : 1);
  // A conforming driver never gets an error, and a target that stands never makes it overshoot.
  for (const { response } of log.of("request")) expect(response).not.toBe("ERROR");
}

/** Invariants 5, 20, 23 and 24: empty memory blocks, waits, offline memory, ZONE_MOVABLE. */
function checkOffline({ driver, log }: SimulatedGuest, profile: DriverProfile): void {
  const { minimumMs, maximumMs } = profile.retry;
  for (const { atNs, dueNs } of log.of("retry-armed")) {
    const waitMs = (dueNs - atNs) / 1e6;
    expect(waitMs).toBeGreaterThanOrEqual(minimumMs);
    expect(waitMs).toBeLessThanOrEqual(maximumMs);
    expect(waitMs === maximumMs || Number.isInteger(Math.log2(waitMs / minimumMs))).toBe(true);
  }
  const isEmptyOnline = driver
    .memoryBlocks()
    .some(({ state, pluggedSize }) => pluggedSize === 0 && !state.startsWith("offline"));
  if (isEmptyOnline && profile.emptyMemoryBlocks === "removed-with-retry" && !driver.isFrozen) {
    expect(driver.retryDueNs).toBeDefined();
  }
}

const MODES = PROFILE_NAMES.flatMap((profile) => [
  { profile, forceBbm: false },
  ...(linuxProfile(profile).driver.bigBlockMode ? [{ profile, forceBbm: true }] : []),
]);

test.each(MODES)(
  "$profile keeps its books whatever happens around it, big blocks: $forceBbm",
  ({ profile, forceBbm }) => {
    fc.assert(
      fc.property(
        fc.array(fc.option(zone, { nil: undefined }), {
          minLength: NR_MEMORY_BLOCKS,
          maxLength: NR_MEMORY_BLOCKS,
        }),
        fc.array(step, { maxLength: 25 }),
        (zones, steps) => {
          const around: Surroundings = { hostFails: false, later: undefined };
          const works = (): boolean => !around.hostFails;
          const guest = new SimulatedGuest({
            profile,
            parameters: { forceBbm },
            device: { regionSize: GiB, host: { preallocate: works, discard: works } },
            memory: {
              onlining: (id) => {
                const { later } = around;
                around.later = undefined;
                if (later !== undefined) guest.device.requestSize(later);
                return zones[id - FIRST_ID];
              },
            },
          });
          for (const step of steps) {
            apply(guest, around, step);
            check(guest, linuxProfile(profile).driver);
          }
        },
      ),
      { numRuns: nrRuns(100) },
    );
  },
  PATIENCE,
);
