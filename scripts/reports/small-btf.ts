// Usage: npx tsx scripts/reports/small-btf.ts BTF > OUT
//
// The few types of a kernel that exact captures are read by, as BTF of a few hundred bytes: what
// the samples under test/golden/exact have in place of the 5 to 10 MiB of /sys/kernel/btf/vmlinux.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { Btf } from "../../src/capture/btf.js";

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  page: ["compound_mapcount"],
  folio: ["_entire_mapcount"],
  zone: ["per_cpu_pageset", "pageset"],
  free_area: ["nr_free"],
  per_cpu_pages: ["count", "high", "high_min", "high_max", "batch", "lists"],
  mem_section: ["usage"],
  mem_section_usage: ["pageblock_flags"],
  cpu_fbatches: ["lru_add"],
  lru_pvecs: ["lru_add"],
  folio_batch: ["folios"],
  pagevec: ["pages"],
};
const ENUMS = ["migratetype", "zone_type", "pageblock_bits"];

const KIND = { int: 1, array: 3, struct: 4, enum: 6 };
const INT_TYPE = 1;

let strings = "\0";

function nameOf(name: string): number {
  const at = strings.length;
  strings += `${name}\0`;
  return at;
}

function smallOf(btf: Btf): Uint8Array {
  const types: number[][] = [[nameOf("int"), KIND.int << 24, 4, 0x20]];
  for (const [struct, names] of Object.entries(MEMBERS)) {
    const members: number[] = [];
    for (const name of names) {
      const offset = btf.memberOffset(struct, name);
      if (offset === undefined) continue;
      const length = btf.elementsOf(struct, name);
      if (length !== undefined) types.push([0, KIND.array << 24, 0, INT_TYPE, INT_TYPE, length]);
      members.push(nameOf(name), length === undefined ? INT_TYPE : types.length, offset * 8);
    }
    if (members.length === 0) continue;
    types.push([nameOf(struct), (KIND.struct << 24) | (members.length / 3), 0, ...members]);
  }
  for (const name of ENUMS) {
    const values = btf.enumOf(name);
    if (values === undefined) continue;
    const words = [...values].flatMap(([key, value]) => [nameOf(key), value]);
    types.push([nameOf(name), (KIND.enum << 24) | values.size, 4, ...words]);
  }
  const words = types.flat();
  const header = [24, 0, words.length * 4, words.length * 4, strings.length];
  const bytes = new Uint8Array(24 + words.length * 4 + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xeb9f, true);
  view.setUint8(2, 1);
  for (const [at, word] of header.entries()) view.setUint32(4 + at * 4, word, true);
  for (const [at, word] of words.entries()) view.setInt32(24 + at * 4, word, true);
  bytes.set(new TextEncoder().encode(strings), 24 + words.length * 4);
  return bytes;
}

const [file = ""] = process.argv.slice(2);
const bytes = readFileSync(file);
const types = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes;
process.stdout.write(smallOf(Btf.parse(types, file)));
