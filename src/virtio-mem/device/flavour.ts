import type { FeatureName, ResponseType } from "../protocol.js";
import { MiB, GiB } from "../../units.js";
import { optionError, written } from "../../input-error.js";

/**
 * A test that a PLUG must pass; the first that fails decides the answer (docs/spec/device.md,
 * "PLUG").
 */
export type PlugCheck =
  | "range" // aligned, not empty, inside the usable region; else ERROR
  | "size" // not more than requested; else `answerTooLarge`
  | "state" // each device block is unplugged; else ERROR
  | "busy"; // the guest is not migrating; else BUSY

/** Which part of the region takes requests (docs/spec/device.md, "Sizes"). */
export type UsableRegionRule =
  | {
      /** Nothing while nothing is requested, else `extentSize` more than requested. */
      readonly kind: "extent";
      /** Bytes that are usable beyond what is requested. */
      readonly extentSize: number;
    }
  | {
      /** All of it, always. */
      readonly kind: "region";
    }
  | {
      /** Grows to whole slots when more is requested than is usable. */
      readonly kind: "slots";
      /** Bytes of a slot. */
      readonly slotSize: number;
    };

/** What a failure of the host does to a request that has passed all checks. */
export interface FailureRule {
  /** What is answered. */
  readonly answer: ResponseType;
  /** Which of the request's changes stand although it was not acknowledged. */
  readonly leaves: "nothing" | "blocks" | "blocks-and-size";
}

/**
 * What becomes of a request that the device cannot read (docs/spec/device.md, "Malformed
 * requests").
 */
export type MalformedRule =
  | "needs-reset" // no answer to it and to all that follow, until the driver resets the device
  | "stop" // the same, but the device does not say so
  | "drop" // no answer to it alone
  | "empty-answer" // an answer of no bytes
  | "error"; // an ERROR

/** Name of a flavour. */
export type FlavourName =
  "spec" | "qemu" | "qemu-arm" | "cloud-hypervisor" | "cloud-hypervisor-v51" | "firecracker";

/** Differences between implementations of the device, as data. */
export interface DeviceFlavour {
  /** What it is called. */
  readonly name: FlavourName;

  /** Tests of a PLUG request, in order. */
  readonly plugChecks: readonly PlugCheck[];
  /** Answer to a request for more device blocks than the region has. */
  readonly answerTooLarge: ResponseType;
  /** Does a migration make requests BUSY; else the guest would be paused. */
  readonly busyWhileMigrating: boolean;
  /** The host has no memory for a PLUG, or a listener refuses it. */
  readonly plugFailure: FailureRule;
  /** Discarding the memory of an UNPLUG fails; an ACK ignores it. */
  readonly discardFailure: ResponseType;
  /** A listener cannot unmap unplugged memory; undefined where that cannot be. */
  readonly unmapFailure: FailureRule | undefined;
  /** What UNPLUG_ALL does. */
  readonly unplugAll: {
    /** Is memory discarded, which may fail, even where nothing is plugged? */
    readonly discardsUnplugged: boolean;
    /** Answer where discarding the memory fails. */
    readonly failure: ResponseType;
    /** What becomes of the usable region: computed again (it may shrink), kept, or nothing left. */
    readonly usable: "recomputed" | "kept" | "nothing";
    /** Device blocks whose bits are cleared: all, or their number modulo 2^16. */
    readonly clears: "all" | "modulo-65536";
  };

  /** Which part of the region is usable. */
  readonly usableRegion: UsableRegionRule;
  /** Which requested sizes the host may set. */
  readonly target: {
    /** May it be larger than the region in a device that is just being made? */
    readonly mayExceedAtCreation: boolean;
    /** May it be set to what it is already? */
    readonly mayStay: boolean;
    /** May it be set while no driver works with the device? */
    readonly mayPrecedeDriver: boolean;
  };

  /** What becomes of requests that cannot be read. */
  readonly malformed: {
    /** Fewer than 24 bytes to read or 10 to write, or a readable descriptor too many. */
    readonly tooShort: MalformedRule;
    /** A type of request that the standard does not have. */
    readonly unknownType: MalformedRule;
    /** More than 24 bytes to read in one descriptor; undefined: the rest is ignored. */
    readonly tooLong?: MalformedRule;
    /** May the request lie in several descriptors; else only one may be readable. */
    readonly maySplit: boolean;
  };

  /** Which feature bits are offered, and which a driver must accept. */
  readonly features: {
    /** Offered unless the host switches them off; AcpiPxm only where the device has a node. */
    readonly offered: readonly FeatureName[];
    /** Offered whatever the host wishes. */
    readonly forced: readonly FeatureName[];
    /** A driver that does not accept these, where offered, cannot use the device. */
    readonly required: readonly FeatureName[];
  };

  /** Which sizes and addresses are allowed. */
  readonly geometry: {
    /** Smallest device block in bytes. */
    readonly minimumBlockSize: number;
    /** Largest device block in bytes. */
    readonly maximumBlockSize: number;
    /** Region start and size are multiples of this, and of the device block. */
    readonly regionStep: number;
  };
}

const NOTHING_LEFT_BUSY: FailureRule = { answer: "BUSY", leaves: "nothing" };

/** QEMU on x86 and s390x. */
export const QEMU_FLAVOUR: DeviceFlavour = {
  name: "qemu",
  plugChecks: ["range", "size", "state", "busy"],
  answerTooLarge: "NACK",
  busyWhileMigrating: true,
  plugFailure: NOTHING_LEFT_BUSY,
  discardFailure: "BUSY",
  unmapFailure: undefined,
  unplugAll: { discardsUnplugged: false, failure: "BUSY", usable: "recomputed", clears: "all" },
  usableRegion: { kind: "extent", extentSize: 256 * MiB },
  target: { mayExceedAtCreation: true, mayStay: true, mayPrecedeDriver: true },
  malformed: { tooShort: "needs-reset", unknownType: "needs-reset", maySplit: true },
  features: {
    offered: ["AcpiPxm", "UnpluggedInaccessible", "PersistentSuspend"],
    forced: ["Version1"],
    required: ["UnpluggedInaccessible", "Version1"],
  },
  geometry: { minimumBlockSize: MiB, maximumBlockSize: Infinity, regionStep: 1 },
};

/** QEMU on Arm: as much more of the region is usable as two memory blocks there may take. */
export const QEMU_ARM_FLAVOUR: DeviceFlavour = {
  ...QEMU_FLAVOUR,
  name: "qemu-arm",
  usableRegion: { kind: "extent", extentSize: GiB },
};

/**
 * The letter of the specification. Where it leaves a choice: refusals as QEMU gives them, and all
 * of the region usable.
 */
export const SPEC_FLAVOUR: DeviceFlavour = {
  ...QEMU_FLAVOUR,
  name: "spec",
  unplugAll: { discardsUnplugged: false, failure: "BUSY", usable: "kept", clears: "all" },
  usableRegion: { kind: "region" },
  target: { mayExceedAtCreation: false, mayStay: true, mayPrecedeDriver: true },
  geometry: { minimumBlockSize: 1, maximumBlockSize: Infinity, regionStep: 1 },
};

/** cloud-hypervisor from v52 on (`MemEpollHandler` in virtio-devices/src/mem.rs). */
export const CLOUD_HYPERVISOR_FLAVOUR: DeviceFlavour = {
  name: "cloud-hypervisor",
  plugChecks: ["size", "range", "state"],
  answerTooLarge: "NACK",
  busyWhileMigrating: false,
  plugFailure: { answer: "ERROR", leaves: "blocks" },
  discardFailure: "ERROR",
  unmapFailure: { answer: "ERROR", leaves: "blocks" },
  unplugAll: { discardsUnplugged: true, failure: "ERROR", usable: "kept", clears: "all" },
  usableRegion: { kind: "region" },
  target: { mayExceedAtCreation: false, mayStay: false, mayPrecedeDriver: true },
  malformed: { tooShort: "empty-answer", unknownType: "error", maySplit: false },
  features: { offered: ["AcpiPxm"], forced: ["Version1"], required: ["Version1"] },
  geometry: {
    minimumBlockSize: 2 * MiB,
    maximumBlockSize: 2 * MiB,
    regionStep: 128 * MiB,
  },
};

/**
 * cloud-hypervisor up to v51: what it cannot read ends the thread of the device, a request in more
 * than 24 bytes included, and UNPLUG_ALL of more than 65535 device blocks leaves bits behind.
 */
export const CLOUD_HYPERVISOR_V51_FLAVOUR: DeviceFlavour = {
  ...CLOUD_HYPERVISOR_FLAVOUR,
  name: "cloud-hypervisor-v51",
  unplugAll: { ...CLOUD_HYPERVISOR_FLAVOUR.unplugAll, clears: "modulo-65536" },
  malformed: { tooShort: "stop", unknownType: "stop", tooLong: "stop", maySplit: false },
};

/**
 * Firecracker (`VirtioMem::process_mem_queue()`). A request that it cannot
 * read is taken off the queue and never comes back; the next notification brings the next one.
 */
export const FIRECRACKER_FLAVOUR: DeviceFlavour = {
  name: "firecracker",
  plugChecks: ["range", "size", "state"],
  answerTooLarge: "ERROR",
  busyWhileMigrating: false,
  plugFailure: { answer: "ERROR", leaves: "blocks-and-size" },
  discardFailure: "ACK",
  unmapFailure: undefined,
  unplugAll: { discardsUnplugged: false, failure: "ERROR", usable: "nothing", clears: "all" },
  usableRegion: { kind: "slots", slotSize: 128 * MiB },
  target: { mayExceedAtCreation: false, mayStay: true, mayPrecedeDriver: false },
  malformed: { tooShort: "drop", unknownType: "drop", maySplit: false },
  features: {
    offered: [],
    forced: ["UnpluggedInaccessible", "Version1"],
    required: ["UnpluggedInaccessible", "Version1"],
  },
  geometry: { minimumBlockSize: MiB, maximumBlockSize: Infinity, regionStep: 1 },
};

const FLAVOURS: Readonly<Record<FlavourName, DeviceFlavour>> = {
  spec: SPEC_FLAVOUR,
  qemu: QEMU_FLAVOUR,
  "qemu-arm": QEMU_ARM_FLAVOUR,
  "cloud-hypervisor": CLOUD_HYPERVISOR_FLAVOUR,
  "cloud-hypervisor-v51": CLOUD_HYPERVISOR_V51_FLAVOUR,
  firecracker: FIRECRACKER_FLAVOUR,
};

/** Names of all flavours. */
export const FLAVOUR_NAMES = Object.keys(FLAVOURS) as readonly FlavourName[];

/**
 * @param name - One of {@link FLAVOUR_NAMES}.
 * @throws RangeError if there is no flavour of that name.
 *
 * @example
 * ```js
 * import { deviceFlavour } from "virtio-mem-engine/device";
 *
 * console.log(deviceFlavour("qemu").busyWhileMigrating); // true
 * ```
 */
export function deviceFlavour(name: string): DeviceFlavour {
  if (!Object.hasOwn(FLAVOURS, name)) {
    throw optionError(`flavour must be one of ${FLAVOUR_NAMES.join(", ")}, got ${written(name)}`);
  }
  return FLAVOURS[name as FlavourName];
}
