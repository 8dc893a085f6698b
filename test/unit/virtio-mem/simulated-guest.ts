import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { VirtualClock } from "../../../src/clock.js";
import { EventLog } from "../../../src/log/event-log.js";
import { linuxProfile, type ProfileName } from "../../../src/linux/profile.js";
import { featuresToLeaveOut } from "../../../src/virtio-mem/device/features.js";
import {
  VirtioMemDevice,
  type VirtioMemDeviceOptions,
} from "../../../src/virtio-mem/device/device.js";
import type { DriverParameters } from "../../../src/virtio-mem/driver/parameters.js";
import {
  VirtioMemDriver,
  type VirtioMemDriverOptions,
} from "../../../src/virtio-mem/driver/driver.js";
import { FakeLinuxMemory, type FakeLinuxMemoryOptions } from "./fake-linux-memory.js";

export const MiB = 1024 ** 2;
export const GiB = 1024 ** 3;
export const MEMORY_BLOCK = 128 * MiB;
const PAGE_SIZE = 4096;

/** Region start of simulated guests; memory block 0 of a test is the first one of the region. */
export const ADDR = 4 * GiB;
export const FIRST_ID = ADDR / MEMORY_BLOCK;

export interface SimulatedGuestOptions {
  /**
   * Starts in the middle of a life: zone (undefined: offline) and plugged runs of 2 MiB of the
   * first memory blocks. Default: nothing plugged, driver just loaded.
   */
  readonly known?: readonly {
    readonly zone: ZoneKind | undefined;
    readonly plugged: readonly (readonly [subblock: number, count: number])[];
  }[];
  readonly profile?: ProfileName;
  readonly memory?: FakeLinuxMemoryOptions;
  readonly device?: Partial<VirtioMemDeviceOptions>;
  readonly parameters?: DriverParameters;
  readonly driver?: Partial<VirtioMemDriverOptions>;
}

/**
 * A device, a driver and a fake memory, for tests. Memory blocks are counted from the region start.
 */
export class SimulatedGuest {
  readonly clock = new VirtualClock();
  readonly log = new EventLog(this.clock);
  readonly device: VirtioMemDevice;
  readonly memory: FakeLinuxMemory;
  readonly driver: VirtioMemDriver;
  #seen = 0;

  constructor(options: SimulatedGuestOptions = {}) {
    const { known = [], parameters } = options;
    const profile = linuxProfile(options.profile ?? "v6.1");
    this.memory = new FakeLinuxMemory(options.memory);
    const plugged = known.flatMap((block, id) =>
      block.plugged.map(([subblock, count]) => [id * 64 + subblock, count] as const),
    );
    const device = (this.device = new VirtioMemDevice({
      addr: ADDR,
      regionSize: 16 * GiB,
      log: this.log,
      plugged,
      requestedSize: plugged.reduce((size, [, count]) => size + count * 2 * MiB, 0),
      withoutFeatures: featuresToLeaveOut(profile.driver.features),
      ...options.device,
    }));
    for (const [id, { zone }] of known.entries()) {
      this.memory.place(FIRST_ID + id, zone, (pfn) => {
        return device.isAll(Math.floor((pfn * PAGE_SIZE - ADDR) / (2 * MiB)), 1, true);
      });
    }
    const driverOptions = {
      device,
      memory: this.memory,
      log: this.log,
      profile,
      ...(parameters === undefined ? {} : { parameters }),
      ...options.driver,
    };
    if (known.length > 0) {
      this.driver = VirtioMemDriver.resume(driverOptions);
    } else {
      this.driver = VirtioMemDriver.probe(driverOptions);
      this.driver.run();
    }
  }

  /** Requests a size and lets the driver run; returns what it sent meanwhile. */
  resize(size: number): string[] {
    this.device.requestSize(size);
    this.driver.run();
    return this.requests();
  }

  /** The requests since the last call, as `UNPLUG block:subblock+count`, in units of 2 MiB. */
  requests(): string[] {
    const requests: string[] = [];
    for (const entry of this.log.of("request", this.#seen)) {
      const memoryBlock = Math.floor(entry.offset / MEMORY_BLOCK);
      const subblock = (entry.offset % MEMORY_BLOCK) / (2 * MiB);
      const count = (entry.nbBlocks * this.device.blockSize) / (2 * MiB);
      const answer = entry.response === "ACK" ? "" : ` ${entry.response}`;
      requests.push(`${entry.request} ${memoryBlock}:${subblock}+${count}${answer}`);
    }
    this.#seen = this.log.length;
    return requests;
  }

  /** Errnos of the runs so far. */
  results(): number[] {
    return [...this.log.of("run-end")].map(({ errno }) => errno);
  }

  /** `block state pluggedMiB`, of all that is plugged or known to Linux. */
  memoryBlocks(): string[] {
    return this.driver
      .memoryBlocks()
      .map(({ id, state, pluggedSize }) => `${id - FIRST_ID} ${state} ${pluggedSize / MiB}`);
  }

  /** Puts an immovable page into a subblock of 2 MiB. */
  block(memoryBlock: number, subblock: number): void {
    this.memory.blockedPfns.add(pfnOf(memoryBlock, subblock) + 5);
  }

  unblock(memoryBlock: number, subblock: number): void {
    this.memory.blockedPfns.delete(pfnOf(memoryBlock, subblock) + 5);
  }
}

export function pfnOf(memoryBlock: number, subblock: number): number {
  return (ADDR + memoryBlock * MEMORY_BLOCK + subblock * 2 * MiB) / PAGE_SIZE;
}
