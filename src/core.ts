/**
 * The page allocator by itself: zones, free lists, `alloc_contig_range()` and hotplug of one guest,
 * by pfns and page counts.
 *
 * @packageDocumentation
 */

export {
  AllocFlag,
  classOfState,
  CONTIG_STAGES,
  Hold,
  MAX_ORDER,
  Migratetype,
  PAGE_SIZE,
  PAGEBLOCK_ORDER,
  PAGEBLOCK_PAGES,
  PAGEBLOCK_SIZE,
  PageClass,
  pageClassName,
  Relief,
  type MmFlagName,
  ZoneKindNumber,
} from "./core/abi.js";
export type { Bitmap, BitRun } from "./core/bitmap.js";
export type { ContigResult, ContigStage } from "./core/contig-result.js";
export type {
  CoreWorkload,
  GuestWorkloads,
  OomKill,
  WorkloadLook,
  WorkloadState,
} from "./core/guest-workloads.js";
export { CapacityError, KernelError } from "./core/kernel-error.js";
export { loadCore, loadCoreSync, type Core, type CoreSource } from "./core/load.js";
export {
  PageMemory,
  type MemoryUse,
  type MmBehaviour,
  type OfflineResult,
  type PageCounts,
  type SubblockCounts,
} from "./core/page-memory.js";
export { prepareRequest, type PageRequest, type PreparedRequest } from "./core/page-request.js";
export { Errno, type ErrnoName } from "./errno.js";
export { InputError } from "./input-error.js";
