import type { Calibration } from "../linux/calibration.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import type { ProfileName } from "../linux/profile.js";
import type { FlavourName } from "../virtio-mem/device-flavour.js";
import type { DriverParameters } from "../virtio-mem/driver-parameters.js";

/**
 * A guest, what it does, and what its host asks of it over time: a scenario file that was read and
 * checked. Sizes are bytes, times are whole virtual nanoseconds since boot.
 */
export interface Scenario {
  readonly title: string;
  /** What chance is drawn from, 0 to 2^32 - 1: equal seeds give equal runs. */
  readonly seed: number;
  readonly durationNs: number;
  /** Name of the unplug policy; undefined: that of the guest's version. */
  readonly policy: string | undefined;
  readonly calibration: Calibration;
  readonly guest: ScenarioGuest;
  readonly device: ScenarioDevice;
  readonly workloads: readonly ScenarioWorkload[];
  readonly host: readonly HostOrder[];
  readonly record: ScenarioRecord;
}

export interface ScenarioGuest {
  readonly bootMemory: number;
  readonly memoryBlockSize: number;
  readonly profile: ProfileName;
  readonly online: OnlineSettings;
  readonly subblockSize: number | undefined;
  readonly driver: DriverParameters;
}

export interface ScenarioDevice {
  readonly regionSize: number;
  readonly blockSize: number;
  readonly requestedSize: number;
  readonly flavour: FlavourName;
}

export interface ScenarioRecord {
  /** Between two samples. */
  readonly everyNs: number;
}

/** The host asks for a size at a time, at once or in steps until a later time. */
export interface HostOrder {
  readonly atNs: number;
  readonly requestedSize: number;
}

interface WorkloadLife {
  readonly name: string;
  readonly startNs: number;
  /** When it ends and frees all that it has; undefined: never. */
  readonly stopNs: number | undefined;
}

/** Memory of a program. Rates are bytes a second. */
export interface AnonymousWorkload extends WorkloadLife {
  readonly kind: "anonymous";
  readonly size: number;
  readonly faultRate: number;
  readonly churnRate: number;
  readonly chunk: number;
  readonly thpShare: number;
}

export type ScenarioWorkload = AnonymousWorkload;
export type WorkloadKind = ScenarioWorkload["kind"];
