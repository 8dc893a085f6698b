import type { VirtualClock } from "../../../src/clock.js";
import { Errno } from "../../../src/errno.js";
import type { ContigResult } from "../../../src/core/contig-result.js";
import type { ZoneKind } from "../../../src/core/zone-kind.js";
import { FakeLinuxMemory } from "./fake-linux-memory.js";
import type { GuestEvent } from "./recorded-boot.js";

const NS_PER_S = 1e9;
const PAGE_SIZE = 4096;

/**
 * Answers the driver with what a recorded guest answered, in the recorded order, and throws when
 * the driver asks anything but what the recorded driver asked next.
 */
export class ReplayedLinuxMemory extends FakeLinuxMemory {
  readonly #events: readonly GuestEvent[];
  readonly #clock: VirtualClock;
  readonly #addr: number;
  /** Host time at which the clock stood at 0. */
  readonly #startTime: number;
  #next = 0;

  constructor(options: {
    readonly events: readonly GuestEvent[];
    readonly clock: VirtualClock;
    readonly addr: number;
    readonly startTime: number;
    readonly memoryBlockSize: number;
    readonly onlining: (id: number) => ZoneKind | undefined;
  }) {
    super({ memoryBlockSize: options.memoryBlockSize, onlining: options.onlining });
    this.#events = options.events;
    this.#clock = options.clock;
    this.#addr = options.addr;
    this.#startTime = options.startTime;
  }

  /** The event that the driver has to ask for next. */
  get nextEvent(): GuestEvent | undefined {
    return this.#events[this.#next];
  }

  override addMemoryBlocks(firstId: number, count: number): number {
    const errno = this.#take("add_memory_driver_managed", firstId, count);
    this.addResults.push(errno);
    return super.addMemoryBlocks(firstId, count);
  }

  override offlineAndRemove(firstId: number, count: number): number {
    // Removing what is offline already is another function of the kernel, without a probe.
    if (this.#isOffline(firstId, count)) return super.offlineAndRemove(firstId, count);
    const errno = this.#take("offline_and_remove_memory", firstId, count);
    return errno === 0 ? super.offlineAndRemove(firstId, count) : errno;
  }

  override allocContigRange(startPfn: number, nrPages: number): ContigResult {
    const event = this.#expect("alloc_contig_range");
    const wanted = (this.#addr + event.off) / PAGE_SIZE;
    if (wanted !== startPfn || event.nr_pages !== nrPages) {
      throw new Error(`driver tries ${startPfn}+${nrPages}, the real one ${JSON.stringify(event)}`);
    }
    this.blockedPfns.clear();
    this.contigResults.length = 0;
    if (event.ret !== 0) {
      this.blockedPfns.add(startPfn);
      this.contigResults.push(event.ret);
    }
    const result = super.allocContigRange(startPfn, nrPages);
    this.blockedPfns.clear();
    this.#pass(event);
    return result;
  }

  #take(ev: GuestEvent["ev"], firstId: number, count: number): number {
    const event = this.#expect(ev);
    const off = firstId * this.memoryBlockSize - this.#addr;
    if (event.off !== off || event.size !== count * this.memoryBlockSize) {
      throw new Error(`driver does ${ev} ${off}+${count}, the real one ${JSON.stringify(event)}`);
    }
    this.#pass(event);
    return event.ret;
  }

  #expect(ev: GuestEvent["ev"]): GuestEvent {
    const event = this.nextEvent;
    if (event?.ev !== ev) {
      throw new Error(`driver does ${ev}, the real one ${JSON.stringify(event)}`);
    }
    this.#next++;
    return event;
  }

  /** Time passes as it did in the guest. */
  #pass({ t, dt }: GuestEvent): void {
    this.#clock.advanceToNs(Math.max(0, Math.round((t + dt - this.#startTime) * NS_PER_S)));
  }

  #isOffline(firstId: number, count: number): boolean {
    for (let id = firstId; id < firstId + count; id++) {
      if (this.memoryBlock(id)?.state !== "offline") return false;
    }
    return true;
  }
}

/** Errnos that a recorded guest can return. */
export const RECORDED_ERRNOS: readonly number[] = [0, -Errno.EBUSY, -Errno.ENOMEM];
