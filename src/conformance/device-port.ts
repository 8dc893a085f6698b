/** Place and sizes of a device under test, in bytes. */
export interface DeviceGeometry {
  /** Guest physical start of the region in bytes. */
  readonly addr: bigint;
  /** Bytes of the device region. */
  readonly regionSize: bigint;
  /** Bytes of a device block. */
  readonly blockSize: bigint;
}

/**
 * A virtio-mem device as the conformance kit drives it: bytes in, bytes out. Ours, or another
 * else's behind a pipe or a socket. Any of these may be asynchronous.
 */
export interface DevicePort {
  /**
   * Makes a new device, forgetting the old one; nothing plugged, nothing requested.
   *
   * @param geometry - Place and sizes of the new device.
   * @returns `false` if the device under test cannot have this geometry; the old one then stands.
   */
  create(geometry: DeviceGeometry): Awaitable<boolean>;
  /**
   * Returns the written bytes, none at all for an empty answer; undefined: no answer came.
   *
   * @param request - Bytes of the request, of any length; a whole one has 24 (VIRTIO 1.3, section
   *   5.15.6).
   * @param writableSize - Bytes that the driver leaves for the answer; a whole one has 10.
   */
  handle(request: Uint8Array, writableSize: number): Awaitable<Uint8Array | undefined>;
  /**
   * As {@link handle}, for a chain of several readable descriptors, or none.
   *
   * @param readable - Bytes of each readable descriptor, in the order of the chain.
   * @param writableSize - Bytes that the driver leaves for the answer; a whole one has 10.
   * @returns "unable" if the device under test cannot be given one.
   */
  handleChain(
    readable: readonly Uint8Array[],
    writableSize: number,
  ): Awaitable<Uint8Array | undefined | "unable">;
  /**
   * The bytes of the config space.
   *
   * @param offset - First byte of the config space, from 0 on.
   * @param size - Bytes to read.
   */
  readConfig(offset: number, size: number): Awaitable<Uint8Array>;
  /**
   * Writes to the config space, which nothing may change.
   *
   * @param offset - First byte of the config space, from 0 on.
   * @param bytes - What is written.
   */
  writeConfig(offset: number, bytes: Uint8Array): Awaitable<void>;
  /**
   * Returns whether the host takes this requested size.
   *
   * @param size - Requested size in bytes, any 64 bits.
   */
  requestSize(size: bigint): Awaitable<boolean>;
  /** Resets the machine; a driver works with the device again afterwards. */
  systemReset(): Awaitable<void>;
  /** The driver resets the device and works with it again. */
  deviceReset(): Awaitable<void>;
  /**
   * Starts or ends a migration of the guest.
   *
   * @param on - `true` starts it, `false` ends it.
   * @returns `false` if the device under test knows none.
   */
  migrate(on: boolean): Awaitable<boolean>;
  /**
   * The state that a snapshot of the machine keeps of the device, in the device's own format.
   *
   * @returns undefined if the device under test has none.
   */
  snapshot(): Awaitable<Uint8Array | undefined>;
  /**
   * Puts a device of this state in the place of the present one; a driver works with it.
   *
   * @param state - What {@link snapshot} of a device of this kind gave.
   * @returns `false` if the device under test does not take it.
   */
  restore(state: Uint8Array): Awaitable<boolean>;
}

/**
 * A value, at once or later.
 *
 * @typeParam T - The value.
 */
export type Awaitable<T> = T | Promise<T>;
