import { expect } from "vitest";
import { VirtualClock } from "../../../src/clock.js";
import { Errno } from "../../../src/errno.js";
import { linuxProfile, PROFILE_NAMES, type ProfileName } from "../../../src/linux/profile.js";
import { DeviceLink } from "../../../src/virtio-mem/driver/device-link.js";
import type { VirtioMemDevice } from "../../../src/virtio-mem/device/device.js";
import type { Answer } from "../../../src/virtio-mem/protocol.js";
import {
  FIRST_ID,
  GiB,
  MiB,
  SimulatedGuest,
  type SimulatedGuestOptions,
} from "./simulated-guest.js";

// Every transition of a memory block and of a big block (docs/spec/driver.md), and every errno,
// with the test that covers it. docs/transitions.md is compared with this list.

export interface Row {
  readonly id: string;
  /** What is claimed, as in docs/transitions.md. */
  readonly claim: string;
  readonly profiles: readonly ProfileName[];
  readonly prove: (profile: ProfileName) => void;
}

const ALL = PROFILE_NAMES;
const SEED: readonly ProfileName[] = ["rfc3-seed"];
const FROM_RFC3 = from("rfc3");
const FROM_V5_8 = from("v5.8");
const FROM_V5_10 = from("v5.10");
const BIG_BLOCKS = from("v5.11");
const FROM_V6_5 = from("v6.5");
const RFC3_TO_V6_1 = FROM_RFC3.filter((name) => !FROM_V6_5.includes(name));
const UP_TO_V5_8 = ALL.slice(0, ALL.indexOf("v5.8") + 1);

function from(name: ProfileName): readonly ProfileName[] {
  return ALL.slice(ALL.indexOf(name));
}

function deviceBusy(profile: ProfileName): number {
  return -Errno[linuxProfile(profile).driver.deviceBusy];
}

/** A guest whose host can be made to fail, and whose memory blocks come online to Normal or not. */
class Scene extends SimulatedGuest {
  readonly host: { fails: boolean };

  constructor(profile: ProfileName, options: SimulatedGuestOptions = {}, online = true) {
    const host = { fails: false };
    const works = (): boolean => !host.fails;
    super({
      profile,
      memory: { onlining: () => (online ? "Normal" : undefined) },
      ...options,
      device: { host: { discard: works, preallocate: works }, ...options.device },
    });
    this.host = host;
  }

  get lastResult(): number | undefined {
    return this.results().at(-1);
  }

  /** State changes so far, as `block from>to`. */
  changes(): string[] {
    return [...this.log.of("memory-block-state")].map(
      ({ id, from = "none", to }) => `${id - FIRST_ID} ${from}>${to}`,
    );
  }

  /** State changes of big blocks so far. */
  bigBlockChanges(): string[] {
    return [...this.log.of("big-block-state")].map(({ from = "none", to }) => `${from}>${to}`);
  }
}

function offlineScene(profile: ProfileName, size: number): Scene {
  const scene = new Scene(profile, {}, false);
  scene.resize(size);
  return scene;
}

export const SUB_BLOCK_ROWS: readonly Row[] = [
  {
    id: "T1",
    claim: "a new memory block is prepared, unused; without room -ENOSPC and nothing changes",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      expect(scene.changes()[0]).toBe("0 none>unused");
      const small = new Scene(profile, { device: { regionSize: 64 * MiB } });
      expect(small.resize(64 * MiB)).toEqual([]);
      expect(small.lastResult).toBe(-Errno.ENOSPC);
      expect(small.changes()).toEqual([]);
    },
  },
  {
    id: "T2",
    claim: "one PLUG takes its lowest subblocks; refused, it stays unused with none plugged",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.device.migrating = true;
      expect(scene.resize(80 * MiB)).toEqual(["PLUG 0:0+40 BUSY"]);
      expect(scene.lastResult).toBe(deviceBusy(profile));
      expect(scene.changes()).toEqual(["0 none>unused"]);
      expect(scene.driver.pluggedSize).toBe(0);
      scene.device.migrating = false;
      scene.driver.ask();
      scene.driver.run();
      expect(scene.requests()).toEqual(["PLUG 0:0+40"]);
    },
  },
  {
    id: "T3",
    claim: "plugged, it is offline or offline-partial before it is added",
    profiles: ALL,
    prove: (profile) => {
      for (const [size, state] of [
        [128, "offline"],
        [64, "offline-partial"],
      ] as const) {
        const scene = offlineScene(profile, size * MiB);
        const order = scene.log.entries.map(({ type }) => type);
        expect(scene.changes()).toEqual(["0 none>unused", `0 unused>${state}`]);
        expect(order.lastIndexOf("memory-block-state")).toBeLessThan(order.indexOf("add-memory"));
      }
    },
  },
  {
    id: "T4",
    claim: "adding succeeds: the state follows from onlining inside the call",
    profiles: ALL,
    prove: (profile) => {
      expect(offlineScene(profile, 128 * MiB).memoryBlocks()).toEqual(["0 offline 128"]);
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
      expect(scene.lastResult).toBe(0);
    },
  },
  {
    id: "T5",
    claim:
      "adding fails: unplugged again and unused, or plugged if that fails too; its errno is returned",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.memory.addResults.push(-Errno.ENOMEM);
      expect(scene.resize(128 * MiB)).toEqual(["PLUG 0:0+64", "UNPLUG 0:0+64"]);
      expect(scene.changes().slice(1)).toEqual(["0 unused>offline", "0 offline>unused"]);
      expect(scene.lastResult).toBe(-Errno.ENOMEM);
      const stuck = new Scene(profile, { device: { host: { discard: () => false } } });
      stuck.memory.addResults.push(-Errno.ENOMEM);
      expect(stuck.resize(128 * MiB)).toEqual(["PLUG 0:0+64", "UNPLUG 0:0+64 BUSY"]);
      expect(stuck.memoryBlocks()).toEqual(["0 plugged 128"]);
      expect(stuck.lastResult).toBe(-Errno.ENOMEM);
    },
  },
  {
    id: "T6",
    claim: "a plugged memory block is unplugged at the start of a run; else the errno ends the run",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.memory.addResults.push(-Errno.ENOMEM);
      scene.host.fails = false;
      const stop = scene.device.addMemoryListener({
        map: () => (scene.host.fails = true),
        unmap: () => true,
      });
      scene.resize(128 * MiB);
      stop();
      expect(scene.memoryBlocks()).toEqual(["0 plugged 128"]);
      scene.requests();
      expect(scene.resize(128 * MiB)).toEqual(["UNPLUG 0:0+64 BUSY"]);
      expect(scene.lastResult).toBe(deviceBusy(profile));
      expect(scene.memoryBlocks()).toEqual(["0 plugged 128"]);
      scene.host.fails = false;
      expect(scene.resize(128 * MiB)).toEqual(["UNPLUG 0:0+64", "PLUG 0:0+64"]);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
    },
  },
  {
    id: "T7",
    claim: "offline, full, onlined to a kernel zone: kernel",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 128 * MiB);
      expect(scene.memory.online(FIRST_ID, "Normal")).toBe(true);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
    },
  },
  {
    id: "T8",
    claim: "offline, full, onlined to ZONE_MOVABLE: movable",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 128 * MiB);
      expect(scene.memory.online(FIRST_ID, "Movable")).toBe(true);
      expect(scene.memoryBlocks()).toEqual(["0 movable 128"]);
    },
  },
  {
    id: "T9",
    claim: "offline-partial onlined to a kernel zone: kernel-partial, unplugged pages kept back",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 64 * MiB);
      expect(scene.memory.online(FIRST_ID, "Normal")).toBe(true);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 64"]);
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(16384);
    },
  },
  {
    id: "T10a",
    claim: "offline-partial refuses ZONE_MOVABLE",
    profiles: UP_TO_V5_8,
    prove: (profile) => {
      const scene = offlineScene(profile, 64 * MiB);
      expect(scene.memory.online(FIRST_ID, "Movable")).toBe(false);
      expect(scene.memoryBlocks()).toEqual(["0 offline-partial 64"]);
    },
  },
  {
    id: "T10b",
    claim: "offline-partial onlined to ZONE_MOVABLE: movable-partial",
    profiles: FROM_V5_10,
    prove: (profile) => {
      const scene = offlineScene(profile, 64 * MiB);
      expect(scene.memory.online(FIRST_ID, "Movable")).toBe(true);
      expect(scene.memoryBlocks()).toEqual(["0 movable-partial 64"]);
    },
  },
  {
    id: "T11",
    claim: "kernel, offlined by user space: offline",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      expect(scene.memory.offline(FIRST_ID)).toBe(true);
      expect(scene.changes().at(-1)).toBe("0 kernel>offline");
    },
  },
  {
    id: "T12",
    claim: "kernel-partial, offlined by user space: offline-partial",
    profiles: FROM_RFC3,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(64 * MiB);
      expect(scene.memory.offline(FIRST_ID)).toBe(true);
      expect(scene.changes().at(-1)).toBe("0 kernel-partial>offline-partial");
    },
  },
  {
    id: "T13",
    claim: "movable, offlined by user space: offline",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile, { memory: { onlining: () => "Movable" } });
      scene.resize(128 * MiB);
      expect(scene.memory.offline(FIRST_ID)).toBe(true);
      expect(scene.changes().at(-1)).toBe("0 movable>offline");
    },
  },
  {
    id: "T14",
    claim:
      "kernel-partial, refilled by one PLUG per run of holes: kernel; refused, earlier runs stay plugged",
    profiles: ALL,
    prove: (profile) => {
      const known = [
        {
          zone: "Normal",
          plugged: [
            [0, 20],
            [24, 8],
            [40, 24],
          ],
        },
      ] as const;
      const scene = new Scene(profile, { known });
      expect(scene.resize(128 * MiB)).toEqual(["PLUG 0:20+4", "PLUG 0:32+8"]);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
      const stuck = new Scene(profile, { known });
      stuck.device.addMemoryListener({ map: (start) => start === 20, unmap: () => true });
      expect(stuck.resize(128 * MiB)).toEqual(["PLUG 0:20+4", "PLUG 0:32+8 BUSY"]);
      expect(stuck.memoryBlocks()).toEqual(["0 kernel-partial 112"]);
      expect(stuck.lastResult).toBe(deviceBusy(profile));
    },
  },
  {
    id: "T15",
    claim: "offline-partial, refilled: offline, no page touched",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 64 * MiB);
      const { calls } = scene.memory;
      calls.length = 0;
      expect(scene.resize(128 * MiB)).toEqual(["PLUG 0:32+32"]);
      expect(scene.memoryBlocks()).toEqual(["0 offline 128"]);
      expect(calls).toEqual([]);
    },
  },
  {
    id: "T16",
    claim: "offline, some of it unplugged: offline-partial; refused, nothing changes",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 128 * MiB);
      scene.device.migrating = true;
      scene.resize(64 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 offline 128"]);
      expect(scene.lastResult).toBe(deviceBusy(profile));
      scene.device.migrating = false;
      scene.resize(64 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 offline-partial 64"]);
    },
  },
  {
    id: "T17",
    claim: "offline-partial, all of it unplugged: unused first, then removed",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 128 * MiB);
      let refused: boolean | undefined;
      scene.memory.onRemove = () => {
        refused = !scene.memory.online(FIRST_ID, "Normal");
      };
      scene.resize(0);
      expect(refused).toBe(true);
      expect(scene.changes().slice(-2)).toEqual([
        "0 offline>offline-partial",
        "0 offline-partial>unused",
      ]);
      expect(scene.memory.memoryBlockIds()).toEqual([]);
    },
  },
  {
    id: "T18",
    claim:
      "kernel, a subblock taken and unplugged: kernel-partial; refused, its pages are given back",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.device.migrating = true;
      scene.resize(124 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
      expect(scene.lastResult).toBe(deviceBusy(profile));
      scene.device.migrating = false;
      scene.resize(124 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 124"]);
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(31744);
    },
  },
  {
    id: "T19a",
    claim: "an online memory block without a plugged subblock is offlined and removed: unused",
    profiles: FROM_RFC3,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.resize(0);
      expect(scene.changes().at(-1)).toBe("0 offline-partial>unused");
      expect(scene.memory.memoryBlockIds()).toEqual([]);
      expect(scene.lastResult).toBe(0);
    },
  },
  {
    id: "T19b",
    claim: "removing it fails: it stays kernel-partial, without a retry",
    profiles: RFC3_TO_V6_1,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.memory.removeResults.push(-Errno.EBUSY);
      scene.resize(0);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
      expect(scene.lastResult).toBe(0);
      expect(scene.driver.retryDueNs).toBeUndefined();
    },
  },
  {
    id: "T19c",
    claim: "removing it fails: -EBUSY, and it is retried",
    profiles: FROM_V6_5,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.memory.removeResults.push(-Errno.EBUSY);
      scene.resize(0);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
      expect(scene.lastResult).toBe(-Errno.EBUSY);
      expect(scene.driver.retryDueNs).toBe(50e9);
    },
  },
  {
    id: "T20",
    claim: "an online memory block without a plugged subblock is never removed",
    profiles: SEED,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.resize(0);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
      scene.driver.ask();
      scene.driver.run();
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
      expect(scene.resize(128 * MiB)).toEqual(["PLUG 0:0+64"]);
    },
  },
  {
    id: "T21",
    claim:
      "emptied memory blocks are removed at the start of the next run: unused; on failure, retried",
    profiles: FROM_V6_5,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.resize(128 * MiB);
      scene.memory.removeResults.push(-Errno.EBUSY, -Errno.EBUSY);
      scene.resize(0);
      scene.clock.advanceToNs(50e9);
      expect(scene.memoryBlocks()).toEqual(["0 kernel-partial 0"]);
      expect(scene.lastResult).toBe(-Errno.EBUSY);
      scene.clock.advanceToNs(150e9);
      expect(scene.memoryBlocks()).toEqual([]);
      expect(scene.lastResult).toBe(0);
    },
  },
  {
    id: "T22",
    claim: "the driver is unloaded: offline-partial memory blocks are removed, the others stay",
    profiles: ALL,
    prove: (profile) => {
      const scene = offlineScene(profile, 192 * MiB);
      expect(scene.memoryBlocks()).toEqual(["0 offline 128", "1 offline-partial 64"]);
      expect(scene.driver.remove()).toEqual([FIRST_ID]);
      expect(scene.changes().at(-1)).toBe("1 offline-partial>unused");
      expect(scene.memory.memoryBlockIds()).toEqual([FIRST_ID]);
      expect(scene.device.pluggedSize).toBe(192 * MiB);
    },
  },
  {
    id: "T23",
    claim:
      "memory plugged when the driver is loaded is unplugged by UNPLUG_ALL, before any memory block exists",
    profiles: ALL,
    prove: (profile) => {
      const plugged = [[7, 3]] as const;
      const scene = new Scene(profile, { device: { plugged, requestedSize: 128 * MiB } });
      expect(scene.requests()).toEqual(["UNPLUG_ALL 0:0+0", "PLUG 0:0+64"]);
      expect(scene.memoryBlocks()).toEqual(["0 kernel 128"]);
    },
  },
];

function bigScene(profile: ProfileName, options: SimulatedGuestOptions = {}): Scene {
  return new Scene(profile, { parameters: { forceBbm: true }, ...options });
}

export const BIG_BLOCK_ROWS: readonly Row[] = [
  {
    id: "B1",
    claim: "a new big block is prepared, unused; without room -ENOSPC",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.resize(128 * MiB);
      expect(scene.bigBlockChanges()[0]).toBe("none>unused");
      // As much is offline as may be.
      const full = bigScene(profile, {
        memory: { onlining: () => undefined },
        parameters: { forceBbm: true, bbmBlockSize: 256 * MiB },
      });
      full.resize(2 * GiB);
      expect(full.lastResult).toBe(-Errno.ENOSPC);
      expect(full.driver.pluggedSize).toBe(GiB);
    },
  },
  {
    id: "B2",
    claim: "PLUG of all of it: added, before the memory is; refused, it stays unused",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.device.migrating = true;
      expect(scene.resize(128 * MiB)).toEqual(["PLUG 0:0+64 BUSY"]);
      expect(scene.bigBlockChanges()).toEqual(["none>unused"]);
      scene.device.migrating = false;
      scene.resize(128 * MiB);
      expect(scene.bigBlockChanges().at(-1)).toBe("unused>added");
      const order = scene.log.entries.map(({ type }) => type);
      expect(order.lastIndexOf("big-block-state")).toBeLessThan(order.indexOf("add-memory"));
    },
  },
  {
    id: "B3",
    claim:
      "adding fails: unused if the UNPLUG succeeds, else plugged; the errno of adding is returned",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.memory.addResults.push(-Errno.ENOMEM);
      scene.resize(128 * MiB);
      expect(scene.bigBlockChanges().at(-1)).toBe("added>unused");
      expect(scene.lastResult).toBe(-Errno.ENOMEM);
      const stuck = bigScene(profile, { device: { host: { discard: () => false } } });
      stuck.memory.addResults.push(-Errno.ENOMEM);
      stuck.resize(128 * MiB);
      expect(stuck.bigBlockChanges().at(-1)).toBe("added>plugged");
      expect(stuck.lastResult).toBe(-Errno.ENOMEM);
    },
  },
  {
    id: "B4",
    claim: "an attempt to unplug begins: fake-offline; removed and unplugged: unused",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.resize(128 * MiB);
      expect(scene.resize(0)).toEqual(["UNPLUG 0:0+64"]);
      expect(scene.bigBlockChanges().slice(-2)).toEqual([
        "added>fake-offline",
        "fake-offline>unused",
      ]);
    },
  },
  {
    id: "B5",
    claim:
      "the pages of a section cannot be taken: added, the sections taken before are given back",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile, {
        parameters: { forceBbm: true, bbmBlockSize: 256 * MiB },
      });
      scene.resize(256 * MiB);
      scene.block(1, 3);
      expect(scene.resize(0)).toEqual([]);
      expect(scene.bigBlockChanges().at(-1)).toBe("fake-offline>added");
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
      expect(scene.lastResult).toBe(-Errno.EBUSY);
    },
  },
  {
    id: "B6",
    claim: "removing fails: added, all sections given back",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.resize(128 * MiB);
      scene.memory.removeResults.push(-Errno.EBUSY);
      expect(scene.resize(0)).toEqual([]);
      expect(scene.bigBlockChanges().at(-1)).toBe("fake-offline>added");
      expect(scene.memory.nrBuddyPages(FIRST_ID)).toBe(32768);
      expect(scene.lastResult).toBe(-Errno.EBUSY);
    },
  },
  {
    id: "B7",
    claim: "removed, but UNPLUG is refused: plugged",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.resize(128 * MiB);
      scene.device.migrating = true;
      // The removal makes the driver run again, which finds the device as busy.
      expect(scene.resize(0)).toEqual(["UNPLUG 0:0+64 BUSY", "UNPLUG 0:0+64 BUSY"]);
      expect(scene.bigBlockChanges().at(-1)).toBe("fake-offline>plugged");
      expect(scene.lastResult).toBe(-Errno.ETXTBSY);
    },
  },
  {
    id: "B8",
    claim: "plugged, at the start of the next run: unused, or its errno ends the run",
    profiles: BIG_BLOCKS,
    prove: (profile) => {
      const scene = bigScene(profile);
      scene.resize(128 * MiB);
      scene.device.migrating = true;
      scene.resize(0);
      expect(scene.resize(0)).toEqual(["UNPLUG 0:0+64 BUSY"]);
      expect(scene.lastResult).toBe(-Errno.ETXTBSY);
      scene.device.migrating = false;
      scene.resize(0);
      expect(scene.bigBlockChanges().at(-1)).toBe("plugged>unused");
      expect(scene.device.pluggedSize).toBe(0);
    },
  },
];

/** Sends one request to a device that gives one answer. */
function errnoOf(
  profile: ProfileName,
  request: "plug" | "unplug" | "unplugAll",
  type: Answer["type"],
): number {
  const device = {
    blockSize: 2 * MiB,
    requestedSize: 0,
    usableRegionSize: 0,
    pluggedSize: 0,
    handle: () => ({ type }),
  } as unknown as VirtioMemDevice;
  const link = new DeviceLink(device, new VirtualClock(), linuxProfile(profile).driver, 0);
  return request === "unplugAll" ? link.unplugAll() : link[request](4 * GiB, 2 * MiB);
}

function answerRow(
  type: Answer["type"],
  errnos: readonly [plug: number, unplug: number, unplugAll: number] | "device busy",
): Row {
  const words =
    errnos === "device busy"
      ? "the errno of a busy device, whatever was asked"
      : `${errnos.map(nameOf).join(", ")} for PLUG, UNPLUG, UNPLUG_ALL`;
  return {
    id: `E-${type}`,
    claim: `${type === "none" ? "no answer" : type} means ${words}`,
    profiles: ALL,
    prove: (profile) => {
      for (const [i, request] of (["plug", "unplug", "unplugAll"] as const).entries()) {
        const expected = errnos === "device busy" ? deviceBusy(profile) : errnos[i];
        expect(errnoOf(profile, request, type)).toBe(expected);
      }
    },
  };
}

function nameOf(errno: number): string {
  const name = Object.entries(Errno).find(([, number]) => number === -errno)?.[0];
  return name === undefined ? "0" : `-${name}`;
}

export const ANSWER_ROWS: readonly Row[] = [
  answerRow("ACK", [0, 0, 0]),
  answerRow("NACK", [-Errno.EAGAIN, -Errno.ENOMEM, -Errno.ENOMEM]),
  answerRow("BUSY", "device busy"),
  answerRow("ERROR", [-Errno.EINVAL, -Errno.EINVAL, -Errno.ENOMEM]),
  answerRow("none", [-Errno.ENOMEM, -Errno.ENOMEM, -Errno.ENOMEM]),
];

export const RESULT_ROWS: readonly Row[] = [
  {
    id: "R-0",
    claim: "0 sets the wait back to its minimum; no timer",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      const { minimumMs } = linuxProfile(profile).driver.retry;
      scene.resize(128 * MiB);
      scene.block(0, 0);
      scene.resize(0);
      scene.clock.advanceToNs(minimumMs * 1e6);
      scene.resize(128 * MiB);
      expect(scene.lastResult).toBe(0);
      expect(scene.driver.retryDueNs).toBeUndefined();
      scene.resize(0);
      expect(scene.driver.retryDueNs).toBe(scene.clock.nowNs + minimumMs * 1e6);
    },
  },
  {
    id: "R-ENOSPC",
    claim: "-ENOSPC waits for a config change or an online event; no timer",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile, { device: { regionSize: 64 * MiB } });
      scene.resize(64 * MiB);
      expect(scene.lastResult).toBe(-Errno.ENOSPC);
      expect(scene.driver.retryDueNs).toBeUndefined();
      expect(scene.driver.isBroken).toBe(false);
    },
  },
  {
    id: "R-ETXTBSY",
    claim: "-ETXTBSY, a busy device, ends the run and arms the timer",
    profiles: FROM_V5_8,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.device.migrating = true;
      scene.resize(128 * MiB);
      expect(scene.lastResult).toBe(-Errno.ETXTBSY);
      expect(scene.driver.retryDueNs).toBe(50e9);
      scene.device.migrating = false;
      scene.clock.advanceToNs(50e9);
      expect(scene.driver.pluggedSize).toBe(128 * MiB);
    },
  },
  {
    id: "R-EBUSY",
    claim: "-EBUSY, busy memory (in older versions also a busy device), arms the timer",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      const { minimumMs, maximumMs } = linuxProfile(profile).driver.retry;
      scene.resize(128 * MiB);
      scene.block(0, 0);
      scene.resize(0);
      expect(scene.lastResult).toBe(-Errno.EBUSY);
      scene.clock.advanceToNs(2000e9);
      const waits = [...scene.log.of("retry-armed")].map(({ atNs, dueNs }) => (dueNs - atNs) / 1e6);
      let wait = minimumMs;
      for (const armed of waits) {
        expect(armed).toBe(wait);
        wait = Math.min(2 * wait, maximumMs);
      }
      expect(waits.length).toBeGreaterThan(6);
    },
  },
  {
    id: "R-ENOMEM",
    claim: "-ENOMEM ends the run at once and arms the timer",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.memory.addResults.push(-Errno.ENOMEM);
      scene.resize(256 * MiB);
      expect(scene.lastResult).toBe(-Errno.ENOMEM);
      expect(scene.requests()).toEqual([]);
      const { minimumMs } = linuxProfile(profile).driver.retry;
      expect(scene.driver.retryDueNs).toBe(minimumMs * 1e6);
      scene.clock.advanceToNs(minimumMs * 1e6);
      expect(scene.driver.pluggedSize).toBe(256 * MiB);
    },
  },
  {
    id: "R-EAGAIN",
    claim: "-EAGAIN, a config that changed, starts over at once in the same run",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      let isFirst = true;
      scene.memory.onlining = () => {
        if (isFirst) scene.device.requestSize(128 * MiB);
        isFirst = false;
        return "Normal";
      };
      scene.resize(512 * MiB);
      expect(scene.driver.pluggedSize).toBe(128 * MiB);
      expect(scene.lastResult).toBe(0);
      expect(scene.driver.isBroken).toBe(false);
    },
  },
  {
    id: "R-guard",
    claim: "a device that refuses what it requests is given up after 100 refusals: broken",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.device.handle = () => ({ type: "NACK" });
      scene.resize(128 * MiB);
      expect(scene.lastResult).toBe(-Errno.EAGAIN);
      expect(scene.driver.isBroken).toBe(true);
    },
  },
  {
    id: "R-other",
    claim: "anything else breaks the driver: nothing is ever sent again",
    profiles: ALL,
    prove: (profile) => {
      const scene = new Scene(profile);
      scene.memory.addResults.push(-Errno.EEXIST);
      scene.resize(128 * MiB);
      expect(scene.driver.isBroken).toBe(true);
      scene.requests();
      expect(scene.resize(256 * MiB)).toEqual([]);
      scene.clock.advanceToNs(1000e9);
      expect(scene.requests()).toEqual([]);
    },
  },
];
