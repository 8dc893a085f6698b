import type { VmcoreInfo } from "../../src/capture/vmcoreinfo.js";
import type { PhysicalMemory } from "../../src/dump/physical-memory.js";

const PAGE = 4096;
const SMALL = 2 ** 16;
const IMAGE_SIZE = 2 ** 26;
const IMAGE = 0xffff_ffff_8000_0000n;
const ADDRESS = 0x000f_ffff_ffff_f000n;

/** Memory of a dump with changes, which remembers the pages that were read. */
export class PatchedMemory implements PhysicalMemory {
  readonly name: string;
  readonly ranges: PhysicalMemory["ranges"];
  readonly hints: PhysicalMemory["hints"];
  readonly #memory: PhysicalMemory;
  readonly #root: number;
  readonly #changed = new Map<number, Uint8Array>();
  readonly #read = new Map<number, Uint8Array>();
  /** Pages that were read in small reads, too: not only looked through. */
  readonly #used = new Set<number>();

  constructor(memory: PhysicalMemory, info: VmcoreInfo) {
    this.name = memory.name;
    this.ranges = memory.ranges;
    this.hints = memory.hints;
    this.#memory = memory;
    const top = info.symbol("swapper_pg_dir") ?? IMAGE;
    this.#root = Number(top - IMAGE) + (info.find("phys_base") ?? 0);
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    const bytes = (await this.#memory.read(address, length)).slice();
    const first = Math.floor(address / PAGE) * PAGE;
    for (let page = first; page < address + length; page += PAGE) {
      const changed = this.#changed.get(page);
      const from = Math.max(address, page);
      const end = Math.min(address + length, page + PAGE);
      if (changed !== undefined)
        bytes.set(changed.subarray(from - page, end - page), from - address);
      if (length <= SMALL) this.#used.add(page);
      if (!this.#read.has(page)) {
        this.#read.set(page, changed ?? (await this.#memory.read(page, PAGE)).slice());
      }
    }
    return bytes;
  }

  /**
   * The pages that were read, in address order.
   *
   * @param image - where the kernel's image begins, if it was looked through for tables: pages that
   *   were read for nothing else become zeros.
   */
  async pages(image: bigint | undefined): Promise<[address: number, bytes: Uint8Array][]> {
    const start = image === undefined ? Infinity : await this.#physical(image);
    const isLookedThrough = (page: number) =>
      page >= start &&
      page < start + IMAGE_SIZE &&
      !this.#used.has(page) &&
      !this.#changed.has(page);
    return [...this.#read]
      .sort(([a], [b]) => a - b)
      .map(([page, bytes]) => [page, isLookedThrough(page) ? new Uint8Array(PAGE) : bytes]);
  }

  /** Changes the kernel's memory at a virtual address. */
  async write(address: bigint, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const physical = await this.#physical(address + BigInt(at));
      const page = Math.floor(physical / PAGE) * PAGE;
      const part = bytes.subarray(at, at + PAGE - (physical - page));
      const changed = this.#changed.get(page) ?? (await this.#memory.read(page, PAGE)).slice();
      changed.set(part, physical - page);
      this.#changed.set(page, changed);
      at += part.length;
    }
  }

  async #physical(address: bigint): Promise<number> {
    let table = this.#root;
    for (const shift of [39n, 30n, 21n, 12n]) {
      const at = table + Number((address >> shift) & 511n) * 8;
      const bytes = await this.#memory.read(at, 8);
      const entry = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
      if ((entry & 1n) === 0n) throw new Error(`0x${address.toString(16)} is not mapped`);
      const isPage = shift === 12n || (shift < 39n && (entry & 0x80n) !== 0n);
      const mask = (1n << shift) - 1n;
      if (isPage) return Number((entry & ADDRESS & ~mask) | (address & mask));
      table = Number(entry & ADDRESS);
    }
    throw new Error("page tables without an end");
  }
}
