import { AllocFlag, Migratetype, PageClass } from "../core/abi.js";
import type { PageMemory } from "../core/page-memory.js";
import type { ZoneKind } from "../core/zone-kind.js";

/** What a type letter stands for. */
export interface AllocationKind {
  readonly type: Migratetype;
  readonly pageClass: PageClass;
  readonly kind: ZoneKind;
  readonly flags?: number;
}

/** The type letters of op `a`. */
export const ALLOCATIONS: Readonly<Record<string, AllocationKind>> = {
  U: { type: Migratetype.Unmovable, pageClass: PageClass.Kernel, kind: "Normal" },
  C: {
    type: Migratetype.Unmovable,
    pageClass: PageClass.KernelCompound,
    kind: "Normal",
    flags: AllocFlag.Compound,
  },
  R: { type: Migratetype.Reclaimable, pageClass: PageClass.Kernel, kind: "Normal" },
  M: { type: Migratetype.Movable, pageClass: PageClass.Kernel, kind: "Normal" },
  V: { type: Migratetype.Movable, pageClass: PageClass.Kernel, kind: "Movable" },
  K: {
    type: Migratetype.Movable,
    pageClass: PageClass.DriverMovable,
    kind: "Normal",
  },
  k: {
    type: Migratetype.Movable,
    pageClass: PageClass.DriverMovable,
    kind: "Movable",
  },
};

/** Allocates for a recorded guest whose memory is on one node. */
export class RecordedAllocator {
  readonly #memory: PageMemory;
  readonly #node: number;

  constructor(memory: PageMemory, node: number) {
    this.#memory = memory;
    this.#node = node;
  }

  /**
   * First pfn, or undefined where there is none.
   *
   * Allocations of the script ignore watermarks and stay on the node, except where the guest has
   * one node only.
   */
  tryAlloc(order: number, { flags = 0, ...kind }: AllocationKind): number | undefined {
    const own = this.#node === 0 ? 0 : AllocFlag.NoWatermarks | AllocFlag.ThisNode;
    return this.#memory.tryAlloc({ ...kind, order, node: this.#node, flags: flags | own });
  }
}
