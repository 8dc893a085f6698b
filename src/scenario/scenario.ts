import type { BootRange } from "../guest/options.js";
import type { Calibration } from "../linux/calibration.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import type { ProfileName } from "../linux/profile.js";
import type { FlavourName } from "../virtio-mem/device/flavour.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import type { ScenarioWorkload } from "./workload/index.js";

/**
 * A guest, what it does, and what its host asks of it over time: a scenario file that was read and
 * checked. Sizes are bytes, times are virtual milliseconds since boot.
 */
export interface Scenario {
  readonly title: string;
  /** What chance is drawn from, 0 to 2^32 - 1: equal seeds give equal runs. */
  readonly seed: number;
  readonly durationMs: number;
  /** Unplug policies by name, joined by `+`; undefined: as the guest's version does. */
  readonly policy: string | undefined;
  readonly calibration: Calibration;
  readonly guest: ScenarioGuest;
  /** At least one. */
  readonly devices: readonly ScenarioDevice[];
  readonly workloads: readonly ScenarioWorkload[];
  /** In order of time. */
  readonly host: readonly HostOrder[];
  readonly controllers: readonly Controller[];
  readonly faults: readonly Fault[];
  readonly record: ScenarioRecord;
}

export interface ScenarioGuest {
  readonly bootRanges: readonly BootRange[];
  /** What the kernel has taken for itself when it has booted. */
  readonly kernelMemory: number;
  readonly memoryBlockSize: number;
  readonly profile: ProfileName;
  readonly online: OnlineSettings;
  readonly subblockSize: number | undefined;
  readonly driver: DriverParameters;
  /** CPUs with a cache of free pages each; 0: none. */
  readonly cachedCpus: number;
}

export interface ScenarioDevice {
  readonly name: string;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly requestedSize: number;
  readonly flavour: FlavourName;
  readonly node: number;
  /** A passed-through device maps and pins all that is plugged. */
  readonly vfio: boolean;
}

export interface ScenarioRecord {
  /** Between two samples. */
  readonly everyMs: number;
}

/** The host asks for a size. A ramp of the file is many of these. */
export interface HostOrder {
  readonly atMs: number;
  readonly requestedSize: number;
  /** Which of the devices. */
  readonly device: number;
}

/** A host that follows how much of the guest's memory is free in huge pages. */
export interface Controller {
  readonly startMs: number;
  readonly stopMs: number;
  readonly everyMs: number;
  /** Bytes of a step up or down. */
  readonly step: number;
  readonly least: number;
  readonly most: number;
  readonly device: number;
}

/** When something goes wrong, and for how long. */
export interface FaultWindow {
  readonly atMs: number;
  /** Undefined: to the end. */
  readonly untilMs: number | undefined;
}

/** Something that goes wrong for a while. */
export type Fault = FaultWindow &
  (
    | {
        /** Somebody takes references on random pages of a workload. */
        readonly kind: "pins";
        /** Index of the workload. */
        readonly workload: number;
        readonly size: number;
      }
    | {
        /** Movable pages are busy at the moment of an attempt with this probability. */
        readonly kind: "busy-pages";
        readonly share: number;
      }
    | {
        /**
         * The host behind the device can do nothing; has no memory to plug; is migrating the guest.
         */
        readonly kind: "device-busy" | "host-out-of-memory" | "migration";
        readonly device: number;
      }
  );
