// The types of `./device` that signatures of `.` name as well.

export type { Timer } from "./clock.js";
export type { ContigResult, ContigStage } from "./core/contig-result.js";
export type { ZoneKind } from "./core/zone-kind.js";
export type { ErrnoName } from "./errno.js";
export type * from "./linux/linux-memory.js";
export type { KpageflagsProfile, LinuxProfile, MmProfile, ProfileName } from "./linux/profile.js";
export type { ShrinkableCache } from "./linux/shrinkable-cache.js";
export type { ListenerFailures } from "./listener-failures.js";
export type { Log } from "./log/event-log.js";
export type * from "./log/entry.js";
export type { PausingWork } from "./pausing-work.js";
export type { Explained, Explanation } from "./predict/explain.js";

export type { BigBlockState } from "./virtio-mem/big-block-state.js";
export type { DeviceBlockRun, VirtioMemDevice } from "./virtio-mem/device/device.js";
export type {
  DeviceFlavour,
  FailureRule,
  FlavourName,
  MalformedRule,
  PlugCheck,
  UsableRegionRule,
} from "./virtio-mem/device/flavour.js";
export type { DeviceHost, MemoryListener } from "./virtio-mem/device/host.js";
export type { VirtioMemDeviceOptions } from "./virtio-mem/device/options.js";
export type { DeviceSnapshot } from "./virtio-mem/device/snapshot.js";
export type { VirtioMemDriver, VirtioMemDriverOptions } from "./virtio-mem/driver/driver.js";
export type { DriverMemoryBlock } from "./virtio-mem/driver/mode.js";
export type { DriverGeometry, DriverParameters } from "./virtio-mem/driver/parameters.js";
export type { RetryRule } from "./virtio-mem/driver/retry-rule.js";
export type {
  ChunkTest,
  MemoryBlockOrder,
  PageIsolation,
  ScanOrder,
  SubblockOrder,
  SubblockRange,
  SubblockSummary,
  UnplugPolicy,
  UnplugView,
} from "./virtio-mem/driver/unplug-policy.js";
export type { QueuedWork, WorkQueue } from "./virtio-mem/driver/work-queue.js";
export type * from "./virtio-mem/driver-profile.js";
export type { MemoryBlockState } from "./virtio-mem/memory-block-state.js";
export type {
  Answer,
  BlocksRequest,
  BlocksState,
  DeviceConfig,
  DeviceHealth,
  FeatureBit,
  FeatureName,
  Request,
  RequestType,
  Response,
  ResponseType,
} from "./virtio-mem/protocol.js";
export type { WireRequest } from "./virtio-mem/wire.js";
