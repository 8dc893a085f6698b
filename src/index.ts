export type { BootRange } from "./guest/options.js";
export { CaptureError } from "./capture/capture-error.js";
export { captureFilesOf, type CaptureFiles } from "./capture/capture-files.js";
export type * from "./capture/capture.js";
export { readCapture, type CaptureOptions } from "./capture/read-capture.js";
export { VirtualClock, type Timer } from "./clock.js";
export * from "./core/abi.js";
export { CapacityError, KernelError } from "./core/kernel-error.js";
export { loadCore, loadCoreSync, type Core, type CoreSource } from "./core/load.js";
export type { Migration, MigrationJournal } from "./core/migration-journal.js";
export type { PageLoader } from "./core/page-loader.js";
export { PageMemory, type MmBehaviour } from "./core/page-memory.js";
export { prepareRequest, type PageRequest, type PreparedRequest } from "./core/page-request.js";
export {
  compareOnCapture,
  compareOnScenario,
  type CompareCaptureOptions,
  type CompareOptions,
} from "./compare/compare.js";
export type * from "./compare/comparison.js";
export { Errno, type ErrnoName } from "./errno.js";
export { EventLog, type Log, type LogEntry } from "./log/event-log.js";
export {
  Guest,
  type CapturedGuestOptions,
  type GuestDevice,
  type GuestOptions,
  type NewDeviceOptions,
  type NewGuestOptions,
} from "./guest/guest.js";
export { DEFAULT_CALIBRATION, type Calibration } from "./linux/calibration.js";
export type * from "./linux/linux-memory.js";
export { mostGrowth } from "./linux/memmap.js";
export { MemoryHotplug } from "./linux/memory-hotplug.js";
export type { OnlineSettings } from "./linux/online-policy.js";
export {
  linuxProfile,
  PROFILE_NAMES,
  type LinuxProfile,
  type ProfileName,
} from "./linux/profile.js";
export { ZoneTable, type Zone } from "./linux/zone-table.js";
export type { Cost } from "./predict/cost.js";
export type { Policy, UnplugDecisions } from "./policies/policy.js";
export { PolicyError } from "./policies/policy-error.js";
export { guardedPolicy, type PolicyWatch } from "./policies/choice/guarded-policy.js";
export type { ResizeController, ResizeView } from "./policies/resize-controller.js";
export type { RetryRule } from "./virtio-mem/driver/retry-rule.js";
export { POLICIES, POLICY_FAMILIES } from "./policies/choice/registry.js";
export {
  resolvePolicy,
  type PolicyChoice,
  type ResolvedPolicy,
} from "./policies/choice/resolve-policy.js";
export { predict, type PredictOptions } from "./predict/predict.js";
export type * from "./predict/prediction.js";
export { comparisonJson, type ComparisonJson } from "./report/comparison-json.js";
export { comparisonSvg } from "./report/comparison-svg.js";
export { comparisonText } from "./report/comparison-text.js";
export { predictionJson, type PredictionJson } from "./report/prediction-json.js";
export { predictionSvg } from "./report/prediction-svg.js";
export { predictionText, type PredictionTextOptions } from "./report/prediction-text.js";
export { scenarioCsv } from "./report/scenario-csv.js";
export { scenarioJson, type ScenarioJson } from "./report/scenario-json.js";
export { scenarioSvg } from "./report/scenario-svg.js";
export { scenarioText, type ScenarioTextOptions } from "./report/scenario-text.js";
export { parseScenario, scenarioOf } from "./scenario/parse.js";
export type * from "./scenario/result.js";
export { runScenario, type RunScenarioOptions, type ScenarioRun } from "./scenario/run.js";
export { ScenarioError } from "./scenario/file/scenario-error.js";
export type * from "./scenario/scenario.js";
export { formatSize, parseSize } from "./units.js";
export {
  deviceFlavour,
  FLAVOUR_NAMES,
  type DeviceFlavour,
  type FlavourName,
} from "./virtio-mem/device/flavour.js";
export type { DeviceHost, MemoryListener } from "./virtio-mem/device/host.js";
export { throttleSizeEvents } from "./virtio-mem/device/size-events.js";
export type { DeviceSnapshot } from "./virtio-mem/device/snapshot.js";
export type { DeviceHealth } from "./virtio-mem/protocol.js";
export { VirtioMemDevice, type VirtioMemDeviceOptions } from "./virtio-mem/device/device.js";
export { VirtioMemDriver, type VirtioMemDriverOptions } from "./virtio-mem/driver/driver.js";
export { explain, type Explanation } from "./predict/explain.js";
export { KdumpDriver } from "./virtio-mem/driver/kdump.js";
export type { MemoryBlockState } from "./virtio-mem/memory-block-state.js";
export type * from "./virtio-mem/protocol.js";
export type {
  Chunk,
  ChunkTest,
  SubblockSummary,
  UnplugPolicy,
  UnplugView,
} from "./virtio-mem/driver/unplug-policy.js";
export {
  decodeConfig,
  decodeResponse,
  decodeWireRequest,
  encodeConfig,
  encodeRequest,
  encodeResponse,
  type WireConfig,
  type WireRequest,
} from "./virtio-mem/wire.js";
