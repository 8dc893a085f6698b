/**
 * The page allocator by itself: zones, free lists, `alloc_contig_range()` and hotplug of one guest,
 * by pfns and page counts.
 *
 * @packageDocumentation
 */

export type * from "./core-types.js";

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
} from "./core/abi.js";
export { CapacityError, KernelError } from "./core/kernel-error.js";
export { loadCore, loadCoreSync } from "./core/load.js";
export { PageMemory } from "./core/page-memory.js";
export { prepareRequest } from "./core/page-request.js";
export { Errno } from "./errno.js";
export { InputError } from "./input-error.js";
