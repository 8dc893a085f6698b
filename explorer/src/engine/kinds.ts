import type { Guest } from "../../../src/index.js";
import { PageClass } from "../../../src/core/abi.js";
import type { Kinds } from "./protocol.js";
import { PAGE_SIZE } from "../../../src/units.js";

/** Kinds of memory that a chart tells apart, from the ground up. */
const KINDS: readonly { readonly name: string; readonly classes: readonly number[] }[] = [
  {
    name: "kernel",
    classes: [
      PageClass.Contig,
      PageClass.Reserved,
      PageClass.Slab,
      PageClass.PageTable,
      PageClass.Kernel,
      PageClass.KernelCompound,
      PageClass.Tail,
      PageClass.Poisoned,
      PageClass.Unknown,
      PageClass.LruPending,
    ],
  },
  { name: "memmap", classes: [PageClass.Memmap] },
  {
    name: "anonymous",
    classes: [
      PageClass.Anon,
      PageClass.Thp,
      PageClass.Unevictable,
      PageClass.SwapCache,
      PageClass.Balloon,
      PageClass.DriverMovable,
      PageClass.Hugetlb,
      PageClass.HugetlbFree,
      PageClass.Gigantic,
    ],
  },
  {
    name: "files and tmpfs",
    classes: [
      PageClass.FileClean,
      PageClass.FileDirty,
      PageClass.Writeback,
      PageClass.Shmem,
      PageClass.Buffer,
    ],
  },
  { name: "free", classes: [PageClass.Free, PageClass.Cached] },
];

/** Adds up a guest's pages by kind and by zone, whenever it is told to. */
export class KindSampler {
  readonly #guest: Guest;
  readonly #atMs: number[] = [];
  readonly #sizes: number[][] = KINDS.map(() => []);
  readonly #zoneUsed = new Map<string, number[]>();

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  sample(): void {
    const { pages, zones, clock } = this.#guest;
    const sums = KINDS.map(() => 0);
    for (const { id, kind, node } of zones.all()) {
      const counts = pages.countByClass(id);
      const sizes = KINDS.map(({ classes }) =>
        classes.reduce((sum, pageClass) => sum + (counts[pageClass] ?? 0), 0),
      );
      for (const [at, size] of sizes.entries()) sums[at] = (sums[at] ?? 0) + size;
      const used = sizes.slice(0, -1).reduce((sum, size) => sum + size, 0);
      this.#zone(`${kind}${node === 0 ? "" : ` of node ${node}`}`).push(used * PAGE_SIZE);
    }
    this.#atMs.push(clock.nowMs);
    for (const [at, sum] of sums.entries()) this.#sizes[at]?.push(sum * PAGE_SIZE);
  }

  taken(): Kinds {
    const zones = [...this.#zoneUsed].filter(([, used]) => used.some((size) => size > 0));
    return {
      atMs: this.#atMs,
      names: KINDS.map(({ name }) => name),
      sizes: this.#sizes,
      zoneNames: zones.map(([name]) => name),
      zoneUsed: zones.map(([, used]) => used),
    };
  }

  /** A zone that appears later had nothing before. */
  #zone(name: string): number[] {
    const found = this.#zoneUsed.get(name);
    if (found !== undefined) return found;
    const fresh = this.#atMs.map(() => 0);
    this.#zoneUsed.set(name, fresh);
    return fresh;
  }
}
