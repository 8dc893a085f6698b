/**
 * Predict, compare and simulate: captures of guests, what a resize of one gives, policies side by
 * side, scenarios, reports. Runs in Node, browsers, workers, Deno and Bun.
 *
 * Sizes are bytes and times virtual milliseconds unless a name says otherwise.
 *
 * @packageDocumentation
 */

// captures
export { openArchive } from "./capture/archive.js";
export { CaptureError } from "./capture/capture-error.js";
export { captureFilesOf, type CaptureFiles } from "./capture/capture-files.js";
export type * from "./capture/capture.js";
export type { StructPageLayout, StructPageLinks } from "./struct-page.js";
export type {
  KernelCache,
  KernelList,
  KernelLists,
  KernelZone,
  KernelZoneKind,
} from "./capture/kernel-lists.js";
export type { KernelMigratetype } from "./capture/kernel-migratetypes.js";
export type { KernelTraces, ZoneinfoLine } from "./capture/kernel-traces.js";
export type { DeviceOptions } from "./capture/device-region.js";
export { readCapture, readCaptures, type CaptureOptions } from "./capture/read-capture.js";

// guests
export {
  inspectGuest,
  type Inspection,
  type KernelListsAgreement,
  type MigratetypeName,
  type PageblockRun,
  type ZoneInspection,
} from "./guest/inspection.js";
export { inspectionText } from "./report/inspection-text.js";
export { VirtualClock } from "./clock.js";
export { Guest, type GuestDevice } from "./guest/guest.js";
export {
  SlicedRequest,
  type SizeChange,
  type SlicedRequestOptions,
} from "./guest/sliced-request.js";
export { TimeTravel, type TravelledRequest, type TravelOptions } from "./guest/time-travel.js";
export type { LoadOptions } from "./guest/load-pages.js";
export type {
  BootRange,
  CapturedGuestOptions,
  GuestOptions,
  NewDeviceOptions,
  NewGuestOptions,
  RestoreOptions,
} from "./guest/options.js";
export {
  CALIBRATION_NAMES,
  calibrationNamed,
  DEFAULT_CALIBRATION,
  type Calibration,
} from "./linux/calibration.js";
export { mostGrowth } from "./linux/memmap.js";
export type { OnlineSettings } from "./linux/online-policy.js";
export { linuxProfile, PROFILE_NAMES } from "./linux/profile.js";
export type { KernelChoice } from "./guest/profile-from-capture.js";
export { profileOfRelease, type ReleaseProfile } from "./linux/kernel-release.js";
export type { Zone, ZoneTable } from "./linux/zone-table.js";
export type { Watermarks } from "./linux/watermarks.js";
export type { MemoryHotplug } from "./linux/memory-hotplug.js";
export { EventLog } from "./log/event-log.js";

// what a guest is made of; the makers and constants are in ./core and ./device
export type * from "./core-types.js";
export type * from "./device-types.js";
export type { AllocFlag, Doubt, Hold, Migratetype, PageClass, Relief } from "./core/abi.js";
export { CapacityError, KernelError } from "./core/kernel-error.js";
export type { LoadSummary } from "./core/page-loader.js";
export { Errno } from "./errno.js";

// policies
export { guardedPolicy, type PolicyWatch } from "./policies/choice/guarded-policy.js";
export { POLICIES, POLICY_FAMILIES } from "./policies/choice/registry.js";
export {
  resolvePolicy,
  type PolicyChoice,
  type ResolvedPolicy,
} from "./policies/choice/resolve-policy.js";
export { PolicyError } from "./policies/policy-error.js";
export type { PolicyFamily } from "./policies/policy-family.js";
export type { Policy, UnplugDecisions } from "./policies/policy.js";
export type { ResizeController, ResizeView } from "./policies/resize-controller.js";

// predictions
export type { Cost } from "./predict/cost.js";
export { explain } from "./predict/explain.js";
export type {
  Distributions,
  DoubtName,
  Evidence,
  RecordedGuest,
  ShortageError,
  TurnedShare,
} from "./predict/learned.js";
export { predict, type PredictOptions } from "./predict/predict.js";
export { judgePrediction, type PredictionOutcome, type WrongRange } from "./predict/outcome.js";
export { WHAT_IFS, type WhatIf } from "./predict/what-if.js";
export type { SamplingOptions } from "./predict/sampling.js";
export type * from "./predict/prediction.js";

// scenarios
export { parseScenario, scenarioOf } from "./scenario/parse.js";
export type * from "./scenario/result.js";
export { scenarioGuestAt } from "./scenario/guest-at.js";
export { runScenario, ScenarioRun, type RunScenarioOptions } from "./scenario/run.js";
export { ScenarioError } from "./scenario/file/scenario-error.js";
export type * from "./scenario/scenario.js";
export { coreWorkload, type WorkloadKind } from "./scenario/workload/index.js";
export type * from "./scenario/workload/kinds.js";
export type { WorkloadLife } from "./scenario/workload/kind.js";

// comparisons of policies
export {
  compareOnCapture,
  compareOnScenario,
  type CompareCaptureOptions,
  type CompareOptions,
} from "./compare/compare.js";
export { panicsOf, spreadOf } from "./compare/comparison.js";
export type * from "./compare/comparison.js";
export type { Parting } from "./compare/parting.js";

// sweeps over settings
export { parseAxis, type SweepAxis, type SweepValue } from "./sweep/axis.js";
export {
  runCaptureJob,
  runScenarioJob,
  type SweepFigures,
  type SweepJobOptions,
} from "./sweep/job.js";
export { judgeSweep, type SweepFailure, type SweepResult, type SweepRow } from "./sweep/judge.js";
export {
  planSweep,
  requestOf,
  scenarioWith,
  type CaptureRequest,
  type SweepJob,
  type SweepPlan,
  type SweepPlanOptions,
  type SweepSubject,
} from "./sweep/plan.js";
export { sweepSentence } from "./sweep/sentence.js";
export { type SweepSetting } from "./sweep/setting.js";

// reports
export { comparisonJson, type ComparisonJson } from "./report/comparison-json.js";
export { comparisonSvg } from "./report/comparison-svg.js";
export { comparisonText } from "./report/comparison-text.js";
export { fleetCsv } from "./report/fleet-csv.js";
export { fleetPrometheus } from "./report/fleet-prometheus.js";
export {
  failedFleetRow,
  fleetRow,
  worstFirst,
  type FleetAnswer,
  type FleetBlocker,
  type FleetRow,
  type FleetSuggestion,
} from "./report/fleet-row.js";
export { fleetText, type FleetTextOptions } from "./report/fleet-text.js";
export { outcomeText, reliabilityText, type OutcomeRow } from "./report/outcome-text.js";
export { predictionJson, type PredictionJson } from "./report/prediction-json.js";
export { predictionSvg } from "./report/prediction-svg.js";
export { predictionText, type PredictionTextOptions } from "./report/prediction-text.js";
export { scenarioCsv } from "./report/scenario-csv.js";
export { scenarioJson, type ScenarioJson } from "./report/scenario-json.js";
export { scenarioSvg } from "./report/scenario-svg.js";
export { scenarioText, type ScenarioTextOptions } from "./report/scenario-text.js";
export { sweepCsv } from "./report/sweep-csv.js";
export { sweepJson, type SweepJson, type SweepRowJson } from "./report/sweep-json.js";
export { sweepMarkdown } from "./report/sweep-markdown.js";
export { sweepSvg } from "./report/sweep-svg.js";
export { sweepText } from "./report/sweep-text.js";
export type { FollowOptions, Progress } from "./progress.js";
export { formatSize, parseSize } from "./units.js";
export { InputError } from "./input-error.js";
