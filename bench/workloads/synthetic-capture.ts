import { PAGE_SIZE, PAGEBLOCK_PAGES } from "../../src/core.js";
import { type CaptureFiles } from "../../src/index.js";
import { randomSource } from "../measure/random.js";
import { GIB } from "./workload.js";

// A guest whose memory is mostly that of its virtio-mem device, online in zone Normal, described as
// a user's capture describes it. Nothing of the size of its page flags exists: they are pieces from
// a stock that is made beforehand, so that who reads them pays for reading alone.

const SEED = 0x43415054;
const WORD_SIZE = 8;
const PAGEBLOCK_BYTES = PAGEBLOCK_PAGES * WORD_SIZE;
const PIECE_BYTES = 128 * PAGEBLOCK_BYTES;
const SECTION_PAGES = 2 ** 15;
const HIGH_MEMORY_PFN = 4 * GIB;
const LOW_END_PFN = 2 * GIB;
const DMA_END_PFN = 4096;

const ANONYMOUS = (1n << 3n) | (1n << 5n) | (1n << 6n) | (1n << 11n) | (1n << 12n) | (1n << 14n);
const FILE = (1n << 2n) | (1n << 3n) | (1n << 5n) | (1n << 6n);
const SLAB = 1n << 7n;
/** Every page of a free chunk says so. */
const FREE = 1n << 10n;
const RESERVED = 1n << 32n;

/** Different mixed pageblocks, one of them with slabs; all others are copies of them. */
const NR_MIXED = 64;
/** Different pieces of the device's page flags; all others are copies of them. */
const NR_PIECES = 32;

/** @param devicePages - plugged pages of the device, a multiple of 2^15. */
export function syntheticCapture(devicePages: number): CaptureFiles {
  const layout = layoutOf(devicePages);
  const stock = devicePieces(randomSource(SEED));
  const text = (content: string): (() => AsyncIterable<Uint8Array>) => {
    return async function* () {
      yield await Promise.resolve(new TextEncoder().encode(content));
    };
  };
  const members = new Map<string, () => AsyncIterable<Uint8Array>>([
    ["kpageflags", () => pageFlags(layout, stock)],
    ["iomem.txt", text(iomem(layout))],
    ["zoneinfo.txt", text(zoneinfo(layout))],
    ["memory-blocks.txt", text(memoryBlocks(layout))],
    ["memory-settings.txt", text("block_size_bytes 8000000\nauto_online_blocks online_kernel\n")],
    ["uname.txt", text("Linux guest 6.1.0 #1 SMP x86_64 GNU/Linux\n")],
  ]);
  return {
    name: `synthetic guest of ${devicePages / GIB} GiB`,
    names: () => [...members.keys()],
    open: (name) => members.get(name)!(),
  };
}

/** Pfns. Boot memory below the 32-bit hole and above it, then the device. */
interface Layout {
  /** The memmaps of all of the device lie in high boot memory, ahead of what is free there. */
  readonly memmapEnd: number;
  readonly bootEnd: number;
  readonly deviceStart: number;
  readonly deviceEnd: number;
}

function layoutOf(devicePages: number): Layout {
  const memmapPages = devicePages / 64;
  const memmapEnd = HIGH_MEMORY_PFN + memmapPages;
  const bootEnd = memmapEnd + 2 * GIB;
  const deviceStart = Math.ceil(bootEnd / SECTION_PAGES) * SECTION_PAGES;
  return { memmapEnd, bootEnd, deviceStart, deviceEnd: deviceStart + devicePages };
}

async function* pageFlags(
  layout: Layout,
  stock: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  const { memmapEnd, bootEnd, deviceStart, deviceEnd } = layout;
  yield* repeated(pageblockOf(RESERVED), DMA_END_PFN);
  yield* repeated(pageblockOf(FREE), LOW_END_PFN - DMA_END_PFN);
  yield* repeated(NOTHING, HIGH_MEMORY_PFN - LOW_END_PFN + (memmapEnd - HIGH_MEMORY_PFN));
  yield* repeated(pageblockOf(FREE), bootEnd - memmapEnd);
  yield* repeated(NOTHING, deviceStart - bootEnd);
  yield* devicePageFlags(stock, deviceEnd - deviceStart);
  await Promise.resolve();
}

const NOTHING = new Uint8Array(PAGEBLOCK_BYTES);
function pageblockOf(flags: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array(PAGEBLOCK_PAGES).fill(flags).buffer);
}

function* repeated(pattern: Uint8Array, pages: number): Generator<Uint8Array> {
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < PIECE_BYTES; at += pattern.length) piece.set(pattern, at);
  for (let left = pages * WORD_SIZE; left > 0; left -= PIECE_BYTES) {
    yield piece.subarray(0, Math.min(left, PIECE_BYTES));
  }
}

/** Pieces in which a quarter of the pageblocks are mixed. */
function devicePieces(random: (below: number) => number): Uint8Array[] {
  const free = pageblockOf(FREE);
  const anonymous = pageblockOf(ANONYMOUS);
  const file = pageblockOf(FILE);
  const mixed = Array.from({ length: NR_MIXED }, (_, index) => mixedPageblock(random, index === 0));
  const pick = (): Uint8Array => {
    const kind = random(16);
    if (kind < 4) return mixed[random(NR_MIXED)]!;
    if (kind < 10) return free;
    return kind < 14 ? anonymous : file;
  };
  return Array.from({ length: NR_PIECES }, () => {
    const piece = new Uint8Array(PIECE_BYTES);
    for (let at = 0; at < piece.length; at += PAGEBLOCK_BYTES) piece.set(pick(), at);
    return piece;
  });
}

function* devicePageFlags(stock: readonly Uint8Array[], pages: number): Generator<Uint8Array> {
  const random = randomSource(SEED);
  for (let left = pages * WORD_SIZE; left > 0; left -= PIECE_BYTES) {
    yield stock[random(stock.length)]!.subarray(0, left);
  }
}

/** Half of its pages are in use, at random places; with slabs, one in 16. */
function mixedPageblock(random: (below: number) => number, hasSlabs: boolean): Uint8Array {
  const words = BigUint64Array.from({ length: PAGEBLOCK_PAGES }, (_, page) => {
    if (hasSlabs && page % 16 === 0) return SLAB;
    if (random(2) === 0) return FREE;
    return random(4) === 0 ? FILE : ANONYMOUS;
  });
  return new Uint8Array(words.buffer);
}

function range(startPfn: number, endPfn: number): string {
  const hex = (value: number): string => value.toString(16).padStart(8, "0");
  return `${hex(startPfn * PAGE_SIZE)}-${hex(endPfn * PAGE_SIZE - 1)}`;
}

function iomem({ bootEnd, deviceStart, deviceEnd }: Layout): string {
  return [
    `${range(1, LOW_END_PFN)} : System RAM`,
    `${range(HIGH_MEMORY_PFN, bootEnd)} : System RAM`,
    `${range(deviceStart, deviceEnd)} : virtio0`,
    `  ${range(deviceStart, deviceEnd)} : System RAM (virtio_mem)`,
    "",
  ].join("\n");
}

function memoryBlocks({ bootEnd, deviceStart, deviceEnd }: Layout): string {
  const lines: string[] = [];
  const add = (startPfn: number, endPfn: number, zone: string): void => {
    for (let id = startPfn / SECTION_PAGES; id < endPfn / SECTION_PAGES; id++) {
      const index = id.toString(16).padStart(8, "0");
      lines.push(`memory${id} phys_index=${index} state=online valid_zones=${zone}`);
    }
  };
  add(0, SECTION_PAGES, "none");
  add(SECTION_PAGES, LOW_END_PFN, "DMA32");
  add(HIGH_MEMORY_PFN, bootEnd, "Normal");
  add(deviceStart, deviceEnd, "Normal");
  return `${lines.join("\n")}\n`;
}

function zoneinfo({ bootEnd, deviceStart, deviceEnd }: Layout): string {
  const low = LOW_END_PFN - DMA_END_PFN;
  const normal = bootEnd - HIGH_MEMORY_PFN + deviceEnd - deviceStart;
  return [
    // all of it reserved
    zone("DMA", 1, DMA_END_PFN - 1, { present: DMA_END_PFN - 1, managed: 0 }),
    zone("DMA32", DMA_END_PFN, low, { present: low, managed: low, free: low }),
    zone("Normal", HIGH_MEMORY_PFN, deviceEnd - HIGH_MEMORY_PFN, {
      present: normal,
      managed: normal,
      // about half of the device's pages are
      free: Math.floor(normal / 2),
      min: 65536,
    }),
  ].join("");
}

function zone(
  name: string,
  start: number,
  spanned: number,
  pages: {
    readonly present: number;
    readonly managed: number;
    readonly free?: number;
    readonly min?: number;
  },
): string {
  const { present, managed, free = 0, min = 0 } = pages;
  return `Node 0, zone ${name}
  pages free     ${free}
        boost    0
        min      ${min}
        low      ${min * 1.25}
        high     ${min * 1.5}
        spanned  ${spanned}
        present  ${present}
        managed  ${managed}
        protection: (0, 0, 0, 0)
  pagesets
    cpu: 0
              count: 0
              high:  0
              batch: 63
  start_pfn:           ${start}
`;
}
