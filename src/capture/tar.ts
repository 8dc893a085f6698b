import { textOf } from "../bytes.js";
import { CaptureError } from "./capture-error.js";

// An archive is a sequence of 512-byte blocks. Each member is a header and its data, filled up to
// whole blocks; a block of zeros ends the archive. Of a header, all fields ASCII:
//
//   offset   0      100    124    136     148     156       157    257     345     500   512
//            +------+------+------+-------+-------+---------+------+-------+-------+-----+
//            | name | ...  | size | mtime | check | type    | ...  | magic | prefix| ... |
//            +------+------+------+-------+-------+---------+------+-------+-------+-----+
//
// size   octal; in base 256 where its first bit is set.
// check  octal: the sum of the header's bytes, with spaces in this field.
// type   "0" or NUL a file; "L" the data is the name of the next member (GNU); "x" the data is
//        records "LENGTH KEY=VALUE\n" that override fields of the next member (pax).
// prefix goes before the name, where the magic is "ustar\0".
const BLOCK_SIZE = 512;
const CHECK_OFFSET = 148;
const CHECK_SIZE = 8;

/** Longer data of "L" and "x" members is no name. */
const MAX_EXTENSION_SIZE = 2 ** 16;

export interface TarEntry {
  readonly path: string;
  readonly size: number;
  /** The data; to be read before the next entry is asked for, in part or not at all. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The files in a tar archive, in order, as the bytes come; nothing is held but one piece of them.
 *
 * Folders, links and devices are passed over. Errors of `bytes` come through unchanged.
 *
 * @throws CaptureError if it is no tar archive, or one that is cut off.
 */
export async function* tarEntries(
  bytes: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<TarEntry, void, undefined> {
  const input = new BlockInput(bytes, archive);
  try {
    let extension: Extension = {};
    for (;;) {
      const header = await input.take(BLOCK_SIZE);
      if (header.every((byte) => byte === 0)) {
        await input.drain();
        return;
      }
      checkSum(header, archive);
      const type = String.fromCharCode(header[156] ?? 0);
      const size = extension.size ?? sizeOf(header, archive);
      if (type === "L" || type === "x") {
        if (size > MAX_EXTENSION_SIZE) reject(archive, `a name of ${size} bytes`);
        const data = textOf(await input.take(size));
        extension = { ...extension, ...(type === "L" ? { path: data } : paxFields(data, archive)) };
        await input.skip(paddingOf(size));
        continue;
      }
      const rest = { size };
      if (type === "0" || type === "\0") {
        const path = (extension.path ?? nameOf(header)).replace(/^(\.\/)+/, "");
        yield { path, size, body: input.pieces(rest) };
      }
      await input.skip(rest.size + paddingOf(size));
      extension = {};
    }
  } finally {
    await input.end();
  }
}

/** What "L" and "x" members say of the one after them. */
interface Extension {
  readonly path?: string;
  readonly size?: number;
}

function paxFields(data: string, archive: string): Extension {
  const [, path] = /(?:^|\n)\d+ path=([^\n]*)\n/.exec(data) ?? [];
  const [, size] = /(?:^|\n)\d+ size=(\d+)\n/.exec(data) ?? [];
  if (size !== undefined && !Number.isSafeInteger(Number(size))) {
    reject(archive, `a member of ${size} bytes`);
  }
  return {
    ...(path === undefined ? {} : { path }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

function nameOf(header: Uint8Array): string {
  const name = textOf(header.subarray(0, 100));
  const isPosix = header[262] === 0 && textOf(header.subarray(257, 263)) === "ustar";
  const prefix = isPosix ? textOf(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function sizeOf(header: Uint8Array, archive: string): number {
  const field = header.subarray(124, 136);
  const [first = 0, ...others] = field;
  const size =
    first >= 0x80
      ? others.reduce((sum, byte) => sum * 256 + byte, first & 0x7f)
      : octal(textOf(field));
  if (!Number.isSafeInteger(size)) reject(archive, "a member without a size");
  return size;
}

function checkSum(header: Uint8Array, archive: string): void {
  const expected = octal(textOf(header.subarray(CHECK_OFFSET, CHECK_OFFSET + CHECK_SIZE)));
  const sum = header.reduce((total, byte, index) => {
    const isCheck = index >= CHECK_OFFSET && index < CHECK_OFFSET + CHECK_SIZE;
    return total + (isCheck ? 0x20 : byte);
  }, 0);
  if (sum !== expected) reject(archive, "other data");
}

/** NaN where it is none. */
function octal(field: string): number {
  const digits = field.trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function paddingOf(size: number): number {
  return (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
}

function reject(archive: string, found: string): never {
  throw new CaptureError(archive, "", `must be a complete tar archive, got ${found}`);
}

/** Hands out bytes in the portions that are asked for, whatever the pieces they come in. */
class BlockInput {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #archive: string;
  #piece = new Uint8Array() as Uint8Array;

  constructor(bytes: AsyncIterable<Uint8Array>, archive: string) {
    this.#iterator = bytes[Symbol.asyncIterator]();
    this.#archive = archive;
  }

  /** Exactly `size` bytes. */
  async take(size: number): Promise<Uint8Array> {
    const taken = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const part = await this.#part(size - at);
      taken.set(part, at);
      at += part.length;
    }
    return taken;
  }

  async skip(size: number): Promise<void> {
    for (let left = size; left > 0;) left -= (await this.#part(left)).length;
  }

  /** `rest.size` bytes in pieces; what is left of them at any time stands in `rest`. */
  async *pieces(rest: { size: number }): AsyncGenerator<Uint8Array, void, undefined> {
    while (rest.size > 0) {
      const part = await this.#part(rest.size);
      rest.size -= part.length;
      yield part;
    }
  }

  /** Reads on to the end, where errors may wait. */
  async drain(): Promise<void> {
    while ((await this.#iterator.next()).done !== true);
  }

  /** From 1 to `maxSize` bytes. */
  async #part(maxSize: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) reject(this.#archive, "one that is cut off");
      this.#piece = next.value;
    }
    const part = this.#piece.subarray(0, maxSize);
    this.#piece = this.#piece.subarray(part.length);
    return part;
  }

  async end(): Promise<void> {
    await this.#iterator.return?.();
  }
}
