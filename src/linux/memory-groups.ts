import type { MemoryGroup } from "./linux-memory.js";
import type { Zone } from "./zone-table.js";

/** Online memory of one group, in present pages. */
export interface GroupPages {
  kernel: number;
  movable: number;
}

/**
 * How much memory of each dynamic memory group is online, and in which kind of zone
 * (docs/spec/driver.md, "Zone of onlined memory").
 */
export class MemoryGroups {
  readonly #pages = new Map<MemoryGroup, GroupPages>();

  /** Pages of a group came online in a zone; fewer than 0: went offline. */
  add(group: MemoryGroup, zone: Zone, nrPages: number): void {
    const pages = this.of(group);
    if (zone.kind === "Movable") pages.movable += nrPages;
    else pages.kernel += nrPages;
    this.#pages.set(group, pages);
  }

  of(group: MemoryGroup): GroupPages {
    return this.#pages.get(group) ?? { kernel: 0, movable: 0 };
  }

  /** All groups but one, on all nodes. */
  *others(group: MemoryGroup | undefined): Generator<readonly [MemoryGroup, GroupPages]> {
    for (const entry of this.#pages) if (entry[0] !== group) yield entry;
  }
}
