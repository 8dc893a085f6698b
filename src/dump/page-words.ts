import { PageDescriber } from "../core/page-describer.js";
import { KernelError } from "../core/kernel-error.js";
import { CaptureError } from "../capture/capture-error.js";
import { symbolOf, type DumpedKernel } from "./dumped-kernel.js";
import { kernelFlagLayout } from "./page-flag-layout.js";
import type { MemorySections } from "./sections.js";
import { unlessMissing } from "../capture/kernel-reader.js";

const WORD = 8;
/** KPF_NOPAGE: no page, or one of a memory block that is offline. */
const NO_PAGE = 1n << 20n;
/** KPF_ZERO_PAGE, in the upper byte of a word's first four. */
const ZERO_PAGE_BYTE = 3;
const ZERO_PAGE_BIT = 1;

/** The words of /proc/kpageflags of all sections, from pfn 0 on. */
export async function* kpageflags(
  kernel: DumpedKernel,
  sections: MemorySections,
): AsyncGenerator<Uint8Array, void, undefined> {
  const describer = await describerOf(kernel);
  const { pagesPerSection } = sections;
  const zeroPfn = await unlessMissing(() => kernel.reader.u64(symbolOf(kernel, "zero_pfn")));
  const hole = new Uint8Array(new BigUint64Array(pagesPerSection).fill(NO_PAGE).buffer);
  let next = 0;
  for (const { number, isOnline, memmap } of sections.present) {
    for (; next < number; next++) yield hole;
    next++;
    if (!isOnline || memmap === undefined) {
      yield hole;
      continue;
    }
    const first = number * pagesPerSection;
    const bytes = await readMemmap(kernel, sections, memmap);
    const words = new Uint8Array(pagesPerSection * WORD);
    const { structSize } = sections;
    for (let page = 0; page < pagesPerSection; page += describer.mostPages) {
      const end = Math.min(page + describer.mostPages, pagesPerSection);
      const part = bytes.subarray(page * structSize, end * structSize);
      words.set(describer.describe(first + page, part), page * WORD);
    }
    const zero = zeroPfn === undefined ? -1 : Number(zeroPfn) - first;
    if (zero >= 0 && zero < pagesPerSection) {
      const at = zero * WORD + ZERO_PAGE_BYTE;
      words[at] = (words[at] ?? 0) | ZERO_PAGE_BIT;
    }
    yield words;
  }
}

async function describerOf(kernel: DumpedKernel): Promise<PageDescriber> {
  try {
    return await PageDescriber.create(kernelFlagLayout(kernel));
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    const rule = "must be those of a struct page, got others: is VMCOREINFO damaged?";
    throw new CaptureError(kernel.name, "fields of a struct page", rule, { cause: error });
  }
}

/** The struct pages of all sections that are online, as they are. */
export async function* structPages(
  kernel: DumpedKernel,
  sections: MemorySections,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { isOnline, memmap } of sections.present) {
    if (isOnline && memmap !== undefined) yield await readMemmap(kernel, sections, memmap);
  }
}

/** Which those are: address and bytes a line. */
export function structPageRuns({ present, pagesPerSection, structSize }: MemorySections): string {
  const size = BigInt(pagesPerSection) * BigInt(structSize);
  const runs: { start: bigint; end: bigint }[] = [];
  for (const { isOnline, memmap } of present) {
    if (!isOnline || memmap === undefined) continue;
    const last = runs.at(-1);
    if (last?.end === memmap) last.end += size;
    else runs.push({ start: memmap, end: memmap + size });
  }
  return runs.map(({ start, end }) => `${digits(start)} ${digits(end - start)}\n`).join("");
}

function digits(value: bigint): string {
  return value.toString(16).padStart(16, "0");
}

function readMemmap(
  { space }: DumpedKernel,
  { pagesPerSection, structSize }: MemorySections,
  memmap: bigint,
): Promise<Uint8Array> {
  return space.read(memmap, pagesPerSection * structSize);
}
