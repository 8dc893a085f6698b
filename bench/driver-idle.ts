// Usage: npx tsx bench/driver-idle.ts
//
// Times full passes of the driver over a device of 16 TiB in an idle guest: 131,072 memory blocks
// are plugged and added, then taken, unplugged and removed. The event log is written all along; the
// last column says what it keeps of that.

import { fileURLToPath } from "node:url";

import { VirtualClock } from "../src/clock.js";
import { EventLog } from "../src/log/event-log.js";
import type { LinuxMemory, MemoryBlockInfo, MemoryNotifier } from "../src/linux/linux-memory.js";
import type { ContigResult } from "../src/core/contig-result.js";
import { linuxProfile, type ProfileName } from "../src/linux/profile.js";
import { VirtioMemDevice } from "../src/virtio-mem/device/device.js";
import { VirtioMemDriver } from "../src/virtio-mem/driver/driver.js";

const MiB = 1024 ** 2;
const TiB = 1024 ** 4;
const SIZE = 16 * TiB;
const STEP_NS = 1000;

/** Memory in which every range can be taken, at almost no cost. */
class IdleLinuxMemory implements LinuxMemory {
  readonly memoryBlockSize = 128 * MiB;
  readonly #clock: VirtualClock;
  readonly #online = new Map<number, MemoryBlockInfo>();
  #notifier: MemoryNotifier | undefined;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    return this.#online.get(id);
  }

  addMemoryBlocks(id: number): number {
    this.#clock.advanceNs(STEP_NS);
    this.#notifier?.goingOnline(id, "Normal");
    this.#online.set(id, { id, state: "online", zone: "Normal" });
    this.#notifier?.online(id, "Normal");
    return 0;
  }

  offlineAndRemove(id: number): number {
    this.#clock.advanceNs(STEP_NS);
    this.#notifier?.goingOffline(id);
    this.#notifier?.offline(id);
    this.#online.delete(id);
    return 0;
  }

  allocContigRange(): ContigResult {
    this.#clock.advanceNs(STEP_NS);
    return {
      errno: 0,
      stage: "done",
      blockingPfn: undefined,
      blockingClass: undefined,
      migratedPages: 0,
      droppedPages: 0,
    };
  }

  setOffline(): void {
    // No accounting here.
  }

  fakeOnline(): void {
    // Nor here.
  }

  freeContigRange(): void {
    // Nor here.
  }

  registerNotifier(notifier: MemoryNotifier): () => void {
    this.#notifier = notifier;
    return () => {
      this.#notifier = undefined;
    };
  }
}

/** What two passes of a driver over an idle device cost. */
export interface IdlePasses {
  readonly growMs: number;
  readonly shrinkMs: number;
  readonly requests: number;
  /** Entries of the log: written, and kept one by one. */
  readonly logEntries: number;
  readonly storedEntries: number;
  /** Plugged after the first and after the second pass, in bytes. */
  readonly pluggedSizes: readonly [grown: number, shrunk: number];
}

/** Grows an idle guest by 16 TiB and shrinks it again, and takes the wall time of both. */
export function idlePasses(profile: ProfileName): IdlePasses {
  const clock = new VirtualClock();
  const log = new EventLog(clock);
  const device = new VirtioMemDevice({ addr: TiB, regionSize: SIZE, log });
  const memory = new IdleLinuxMemory(clock);
  const driver = VirtioMemDriver.probe({
    device,
    memory,
    log,
    profile: linuxProfile(profile),
    requestNs: STEP_NS,
  });
  let requests = 0;
  log.follow(({ type }) => {
    if (type === "request") requests++;
  });
  const pass = (size: number): number => {
    const begin = performance.now();
    device.requestSize(size);
    driver.run();
    return performance.now() - begin;
  };
  const growMs = pass(SIZE);
  const grown = device.pluggedSize;
  const shrinkMs = pass(0);
  return {
    growMs,
    shrinkMs,
    requests,
    logEntries: log.length,
    storedEntries: log.stored,
    pluggedSizes: [grown, device.pluggedSize],
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const profile of ["v6.1", "upstream"] as const) {
    const { growMs, shrinkMs, requests, logEntries, storedEntries } = idlePasses(profile);
    console.log(
      `${profile}: 16 TiB plugged in ${growMs.toFixed(0)} ms and unplugged in ${shrinkMs.toFixed(0)} ms wall, ` +
        `${requests} requests, ${logEntries} log entries kept as ${storedEntries}`,
    );
  }
}
