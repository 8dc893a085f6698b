import { PAGEBLOCK_SIZE } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import type { Calibration } from "../linux/calibration.js";
import type { DeviceHost } from "../virtio-mem/device/host.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { ScenarioDevice } from "./scenario.js";

/**
 * The host behind one device of a scenario: its work takes time, and faults keep it from working.
 */
export class ScenarioHost implements DeviceHost {
  readonly #spec: ScenarioDevice;
  readonly #prices: Calibration;
  #guest: Guest | undefined;
  #device: VirtioMemDevice | undefined;
  /** Faults that keep it from working, or from plugging, now. */
  busy = 0;
  outOfMemory = 0;

  constructor(spec: ScenarioDevice, prices: Calibration) {
    this.#spec = spec;
    this.#prices = prices;
  }

  /** From now on it is the host of this device of the guest. */
  serve(guest: Guest, device: VirtioMemDevice): void {
    this.#guest = guest;
    this.#device = device;
  }

  readonly preallocate = (_start: number, count: number): boolean => {
    if (this.busy > 0 || this.outOfMemory > 0) return false;
    if (this.#spec.vfio) this.#spend(this.#pageblocks(count) * this.#prices.mapNs);
    return true;
  };

  readonly discard = (start: number, count: number): boolean => {
    if (this.busy > 0) return false;
    const { discardNs, unmapNs } = this.#prices;
    // what is pinned for a device has contents, written or not
    const filled = this.#touched(start, count);
    const contents = this.#spec.vfio ? this.#pageblocks(count) : filled;
    this.#spend(contents * discardNs + (this.#spec.vfio ? this.#pageblocks(count) * unmapNs : 0));
    return true;
  };

  /** Device blocks in units of 2 MiB. */
  #pageblocks(count: number): number {
    return (count * this.#spec.blockSize) / PAGEBLOCK_SIZE;
  }

  /** Units of 2 MiB of these device blocks that workloads have written to. */
  #touched(start: number, count: number): number {
    if (this.#guest === undefined || this.#device === undefined) return 0;
    const { blockSize } = this.#spec;
    const from = this.#device.addr + start * blockSize;
    const first = Math.floor(from / PAGEBLOCK_SIZE);
    const end = Math.ceil((from + count * blockSize) / PAGEBLOCK_SIZE);
    return this.#guest.pages.workloads.takeTouched(first, end - first);
  }

  #spend(ns: number): void {
    this.#guest?.clock.advanceNs(Math.round(ns));
  }
}
