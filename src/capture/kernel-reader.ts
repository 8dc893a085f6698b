import { textOf, viewOf } from "../bytes.js";
import { CaptureError } from "./capture-error.js";
import type { KernelMemory } from "./kernel-memory.js";

const MAX_TEXT = 4096;
const TEXT_PIECE = 64;
const PAGE = 4096n;

/** Numbers and texts in the kernel's memory; little-endian. */
export class KernelReader {
  readonly memory: KernelMemory;

  constructor(memory: KernelMemory) {
    this.memory = memory;
  }

  async view(address: bigint, length: number): Promise<DataView> {
    return viewOf(await this.memory.read(address, length));
  }

  async u32(address: bigint): Promise<number> {
    return (await this.view(address, 4)).getUint32(0, true);
  }

  async i32(address: bigint): Promise<number> {
    return (await this.view(address, 4)).getInt32(0, true);
  }

  async u64(address: bigint): Promise<bigint> {
    return (await this.view(address, 8)).getBigUint64(0, true);
  }

  async i64(address: bigint): Promise<bigint> {
    return (await this.view(address, 8)).getBigInt64(0, true);
  }

  async bool(address: bigint): Promise<boolean> {
    return (await this.memory.read(address, 1))[0] !== 0;
  }

  /** A text that a zero byte ends, or that is cut off where it is too long. */
  async text(address: bigint, longest = MAX_TEXT): Promise<string> {
    let text = "";
    for (let at = 0; at < longest;) {
      const from = address + BigInt(at);
      // not beyond the page, which may be the last one that is mapped
      const left = Math.min(TEXT_PIECE, longest - at, Number(PAGE - (from % PAGE)));
      const bytes = await this.memory.read(from, left);
      text += textOf(bytes);
      if (bytes.includes(0)) break;
      at += left;
    }
    return text;
  }
}

/** What `read` finds; undefined where the dump has it not. */
export async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return undefined;
  }
}
