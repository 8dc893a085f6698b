import { PAGE_SIZE } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import { formatRoughSize } from "../units.js";

/** What a run did to the memory of a guest. */
interface RunOnMemory {
  /** Was any plugged memory in a kernel zone? See {@link hasKernelMemory}. */
  readonly hadKernelMemory: boolean;
  /** Did it end with -ENOMEM? */
  readonly outOfMemory: boolean;
}

/** Is any plugged memory of the device in a kernel zone? */
export function hasKernelMemory({ driver }: Guest): boolean {
  return driver
    .memoryBlocks()
    .some(({ zone, pluggedSize }) => zone !== "Movable" && zone !== undefined && pluggedSize > 0);
}

/**
 * Will the OOM killer end programs soon after a run to shrink?
 *
 * The run itself only fails (-ENOMEM), but in recorded guests with the memory in ZONE_NORMAL the
 * next ordinary allocations invoked the OOM killer seconds later. With it in ZONE_MOVABLE they did
 * not: what the last attempt emptied goes back to programs. Where more is free than that attempt
 * can have emptied, it was not memory that was missing, but room for one large page (hugetlb).
 */
export function isLeftShort(guest: Guest, run: RunOnMemory): boolean {
  if (!run.hadKernelMemory) return false;
  const { free, low } = kernelMemoryOf(guest);
  const emptied = run.outOfMemory ? guest.hotplug.memoryBlockSize / PAGE_SIZE : 0;
  return free <= low + emptied;
}

/** What a guest has to expect where a run leaves it short; empty where it does not. */
export function shortMemoryNotes(guest: Guest, run: RunOnMemory): string[] {
  if (!isLeftShort(guest, run)) return [];
  const { free, min } = kernelMemoryOf(guest);
  return [
    `the guest is left with ${formatRoughSize(free * PAGE_SIZE)} free in its kernel zones, of which ` +
      `it keeps ${formatRoughSize(min * PAGE_SIZE)} for emergencies: ` +
      "its OOM killer is likely to end processes soon after",
  ];
}

/** Pages of the kernel zones together. */
function kernelMemoryOf(guest: Guest) {
  const zones = guest.zones.all().filter(({ kind, managed }) => kind !== "Movable" && managed > 0);
  const sum = (of: (zone: (typeof zones)[number]) => number): number =>
    zones.reduce((total, zone) => total + of(zone), 0);
  return {
    free: sum(({ id }) => guest.pages.freePages(id)),
    min: sum(({ watermarks }) => watermarks.min),
    low: sum(({ watermarks }) => watermarks.low),
  };
}
