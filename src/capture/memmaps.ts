import { PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import { SECTION_SIZE } from "../linux/memory-hotplug.js";
import type { Capture } from "./capture.js";

const PAGE_SIZE = 4096;

/**
 * First pfn of the 2 MiB of struct pages of each 128 MiB section of the device, by the section's address.
 *
 * Nothing in a guest names them. They are pageblocks without a flag on any page, and were taken one by one while
 * memory blocks were added in ascending order, out of the lowest memory free at that time. So the memmaps
 * in ascending order belong to the sections in ascending order; the first sections' may lie in boot memory.
 */
export function memmapsOf(capture: Capture, pages: PageMemory): Map<number, number> {
  const { regionStart, regionSize } = capture.device;
  const inRegion = (address: number): boolean =>
    address >= regionStart && address < regionStart + regionSize;
  const found = new Map<number, number>();
  if (capture.memmaps !== undefined) {
    for (const { section, pfn } of capture.memmaps) {
      if (inRegion(section)) found.set(section, pfn);
    }
    return found;
  }
  const sections = capture.memoryBlocks
    .map(({ id }) => id * capture.memoryBlockSize)
    .filter(inRegion)
    .sort((a, b) => a - b)
    .flatMap((start) =>
      Array.from(
        { length: capture.memoryBlockSize / SECTION_SIZE },
        (_, index) => start + index * SECTION_SIZE,
      ),
    );
  const memmaps = pages.uniformPageblocks(PageClass.Memmap);
  // the last memmaps belong to the last sections: earlier ones may be in memory that does not look like one
  const offset = Math.max(0, memmaps.length - sections.length);
  const skipped = Math.max(0, sections.length - memmaps.length);
  for (const [index, section] of sections.entries()) {
    const pfn = memmaps[index - skipped + offset];
    if (pfn !== undefined && pfn * PAGE_SIZE < section) found.set(section, pfn);
  }
  return found;
}
