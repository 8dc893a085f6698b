import { PAGEBLOCK_SIZE } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import { SeededRandom } from "../seeded-random.js";
import type { DeviceHost } from "../virtio-mem/device/host.js";
import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { Scenario, ScenarioDevice } from "./scenario.js";

/**
 * The host behind one device of a scenario: its work takes time, and faults keep it from working.
 */
export class ScenarioHost implements DeviceHost {
  readonly #spec: ScenarioDevice;
  readonly #scenario: Scenario;
  readonly #random: SeededRandom;
  #guest: Guest | undefined;
  #device: VirtioMemDevice | undefined;
  /** Faults that keep it from working, or from plugging, now. */
  busy = 0;
  outOfMemory = 0;
  /** For each fault that makes requests to plug fail now: with what probability. */
  readonly failShares: number[] = [];
  #hasFailed = false;

  /** @param index - which of the scenario's devices. */
  constructor(scenario: Scenario, spec: ScenarioDevice, index: number) {
    this.#scenario = scenario;
    this.#spec = spec;
    this.#random = new SeededRandom(scenario.seed + Math.imul(index + 1, 0x9e3779b9));
  }

  /** Has it ever left a request undone? Some devices never recover from that. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** From now on it is the host of this device of the guest. */
  serve(guest: Guest, device: VirtioMemDevice): void {
    this.#guest = guest;
    this.#device = device;
  }

  readonly preallocate = (_start: number, count: number): boolean => {
    if (this.busy > 0 || this.outOfMemory > 0 || this.#isBeyond(count) || this.#fails()) {
      this.#hasFailed = true;
      return false;
    }
    if (this.#spec.vfio) this.#spend(this.#pageblocks(count) * this.#scenario.calibration.mapNs);
    return true;
  };

  readonly discard = (start: number, count: number): boolean => {
    if (this.busy > 0) {
      this.#hasFailed = true;
      return false;
    }
    const { discardNs, unmapNs } = this.#scenario.calibration;
    // what is pinned for a device has contents, written or not
    const filled = this.#touched(start, count);
    const contents = this.#spec.vfio ? this.#pageblocks(count) : filled;
    this.#spend(contents * discardNs + (this.#spec.vfio ? this.#pageblocks(count) * unmapNs : 0));
    return true;
  };

  /** Would the host have less than all devices together then have? */
  #isBeyond(count: number): boolean {
    const { hostMemory } = this.#scenario;
    if (hostMemory === undefined || this.#guest === undefined) return false;
    const plugged = this.#guest.devices.reduce((sum, { device }) => sum + device.pluggedSize, 0);
    return plugged + count * this.#spec.blockSize > hostMemory;
  }

  #fails(): boolean {
    return this.failShares.some((share) => this.#random.share() < share);
  }

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
