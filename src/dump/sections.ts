import { CaptureError } from "../capture/capture-error.js";
import { PAGE_SIZE } from "../units.js";
import type { DumpedKernel } from "./dumped-kernel.js";

// Low bits of mem_section.section_mem_map; the rest is where the struct page of pfn 0 would lie.
const PRESENT = 1n;
const HAS_MEMMAP = 2n;
const ONLINE = 4n;
const MEMMAP = ~0xfffn;

const MAX_ROOTS = 2 ** 20;
const POINTER = 8;
const MAX_PAGES = 2 ** 32;

/** A part of memory that Linux manages as one: 128 MiB on x86-64. */
export interface MemorySection {
  /** Which one, by address. */
  readonly number: number;
  readonly isOnline: boolean;
  /** Address of the struct page of its first page; undefined where it has none. */
  readonly memmap: bigint | undefined;
}

/** The sections of a guest. */
export interface MemorySections {
  readonly pagesPerSection: number;
  /** Bytes of a struct page. */
  readonly structSize: number;
  /** Those that are there, ascending. */
  readonly present: readonly MemorySection[];
}

/**
 * Reads the table of sections (CONFIG_SPARSEMEM_EXTREME): pointers to pages of `mem_section`.
 *
 * @throws CaptureError if the note does not say where it is, or it is none.
 */
export async function readSections({ info, reader, name }: DumpedKernel): Promise<MemorySections> {
  const bits = info.constant("SECTION_SIZE_BITS");
  const roots = info.findLength("mem_section") ?? 0;
  const size = info.size("mem_section");
  const at = info.offset("mem_section.section_mem_map");
  const table = info.symbol("mem_section");
  const structSize = info.size("page");
  if (
    bits < 24 ||
    bits > 36 ||
    roots < 1 ||
    roots > MAX_ROOTS ||
    size > PAGE_SIZE ||
    at > size - 8
  ) {
    const found = `SECTION_SIZE_BITS ${bits}, ${roots} roots of sections with ${size} bytes`;
    throw new CaptureError(name, "memory sections", `must be those of a kernel, got ${found}`);
  }
  if (table === undefined) {
    throw new CaptureError(name, "SYMBOL(mem_section)", "must be in VMCOREINFO, got none");
  }
  const pagesPerSection = 2 ** bits / PAGE_SIZE;
  const perRoot = Math.floor(PAGE_SIZE / size);
  const pointers = await reader.view(table, roots * POINTER);
  const present: MemorySection[] = [];
  for (let root = 0; root < roots; root++) {
    const address = pointers.getBigUint64(root * POINTER, true);
    if (address === 0n) continue;
    const view = await reader.view(address, perRoot * size);
    for (let index = 0; index < perRoot; index++) {
      const word = view.getBigUint64(index * size + at, true);
      if ((word & PRESENT) === 0n) continue;
      const number = root * perRoot + index;
      if ((number + 1) * pagesPerSection > MAX_PAGES) {
        const rule = "must end below 16 TiB, got one above: not supported yet";
        throw new CaptureError(name, `memory section ${number}`, rule);
      }
      const start = BigInt(number) * BigInt(pagesPerSection) * BigInt(structSize);
      present.push({
        number,
        isOnline: (word & ONLINE) !== 0n,
        memmap: (word & HAS_MEMMAP) === 0n ? undefined : (word & MEMMAP) + start,
      });
    }
  }
  if (present.length === 0) {
    throw new CaptureError(
      name,
      "memory sections",
      "must be there, got none: had the guest booted?",
    );
  }
  return { pagesPerSection, structSize, present };
}
