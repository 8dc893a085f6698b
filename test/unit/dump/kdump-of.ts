import { deflateSync } from "node:zlib";

import { compress } from "snappyjs";

import type { Page } from "./elf-core-of.js";

const PAGE = 4096;
const DESCRIPTOR = 24;

/** How a test writes a page, and its flag in the descriptor. */
export interface SampleCodec {
  readonly flag: number;
  readonly compress: (page: Uint8Array) => Uint8Array;
}

/** A frame of Zstandard with one block as it is (RFC 8878). */
function zstdOf(page: Uint8Array): Uint8Array {
  const header = [0x28, 0xb5, 0x2f, 0xfd, 0x60];
  const size = page.length - 256;
  const block = (page.length << 3) | 1;
  return Uint8Array.of(
    ...header,
    size & 255,
    size >> 8,
    block & 255,
    (block >> 8) & 255,
    block >> 16,
    ...page,
  );
}

/** A stream of LZO1X with literals only. */
function lzoOf(page: Uint8Array): Uint8Array {
  const length = page.length - 18;
  const zeros = Math.floor((length - 1) / 255);
  const last = length - zeros * 255;
  return Uint8Array.of(0, ...new Uint8Array(zeros), last, ...page, 17, 0, 0);
}

/** A page of zeros is written short, so that a compressed page is never longer than a page. */
const shortened = (page: Uint8Array, full: (page: Uint8Array) => Uint8Array): Uint8Array =>
  full(page).length <= PAGE ? full(page) : page;

export const CODECS: Readonly<Record<"plain" | "zlib" | "lzo" | "snappy" | "zstd", SampleCodec>> = {
  plain: { flag: 0, compress: (page) => page },
  zlib: { flag: 1, compress: (page) => shortened(page, (bytes) => deflateSync(bytes)) },
  lzo: { flag: 2, compress: (page) => shortened(page, lzoOf) },
  snappy: { flag: 4, compress: (page) => shortened(page, (bytes) => compress(bytes)) },
  zstd: { flag: 0x20, compress: (page) => shortened(page, zstdOf) },
};

interface KdumpOptions {
  readonly codec: SampleCodec;
  /** Text of VMCOREINFO; undefined: none. */
  readonly note?: string | undefined;
  readonly machine?: string;
  /** Pages of zeros are left out, as makedumpfile -d 1 does. */
  readonly withoutZeros?: boolean;
  /** Pages that are in memory but left out all the same. */
  readonly leftOut?: (address: number) => boolean;
}

/** A kdump-compressed file, version 6. */
export function kdumpOf(pages: readonly Page[], options: KdumpOptions): Uint8Array {
  const { codec, note = "", machine = "x86_64", withoutZeros = false } = options;
  const nrPages = (pages.at(-1)?.[0] ?? 0) / PAGE + 1;
  const bitmapBlocks = Math.ceil(nrPages / 8 / PAGE) * 2;
  const isLeftOut = ([address, bytes]: Page) =>
    options.leftOut?.(address) === true || (withoutZeros && bytes.every((byte) => byte === 0));
  const dumped = pages.filter((page) => !isLeftOut(page));
  const text = new TextEncoder().encode(note);
  const infoAt = PAGE + 128;
  const subBlocks = Math.ceil((128 + text.length) / PAGE);
  const bitmapsAt = (1 + subBlocks) * PAGE;
  const descriptorsAt = bitmapsAt + bitmapBlocks * PAGE;
  const bodies = dumped.map(([, bytes]) => codec.compress(bytes));
  let at = descriptorsAt + dumped.length * DESCRIPTOR;
  const file = new Uint8Array(at + bodies.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode("KDUMP   "));
  view.setInt32(8, 6, true);
  file.set(new TextEncoder().encode(machine), 12 + 4 * 65);
  view.setInt32(428, PAGE, true);
  view.setInt32(432, subBlocks, true);
  view.setUint32(436, bitmapBlocks, true);
  view.setUint32(440, nrPages, true);
  view.setInt32(PAGE + 8, withoutZeros ? 1 : 0, true);
  view.setBigUint64(PAGE + 32, BigInt(text.length === 0 ? 0 : infoAt), true);
  view.setBigUint64(PAGE + 40, BigInt(text.length), true);
  view.setBigUint64(PAGE + 96, BigInt(nrPages), true);
  file.set(text, infoAt);
  const mark = (start: number, address: number) => {
    const page = address / PAGE;
    const byte = start + (page >>> 3);
    file[byte] = (file[byte] ?? 0) | (1 << (page & 7));
  };
  for (const [address] of pages) mark(bitmapsAt, address);
  for (const [index, [address]] of dumped.entries()) {
    mark(bitmapsAt + (bitmapBlocks / 2) * PAGE, address);
    const body = bodies[index] ?? new Uint8Array(0);
    const descriptor = descriptorsAt + index * DESCRIPTOR;
    view.setBigUint64(descriptor, BigInt(at), true);
    view.setUint32(descriptor + 8, body.length, true);
    view.setUint32(descriptor + 12, body.length === PAGE ? 0 : codec.flag, true);
    file.set(body, at);
    at += body.length;
  }
  return file;
}

/** The same file flattened: its parts in the order that `order` puts them in. */
export function flattenedOf(
  file: Uint8Array,
  partSize: number,
  order: (parts: number[]) => number[] = (parts) => parts,
): Uint8Array {
  const count = Math.ceil(file.length / partSize);
  const parts = order(Array.from({ length: count }, (_, index) => index));
  const sizes = parts.map((part) => Math.min(partSize, file.length - part * partSize));
  const bytes = new Uint8Array(PAGE + 16 + sizes.reduce((sum, size) => sum + size + 16, 0));
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("makedumpfile"));
  view.setBigInt64(16, 1n, false);
  view.setBigInt64(24, 1n, false);
  let at = PAGE;
  for (const [index, part] of parts.entries()) {
    const size = sizes[index] ?? 0;
    view.setBigInt64(at, BigInt(part * partSize), false);
    view.setBigInt64(at + 8, BigInt(size), false);
    bytes.set(file.subarray(part * partSize, part * partSize + size), at + 16);
    at += 16 + size;
  }
  view.setBigInt64(at, -1n, false);
  view.setBigInt64(at + 8, -1n, false);
  return bytes;
}
