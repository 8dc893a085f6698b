// The types of `./core` that signatures of `.` name as well.

export type { MmFlagName } from "./core/abi.js";
export type { Bitmap, BitRun } from "./core/bitmap.js";
export type { ContigResult, ContigStage } from "./core/contig-result.js";
export type {
  CoreWorkload,
  GuestWorkloads,
  OomKill,
  WorkloadLook,
  WorkloadState,
} from "./core/guest-workloads.js";
export type { Core, CoreSource } from "./core/load.js";
export type {
  MemoryUse,
  MmBehaviour,
  OfflineResult,
  PageCounts,
  PageMemory,
  SubblockCounts,
} from "./core/page-memory.js";
export type { LookChanges, PageLook } from "./core/page-look.js";
export type { PageRequest, PreparedRequest } from "./core/page-request.js";
export type { ZoneKind } from "./core/zone-kind.js";
export type { ErrnoName } from "./errno.js";
