import type { DriverProfile } from "../virtio-mem/driver-profile.js";
import { KiB, MiB, GiB } from "../units.js";

/** Name of a Linux version. */
export type ProfileName =
  "rfc3-seed" | "rfc3" | "v5.8" | "v5.10" | "v5.11" | "v5.14" | "v6.1" | "v6.5" | "upstream";

/** Memory management of a version. Each boolean stands for the MM_ bit of the same name. */
export interface MmProfile {
  /** Chunks moved between types, and onlined memory, go to the list tail; else to the head. */
  readonly moveToTail: boolean;
  /** At order 9 and 10 only mergeable types merge across a type border. */
  readonly mergeMergeableOnly: boolean;
  /** A chunk always lies on the list of its pageblock's type. */
  readonly listFollowsBlock: boolean;
  /** Fallback claims a pageblock or steals one chunk, nothing else moves. */
  readonly claimOrSteal: boolean;
  /** Isolation keeps the migratetype underneath; else it ends as MOVABLE. */
  readonly isolateKeepsType: boolean;
  /** alloc_contig_range() isolates single pageblocks; else units of 4 MiB. */
  readonly isolatePageblock: boolean;
  /**
   * THPs and hugetlb pages migrate as a unit inside alloc_contig_range(); else they are skipped.
   */
  readonly contigMovesThp: boolean;
  /** -ENOMEM of a migration ends the attempt at once; else it goes on. */
  readonly contigEnomemExits: boolean;
  /** Per-CPU caches hold orders 0 to 3 and 9; else order 0 only. */
  readonly cacheHighOrders: boolean;
  /** Memory never onlined is marked PG_reserved; else PG_dirty. */
  readonly neverOnlinedReserved: boolean;
  /**
   * On nodes with few LRU pages a batch of pages to move ends early, at a pageblock border; else it
   * is 32 pages.
   */
  readonly batchEndsEarly: boolean;
  /**
   * The hugetlb pool keeps away from a range that is being emptied, and its pages there are
   * replaced in the end.
   */
  readonly poolLeavesRange: boolean;
  /** Slab caches keep freed objects in sheaves, so that slabs rarely empty a pageblock. */
  readonly slabSheaves: boolean;
  /** Clean metadata buffers stay on the journal's checkpoint list until the next commit. */
  readonly journalKeepsClean: boolean;
  /** Upper clamp of min_free_kbytes, in bytes. */
  readonly minFreeLimitSize: number;
  /** Pages that wait in a per-CPU batch before they reach the LRU. */
  readonly lruBatchPages: number;
}

/** Behaviour of one Linux version, as data. */
export interface LinuxProfile {
  /** What it is called. */
  readonly name: ProfileName;
  /** Memory management. */
  readonly mm: MmProfile;
  /** The virtio-mem driver. */
  readonly driver: DriverProfile;
}

const RFC3_SEED: LinuxProfile = {
  name: "rfc3-seed",
  mm: {
    moveToTail: false,
    mergeMergeableOnly: false,
    listFollowsBlock: false,
    claimOrSteal: false,
    isolateKeepsType: false,
    isolatePageblock: false,
    contigMovesThp: false,
    contigEnomemExits: false,
    cacheHighOrders: false,
    neverOnlinedReserved: true,
    batchEndsEarly: false,
    poolLeavesRange: false,
    journalKeepsClean: false,
    slabSheaves: false,
    minFreeLimitSize: 65536 * KiB,
    lruBatchPages: 15,
  },
  driver: {
    subblockMinimumSize: 4 * MiB,
    bigBlockMode: false,
    unsafeBigBlockUnplug: false,
    unplugPolicy: "rfc3-seed",
    refillOrder: [["kernel-partial"], ["offline-partial"]],
    bigBlockPasses: [],
    takesOfflineBigBlocks: false,
    offlineLimit: { kind: "memory-blocks", count: 10 },
    emptyMemoryBlocks: "kept",
    runsAgainAfterRemoval: false,
    runsAfterOffline: "always",
    runsAfterOnline: "at-limit",
    unplugOnlineParameter: false,
    refusesPartialMovable: true,
    checksConfigBeforeAttempt: false,
    deviceBusy: "EBUSY",
    retry: { minimumMs: 30_000, maximumMs: 30_000 },
    reloadErrno: "EINVAL",
    suspend: "refused",
    kdump: "refused",
    features: ["AcpiPxm", "Version1"],
    accounting: {
      takenLeaveManaged: false,
      partialGoesOffline: false,
      offlineSubtractsAll: true,
      cancelsUnasked: false,
    },
  },
};

const V6_1: LinuxProfile = {
  name: "v6.1",
  mm: {
    moveToTail: true,
    mergeMergeableOnly: true,
    listFollowsBlock: false,
    claimOrSteal: false,
    isolateKeepsType: false,
    isolatePageblock: true,
    contigMovesThp: true,
    contigEnomemExits: true,
    cacheHighOrders: true,
    neverOnlinedReserved: false,
    batchEndsEarly: true,
    poolLeavesRange: false,
    journalKeepsClean: true,
    slabSheaves: false,
    minFreeLimitSize: 262144 * KiB,
    lruBatchPages: 15,
  },
  driver: {
    subblockMinimumSize: 2 * MiB,
    bigBlockMode: true,
    unsafeBigBlockUnplug: true,
    unplugPolicy: "linux",
    refillOrder: [["kernel-partial"], ["movable-partial"], ["offline-partial"]],
    bigBlockPasses: ["offline", "movable", "all"],
    takesOfflineBigBlocks: true,
    offlineLimit: { kind: "size", size: GiB },
    emptyMemoryBlocks: "removed",
    runsAgainAfterRemoval: true,
    runsAfterOffline: "sparing-online",
    runsAfterOnline: "half-limit",
    unplugOnlineParameter: true,
    refusesPartialMovable: false,
    checksConfigBeforeAttempt: false,
    deviceBusy: "ETXTBSY",
    retry: { minimumMs: 50_000, maximumMs: 300_000 },
    reloadErrno: "EBUSY",
    suspend: "refused",
    kdump: "answers",
    features: ["AcpiPxm", "UnpluggedInaccessible", "Version1"],
    accounting: {
      takenLeaveManaged: true,
      partialGoesOffline: true,
      offlineSubtractsAll: false,
      cancelsUnasked: false,
    },
  },
};

/**
 * The whole series of September 2019: emptied memory blocks go, partly plugged ones can go offline.
 */
const RFC3: LinuxProfile = {
  name: "rfc3",
  mm: { ...RFC3_SEED.mm, neverOnlinedReserved: false },
  driver: {
    ...RFC3_SEED.driver,
    emptyMemoryBlocks: "removed",
    accounting: {
      takenLeaveManaged: false,
      partialGoesOffline: true,
      offlineSubtractsAll: true,
      cancelsUnasked: true,
    },
  },
};

/** The first release: downwards, whole memory blocks first, a busy device is not busy memory. */
const V5_8: LinuxProfile = {
  name: "v5.8",
  mm: { ...RFC3.mm, minFreeLimitSize: V6_1.mm.minFreeLimitSize },
  driver: {
    ...RFC3.driver,
    unplugPolicy: "v5.8",
    unplugOnlineParameter: true,
    deviceBusy: "ETXTBSY",
    retry: V6_1.driver.retry,
    reloadErrno: "EBUSY",
    accounting: V6_1.driver.accounting,
  },
};

/** ZONE_MOVABLE is memory like any other. */
const V5_10: LinuxProfile = {
  name: "v5.10",
  mm: { ...V5_8.mm, moveToTail: true },
  driver: {
    ...V5_8.driver,
    unplugPolicy: "v5.10",
    refillOrder: [["kernel-partial", "movable-partial"], ["offline-partial"]],
    refusesPartialMovable: false,
  },
};

/** Big-block mode; a limit of offline bytes; five attempts in ZONE_MOVABLE. */
const V5_11: LinuxProfile = {
  name: "v5.11",
  mm: V5_10.mm,
  driver: {
    ...V5_10.driver,
    unplugPolicy: "v5.11",
    bigBlockMode: true,
    unsafeBigBlockUnplug: true,
    bigBlockPasses: ["offline", "all"],
    offlineLimit: V6_1.driver.offlineLimit,
    runsAgainAfterRemoval: true,
    runsAfterOffline: "sparing-online",
    runsAfterOnline: "half-limit",
  },
};

/** ZONE_MOVABLE before the kernel's zones. */
const V5_14: LinuxProfile = {
  name: "v5.14",
  mm: { ...V5_11.mm, cacheHighOrders: true, journalKeepsClean: true },
  driver: {
    ...V5_11.driver,
    unplugPolicy: "linux",
    refillOrder: V6_1.driver.refillOrder,
    bigBlockPasses: V6_1.driver.bigBlockPasses,
    takesOfflineBigBlocks: true,
  },
};

/**
 * No unsafe unplug of big blocks; empty memory blocks are tried again; config changes are seen
 * soon.
 */
const V6_5: LinuxProfile = {
  name: "v6.5",
  mm: V6_1.mm,
  driver: {
    ...V6_1.driver,
    unsafeBigBlockUnplug: false,
    emptyMemoryBlocks: "removed-with-retry",
    checksConfigBeforeAttempt: true,
  },
};

/** Suspend where the device allows it; a kdump kernel lists the device's RAM. */
const UPSTREAM: LinuxProfile = {
  name: "upstream",
  mm: {
    ...V6_1.mm,
    listFollowsBlock: true,
    claimOrSteal: true,
    isolateKeepsType: true,
    poolLeavesRange: true,
    slabSheaves: true,
    lruBatchPages: 31,
  },
  driver: {
    ...V6_5.driver,
    suspend: "by-feature",
    kdump: "lists",
    features: [...V6_5.driver.features, "PersistentSuspend"],
  },
};

const PROFILES: Readonly<Record<ProfileName, LinuxProfile>> = {
  "rfc3-seed": RFC3_SEED,
  rfc3: RFC3,
  "v5.8": V5_8,
  "v5.10": V5_10,
  "v5.11": V5_11,
  "v5.14": V5_14,
  "v6.1": V6_1,
  "v6.5": V6_5,
  upstream: UPSTREAM,
};

/** Names of all profiles, oldest first. */
export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];

/** @throws RangeError if there is no profile of that name. */
export function linuxProfile(name: ProfileName): LinuxProfile {
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile === undefined) {
    throw new RangeError(`profile must be one of ${PROFILE_NAMES.join(", ")}, got ${name}`);
  }
  return profile;
}
