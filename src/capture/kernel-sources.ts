import type { Btf } from "./btf.js";
import type { KernelMemory } from "./kernel-memory.js";
import type { KernelSymbols } from "./kernel-symbols.js";
import type { VmcoreInfo } from "./vmcoreinfo.js";

/** What the kernel's free lists, caches and pageblocks are read from. */
export interface KernelSources {
  readonly memory: KernelMemory;
  readonly info: VmcoreInfo;
  readonly types: Btf;
  readonly symbols: KernelSymbols;
  /** NUMA nodes to look at. */
  readonly nodes: readonly number[];
  /** Virtual address of the struct page of pfn 0. */
  readonly memmapBase: bigint;
  /** Memory ends at this pfn. */
  readonly endPfn: number;
  /** Name for messages. */
  readonly file: string;
}
