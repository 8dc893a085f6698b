import { CaptureError, quoted } from "./capture-error.js";

/**
 * Memory of the kernel by its virtual addresses: what an exact capture has of it, or what a memory
 * dump finds through page tables.
 */
export interface KernelMemory {
  /**
   * The bytes from an address on, in an array of the caller's own.
   *
   * @param address - Kernel virtual address; the upper half's are positive, too.
   * @param length - Bytes, from 1 up.
   * @throws CaptureError where not all of them are there.
   */
  read(address: bigint, length: number): Promise<Uint8Array>;
}

/** A piece of the kernel's memory. */
export interface KernelSegment {
  /** Virtual address. */
  readonly address: bigint;
  /** Bytes. */
  readonly size: number;
}

/** Of zones, caches and pageblocks, even of the largest guests. */
const MAX_MEMORY_SIZE = 2 ** 28;

/**
 * Reads which pieces were captured: address and bytes in hexadecimal a line, in the order in which
 * they follow each other in the file. Pieces may overlap: the later one counts.
 *
 * @throws CaptureError if a line is none, or they are more than 256 MiB.
 */
export function parseKernelSegments(text: string, file: string): KernelSegment[] {
  const segments: KernelSegment[] = [];
  let total = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const [, address = "", size = ""] = /^([\da-f]{16}) ([\da-f]{1,16})$/.exec(line) ?? [];
    const bytes = Number.parseInt(size, 16);
    if (address === "" || bytes === 0) {
      const rule = `must be an address and a size above 0, got ${quoted(line)}`;
      throw new CaptureError(file, `line ${index + 1}`, rule);
    }
    total += bytes;
    if (total > MAX_MEMORY_SIZE) {
      const rule = `must be at most ${MAX_MEMORY_SIZE} bytes of the kernel's memory, got ${total}`;
      throw new CaptureError(file, `line ${index + 1}`, rule);
    }
    segments.push({ address: BigInt(`0x${address}`), size: bytes });
  }
  return segments;
}

/** The text that {@link parseKernelSegments} reads. */
export function formatKernelSegments(segments: readonly KernelSegment[]): string {
  return segments
    .map(({ address, size }) => `${address.toString(16).padStart(16, "0")} ${size.toString(16)}\n`)
    .join("");
}

/** Kernel memory of which an exact capture holds pieces. */
export class SegmentedMemory implements KernelMemory {
  readonly #segments: readonly (KernelSegment & { readonly at: number })[];
  readonly #bytes: Uint8Array;
  readonly #file: string;

  /**
   * @param bytes - Those of all pieces, one after the other.
   * @throws CaptureError if they are not as many as the pieces have together.
   */
  constructor(segments: readonly KernelSegment[], bytes: Uint8Array, file: string) {
    let at = 0;
    const placed = segments.map(({ address, size }) => {
      const piece = { address, size, at };
      at += size;
      return piece;
    });
    if (at !== bytes.length) {
      throw new CaptureError(file, "length", `must be ${at} bytes, got ${bytes.length}`);
    }
    this.#segments = placed.reverse();
    this.#bytes = bytes;
    this.#file = file;
  }

  read(address: bigint, length: number): Promise<Uint8Array> {
    for (const piece of this.#segments) {
      const into = address - piece.address;
      if (into < 0n || into + BigInt(length) > BigInt(piece.size)) continue;
      const from = piece.at + Number(into);
      // a Buffer of Node would share its memory with the piece
      return Promise.resolve(new Uint8Array(this.#bytes.subarray(from, from + length)));
    }
    return Promise.reject(notThere(this.#file, address, length));
  }
}

/** Remembers all that is read through it, so that it can be written as an exact capture. */
export class RecordedMemory implements KernelMemory {
  readonly #memory: KernelMemory;
  readonly #pieces = new Map<string, { readonly segment: KernelSegment; bytes: Uint8Array }>();

  constructor(memory: KernelMemory) {
    this.#memory = memory;
  }

  async read(address: bigint, length: number): Promise<Uint8Array> {
    const bytes = await this.#memory.read(address, length);
    const segment = { address, size: length };
    this.#pieces.set(`${address} ${length}`, { segment, bytes: bytes.slice() });
    return bytes;
  }

  /** What was read, in the order in which it was first asked for. */
  pieces(): { readonly segment: KernelSegment; readonly bytes: Uint8Array }[] {
    return [...this.#pieces.values()];
  }
}

function notThere(file: string, address: bigint, length: number): CaptureError {
  const where = `0x${address.toString(16)}`;
  return new CaptureError(
    file,
    where,
    `must be in the capture with ${length} bytes, got none of it`,
  );
}
