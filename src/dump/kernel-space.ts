import { CaptureError } from "../capture/capture-error.js";
import type { KernelMemory } from "../capture/kernel-memory.js";
import { PAGE_SIZE } from "../units.js";
import { viewOf } from "../bytes.js";
import type { PhysicalMemory } from "./physical-memory.js";

// Page tables of x86-64 (Intel SDM, volume 3, 4.5).
const PRESENT = 1n;
const LARGE = 1n << 7n;
const ADDRESS = 0x000f_ffff_ffff_f000n;
const ENTRIES = 512n;
const PAGE_BITS = 12n;
const LEVEL_BITS = 9n;
/** Bits of an address that one entry of a table covers, by level: 4 KiB, 2 MiB, 1 GiB. */
const LARGEST_PAGE_LEVEL = 2;

/** Pages of tables and of small structures that are kept, each 4 KiB. */
const MAX_KEPT_PAGES = 4096;
/** No part of a kernel that is read at once is larger. */
const MAX_READ = 2 ** 28;
/** Reads of more than this are not kept. */
const MAX_KEPT_READ = 2 ** 16;

/** Where a virtual address lies, and how far what follows it lies behind it. */
interface Translation {
  readonly physical: number;
  readonly length: number;
}

/** A page table, and how many levels there are of them. */
export interface PageTables {
  /** Physical address of the top one. */
  readonly root: number;
  /** 4, or 5 for guests with 57-bit addresses. */
  readonly levels: 4 | 5;
  /** Bits of entries that are no address (memory encryption). Default: none. */
  readonly mask?: bigint;
}

/** The memory of a kernel by its virtual addresses, through its page tables. */
export class KernelSpace implements KernelMemory {
  readonly #memory: PhysicalMemory;
  readonly #tables: PageTables;
  readonly #kept = new Map<number, Uint8Array>();

  constructor(memory: PhysicalMemory, tables: PageTables) {
    this.#memory = memory;
    this.#tables = tables;
  }

  get name(): string {
    return this.#memory.name;
  }

  /** Reads of whole areas go by the largest parts that lie in one piece. */
  async read(address: bigint, length: number): Promise<Uint8Array> {
    if (!(length > 0 && length <= MAX_READ)) {
      const where = `kernel address 0x${address.toString(16)}`;
      const rule = `must be read in 1 to ${MAX_READ} bytes, got ${length}: is VMCOREINFO damaged?`;
      throw new CaptureError(this.name, where, rule);
    }
    const bytes = new Uint8Array(length);
    let at = 0;
    while (at < length) {
      const { physical, size } = await this.#inOnePiece(address + BigInt(at), length - at);
      bytes.set(await this.#physical(physical, size), at);
      at += size;
    }
    return bytes;
  }

  /** Joins pages that follow each other in physical memory, too. */
  async #inOnePiece(
    address: bigint,
    wanted: number,
  ): Promise<{ readonly physical: number; readonly size: number }> {
    const { physical, length } = await this.#mapped(address);
    let size = Math.min(wanted, length);
    while (size < wanted) {
      const next = await this.#translate(address + BigInt(size));
      if (next?.physical !== physical + size) break;
      size = Math.min(wanted, size + next.length);
    }
    return { physical, size };
  }

  async #mapped(address: bigint): Promise<Translation> {
    const found = await this.#translate(address);
    if (found !== undefined) return found;
    const where = `kernel address 0x${address.toString(16)}`;
    throw new CaptureError(this.name, where, "must be mapped by the page tables, got none");
  }

  async #translate(address: bigint): Promise<Translation | undefined> {
    const { levels, mask = 0n } = this.#tables;
    let table = this.#tables.root;
    for (let level = levels - 1; level >= 0; level--) {
      const shift = PAGE_BITS + LEVEL_BITS * BigInt(level);
      const index = Number((address >> shift) % ENTRIES);
      const bytes = await this.#physical(table, PAGE_SIZE);
      const entry = viewOf(bytes).getBigUint64(index * 8, true) & ~mask;
      if ((entry & PRESENT) === 0n) return undefined;
      const isPage = level === 0 || (level <= LARGEST_PAGE_LEVEL && (entry & LARGE) !== 0n);
      if (!isPage) {
        table = Number(entry & ADDRESS);
        continue;
      }
      const size = 1n << shift;
      const inPage = address % size;
      return {
        physical: Number((entry & ADDRESS & ~(size - 1n)) + inPage),
        length: Number(size - inPage),
      };
    }
    return undefined;
  }

  /** Small reads come in the same pages again and again. */
  async #physical(address: number, length: number): Promise<Uint8Array> {
    if (length > MAX_KEPT_READ) return this.#memory.read(address, length);
    const first = Math.floor(address / PAGE_SIZE) * PAGE_SIZE;
    if (address + length <= first + PAGE_SIZE) {
      const page = await this.#page(first);
      return page.subarray(address - first, address - first + length);
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const start = Math.floor((address + at) / PAGE_SIZE) * PAGE_SIZE;
      const from = address + at - start;
      const part = (await this.#page(start)).subarray(from, from + length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  async #page(address: number): Promise<Uint8Array> {
    const kept = this.#kept.get(address);
    if (kept !== undefined) return kept;
    const page = await this.#memory.read(address, PAGE_SIZE);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT_PAGES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(address, page);
    return page;
  }
}
