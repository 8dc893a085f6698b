/**
 * The two sides of virtio-mem by themselves: the device with its wire format and the flavours of
 * real hypervisors, the Linux driver, the kdump driver, and test vectors for devices of your own.
 *
 * @packageDocumentation
 */

export { VirtualClock, type Timer } from "./clock.js";
export type { ContigResult, ContigStage } from "./core/contig-result.js";
export { KernelError } from "./core/kernel-error.js";
export { Errno, type ErrnoName } from "./errno.js";
export type * from "./linux/linux-memory.js";
export {
  linuxProfile,
  PROFILE_NAMES,
  type KpageflagsProfile,
  type LinuxProfile,
  type MmProfile,
  type ProfileName,
} from "./linux/profile.js";
export type { ShrinkableCache } from "./linux/shrinkable-cache.js";
export { EventLog, type Log } from "./log/event-log.js";
export type * from "./log/entry.js";

export type { Architecture, HostPages } from "./virtio-mem/device/default-block-size.js";
export { defaultBlockSize } from "./virtio-mem/device/default-block-size.js";
export { VirtioMemDevice, type DeviceBlockRun } from "./virtio-mem/device/device.js";
export {
  deviceFlavour,
  FLAVOUR_NAMES,
  type DeviceFlavour,
  type FailureRule,
  type FlavourName,
  type MalformedRule,
  type PlugCheck,
  type UsableRegionRule,
} from "./virtio-mem/device/flavour.js";
export type { DeviceHost, MemoryListener } from "./virtio-mem/device/host.js";
export type { VirtioMemDeviceOptions } from "./virtio-mem/device/options.js";
export { throttleSizeEvents } from "./virtio-mem/device/size-events.js";
export type { DeviceSnapshot } from "./virtio-mem/device/snapshot.js";
export { dynamicSlotSize, mappedSlots } from "./virtio-mem/device/slots.js";

export { VirtioMemDriver, type VirtioMemDriverOptions } from "./virtio-mem/driver/driver.js";
export { KdumpDriver, type RamRange } from "./virtio-mem/driver/kdump.js";
export type { DriverMemoryBlock } from "./virtio-mem/driver/mode.js";
export type { DriverGeometry, DriverParameters } from "./virtio-mem/driver/parameters.js";
export type { RetryRule } from "./virtio-mem/driver/retry-rule.js";
export type {
  SubblockRange,
  ChunkTest,
  PageIsolation,
  MemoryBlockOrder,
  ScanOrder,
  SubblockOrder,
  SubblockSummary,
  UnplugPolicy,
  UnplugView,
} from "./virtio-mem/driver/unplug-policy.js";
export { WorkQueue } from "./virtio-mem/driver/work-queue.js";

export type { BigBlockState } from "./virtio-mem/big-block-state.js";
export type * from "./virtio-mem/driver-profile.js";
export type { MemoryBlockState } from "./virtio-mem/memory-block-state.js";
export { FeatureBit, featureBits, MAX_NB_BLOCKS } from "./virtio-mem/protocol.js";
export type * from "./virtio-mem/protocol.js";
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
  type WireRequest,
} from "./virtio-mem/wire.js";

export { explain, type Explained, type Explanation } from "./predict/explain.js";

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
export type { ListenerFailures } from "./listener-failures.js";
export type { CheckOptions } from "./conformance/vectors.js";
export type { Reason } from "./conformance/reason.js";
