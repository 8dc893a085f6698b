import { AllocFlag, Hold, JournalKind, Migratetype, PageClass } from "../../src/core/abi.js";
import { PageMemory } from "../../src/core/page-memory.js";
import type { PageRequest } from "../../src/core/page-request.js";
import type { ContigResult } from "../../src/core/contig-result.js";
import { linuxProfile, type ProfileName } from "../../src/linux/profile.js";
import { coreModule } from "../core-under-test.js";

/** Where the zone of the examples starts. */
export const START = 4096;

const TYPE_NAMES = { UNM: 0, MOV: 1, REC: 2, HIA: 3, ISO: 4 } as const;
const NODE = 0;

/**
 * One zone from pfn 4096 on, caches off, no watermarks, no shuffling, empty at first; drawn as the
 * golden examples are:
 *
 *     TYPE order:[first pfns from list head to list tail] ...
 *     pb type of each pageblock by its first pfn
 *     nr_free=NR_FREE_PAGES
 */
export class ExampleZone {
  readonly memory: PageMemory;
  readonly zone: number;
  #end = START;

  constructor(profile: ProfileName, nrPages: number) {
    this.memory = PageMemory.createSync(START + 8192, linuxProfile(profile).mm, coreModule());
    this.zone = this.memory.addZone("Normal", NODE);
    this.memory.journal.open(10_000);
    if (nrPages > 0) this.online(START, nrPages);
  }

  online(pfn: number, nrPages: number): void {
    this.memory.online(this.zone, pfn, nrPages, [[pfn, nrPages]]);
    this.#end = Math.max(this.#end, pfn + nrPages);
  }

  /** Kernel memory of type UNMOVABLE. */
  unmovable(order: number): number | undefined {
    return this.#alloc({ order, type: Migratetype.Unmovable, pageClass: PageClass.Kernel });
  }

  /** Pages on an LRU. */
  movable(order: number): number | undefined {
    return this.#alloc({
      order,
      type: Migratetype.Movable,
      pageClass: PageClass.Anon,
      flags: AllocFlag.Compound,
    });
  }

  #alloc(request: Omit<PageRequest, "kind" | "node">): number | undefined {
    return this.memory.tryAlloc({ ...request, kind: "Movable", node: NODE });
  }

  /** `count` single LRU pages. */
  movablePages(count: number): (number | undefined)[] {
    return Array.from({ length: count }, () => this.movable(0));
  }

  free(pfn: number, order = 0): void {
    this.memory.free(pfn, order);
  }

  /** Frees [start, end) page by page, ascending. */
  freePages(start: number, end: number): void {
    for (let pfn = start; pfn < end; pfn++) this.free(pfn);
  }

  makeKernel(pfn: number): void {
    this.memory.setPage(pfn, PageClass.Kernel, Hold.None);
  }

  pin(pfn: number): void {
    this.memory.setPage(pfn, PageClass.Anon, Hold.Pinned);
  }

  /** An attempt, and the pages it moved as "source->target". */
  contig(start: number, end: number): ContigResult & { readonly moves: string } {
    this.memory.journal.take();
    const result = this.memory.allocContig(start, end - start);
    const moves = this.memory.journal
      .take()
      .filter(({ kind }) => kind === JournalKind.Moved)
      .map(({ source, target }) => `${source}->${target}`);
    return { ...result, moves: moves.join(", ") };
  }

  list(order: number, type: Migratetype = Migratetype.Movable): number[] {
    return this.memory.freeList(this.zone, order, type);
  }

  /** The picture of the zone. Throws where an invariant is broken. */
  draw(): string {
    const broken = this.memory.validate();
    if (broken !== undefined) throw new Error(broken);
    const lines: string[] = [];
    for (const [name, type] of Object.entries(TYPE_NAMES)) {
      const lists = Array.from({ length: 11 }, (_, order) => this.list(order, type));
      const drawn = lists.flatMap((list, order) =>
        list.length > 0 ? [`${order}:[${list.join(",")}]`] : [],
      );
      if (drawn.length > 0) lines.push(`${name} ${drawn.join(" ")}`);
    }
    const pageblocks: string[] = [];
    for (let pfn = START; pfn < this.#end; pfn += 512) {
      const name = Object.keys(TYPE_NAMES)[this.memory.pageblockType(pfn) ?? -1];
      pageblocks.push(`${pfn}=${name ?? "none"}`);
    }
    lines.push(`pb ${pageblocks.join(" ")}`, `nr_free=${this.memory.freePages(this.zone)}`);
    return lines.join("\n");
  }
}

/** A picture as the examples print it. */
export function picture(...lines: string[]): string {
  return lines.join("\n");
}
