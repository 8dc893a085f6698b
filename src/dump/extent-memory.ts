import { CaptureError } from "../capture/capture-error.js";
import { hex } from "../capture/whole-number.js";
import { readFully, type DumpFile } from "./dump-file.js";
import { extentAt, type Extent } from "./extents.js";
import type { DumpHints, PhysicalMemory } from "./physical-memory.js";

/** Memory that lies in a file as it is, in parts: an ELF core, or an image. */
export class ExtentMemory implements PhysicalMemory {
  readonly #file: DumpFile;
  readonly ranges: readonly Extent[];
  readonly hints: DumpHints;

  /** @param extents - in address order, without overlap. */
  constructor(file: DumpFile, extents: readonly Extent[], hints: DumpHints) {
    this.#file = file;
    this.ranges = extents;
    this.hints = hints;
  }

  get name(): string {
    return this.#file.name;
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    const first = this.#extent(address);
    if (address + length <= first.end) return this.#part(first, address, length);
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const extent = this.#extent(address + at);
      const size = Math.min(length - at, extent.end - address - at);
      bytes.set(await this.#part(extent, address + at, size), at);
      at += size;
    }
    return bytes;
  }

  #extent(address: number): Extent {
    const extent = extentAt(this.ranges, address);
    if (extent !== undefined) return extent;
    throw new CaptureError(
      this.name,
      `memory at ${hex(address)}`,
      "must be in the dump, got a hole: the kernel's own memory has to be complete",
    );
  }

  #part({ start, position }: Extent, address: number, length: number): Promise<Uint8Array> {
    const what = `memory at ${hex(address)}`;
    return readFully(this.#file, position + address - start, length, what);
  }
}
