import type { VirtualClock } from "../../clock.js";
import { Errno } from "../../errno.js";
import type { DriverProfile } from "../driver-profile.js";
import type { VirtioMemDevice } from "../device/device.js";
import type { Answer, Request } from "../protocol.js";

/** What the driver believes of the device, as plain data. */
export interface DeviceLinkState {
  readonly configChanged: boolean;
  readonly requestedSize: number;
  readonly usableRegionSize: number;
  readonly pluggedSize: number;
}

/**
 * The driver's end of the device: its own copy of the changing config fields, and requests with
 * their answers as errnos (docs/spec/driver.md, "Responses as errnos").
 */
export class DeviceLink {
  readonly device: VirtioMemDevice;
  /** The device has told of a change that {@link refresh} has not seen yet. */
  configChanged = false;
  readonly #clock: VirtualClock;
  readonly #requestNs: number;
  readonly #deviceBusy: number;
  #requestedSize: number;
  #usableRegionSize: number;
  #pluggedSize: number;

  constructor(
    device: VirtioMemDevice,
    clock: VirtualClock,
    profile: DriverProfile,
    requestNs: number,
  ) {
    this.device = device;
    this.#clock = clock;
    this.#requestNs = requestNs;
    this.#deviceBusy = -Errno[profile.deviceBusy];
    this.#requestedSize = device.requestedSize;
    this.#usableRegionSize = device.usableRegionSize;
    this.#pluggedSize = device.pluggedSize;
  }

  get requestedSize(): number {
    return this.#requestedSize;
  }

  get usableRegionSize(): number {
    return this.#usableRegionSize;
  }

  get pluggedSize(): number {
    return this.#pluggedSize;
  }

  save(): DeviceLinkState {
    const { configChanged, requestedSize, usableRegionSize, pluggedSize } = this;
    return { configChanged, requestedSize, usableRegionSize, pluggedSize };
  }

  load(state: DeviceLinkState): void {
    this.configChanged = state.configChanged;
    this.#requestedSize = state.requestedSize;
    this.#usableRegionSize = state.usableRegionSize;
    this.#pluggedSize = state.pluggedSize;
  }

  /** Reads the changing config fields again. */
  refresh(): void {
    this.#pluggedSize = this.device.pluggedSize;
    this.#usableRegionSize = this.device.usableRegionSize;
    this.#requestedSize = this.device.requestedSize;
  }

  /**
   * Plugs `[addr, addr + size)`. Not sent while a config change waits.
   *
   * @returns 0; -EAGAIN if the config has changed or the device wants less; a busy device's errno;
   *   -EINVAL if it calls the request an error.
   */
  plug(addr: number, size: number): number {
    if (this.configChanged) return -Errno.EAGAIN;
    const rc = this.#send("PLUG", addr, size);
    if (rc === 0) this.#pluggedSize += size;
    return rc;
  }

  /** Unplugs `[addr, addr + size)`; as {@link plug}, but the device never wants more: -ENOMEM. */
  unplug(addr: number, size: number): number {
    if (this.configChanged) return -Errno.EAGAIN;
    const rc = this.#send("UNPLUG", addr, size);
    if (rc === 0) this.#pluggedSize -= size;
    return rc;
  }

  /**
   * Unplugs everything. Sent whether or not a config change waits; success is one, because the
   * usable region may have shrunk without notice.
   */
  unplugAll(): number {
    const response = this.#ask({ type: "UNPLUG_ALL" });
    if (response === "BUSY") return this.#deviceBusy;
    if (response !== "ACK") return -Errno.ENOMEM;
    this.#pluggedSize = 0;
    this.configChanged = true;
    return 0;
  }

  #send(type: "PLUG" | "UNPLUG", addr: number, size: number): number {
    const nbBlocks = size / this.device.blockSize;
    switch (this.#ask({ type, addr, nbBlocks })) {
      case "ACK":
        return 0;
      case "NACK":
        return type === "PLUG" ? -Errno.EAGAIN : -Errno.ENOMEM;
      case "BUSY":
        return this.#deviceBusy;
      case "ERROR":
        return -Errno.EINVAL;
      case "none":
        return -Errno.ENOMEM;
    }
  }

  #ask(request: Request): Answer["type"] {
    const { type } = this.device.handle(request);
    this.#clock.advanceNs(this.#requestNs);
    return type;
  }
}
