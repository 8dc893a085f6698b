import { CaptureError } from "../capture/capture-error.js";
import type { VmcoreInfo } from "../capture/vmcoreinfo.js";
import { viewOf } from "../bytes.js";
import type { KernelReader } from "../capture/kernel-reader.js";

// Tables that the build of Linux writes into a kernel (kallsyms).
const TOKENS = 256;
const MAX_SYMBOLS = 2 ** 20;
const MAX_NAMES_SIZE = 2 ** 25;
const MAX_TOKENS_SIZE = 2 ** 14;
const NAMES_PIECE = 2 ** 18;
/** Names of which every 256th one's place is marked. */
const MARKED = 256;
/** Since 6.1 a length with this bit has a second byte. */
const LONG = 0x80;

/** Addresses of the tables. */
export interface SymbolTables {
  /** u32: how many symbols there are. */
  readonly count: bigint;
  /** Per symbol a length and tokens. */
  readonly names: bigint;
  /** Texts, each ended by a zero byte. */
  readonly tokens: bigint;
  /** u16 per token: where its text begins. */
  readonly tokenIndex: bigint;
  /** i32 per symbol. */
  readonly offsets: bigint;
  /** u64: what offsets are relative to; undefined where they are relative to themselves (7.1). */
  readonly relativeBase: bigint | undefined;
}

/** Where the tables lie, as a kernel since 6.0 says; undefined for an older one. */
export function tablesOf(info: VmcoreInfo): SymbolTables | undefined {
  const count = info.symbol("kallsyms_num_syms");
  const names = info.symbol("kallsyms_names");
  const tokens = info.symbol("kallsyms_token_table");
  const tokenIndex = info.symbol("kallsyms_token_index");
  const offsets = info.symbol("kallsyms_offsets");
  const relativeBase = info.symbol("kallsyms_relative_base");
  if (count === undefined || names === undefined || tokens === undefined) return undefined;
  if (tokenIndex === undefined || offsets === undefined) return undefined;
  return { count, names, tokens, tokenIndex, offsets, relativeBase };
}

/**
 * Looks up symbols of the kernel by name.
 *
 * @param known - a symbol whose address is known otherwise: it tells how offsets are meant.
 * @returns those that the kernel has; of a name that is there twice, the first one.
 * @throws CaptureError if the tables are none.
 */
export async function readSymbols(
  reader: KernelReader,
  tables: SymbolTables,
  wanted: ReadonlySet<string>,
  known: { readonly name: string; readonly address: bigint },
): Promise<Map<string, bigint>> {
  const count = await reader.u32(tables.count);
  if (count === 0 || count > MAX_SYMBOLS) reject(`must be 1 to ${MAX_SYMBOLS}, got ${count}`);
  const tokens = await readTokens(reader, tables);
  const places = await findNames(
    reader,
    tables.names,
    count,
    tokens,
    new Set([...wanted, known.name]),
  );
  const offsets = await reader.view(tables.offsets, count * 4);
  const base = tables.relativeBase === undefined ? 0n : await reader.u64(tables.relativeBase);
  const placeOfKnown = places.get(known.name);
  for (const addressOf of waysOf(tables, base, offsets)) {
    if (placeOfKnown === undefined || addressOf(placeOfKnown) !== known.address) continue;
    return new Map([...places].map(([name, place]) => [name, addressOf(place)]));
  }
  return reject(`must have ${known.name} at 0x${known.address.toString(16)}, got none there`);
}

/** How offsets may be meant. */
function waysOf(
  { offsets: table, relativeBase }: SymbolTables,
  base: bigint,
  offsets: DataView,
): readonly ((place: number) => bigint)[] {
  const signed = (place: number) => BigInt(offsets.getInt32(place * 4, true));
  const unsigned = (place: number) => BigInt(offsets.getUint32(place * 4, true));
  if (relativeBase === undefined) return [(place) => table + BigInt(place * 4) + signed(place)];
  return [
    // with CONFIG_KALLSYMS_ABSOLUTE_PERCPU what is not negative is an address of its own
    (place) => (signed(place) >= 0n ? signed(place) : base - 1n - signed(place)),
    (place) => base + unsigned(place),
  ];
}

async function readTokens(
  reader: KernelReader,
  { tokens, tokenIndex }: SymbolTables,
): Promise<readonly string[]> {
  const index = await reader.view(tokenIndex, TOKENS * 2);
  const texts: string[] = [];
  for (let token = 0; token < TOKENS; token++) {
    const at = index.getUint16(token * 2, true);
    if (at > MAX_TOKENS_SIZE) reject(`must have tokens within ${MAX_TOKENS_SIZE} bytes, got ${at}`);
    texts.push(await reader.text(tokens + BigInt(at), MARKED));
  }
  return texts;
}

/** Which of the symbols in the table have these names; the first character is a type. */
async function findNames(
  reader: KernelReader,
  address: bigint,
  count: number,
  tokens: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let bytes: Uint8Array = new Uint8Array(0);
  let at = 0;
  let read = 0;
  for (let place = 0; place < count; place++) {
    // a length, and as many tokens as it can say
    if (at + 2 + 2 ** 14 > bytes.length) {
      const from = read - (bytes.length - at);
      if (from > MAX_NAMES_SIZE) reject(`must be at most ${MAX_NAMES_SIZE} bytes of names`);
      bytes = await pieceOf(reader, address + BigInt(from));
      read = from + bytes.length;
      at = 0;
    }
    let length = bytes[at++] ?? 0;
    if ((length & LONG) !== 0) length = (length & (LONG - 1)) | ((bytes[at++] ?? 0) << 7);
    if (at + length > bytes.length) reject("must be mapped as a whole, got a part");
    let name = "";
    for (let end = at + length; at < end; at++) name += tokens[bytes[at] ?? 0] ?? "";
    const plain = name.slice(1);
    if (wanted.has(plain) && !found.has(plain)) found.set(plain, place);
  }
  return found;
}

/** As much as is mapped from there on, up to a piece. */
async function pieceOf(reader: KernelReader, address: bigint): Promise<Uint8Array> {
  for (let size = NAMES_PIECE; size > 2 ** 12; size /= 2) {
    try {
      return await reader.memory.read(address, size);
    } catch (error) {
      if (!(error instanceof CaptureError)) throw error;
    }
  }
  return reader.memory.read(address, 2 ** 12);
}

/** Digits are tokens of their own in any kernel, one after the other. */
const DIGITS = "0\0" + "1\0" + "2\0" + "3\0" + "4\0" + "5\0" + "6\0" + "7\0" + "8\0" + "9\0";
const FIRST_DIGIT = 48;
const IMAGE_PIECE = 2 ** 20;
const MAX_IMAGE = 2 ** 27;
/** How far before the tokens the number of symbols may lie. */
const MOST_BEFORE = 2 ** 23;

/**
 * Finds the tables in the image of a kernel that does not say where they are: up to 5.19. There
 * they follow each other, each from a multiple of 8 bytes on: offsets, base, number, names, marks,
 * tokens, places of the tokens.
 *
 * @param start - where the image begins, `_stext`.
 * @returns undefined where there are none.
 */
export async function findTables(
  reader: KernelReader,
  start: bigint,
): Promise<SymbolTables | undefined> {
  const digits = new TextEncoder().encode(DIGITS);
  for (let at = 0; at < MAX_IMAGE; at += IMAGE_PIECE) {
    const piece = await bytesFrom(reader, start + BigInt(at), IMAGE_PIECE + digits.length);
    if (piece === undefined) continue;
    for (let from = indexOf(piece, digits, 0); from >= 0; from = indexOf(piece, digits, from + 1)) {
      const tokens = await tokensBefore(reader, start + BigInt(at + from));
      if (tokens === undefined) continue;
      const rest = await tablesBefore(reader, tokens.start);
      if (rest !== undefined) return { ...rest, tokens: tokens.start, tokenIndex: tokens.index };
    }
  }
  return undefined;
}

async function bytesFrom(
  reader: KernelReader,
  address: bigint,
  length: number,
): Promise<Uint8Array | undefined> {
  try {
    return await reader.memory.read(address, length);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return undefined;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [first = 0] = wanted;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (wanted.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

/** The table of tokens in which the digit 0 lies at `digit`, and the one of their places. */
async function tokensBefore(
  reader: KernelReader,
  digit: bigint,
): Promise<{ readonly start: bigint; readonly index: bigint } | undefined> {
  const before = 2n ** 11n;
  const bytes = await bytesFrom(reader, digit - before, Number(before) + MAX_TOKENS_SIZE);
  if (bytes === undefined) return undefined;
  // back over the tokens before it, each ended by a zero byte
  let from = Number(before);
  for (let token = 0; token < FIRST_DIGIT && from > 0; token++) {
    from = bytes.lastIndexOf(0, from - 2) + 1;
  }
  const starts: number[] = [];
  let at = from;
  for (let token = 0; token < TOKENS; token++) {
    starts.push(at - from);
    at = bytes.indexOf(0, at) + 1;
    if (at === 0) return undefined;
  }
  const start = digit - before + BigInt(from);
  const index = rounded(start + BigInt(at - from));
  const places = await reader.view(index, TOKENS * 2);
  const isTable = starts.every((place, token) => places.getUint16(token * 2, true) === place);
  return isTable ? { start, index } : undefined;
}

async function tablesBefore(
  reader: KernelReader,
  tokens: bigint,
): Promise<Pick<SymbolTables, "count" | "names" | "offsets" | "relativeBase"> | undefined> {
  const bytes = await bytesFrom(reader, tokens - BigInt(MOST_BEFORE), MOST_BEFORE);
  if (bytes === undefined) return undefined;
  const view = viewOf(bytes);
  for (let at = MOST_BEFORE - 8; at > 16; at -= 8) {
    const count = view.getUint32(at, true);
    if (count < MARKED || count > MAX_SYMBOLS) continue;
    const marks = MOST_BEFORE - Math.ceil((Math.ceil(count / MARKED) * 4) / 8) * 8;
    if (marks <= at + 8 || view.getUint32(marks, true) !== 0) continue;
    if (endOfNames(bytes, at + 8, count) !== marks) continue;
    const address = tokens - BigInt(MOST_BEFORE - at);
    const offsets = address - 8n - BigInt(Math.ceil((count * 4) / 8) * 8);
    return { count: address, names: address + 8n, offsets, relativeBase: address - 8n };
  }
  return undefined;
}

function endOfNames(bytes: Uint8Array, start: number, count: number): number {
  let at = start;
  for (let place = 0; place < count && at < bytes.length; place++) at += 1 + (bytes[at] ?? 0);
  return Math.ceil(at / 8) * 8;
}

function rounded(address: bigint): bigint {
  return ((address + 7n) / 8n) * 8n;
}

function reject(rule: string): never {
  throw new CaptureError("kernel", "symbols (kallsyms)", rule);
}
