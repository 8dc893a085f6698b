import { readKernelLists } from "../capture/kernel-lists.js";
import { formatKernelSegments, RecordedMemory } from "../capture/kernel-memory.js";
import { formatKernelSymbols, KERNEL_SYMBOLS } from "../capture/kernel-symbols.js";
import type { DumpedKernel } from "./dumped-kernel.js";
import type { MemorySections } from "./sections.js";

/** The files of an exact capture that tell free lists, caches of CPUs and types of pageblocks. */
export interface KernelPieces {
  readonly symbols: string;
  readonly segments: string;
  readonly memory: readonly Uint8Array[];
}

/**
 * The pieces of the kernel's memory that the reader of free lists asks for, found by letting it
 * read the dump.
 *
 * @throws CaptureError where zones cannot be read.
 */
export async function kernelPieces(
  kernel: DumpedKernel,
  { present, pagesPerSection, structSize }: MemorySections,
  nodes: readonly number[],
): Promise<KernelPieces> {
  const online = present.filter(({ isOnline, memmap }) => isOnline && memmap !== undefined);
  const [first, last] = [online[0], online.at(-1)];
  const firstPfn = (first?.number ?? 0) * pagesPerSection;
  const symbols = new Map(
    KERNEL_SYMBOLS.flatMap((name) => {
      const address = kernel.symbols.get(name);
      return address === undefined ? [] : [[name, address] as const];
    }),
  );
  const recorded = new RecordedMemory(kernel.space);
  await readKernelLists({
    memory: recorded,
    info: kernel.info,
    types: kernel.types,
    symbols,
    nodes,
    memmapBase: (first?.memmap ?? 0n) - BigInt(firstPfn) * BigInt(structSize),
    endPfn: ((last?.number ?? -1) + 1) * pagesPerSection,
    file: kernel.name,
  });
  const pieces = recorded.pieces();
  return {
    symbols: formatKernelSymbols(symbols),
    segments: formatKernelSegments(pieces.map(({ segment }) => segment)),
    memory: pieces.map(({ bytes }) => bytes),
  };
}
