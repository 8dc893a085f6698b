import type { FeatureName } from "./protocol.js";

/** Names of the unplug policies of real drivers. */
export type UnplugPolicyName = "rfc3-seed" | "v5.8" | "v5.10" | "v5.11" | "linux";

/** When the driver refuses to add memory because too much of it is offline (driver.md 2.5). */
export type OfflineLimitRule =
  | { readonly kind: "memory-blocks"; readonly count: number }
  /** At least twice the unit that is added. */
  | { readonly kind: "size"; readonly size: number };

/** The virtio-mem driver of a version; sections are those of the driver's specification. */
export interface DriverProfile {
  /** A subblock has at least this size (2.2). */
  readonly subblockMinimumSize: number;
  /** Is there a big-block mode for device blocks of a memory block and more (2.3)? */
  readonly bigBlockMode: boolean;
  /** Can big blocks be offlined without taking their pages before (6.5)? */
  readonly unsafeBigBlockUnplug: boolean;
  readonly unplugPolicy: UnplugPolicyName;
  /**
   * States of partly plugged memory blocks, in the order in which plugging refills them (5). States
   * in one group are one state to the driver: its memory blocks go by their ids alone.
   */
  readonly refillOrder: readonly (readonly PartialState[])[];
  /** Passes over the big blocks: offline ones, those without kernel memory, all (6.5). */
  readonly bigBlockPasses: readonly ("offline" | "movable" | "all")[];
  /** Are pages of a big block that is wholly offline taken before it is removed (6.5)? */
  readonly takesOfflineBigBlocks: boolean;
  readonly offlineLimit: OfflineLimitRule;
  /**
   * What happens to an online memory block without plugged subblocks (T19 to T21): it is kept for
   * ever, removed once if that works, or removed again and again until it works.
   */
  readonly emptyMemoryBlocks: "kept" | "removed" | "removed-with-retry";
  /** Does the driver run again at once after a memory block was removed (7.1)? */
  readonly runsAgainAfterRemoval: boolean;
  /** Does each offlined memory block make the driver run, or only if it spares online ones (7.1)? */
  readonly runsAfterOffline: "always" | "sparing-online";
  /** When does an onlined memory block make the driver run (7.1)? */
  readonly runsAfterOnline: "at-limit" | "half-limit";
  /** Is the driver told to spare online memory by the parameter `unplug_online` (6.4)? */
  readonly unplugOnlineParameter: boolean;
  /** Does a partly plugged memory block refuse to go online to ZONE_MOVABLE (8)? */
  readonly refusesPartialMovable: boolean;
  /** Does a config change end a run before the next attempt; else at the next request (4.4)? */
  readonly checksConfigBeforeAttempt: boolean;
  /** What a busy device means: the same as busy memory, or a code of its own (7.3). */
  readonly deviceBusy: "EBUSY" | "ETXTBSY";
  /** The wait before another try, doubled after each up to the maximum (7.3). */
  readonly retry: { readonly minimumMs: number; readonly maximumMs: number };
  /**
   * What loading the driver says where memory of the device is known to Linux already, because the
   * driver was loaded before (6.6).
   */
  readonly reloadErrno: "EINVAL" | "EBUSY";
  /** May the guest suspend: never, or where nothing is plugged or the device keeps its memory (9)? */
  readonly suspend: "refused" | "by-feature";
  /** What the driver does in a kdump kernel: nothing, say which pages are RAM, list them (9). */
  readonly kdump: "refused" | "answers" | "lists";
  /** Features of the device that the driver knows (9, device.md 3). */
  readonly features: readonly FeatureName[];
  readonly accounting: AccountingProfile;
}

export type PartialState = "kernel-partial" | "movable-partial" | "offline-partial";

/** Which books follow when pages go fake-offline and back (4.6). */
export interface AccountingProfile {
  /** Do pages taken back (kind C) leave the managed pages of their zone; else only `totalram`? */
  readonly takenLeaveManaged: boolean;
  /** Can a memory block with fake-offline pages go offline? */
  readonly partialGoesOffline: boolean;
  /** Does it then leave with all its pages, also those that its zone never counted as managed? */
  readonly offlineSubtractsAll: boolean;
  /** Does the driver undo what it has not done, where somebody else vetoed before it was asked? */
  readonly cancelsUnasked: boolean;
}
