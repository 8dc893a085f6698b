import { expect, test } from "vitest";
import { VirtualClock } from "../../../src/clock.js";
import { EventLog } from "../../../src/event-log.js";
import type {
  ContigResult,
  LinuxMemory,
  MemoryBlockInfo,
  MemoryNotifier,
} from "../../../src/linux/linux-memory.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { VirtioMemDevice } from "../../../src/virtio-mem/device.js";
import { VirtioMemDriver } from "../../../src/virtio-mem/driver.js";

const MiB = 1024 ** 2;
const TiB = 1024 ** 4;

/** Memory in which nothing is ever in the way, at almost no cost. */
class IdleLinuxMemory implements LinuxMemory {
  readonly memoryBlockSize = 128 * MiB;
  readonly #online = new Map<number, MemoryBlockInfo>();
  #notifier: MemoryNotifier | undefined;

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    return this.#online.get(id);
  }

  addMemoryBlocks(id: number): number {
    this.#notifier?.goingOnline(id, "Normal");
    this.#online.set(id, { id, state: "online", zone: "Normal" });
    this.#notifier?.online(id, "Normal");
    return 0;
  }

  offlineAndRemove(id: number): number {
    this.#notifier?.goingOffline(id);
    this.#notifier?.offline(id);
    this.#online.delete(id);
    return 0;
  }

  allocContigRange(): ContigResult {
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
    // No books are kept here.
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

test("16 TiB grow and shrink by one request per memory block", () => {
  const log = new EventLog(new VirtualClock());
  const device = new VirtioMemDevice({ addr: TiB, regionSize: 16 * TiB, log });
  const memory = new IdleLinuxMemory();
  const driver = VirtioMemDriver.probe({ device, memory, log, profile: linuxProfile("v6.1") });
  device.requestSize(16 * TiB);
  driver.run();
  expect(device.pluggedSize).toBe(16 * TiB);
  device.requestSize(0);
  driver.run();
  expect(device.pluggedSize).toBe(0);
  expect([...log.of("request")]).toHaveLength(2 * 131072);
});
