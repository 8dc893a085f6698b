/** Place and sizes of a device under test, in bytes. */
export interface DeviceGeometry {
  readonly addr: bigint;
  readonly regionSize: bigint;
  readonly blockSize: bigint;
}

/**
 * A virtio-mem device as the conformance kit drives it: bytes in, bytes out. Ours, or somebody
 * else's behind a pipe or a socket. Any of these may be asynchronous.
 */
export interface DevicePort {
  /**
   * Makes a new device, forgetting the old one; nothing plugged, nothing requested.
   *
   * @returns `false` if the device under test cannot have this geometry; the old one then stands.
   */
  create(geometry: DeviceGeometry): Awaitable<boolean>;
  /** Returns the written bytes, none at all for an empty answer; undefined: no answer came. */
  handle(request: Uint8Array, writableSize: number): Awaitable<Uint8Array | undefined>;
  readConfig(offset: number, size: number): Awaitable<Uint8Array>;
  writeConfig(offset: number, bytes: Uint8Array): Awaitable<void>;
  /** Returns whether the host takes this requested size. */
  requestSize(size: bigint): Awaitable<boolean>;
  /** Resets the machine; a driver works with the device again afterwards. */
  systemReset(): Awaitable<void>;
  /** The driver resets the device and works with it again. */
  deviceReset(): Awaitable<void>;
  /**
   * Starts or ends a migration of the guest.
   *
   * @returns `false` if the device under test knows none.
   */
  migrate(on: boolean): Awaitable<boolean>;
}

export type Awaitable<T> = T | Promise<T>;
