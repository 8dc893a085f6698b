import type { Capture } from "../capture/capture.js";
import type { BootRange } from "../guest/options.js";
import type { Calibration } from "../linux/calibration.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import type { ProfileName } from "../linux/profile.js";
import type { FlavourName } from "../virtio-mem/device/flavour.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import type { ScenarioWorkload } from "./workload/kinds.js";

/**
 * A guest, what it does, and what its host asks of it over time: a scenario file that was read and
 * checked. Sizes are bytes, times are virtual milliseconds since boot.
 */
export interface Scenario {
  /** What reports call it. */
  readonly title: string;
  /** What chance is drawn from, 0 to 2^32 - 1: equal seeds give equal runs. */
  readonly seed: number;
  /** How long the guest is watched. */
  readonly durationMs: number;
  /** Unplug policies by name, joined by `+`; undefined: as the guest's version does. */
  readonly policy: string | undefined;
  /** Price list of the steps. */
  readonly calibration: Calibration;
  /** The captured guest that lives on; undefined: a new one boots. */
  readonly start: Capture | undefined;
  /** The guest. */
  readonly guest: ScenarioGuest;
  /** At least one. */
  readonly devices: readonly ScenarioDevice[];
  /** Bytes that the host has for all devices together; undefined: enough. */
  readonly hostMemory: number | undefined;
  /** What runs in the guest. */
  readonly workloads: readonly ScenarioWorkload[];
  /** In order of time. */
  readonly host: readonly HostOrder[];
  /** Hosts that resize by themselves. */
  readonly controllers: readonly Controller[];
  /** What goes wrong for a while. */
  readonly faults: readonly Fault[];
  /** What is written down. */
  readonly record: ScenarioRecord;
}

/** The guest of a scenario. */
export interface ScenarioGuest {
  /** Its boot memory. */
  readonly bootRanges: readonly BootRange[];
  /** What the kernel has taken for itself when it has booted. */
  readonly kernelMemory: number;
  /** Bytes of a memory block. */
  readonly memoryBlockSize: number;
  /** Linux version. */
  readonly profile: ProfileName;
  /** What becomes of added memory. */
  readonly online: OnlineSettings;
  /** Bytes of a subblock where it is not the version's own. */
  readonly subblockSize: number | undefined;
  /** Module parameters of the driver. */
  readonly driver: DriverParameters;
  /** CPUs with a cache of free pages each; 0: none. */
  readonly cachedCpus: number;
}

/** A virtio-mem device of a scenario. */
export interface ScenarioDevice {
  /** What events call it. */
  readonly name: string;
  /** Bytes of the device region. */
  readonly regionSize: number;
  /** Bytes of a device block. */
  readonly blockSize: number;
  /** Bytes that the host requests from the start. */
  readonly requestedSize: number;
  /** Whose device it is. */
  readonly flavour: FlavourName;
  /** NUMA node of its memory. */
  readonly node: number;
  /** A passed-through device maps and pins all that is plugged. */
  readonly vfio: boolean;
}

/** What a run writes down. */
export interface ScenarioRecord {
  /** Between two samples. */
  readonly everyMs: number;
}

/** The host asks for a size. A ramp of the file is many of these. */
export interface HostOrder {
  /** When. */
  readonly atMs: number;
  /** Bytes that are requested. */
  readonly requestedSize: number;
  /** Which of the devices. */
  readonly device: number;
}

/** A host that follows how much of the guest's memory is free in huge pages. */
export interface Controller {
  /** From when on it looks. */
  readonly startMs: number;
  /** Until when it looks. */
  readonly stopMs: number;
  /** Time from look to look. */
  readonly everyMs: number;
  /** Bytes of a step up or down. */
  readonly step: number;
  /** Bytes; it requests no less. */
  readonly least: number;
  /** Bytes; it requests no more. */
  readonly most: number;
  /** Index of the device. */
  readonly device: number;
}

/** When something goes wrong, and for how long. */
export interface FaultWindow {
  /** When it begins. */
  readonly atMs: number;
  /** Undefined: to the end. */
  readonly untilMs: number | undefined;
}

/** Something that goes wrong for a while. */
export type Fault = FaultWindow &
  (
    | {
        /** Another user takes references on random pages of a workload. */
        readonly kind: "pins";
        /** Index of the workload. */
        readonly workload: number;
        /** Bytes that are pinned. */
        readonly size: number;
      }
    | {
        /** Movable pages are busy at the moment of an attempt with this probability. */
        readonly kind: "busy-pages";
        /** Chance that a page is busy, 0 to 1. */
        readonly share: number;
      }
    | {
        /** A memory notifier refuses that memory blocks go offline. */
        readonly kind: "offline-refused";
      }
    | {
        /** User space writes to the state of a memory block; at once, without an end. */
        readonly kind: "memory-block-state";
        /** Number of the memory block, from the start of the device region. */
        readonly memoryBlock: number;
        /** What is written. */
        readonly state: OnlineSettings["autoOnline"];
        /** Index of the device. */
        readonly device: number;
      }
    | {
        /**
         * A program in the guest writes to drop_caches: clean page cache goes; at once, without an
         * end.
         */
        readonly kind: "drop-caches";
      }
    | {
        /** The device is saved and restored, as a live migration does; at once, without an end. */
        readonly kind: "save-restore";
        /** Index of the device. */
        readonly device: number;
      }
    | {
        /**
         * The whole guest is saved and restored, as `Guest.snapshot()` does; at once, without an
         * end. The guest does not notice.
         */
        readonly kind: "snapshot";
      }
    | {
        /** The host cannot provide the memory of some requests to plug. */
        readonly kind: "plug-fails";
        /** Chance that a request fails, 0 to 1. */
        readonly share: number;
        /** Index of the device. */
        readonly device: number;
      }
    | {
        /**
         * The host behind the device can do nothing; has no memory to plug; is migrating the guest.
         */
        readonly kind: "device-busy" | "host-out-of-memory" | "migration";
        /** Index of the device. */
        readonly device: number;
      }
  );
