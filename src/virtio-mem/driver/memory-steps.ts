import { Errno } from "../../errno.js";
import type { Log } from "../../log/event-log.js";
import type { LinuxMemory, MemoryBlockInfo } from "../../linux/linux-memory.js";
import type { OfflineLimit } from "./offline-limit.js";
import type { ContigResult } from "../../core/contig-result.js";
import type { PausingWork } from "../../pausing-work.js";
import { PAGE_SIZE } from "../../units.js";

/** Pages of an attempt that is over before a pause would be worth while. */
const SHORT_ATTEMPT = 2048;

/**
 * What the driver does with the memory around it, written down as it happens. Addresses and sizes
 * are bytes here and pages below.
 */
export class MemorySteps {
  readonly limit: OfflineLimit;
  readonly #memory: LinuxMemory;
  readonly #log: Log;
  readonly #onRemoved: () => void;
  readonly #isPauseDue: () => boolean;

  /**
   * @param onRemoved - called whenever memory blocks were removed.
   * @param isPauseDue - is a run to pause before its next step?
   */
  constructor(
    memory: LinuxMemory,
    log: Log,
    limit: OfflineLimit,
    onRemoved: () => void,
    isPauseDue: () => boolean,
  ) {
    this.#memory = memory;
    this.#log = log;
    this.limit = limit;
    this.#onRemoved = onRemoved;
    this.#isPauseDue = isPauseDue;
  }

  get memoryBlockSize(): number {
    return this.#memory.memoryBlockSize;
  }

  memoryBlock(id: number): MemoryBlockInfo | undefined {
    return this.#memory.memoryBlock(id);
  }

  /** Adds memory blocks, which may come online before it returns. Returns 0 or the errno. */
  add(firstId: number, count: number): number {
    const size = count * this.memoryBlockSize;
    this.limit.offlineSize += size;
    const errno = this.#memory.addMemoryBlocks(firstId, count);
    if (errno !== 0) this.limit.offlineSize -= size;
    this.#log.add({ type: "add-memory", atNs: this.#log.clock.nowNs, firstId, count, errno });
    return errno;
  }

  /** Offlines and removes memory blocks, all or none. Returns 0 or the errno. */
  remove(firstId: number, count: number): number {
    const errno = this.#memory.offlineAndRemove(firstId, count);
    this.#log.add({ type: "remove-memory", atNs: this.#log.clock.nowNs, firstId, count, errno });
    if (errno === 0) {
      this.limit.offlineSize -= count * this.memoryBlockSize;
      this.#onRemoved();
    }
    return errno;
  }

  /**
   * Takes online memory out of use, fake-offline from now on, in at most `attempts` attempts.
   *
   * A failed attempt changes no accounting, but pages that it has moved stay moved. -ENOMEM ends
   * the attempts at once. `isStale` is asked before each attempt.
   *
   * @returns 0; -EBUSY if memory is busy; -ENOMEM if nothing is left to move pages to;
   *   -EAGAIN if `isStale`.
   */
  *fakeOffline(
    addr: number,
    size: number,
    attempts: number,
    isStale: () => boolean,
  ): PausingWork<number> {
    const startPfn = addr / PAGE_SIZE;
    const nrPages = size / PAGE_SIZE;
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (isStale()) return -Errno.EAGAIN;
      const result = yield* this.#attempt(startPfn, nrPages);
      const { errno, stage, blockingPfn, blockingClass, migratedPages, droppedPages } = result;
      this.#log.add({
        type: "contig",
        atNs: this.#log.clock.nowNs,
        startPfn,
        nrPages,
        errno,
        stage,
        blockingPfn,
        blockingClass,
        migratedPages,
        droppedPages,
      });
      if (errno === 0) {
        this.#memory.setOffline(startPfn, nrPages);
        return 0;
      }
      if (errno === -Errno.ENOMEM) return errno;
    }
    return -Errno.EBUSY;
  }

  *#attempt(startPfn: number, nrPages: number): PausingWork<ContigResult> {
    if (nrPages <= SHORT_ATTEMPT) return this.#memory.allocContigRange(startPfn, nrPages);
    const parts = this.#memory.allocContigInParts?.(startPfn, nrPages);
    if (parts === undefined) return this.#memory.allocContigRange(startPfn, nrPages);
    for (;;) {
      const part = parts.next();
      if (part.done === true) return part.value;
      if (this.#isPauseDue()) yield;
    }
  }

  /** Hands fake-offline memory of an online memory block back to the allocator. */
  fakeOnline(addr: number, size: number): void {
    this.#memory.fakeOnline(addr / PAGE_SIZE, size / PAGE_SIZE);
  }
}
