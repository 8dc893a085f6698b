import { KernelError } from "../core/kernel-error.js";
import type { DeviceFlavour } from "../virtio-mem/device/flavour.js";
import { VirtioMemDevice } from "../virtio-mem/device/device.js";
import type { DeviceSnapshot } from "../virtio-mem/device/snapshot.js";
import { isInputError } from "../input-error.js";
import type { DeviceGeometry, DevicePort } from "./device-port.js";

/**
 * Our own device behind the port of the kit; synchronous.
 *
 * @example
 * ```js
 * import { deviceFlavour, encodeRequest, OwnDevicePort } from "virtio-mem-engine/device";
 *
 * const geometry = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };
 * const port = new OwnDevicePort(deviceFlavour("qemu"), geometry);
 * console.log(port.handle(encodeRequest({ type: "UNPLUG_ALL" }), 10).length); // 10
 * ```
 */
export class OwnDevicePort implements DevicePort {
  readonly #flavour: DeviceFlavour;
  #device: VirtioMemDevice;

  /**
   * The modelled device of a flavour.
   *
   * @param flavour - From {@link deviceFlavour}.
   * @param geometry - Place and sizes of its first device.
   * @throws RangeError if the flavour has no device of that geometry.
   */
  constructor(flavour: DeviceFlavour, geometry: DeviceGeometry) {
    this.#flavour = flavour;
    this.#device = deviceOf(flavour, geometry);
  }

  /** The device as it is now; another one after {@link create}. */
  get device(): VirtioMemDevice {
    return this.#device;
  }

  create(geometry: DeviceGeometry): boolean {
    try {
      this.#device = deviceOf(this.#flavour, geometry);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  }

  handle(request: Uint8Array, writableSize: number): Uint8Array | undefined {
    return this.#device.handleBytes(request, writableSize);
  }

  handleChain(readable: readonly Uint8Array[], writableSize: number): Uint8Array | undefined {
    return this.#device.handleBytes(readable, writableSize);
  }

  readConfig(offset: number, size: number): Uint8Array {
    return this.#device.readConfig(offset, size);
  }

  writeConfig(offset: number, bytes: Uint8Array): void {
    this.#device.writeConfig(offset, bytes);
  }

  requestSize(size: bigint): boolean {
    // A size that a double would round is larger than any region.
    if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) return false;
    try {
      this.#device.requestSize(Number(size));
      return true;
    } catch (error) {
      if (error instanceof RangeError || error instanceof KernelError) return false;
      throw error;
    }
  }

  systemReset(): void {
    this.#device.systemReset();
    this.#device.activate();
  }

  deviceReset(): void {
    this.#device.deviceReset();
    this.#device.activate();
  }

  migrate(on: boolean): boolean {
    this.#device.migrating = on;
    return true;
  }

  snapshot(): Uint8Array {
    return new TextEncoder().encode(JSON.stringify(this.#device.snapshot()));
  }

  restore(state: Uint8Array): boolean {
    const { addr, regionSize, blockSize } = this.#device;
    const device = new VirtioMemDevice({ addr, regionSize, blockSize, flavour: this.#flavour });
    try {
      device.restore(JSON.parse(new TextDecoder().decode(state)) as DeviceSnapshot);
    } catch (error) {
      if (isInputError(error) || error instanceof SyntaxError) return false;
      throw error;
    }
    this.#device = device;
    return true;
  }
}

function deviceOf(flavour: DeviceFlavour, geometry: DeviceGeometry): VirtioMemDevice {
  return new VirtioMemDevice({
    addr: Number(geometry.addr),
    regionSize: Number(geometry.regionSize),
    blockSize: Number(geometry.blockSize),
    flavour,
  });
}
