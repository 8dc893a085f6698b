import { PAGE_SIZE, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { SECTION_SIZE } from "../linux/memmap.js";
import type { Capture } from "../capture/capture.js";
import { hasReferences } from "../capture/references.js";

/**
 * First pfn of the 2 MiB of struct pages of each 128 MiB section of the device, by the section's
 * address; sections whose struct pages lie in boot memory are not in it.
 *
 * Where they were not recorded: they are pageblocks without a flag on any page, in kernel memory of
 * the device, and were taken one by one, ascending, while memory blocks were added, ascending. So
 * they belong to the present sections in order; those of the first memory block lie in boot memory,
 * since nothing else was there. Where memory blocks were removed in between, others may have been
 * there once: then they are matched from the top. A pageblock above the matched ones is a cached
 * chunk, the second of a refill.
 */
export function memmapsOf(capture: Capture, pages: PageMemory): Map<number, number> {
  return capture.memmaps === undefined
    ? inferMemmaps(capture, pages)
    : recordedMemmaps(capture, capture.memmaps);
}

function recordedMemmaps(
  capture: Capture,
  memmaps: NonNullable<Capture["memmaps"]>,
): Map<number, number> {
  const found = new Map<number, number>();
  for (const { section, pfn } of memmaps) if (isInRegion(capture, section)) found.set(section, pfn);
  return found;
}

function inferMemmaps(capture: Capture, pages: PageMemory): Map<number, number> {
  const { regionStart, blockSize } = capture.device;
  const present = sectionsOf(capture);
  const highest = present.at(-1);
  const found = new Map<number, number>();
  if (highest === undefined) return found;
  // with reference counts it shows which pageblocks these are
  const isKnown = hasReferences(capture);
  const candidates = pages.loader
    .uniformPageblocks(isKnown ? PageClass.Memmap : PageClass.Unknown)
    .filter((pfn) => isInRegion(capture, pfn * PAGE_SIZE));
  const first = Math.ceil(regionStart / capture.memoryBlockSize) * capture.memoryBlockSize;
  const all = Array.from(
    { length: (highest - first) / SECTION_SIZE + 1 },
    (_, index) => first + index * SECTION_SIZE,
  );
  const unit =
    Math.max(capture.memoryBlockSize, blockSize, capture.settings.bigBlockSize) / SECTION_SIZE;
  const hasGaps = all.length > present.length;
  const fromTop = hasGaps && candidates.length - (present.length - unit) >= 2;
  const sections = fromTop ? all : present;
  const inBoot = Math.max(unit, sections.length - candidates.length);
  const known = new Set(present);
  for (const [index, section] of sections.slice(inBoot).entries()) {
    const pfn = candidates[index];
    if (pfn !== undefined && known.has(section)) found.set(section, pfn);
  }
  if (isKnown) return found;
  for (const pfn of found.values()) pages.loader.markMemmap(pfn);
  return found;
}

function isInRegion(capture: Capture, address: number): boolean {
  const { regionStart, regionSize } = capture.device;
  return address >= regionStart && address < regionStart + regionSize;
}

/** Addresses of the device's sections that Linux knows, ascending. */
function sectionsOf(capture: Capture): number[] {
  return capture.memoryBlocks
    .map(({ id }) => id * capture.memoryBlockSize)
    .filter((address) => isInRegion(capture, address))
    .sort((a, b) => a - b)
    .flatMap((start) =>
      Array.from(
        { length: capture.memoryBlockSize / SECTION_SIZE },
        (_, index) => start + index * SECTION_SIZE,
      ),
    );
}
