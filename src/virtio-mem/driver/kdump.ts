import { KernelError } from "../../core/kernel-error.js";
import type { LinuxProfile } from "../../linux/profile.js";
import type { VirtioMemDevice } from "../device/device.js";
import type { Answer } from "../protocol.js";

/** Bytes `[start, end)` of guest physical memory. */
export type RamRange = readonly [start: number, end: number];

/**
 * The driver in a kdump kernel, which dumps the memory of a crashed one. It plugs and unplugs
 * nothing; it asks the device what is RAM (docs/spec/driver.md, "kdump").
 *
 * @example
 * ```js
 * import { KdumpDriver, linuxProfile, VirtioMemDevice } from "virtio-mem-engine/device";
 *
 * const addr = 2 ** 32;
 * const device = new VirtioMemDevice({
 *   addr,
 *   regionSize: 2 ** 30,
 *   requestedSize: 2 ** 21,
 *   plugged: [[0, 1]],
 * });
 * const driver = new KdumpDriver(device, linuxProfile("v6.1"));
 * console.log(driver.isRam(addr)); // true
 * console.log(driver.isRam(addr + 2 ** 21)); // false
 * ```
 */
export class KdumpDriver {
  readonly #device: VirtioMemDevice;
  readonly #profile: LinuxProfile;
  #asked: { readonly block: number; readonly answer: Answer } | undefined;

  /**
   * Loads the driver: the device is active afterwards.
   *
   * @param device - The device of the crashed guest.
   * @param profile - Linux version of the kdump kernel.
   * @throws KernelError if the version cannot be loaded in a kdump kernel.
   */
  constructor(device: VirtioMemDevice, profile: LinuxProfile) {
    if (profile.driver.kdump === "refused") {
      throw new KernelError("EBUSY", `load the driver of ${profile.name} in a kdump kernel`);
    }
    this.#device = device;
    this.#profile = profile;
    device.activate();
  }

  /**
   * May the page at `addr` be read for the dump? What is not the device's is none of its business.
   *
   * @param addr - Guest physical address in bytes.
   */
  isRam(addr: number): boolean {
    const { addr: start, regionSize, blockSize, pluggedSize } = this.#device;
    if (addr < start || addr >= start + regionSize) return true;
    if (pluggedSize === 0) return false;
    const block = Math.floor((addr - start) / blockSize);
    if (this.#asked?.block !== block) {
      this.#asked = { block, answer: this.#state(start + block * blockSize, blockSize) };
    }
    return this.#asked.answer.state === "PLUGGED";
  }

  /**
   * All of the device's memory that may be RAM, ascending, in chunks of a section or a device
   * block.
   *
   * @param sectionSize - Bytes of a memory section, 128 MiB on x86-64.
   * @throws KernelError if the version cannot, or the device gives no state: then nothing is
   *   listed.
   */
  listRam(sectionSize: number): RamRange[] {
    if (this.#profile.driver.kdump !== "lists") {
      throw new KernelError("EINVAL", `list the RAM of a device with ${this.#profile.name}`);
    }
    const { addr, usableRegionSize, blockSize } = this.#device;
    const chunkSize = Math.max(sectionSize, blockSize);
    const ranges: [number, number][] = [];
    const end = addr + usableRegionSize;
    for (let start = addr - (addr % chunkSize); start < end; start += chunkSize) {
      const first = Math.max(start, addr);
      const stop = Math.min(start + chunkSize, end);
      const { type, state } = this.#state(first, stop - first);
      if (type !== "ACK") throw new KernelError("EINVAL", `ask for the state at ${first}`);
      if (state === "UNPLUGGED") continue;
      const last = ranges.at(-1);
      if (last?.[1] === first) last[1] = stop;
      else ranges.push([first, stop]);
    }
    return ranges;
  }

  #state(addr: number, size: number): Answer {
    return this.#device.handle({ type: "STATE", addr, nbBlocks: size / this.#device.blockSize });
  }
}
