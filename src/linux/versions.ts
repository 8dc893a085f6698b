import { GiB, KiB, MiB } from "../units.js";
import type { LinuxProfile, ProfileName } from "./profile-types.js";

// Each version as its differences from an older one. What shows that a behaviour of memory
// management is so is in evidence.ts.

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
    contigMovesHugetlb: false,
    contigEnomemExits: false,
    cacheHighOrders: false,
    batchEndsEarly: false,
    offlineShrinksSlab: true,
    loneSlabsIdle: true,
    slabUnreferenced: false,
    coalescedGiveBack: false,
    cacheTunes: false,
    cacheSpillsInBatches: false,
    migratesBatches: false,
    cacheFlushesLate: false,
    splitSharesZeros: false,
    largeLruBatch: false,
    poolLeavesRange: false,
    slabSheaves: false,
    journalKeepsClean: false,
    minFreeLimitSize: 65536 * KiB,
    movableMin: "share",
    reserves: "by-memory-block",
    targetReserves: "as-caller",
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
  kpageflags: { tails: "page", ksm: "merged", referenced: "used" },
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
    contigMovesHugetlb: true,
    contigEnomemExits: true,
    cacheHighOrders: true,
    batchEndsEarly: true,
    offlineShrinksSlab: true,
    loneSlabsIdle: true,
    slabUnreferenced: false,
    coalescedGiveBack: false,
    cacheTunes: false,
    cacheSpillsInBatches: false,
    migratesBatches: false,
    cacheFlushesLate: false,
    splitSharesZeros: false,
    largeLruBatch: false,
    poolLeavesRange: false,
    slabSheaves: false,
    journalKeepsClean: true,
    minFreeLimitSize: 262144 * KiB,
    movableMin: "share",
    reserves: "by-memory-block",
    targetReserves: "as-caller",
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
  kpageflags: { tails: "page", ksm: "merged", referenced: "used" },
};

/**
 * The whole series of September 2019: emptied memory blocks go, partly plugged ones can go offline.
 */
const RFC3: LinuxProfile = {
  ...RFC3_SEED,
  name: "rfc3",
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
  ...RFC3,
  name: "v5.8",
  mm: { ...RFC3.mm, minFreeLimitSize: V6_1.mm.minFreeLimitSize, contigMovesThp: true },
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
  ...V5_8,
  name: "v5.10",
  mm: { ...V5_8.mm, moveToTail: true, batchEndsEarly: true },
  driver: {
    ...V5_8.driver,
    unplugPolicy: "v5.10",
    refillOrder: [["kernel-partial", "movable-partial"], ["offline-partial"]],
    refusesPartialMovable: false,
  },
};

/** Big-block mode; a limit of offline bytes; five attempts in ZONE_MOVABLE. */
const V5_11: LinuxProfile = {
  ...V5_10,
  name: "v5.11",
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

/** ZONE_MOVABLE before the kernel's zones; per-CPU caches of several orders. */
const V5_14: LinuxProfile = {
  ...V5_11,
  name: "v5.14",
  mm: {
    ...V5_11.mm,
    contigMovesHugetlb: true,
    contigEnomemExits: true,
    cacheHighOrders: true,
    journalKeepsClean: true,
  },
  driver: {
    ...V5_11.driver,
    unplugPolicy: "linux",
    refillOrder: V6_1.driver.refillOrder,
    bigBlockPasses: V6_1.driver.bigBlockPasses,
    takesOfflineBigBlocks: true,
  },
};

/**
 * A memory group for each device, and the policy auto-movable, which a guest has set or has not.
 */
const V5_15: LinuxProfile = { ...V5_14, name: "v5.15" };

/** Migration in batches; no unsafe unplug of big blocks; empty memory blocks are tried again. */
const V6_5: LinuxProfile = {
  ...V6_1,
  name: "v6.5",
  mm: { ...V6_1.mm, migratesBatches: true },
  driver: {
    ...V6_1.driver,
    unsafeBigBlockUnplug: false,
    emptyMemoryBlocks: "removed-with-retry",
    checksConfigBeforeAttempt: true,
  },
};

/** ZONE_MOVABLE needs hardly any free pages of its own. */
const V6_6: LinuxProfile = { ...V6_5, name: "v6.6", mm: { ...V6_5.mm, movableMin: "own" } };

/** Per-CPU caches grow by themselves. */
const V6_8: LinuxProfile = { ...V6_6, name: "v6.8", mm: { ...V6_6.mm, cacheTunes: true } };

/**
 * Free lists follow the pageblocks; folios in the page flags; suspend where the device allows it.
 */
const V6_12: LinuxProfile = {
  name: "v6.12",
  mm: {
    ...V6_8.mm,
    listFollowsBlock: true,
    claimOrSteal: true,
    loneSlabsIdle: false,
    splitSharesZeros: true,
    largeLruBatch: true,
  },
  driver: {
    ...V6_8.driver,
    suspend: "by-feature",
    features: [...V6_8.driver.features, "PersistentSuspend"],
  },
  kpageflags: { tails: "folio", ksm: "anonymous", referenced: "used" },
};

/**
 * Isolation is a bit of its own; slab does not shrink for offlining; a kdump kernel lists the
 * device's RAM.
 */
const V6_18: LinuxProfile = {
  name: "v6.18",
  mm: {
    ...V6_12.mm,
    isolateKeepsType: true,
    offlineShrinksSlab: false,
    slabUnreferenced: true,
    cacheFlushesLate: true,
    poolLeavesRange: true,
    slabSheaves: true,
    reserves: "by-subblock",
  },
  driver: { ...V6_12.driver, kdump: "lists" },
  kpageflags: { tails: "folio", ksm: "merged", referenced: "used" },
};

/** What free_contig_range() gives back goes in large chunks. */
const V7_2: LinuxProfile = {
  ...V6_18,
  name: "v7.2",
  mm: {
    ...V6_18.mm,
    coalescedGiveBack: true,
    cacheSpillsInBatches: true,
    targetReserves: "never",
  },
  kpageflags: { tails: "folio", ksm: "merged", referenced: "anonymous" },
};

/** Oldest first. */
export const PROFILES: Readonly<Record<ProfileName, LinuxProfile>> = {
  "rfc3-seed": RFC3_SEED,
  rfc3: RFC3,
  "v5.8": V5_8,
  "v5.10": V5_10,
  "v5.11": V5_11,
  "v5.14": V5_14,
  "v5.15": V5_15,
  "v6.1": V6_1,
  "v6.5": V6_5,
  "v6.6": V6_6,
  "v6.8": V6_8,
  "v6.12": V6_12,
  "v6.18": V6_18,
  "v7.2": V7_2,
  upstream: { ...V7_2, name: "upstream" },
};
