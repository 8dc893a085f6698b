/**
 * The two sides of virtio-mem by themselves: the device with its wire format and the flavours of
 * real hypervisors, the Linux driver, the kdump driver, and test vectors for devices of your own.
 *
 * @packageDocumentation
 */

export type * from "./device-types.js";

export { VirtualClock } from "./clock.js";
export { KernelError } from "./core/kernel-error.js";
export { Errno } from "./errno.js";
export { linuxProfile, PROFILE_NAMES } from "./linux/profile.js";
export { EventLog } from "./log/event-log.js";

export type { Architecture, HostPages } from "./virtio-mem/device/default-block-size.js";
export { defaultBlockSize } from "./virtio-mem/device/default-block-size.js";
export { VirtioMemDevice } from "./virtio-mem/device/device.js";
export { deviceFlavour, FLAVOUR_NAMES } from "./virtio-mem/device/flavour.js";
export { throttleSizeEvents } from "./virtio-mem/device/size-events.js";
export { dynamicSlotSize, mappedSlots } from "./virtio-mem/device/slots.js";

export { VirtioMemDriver } from "./virtio-mem/driver/driver.js";
export { KdumpDriver, type RamRange } from "./virtio-mem/driver/kdump.js";
export { WorkQueue } from "./virtio-mem/driver/work-queue.js";

export { FeatureBit, featureBits, MAX_NB_BLOCKS } from "./virtio-mem/protocol.js";
export {
  CONFIG_SIZE,
  decodeConfig,
  decodeResponse,
  decodeWireRequest,
  encodeConfig,
  encodeRequest,
  encodeResponse,
  REQUEST_SIZE,
  RESPONSE_SIZE,
  type WireConfig,
} from "./virtio-mem/wire.js";

export { explain } from "./predict/explain.js";

export type { Awaitable, DeviceGeometry, DevicePort } from "./conformance/device-port.js";
export { FrameOp, FramePort, FrameReader, serveFrame, type Frame } from "./conformance/frames.js";
export { OwnDevicePort } from "./conformance/own-device-port.js";
export {
  checkVectors,
  vectorLines,
  type CaseResult,
  type Difference,
  type VectorOptions,
} from "./conformance/vectors.js";
export type { CheckOptions } from "./conformance/vectors.js";
export type { Reason } from "./conformance/reason.js";
