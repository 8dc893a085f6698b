import fc from "fast-check";
import { expect, test } from "vitest";
import { KernelError } from "../../src/core/kernel-error.js";
import {
  deviceFlavour,
  FLAVOUR_NAMES,
  type DeviceFlavour,
} from "../../src/virtio-mem/device/flavour.js";
import type { DeviceSnapshot } from "../../src/virtio-mem/device/snapshot.js";
import { VirtioMemDevice } from "../../src/virtio-mem/device/device.js";
import type { Answer } from "../../src/virtio-mem/protocol.js";
import { decodeResponse, encodeRequest, RESPONSE_SIZE } from "../../src/virtio-mem/wire.js";
import { nrRuns, PATIENCE } from "./nr-runs.js";

// Random hosts, drivers and faults against the device, in every flavour. The oracle is a plain set
// of plugged blocks and the invariants of docs/spec/device.md#invariants. Driver and device
// together are in driver.test.ts.

const MiB = 1024 ** 2;
const BLOCK = 2 * MiB;
const ADDR = 4 * 1024 * MiB;
const NR_BLOCKS = 256;

type Fault = "preallocate" | "discard" | "map" | "unmap";

type Step =
  | {
      readonly kind: "PLUG" | "UNPLUG" | "STATE";
      readonly start: number;
      readonly count: number;
      readonly shift: number;
    }
  | { readonly kind: "UNPLUG_ALL" | "system-reset" | "device-reset" | "malformed" }
  | { readonly kind: "resize"; readonly blocks: number; readonly shift: number }
  | { readonly kind: "migrate"; readonly on: boolean }
  | { readonly kind: "fault"; readonly fault: Fault; readonly on: boolean };

const range = {
  start: fc.integer({ min: -2, max: NR_BLOCKS + 1 }),
  count: fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 8 }), weight: 5 },
    { arbitrary: fc.nat(NR_BLOCKS + 1), weight: 2 },
    { arbitrary: fc.constant(65535), weight: 1 },
  ),
  shift: fc.oneof(
    { arbitrary: fc.constant(0), weight: 20 },
    { arbitrary: fc.constantFrom(1, BLOCK / 2, BLOCK - 1), weight: 1 },
  ),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constant("PLUG" as const), ...range }), weight: 10 },
  { arbitrary: fc.record({ kind: fc.constant("UNPLUG" as const), ...range }), weight: 10 },
  { arbitrary: fc.record({ kind: fc.constant("STATE" as const), ...range }), weight: 4 },
  {
    arbitrary: fc.record({
      kind: fc.constant("resize" as const),
      blocks: fc.nat(NR_BLOCKS + 1),
      shift: range.shift,
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "UNPLUG_ALL" as const,
        "system-reset" as const,
        "device-reset" as const,
      ),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ kind: fc.constant("malformed" as const) }), weight: 1 },
  {
    arbitrary: fc.record({ kind: fc.constant("migrate" as const), on: fc.boolean() }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      kind: fc.constant("fault" as const),
      fault: fc.constantFrom<Fault>("preallocate", "discard", "map", "unmap"),
      on: fc.boolean(),
    }),
    weight: 1,
  },
);

/** A device with everything that was ever told about it. */
class Harness {
  readonly flavour: DeviceFlavour;
  readonly device: VirtioMemDevice;
  readonly faults = new Set<Fault>();
  readonly mapped = new Set<number>();
  notifications = 0;
  readonly sizeEvents: number[] = [];

  constructor(flavour: DeviceFlavour) {
    this.flavour = flavour;
    this.device = new VirtioMemDevice({
      addr: ADDR,
      regionSize: NR_BLOCKS * BLOCK,
      flavour,
      host: {
        preallocate: () => !this.faults.has("preallocate"),
        discard: () => !this.faults.has("discard"),
      },
    });
    this.device.addMemoryListener({
      map: (start, count) => {
        for (let i = start; i < start + count; i++) this.mapped.add(i);
        return true;
      },
      unmap: (start, count) => {
        for (let i = start; i < start + count; i++) this.mapped.delete(i);
        return true;
      },
    });
    this.device.addMemoryListener({
      map: () => !this.faults.has("map"),
      unmap: () => !this.faults.has("unmap"),
    });
    this.device.onConfigChange(() => this.notifications++);
    this.device.onSizeChange((size) => this.sizeEvents.push(size));
  }

  plugged(): Set<number> {
    const blocks = new Set<number>();
    for (const [start, count] of this.device.pluggedRuns()) {
      for (let i = start; i < start + count; i++) blocks.add(i);
    }
    return blocks;
  }

  /** Sends a request by its bytes: one answer of 10 bytes, or none from a broken device. */
  ask(kind: "PLUG" | "UNPLUG" | "STATE", start: number, count: number, shift = 0): Answer {
    const addr = BigInt(ADDR + start * BLOCK + shift);
    const bytes = this.device.handleBytes(encodeRequest({ type: kind, addr, nbBlocks: count }));
    if (bytes === undefined) return { type: "none" };
    expect(bytes).toHaveLength(RESPONSE_SIZE);
    return decodeResponse(bytes, kind)!;
  }

  /** What a request cannot change unless it is acknowledged. */
  state(): object {
    const { usableRegionSize, pluggedSize, requestedSize } = this.device;
    return { usableRegionSize, pluggedSize, requestedSize, runs: [...this.device.pluggedRuns()] };
  }
}

function apply(harness: Harness, step: Step): void {
  const { device, flavour, faults } = harness;
  const before = harness.plugged();
  const stateBefore = harness.state();
  const usableBefore = device.usableRegionSize;
  const { notifications } = harness;
  const events = harness.sizeEvents.length;
  const isWorking = device.health === "working" && device.isActive;
  const told = (): number => harness.sizeEvents.length - events;
  let mayShrink = false;
  let isTaken = false;

  switch (step.kind) {
    case "PLUG":
    case "UNPLUG": {
      const { start, count, shift } = step;
      const { type } = harness.ask(step.kind, start, count, shift);
      expect(type === "none").toBe(!isWorking);
      const after = harness.plugged();
      if (type === "ACK") {
        // exactly the named blocks flipped, and a PLUG ends at the target at most.
        const isPlug = step.kind === "PLUG";
        const named = Array.from({ length: count }, (_, i) => start + i);
        expect(named.every((block) => before.has(block) !== isPlug)).toBe(true);
        expect(after.size).toBe(before.size + (isPlug ? count : -count));
        expect(named.every((block) => after.has(block) === isPlug)).toBe(true);
        if (isPlug) expect(device.pluggedSize).toBeLessThanOrEqual(device.requestedSize);
        // Never while busy; one event, with the new size.
        expect(device.migrating && flavour.busyWhileMigrating).toBe(false);
        expect(told()).toBe(1);
        expect(harness.sizeEvents.at(-1)).toBe(device.pluggedSize);
      } else {
        expect(told()).toBe(0);
        // All or nothing, but for the two defects that flavours have when the host fails.
        if (faults.size === 0 || keepsItsWord(flavour)) {
          expect(harness.state()).toEqual(stateBefore);
        }
      }
      if (type === "BUSY") {
        expect(flavour.busyWhileMigrating).toBe(true);
        expect(device.migrating || faults.size > 0).toBe(true);
      }
      break;
    }
    case "STATE": {
      const { start, count, shift } = step;
      const { type, state } = harness.ask("STATE", start, count, shift);
      expect(harness.state()).toEqual(stateBefore);
      if (!isWorking) {
        expect(type).toBe("none");
        break;
      }
      const isValid =
        shift === 0 && start >= 0 && count > 0 && (start + count) * BLOCK <= usableBefore;
      expect(type).toBe(isValid ? "ACK" : "ERROR");
      if (!isValid) break;
      // agrees with the bits, and with the parts.
      const set = Array.from({ length: count }, (_, i) => before.has(start + i));
      const all = set.every(Boolean) ? "PLUGGED" : set.some(Boolean) ? "MIXED" : "UNPLUGGED";
      expect(state).toBe(all);
      if (count < 2) break;
      const half = count >> 1;
      const parts = [
        harness.ask("STATE", start, half).state,
        harness.ask("STATE", start + half, count - half).state,
      ];
      expect(parts.every((part) => part === all)).toBe(
        all !== "MIXED" || parts.every((part) => part === "MIXED"),
      );
      break;
    }
    case "UNPLUG_ALL": {
      const { type } = device.handle({ type: "UNPLUG_ALL" });
      mayShrink = type === "ACK";
      if (type === "ACK") {
        expect([device.pluggedSize, harness.plugged().size]).toEqual([0, 0]);
        if (keepsItsWord(flavour)) expect(told()).toBe(before.size > 0 ? 1 : 0);
      } else {
        expect(harness.state()).toEqual(stateBefore);
      }
      break;
    }
    case "system-reset": {
      // all goes, unless the device is busy.
      const isBusy =
        (before.size > 0 && device.migrating && flavour.busyWhileMigrating) ||
        faults.has("discard");
      device.systemReset();
      mayShrink = true;
      if (!isBusy) expect(harness.plugged().size).toBe(0);
      else if (before.size > 0) expect(harness.state()).toEqual(stateBefore);
      device.activate();
      break;
    }
    case "device-reset":
      device.deviceReset();
      expect(harness.state()).toEqual(stateBefore);
      device.activate();
      expect(device.health).toBe("working");
      break;
    case "malformed":
      device.handleBytes(new Uint8Array(5));
      expect(harness.state()).toEqual(stateBefore);
      break;
    case "resize": {
      const size = step.blocks * BLOCK + step.shift;
      const isWhole = step.shift === 0 && step.blocks <= NR_BLOCKS;
      const expected = isWhole && (flavour.target.mayStay || size !== device.requestedSize);
      isTaken = true;
      try {
        device.requestSize(size);
      } catch (error) {
        expect(error instanceof RangeError || error instanceof KernelError).toBe(true);
        isTaken = false;
        expect(harness.state()).toEqual(stateBefore);
      }
      expect(isTaken).toBe(expected);
      expect(harness.plugged()).toEqual(before);
      break;
    }
    case "migrate":
      device.migrating = step.on;
      break;
    case "fault":
      if (step.on) faults.add(step.fault);
      else faults.delete(step.fault);
      break;
  }

  // Only a new target is notified.
  expect(harness.notifications - notifications).toBe(isTaken ? 1 : 0);
  // The usable region shrinks only when all was unplugged.
  if (!mayShrink) expect(device.usableRegionSize).toBeGreaterThanOrEqual(usableBefore);
  check(harness);
}

/** Does nothing of a request stand that was not acknowledged, whatever the host does? */
function keepsItsWord({ plugFailure, unmapFailure }: DeviceFlavour): boolean {
  return plugFailure.leaves === "nothing" && unmapFailure === undefined;
}

function check(harness: Harness): void {
  const { device, flavour } = harness;
  const { regionSize, usableRegionSize, pluggedSize, requestedSize } = device;
  const plugged = harness.plugged();
  // cloud-hypervisor leaves blocks uncounted when a mapping fails.
  if (flavour.plugFailure.leaves !== "blocks") expect(pluggedSize).toBe(plugged.size * BLOCK);
  // what is plugged is usable.
  for (const block of plugged) expect((block + 1) * BLOCK).toBeLessThanOrEqual(usableRegionSize);
  // Firecracker leaves nothing usable after UNPLUG_ALL, whatever is requested.
  if (flavour.unplugAll.usable !== "nothing") {
    expect(requestedSize).toBeLessThanOrEqual(usableRegionSize);
  }
  expect(usableRegionSize).toBeLessThanOrEqual(regionSize);
  expect(pluggedSize).toBeGreaterThanOrEqual(0);
  // sizes in whole blocks; what is fixed stays
  for (const size of [usableRegionSize, pluggedSize, requestedSize]) expect(size % BLOCK).toBe(0);
  expect(device.config).toMatchObject({
    addr: ADDR,
    blockSize: BLOCK,
    regionSize: NR_BLOCKS * BLOCK,
  });
  // Listeners know what is plugged, where a refusal is taken back.
  if (keepsItsWord(flavour) && flavour.plugFailure.leaves === "nothing") {
    expect(harness.mapped).toEqual(plugged);
  }
}

test.each(FLAVOUR_NAMES)(
  "a device of %s keeps its invariants whatever is asked of it",
  (name) => {
    const flavour = deviceFlavour(name);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const harness = new Harness(flavour);
        for (const step of steps) apply(harness, step);
      }),
      { numRuns: nrRuns(300) },
    );
  },
  PATIENCE,
);

test.each(FLAVOUR_NAMES)(
  "PLUG and UNPLUG of %s undo each other, in one or many",
  (name) => {
    const flavour = deviceFlavour(name);
    const runs = fc.array(fc.tuple(fc.nat(NR_BLOCKS - 1), fc.integer({ min: 1, max: 16 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(
        runs,
        fc.nat(NR_BLOCKS - 9),
        fc.integer({ min: 1, max: 8 }),
        (prepared, start, count) => {
          const harness = new Harness(flavour);
          const { device } = harness;
          device.requestSize(NR_BLOCKS * BLOCK);
          for (const [at, nr] of prepared) harness.ask("PLUG", at, nr);
          const before = harness.state();
          const clone = restored(flavour, device.snapshot());
          const answer = harness.ask("PLUG", start, count).type;
          // the same by single blocks, in any order.
          const singles = Array.from({ length: count }, (_, i) => start + count - 1 - i).map(
            (block) => clone.handle({ type: "PLUG", addr: ADDR + block * BLOCK, nbBlocks: 1 }).type,
          );
          expect(answer === "ACK").toBe(singles.every((type) => type === "ACK"));
          if (answer !== "ACK") {
            expect(harness.state()).toEqual(before);
            return;
          }
          expect([...clone.pluggedRuns()]).toEqual([...device.pluggedRuns()]);
          // and back
          expect(harness.ask("UNPLUG", start, count).type).toBe("ACK");
          expect(harness.ask("STATE", start, count).state).toBe("UNPLUGGED");
          expect(harness.state()).toEqual(before);
        },
      ),
      { numRuns: nrRuns(300) },
    );
  },
  PATIENCE,
);

test.each(FLAVOUR_NAMES)(
  "a busy device of %s refuses as an idle one, but for BUSY",
  (name) => {
    const flavour = deviceFlavour(name);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.array(step, { maxLength: 10 }),
        (steps, asked) => {
          const harness = new Harness(flavour);
          for (const step of steps) if (step.kind !== "fault") apply(harness, step);
          const idle = restored(flavour, harness.device.snapshot());
          const busy = restored(flavour, harness.device.snapshot());
          busy.migrating = true;
          for (const { kind, ...rest } of asked) {
            if (kind !== "PLUG" && kind !== "UNPLUG" && kind !== "STATE") continue;
            const { start, count, shift } = rest as { start: number; count: number; shift: number };
            const request = { type: kind, addr: ADDR + start * BLOCK + shift, nbBlocks: count };
            // asked one by one, of devices in the same state
            const idleAnswer = restored(flavour, idle.snapshot()).handle(request);
            const busyAnswer = busy.handle(request);
            const isBusy =
              idleAnswer.type === "ACK" && kind !== "STATE" && flavour.busyWhileMigrating;
            if (isBusy) expect(busyAnswer.type).toBe("BUSY");
            else expect(busyAnswer).toEqual(idleAnswer);
            if (!flavour.busyWhileMigrating) idle.handle(request);
          }
        },
      ),
      { numRuns: nrRuns(150) },
    );
  },
  PATIENCE,
);

test(
  "a range that is valid stays valid when more is usable",
  () => {
    fc.assert(
      fc.property(
        fc.nat(NR_BLOCKS),
        fc.nat(NR_BLOCKS),
        fc.integer({ min: -2, max: NR_BLOCKS }),
        fc.nat(NR_BLOCKS),
        (a, b, start, count) => {
          const harness = new Harness(deviceFlavour("firecracker"));
          const [less, more] = [Math.min(a, b), Math.max(a, b)];
          harness.device.requestSize(less * BLOCK);
          const first = harness.ask("STATE", start, count).type;
          harness.device.requestSize(more * BLOCK);
          const second = harness.ask("STATE", start, count).type;
          if (first === "ACK") expect(second).toBe("ACK");
        },
      ),
      { numRuns: nrRuns(200) },
    );
  },
  PATIENCE,
);

function restored(flavour: DeviceFlavour, snapshot: DeviceSnapshot): VirtioMemDevice {
  const device = new VirtioMemDevice({ addr: ADDR, regionSize: NR_BLOCKS * BLOCK, flavour });
  device.restore(snapshot);
  return device;
}

test.each(FLAVOUR_NAMES)(
  "no bytes make a device of %s throw",
  (name) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(20)), { maxLength: 20 }),
        (requests) => {
          const { device } = new Harness(deviceFlavour(name));
          device.requestSize(64 * BLOCK);
          for (const [bytes, writable] of requests) {
            const answer = device.handleBytes(bytes, writable);
            if (answer !== undefined) expect([0, RESPONSE_SIZE]).toContain(answer.length);
          }
        },
      ),
      { numRuns: nrRuns(200) },
    );
  },
  PATIENCE,
);
