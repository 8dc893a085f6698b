import fc from "fast-check";

import { VirtualClock } from "../../src/clock.js";
import { KernelError } from "../../src/core/kernel-error.js";
import type { ZoneKind } from "../../src/core/zone-kind.js";
import { EventLog } from "../../src/log/event-log.js";
import { linuxProfile, type LinuxProfile, type ProfileName } from "../../src/linux/profile.js";
import type { FlavourName } from "../../src/virtio-mem/device/flavour.js";
import { VirtioMemDevice } from "../../src/virtio-mem/device/device.js";
import { VirtioMemDriver } from "../../src/virtio-mem/driver/driver.js";
import { FakeLinuxMemory } from "../unit/virtio-mem/fake-linux-memory.js";
import {
  ADDR,
  FIRST_ID,
  GiB,
  MEMORY_BLOCK,
  MiB,
  pfnOf,
} from "../unit/virtio-mem/simulated-guest.js";

// A host, a device of any flavour, a guest of any version, and everybody who may get in between.

export const NR_MEMORY_BLOCKS = 8;
const NR_SUBBLOCKS = NR_MEMORY_BLOCKS * 64;

export type Step =
  | { readonly kind: "resize"; readonly blocks: number }
  /** The size changes while the driver adds its next memory block. */
  | { readonly kind: "resize-later"; readonly blocks: number }
  /** Pages that nothing can move come, or go: one in each of `count` subblocks. */
  | {
      readonly kind: "block" | "unblock";
      readonly memoryBlock: number;
      readonly subblock: number;
      readonly count: number;
    }
  /** User space brings a memory block online or offline. */
  | { readonly kind: "online" | "offline"; readonly memoryBlock: number; readonly zone: ZoneKind }
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "migrate"; readonly on: boolean }
  /** The next time the guest has no memory: for a memmap, or to move pages to. */
  | { readonly kind: "no-memmap" | "no-room" }
  /** The next time an emptied memory block cannot be removed. */
  | { readonly kind: "no-removal" }
  | { readonly kind: "suspend" | "wake-up" }
  /** The host runs out of memory, or cannot discard any. */
  | { readonly kind: "host-fails"; readonly on: boolean }
  /** The driver is unloaded and loaded again, if memory allows. */
  | { readonly kind: "reload" }
  /** The machine is reset; or the guest crashes and another kernel starts without a reset. */
  | { readonly kind: "reboot" | "kexec" }
  /** A driver sends a request that no device can read. */
  | { readonly kind: "garbage" };

const memoryBlock = fc.nat(NR_MEMORY_BLOCKS - 1);
const zone = fc.constantFrom<ZoneKind>("Normal", "Movable");
const place = { memoryBlock, subblock: fc.nat(63), count: fc.integer({ min: 1, max: 20 }) };
const blocks = fc.nat(NR_SUBBLOCKS);

function kinds<const T extends Step["kind"]>(...names: T[]) {
  return fc.constantFrom(...names);
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ kind: kinds("resize"), blocks }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds("resize-later"), blocks }) },
  { weight: 4, arbitrary: fc.record({ kind: kinds("block", "block", "unblock"), ...place }) },
  { weight: 3, arbitrary: fc.record({ kind: kinds("online", "offline"), memoryBlock, zone }) },
  { weight: 3, arbitrary: fc.record({ kind: kinds("wait"), seconds: fc.nat(400) }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds("migrate", "host-fails"), on: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds("no-memmap", "no-room", "no-removal") }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds("suspend", "wake-up") }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds("reload", "reboot", "kexec") }) },
  { weight: 1, arbitrary: fc.record({ kind: kinds("garbage") }) },
);

export const steps = fc.array(step, { minLength: 5, maxLength: 40, size: "max" });

/** Zone in which each memory block comes online by itself; undefined: not by itself. */
export const onlining = fc.array(fc.option(zone, { nil: undefined }), {
  minLength: NR_MEMORY_BLOCKS,
  maxLength: NR_MEMORY_BLOCKS,
});

export interface WorldOptions {
  readonly profile: ProfileName;
  readonly flavour: FlavourName;
  readonly forceBbm: boolean;
  readonly zones: readonly (ZoneKind | undefined)[];
}

/** All of it, and what the invariants have to know of its past. */
export class World {
  readonly profile: LinuxProfile;
  readonly clock = new VirtualClock();
  readonly log = new EventLog(this.clock);
  readonly device: VirtioMemDevice;
  memory!: FakeLinuxMemory;
  driver!: VirtioMemDriver;
  /** Did the host fail a request of a device that then keeps half of it, or says ERROR? */
  hostFailed = false;
  /** Did user space take memory offline, so that the driver's limit says nothing any more? */
  offlinedByHand = false;
  /** Log entries before the driver that is loaded now. */
  loadedAt = 0;
  #hostFails = false;
  #later: number | undefined;
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.profile = linuxProfile(options.profile);
    const works = (): boolean => {
      if (this.#hostFails) this.hostFailed = true;
      return !this.#hostFails;
    };
    this.device = new VirtioMemDevice({
      addr: ADDR,
      regionSize: GiB,
      flavour: options.flavour,
      host: { preallocate: works, discard: works },
      log: this.log,
    });
    this.#boot();
  }

  play(step: Step): void {
    const { memory, device, driver, clock } = this;
    switch (step.kind) {
      case "resize":
        this.#request(step.blocks);
        break;
      case "resize-later":
        this.#later = step.blocks;
        break;
      case "block":
      case "unblock":
        for (let at = step.subblock; at < Math.min(64, step.subblock + step.count); at++) {
          const pfn = pfnOf(step.memoryBlock, at) + 5;
          if (step.kind === "block") memory.blockedPfns.add(pfn);
          else memory.blockedPfns.delete(pfn);
        }
        break;
      case "online":
      case "offline":
        this.#byHand(step.kind, FIRST_ID + step.memoryBlock, step.zone);
        break;
      case "wait":
        clock.advanceNs(step.seconds * 1_000_000_000);
        break;
      case "migrate":
        device.migrating = step.on;
        break;
      case "host-fails":
        this.#hostFails = step.on;
        break;
      case "no-memmap":
        memory.addResults.push(-12);
        break;
      case "no-room":
        memory.contigResults.push(-12);
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
      case "reload":
        this.#reload();
        break;
      case "reboot":
        driver.abandon();
        device.systemReset();
        this.#boot();
        break;
      case "kexec":
        driver.abandon();
        device.deviceReset();
        this.#boot();
        break;
      case "garbage":
        device.handleBytes(new Uint8Array(3));
        break;
    }
    this.driver.run();
  }

  /** A kernel starts that knows nothing of the device's memory. */
  #boot(): void {
    this.memory = new FakeLinuxMemory({
      onlining: (id) => {
        const later = this.#later;
        this.#later = undefined;
        if (later !== undefined) this.#request(later);
        return this.#options.zones[id - FIRST_ID];
      },
    });
    this.offlinedByHand = false;
    this.#load();
  }

  #load(): void {
    this.loadedAt = this.log.length;
    this.driver = VirtioMemDriver.probe({
      device: this.device,
      memory: this.memory,
      log: this.log,
      profile: this.profile,
      parameters: { forceBbm: this.#options.forceBbm },
      // the host of an old guest switches off what that does not know; Firecracker cannot
      strictFeatures: false,
    });
    this.driver.run();
  }

  /** Unloads the driver; user space removes what it leaves, or it cannot be loaded again. */
  #reload(): void {
    const kept = this.driver.remove();
    for (const id of kept) this.memory.offlineAndRemove(id, 1);
    try {
      this.#load();
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      // a reboot helps
      this.driver.abandon();
      this.device.systemReset();
      this.#boot();
    }
  }

  #request(blocks: number): void {
    try {
      this.device.requestSize(blocks * 2 * MiB);
    } catch (error) {
      // some hosts take no size that they have already, or none while there is no driver
      if (!(error instanceof KernelError)) throw error;
    }
  }

  #byHand(kind: "online" | "offline", id: number, zone: ZoneKind): void {
    const state = this.memory.memoryBlock(id)?.state;
    if (kind === "online" && state === "offline") this.memory.online(id, zone);
    if (kind === "offline" && state === "online") {
      this.offlinedByHand = true;
      this.memory.offline(id);
    }
  }
}

export { FIRST_ID, MEMORY_BLOCK };
