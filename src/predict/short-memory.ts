import { PAGE_SIZE } from "../core/abi.js";
import type { Guest } from "../guest/guest.js";
import { formatRoughSize } from "../units.js";

/**
 * What a guest with device memory in kernel zones has to expect where a run leaves it without free
 * memory; empty where it does not.
 *
 * The run itself only fails (-ENOMEM), but in recorded guests with the memory in ZONE_NORMAL the
 * next ordinary allocations invoked the OOM killer seconds later. With it in ZONE_MOVABLE they did
 * not: what the last attempt emptied goes back to programs.
 *
 * @param hadKernelMemory - was any plugged memory in a kernel zone?
 * @param outOfMemory - did a run end with -ENOMEM?
 */
export function shortMemoryNotes(
  guest: Guest,
  hadKernelMemory: boolean,
  outOfMemory: boolean,
): string[] {
  if (!hadKernelMemory) return [];
  const zones = guest.zones.all().filter(({ kind, managed }) => kind !== "Movable" && managed > 0);
  const sum = (of: (zone: (typeof zones)[number]) => number): number =>
    zones.reduce((total, zone) => total + of(zone), 0);
  const free = sum(({ id }) => guest.pages.freePages(id));
  const low = sum(({ watermarks }) => watermarks.low);
  if (!outOfMemory && free > low) return [];
  return [
    `the guest is left with ${formatRoughSize(free * PAGE_SIZE)} free in its kernel zones, of which ` +
      `it keeps ${formatRoughSize(sum(({ watermarks }) => watermarks.min) * PAGE_SIZE)} for emergencies: ` +
      "its OOM killer is likely to end processes soon after",
  ];
}
