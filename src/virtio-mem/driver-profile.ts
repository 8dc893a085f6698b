import type { FeatureName } from "./protocol.js";

/** Names of the unplug policies of real drivers. */
export type UnplugPolicyName = "rfc3-seed" | "v5.8" | "v5.10" | "v5.11" | "linux";

/**
 * When the driver refuses to add memory because too much of it is offline (docs/spec/driver.md,
 * "Limit on offline memory").
 */
export type OfflineLimitRule =
  | {
      /** By number of memory blocks. */
      readonly kind: "memory-blocks";
      /** Memory blocks that may be offline before more are added. */
      readonly count: number;
    }
  | {
      /** By size. */
      readonly kind: "size";
      /** Bytes that may be offline before more are added; at least twice the unit that is added. */
      readonly size: number;
    };

/** The virtio-mem driver of a version; docs/spec/driver.md describes each behaviour. */
export interface DriverProfile {
  /** A subblock has at least this size. */
  readonly subblockMinimumSize: number;
  /** Is there a big-block mode for device blocks of a memory block and more? */
  readonly bigBlockMode: boolean;
  /** Can big blocks be offlined without taking their pages before? */
  readonly unsafeBigBlockUnplug: boolean;
  /** In which order it unplugs. */
  readonly unplugPolicy: UnplugPolicyName;
  /**
   * States of partly plugged memory blocks, in the order in which plugging refills them. States
   * in one group are one state to the driver: its memory blocks go by their ids alone.
   */
  readonly refillOrder: readonly (readonly PartialState[])[];
  /** Passes over the big blocks: offline ones, those without kernel memory, all. */
  readonly bigBlockPasses: readonly ("offline" | "movable" | "all")[];
  /** Are pages of a big block that is wholly offline taken before it is removed? */
  readonly takesOfflineBigBlocks: boolean;
  /** How much added memory may be offline. */
  readonly offlineLimit: OfflineLimitRule;
  /**
   * What happens to an online memory block without plugged subblocks: it is kept for
   * ever, removed once if that works, or removed again and again until it works.
   */
  readonly emptyMemoryBlocks: "kept" | "removed" | "removed-with-retry";
  /** Does the driver run again at once after a memory block was removed? */
  readonly runsAgainAfterRemoval: boolean;
  /** Does each offlined memory block make the driver run, or only if it spares online ones? */
  readonly runsAfterOffline: "always" | "sparing-online";
  /** When does an onlined memory block make the driver run? */
  readonly runsAfterOnline: "at-limit" | "half-limit";
  /** Is the driver told to spare online memory by the parameter `unplug_online`? */
  readonly unplugOnlineParameter: boolean;
  /** Does a partly plugged memory block refuse to go online to ZONE_MOVABLE? */
  readonly refusesPartialMovable: boolean;
  /** Does a config change end a run before the next attempt; else at the next request? */
  readonly checksConfigBeforeAttempt: boolean;
  /** What a busy device means: the same as busy memory, or a code of its own. */
  readonly deviceBusy: "EBUSY" | "ETXTBSY";
  /** The wait before another try, doubled after each up to the maximum. */
  readonly retry: {
    /** First wait in virtual milliseconds. */
    readonly minimumMs: number;
    /** Longest wait in virtual milliseconds. */
    readonly maximumMs: number;
  };
  /**
   * What loading the driver says where memory of the device is known to Linux already, because the
   * driver was loaded before.
   */
  readonly reloadErrno: "EINVAL" | "EBUSY";
  /** May the guest suspend: never, or where nothing is plugged or the device keeps its memory? */
  readonly suspend: "refused" | "by-feature";
  /** What the driver does in a kdump kernel: nothing, say which pages are RAM, list them. */
  readonly kdump: "refused" | "answers" | "lists";
  /** Features of the device that the driver knows. */
  readonly features: readonly FeatureName[];
  /** What fake-offline pages do to counters. */
  readonly accounting: AccountingProfile;
}

/** State of a partly plugged memory block. */
export type PartialState = "kernel-partial" | "movable-partial" | "offline-partial";

/** Which counters follow when pages go fake-offline and back. */
export interface AccountingProfile {
  /** Do pages taken back leave the managed pages of their zone; else only `totalram`? */
  readonly takenLeaveManaged: boolean;
  /** Can a memory block with fake-offline pages go offline? */
  readonly partialGoesOffline: boolean;
  /** Does it then leave with all its pages, also those that its zone never counted as managed? */
  readonly offlineSubtractsAll: boolean;
  /**
   * Does the driver undo what it has not done, where another notifier vetoed before it was asked?
   */
  readonly cancelsUnasked: boolean;
}
