import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { onceOnly } from "./once-only.js";
import type { DumpFile } from "../../../src/dump/dump-file.js";
import { openElfCore } from "../../../src/dump/elf-core.js";
import type { Page } from "./elf-core-of.js";

export const PAGE = 4096;
/** Kernels of which there is a sample: dumps of guests, with the pages of their kernel only. */
export type SampleName = "6.12" | "5.10";

const folder = new URL("../../golden/dumps/", import.meta.url).pathname;

/** The sample as it is: an ELF core. */
export function sampleCore(name: SampleName): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(gunzipSync(readFileSync(`${folder}linux-${name}.elf.gz`)));
}

/** What the guest then did when its device was shrunk to 0. */
export function recordedResult(name: SampleName): {
  readonly pluggedBefore: string;
  readonly pluggedAfter: string;
  readonly requests: number;
} {
  return JSON.parse(readFileSync(`${folder}linux-${name}.json`, "utf8")) as ReturnType<
    typeof recordedResult
  >;
}

/** A sample taken apart: its pages, and the text of its note. */
export const takenApart = onceOnly(async (name: SampleName) => {
  const bytes = sampleCore(name);
  const memory = await openElfCore(fileOf(bytes));
  const pages: Page[] = [];
  for (const { start, end } of memory.ranges) {
    const run = await memory.read(start, end - start);
    for (let at = 0; at < run.length; at += PAGE)
      pages.push([start + at, run.subarray(at, at + PAGE)]);
  }
  return { pages, note: memory.hints.vmcoreInfos[0] ?? "" };
});

/** A dump of these bytes. */
export function fileOf(bytes: Uint8Array, name = "dump"): DumpFile {
  return {
    name,
    size: bytes.length,
    read: (position, length) =>
      Promise.resolve(bytes.slice(position, Math.max(position, position + length))),
  };
}

/** A raw image of `size` bytes with these pages; the rest are zeros. */
export function imageOf(pages: readonly Page[], size: number): DumpFile {
  const byAddress = new Map(pages);
  return {
    name: "image",
    size,
    read(position, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      const first = Math.floor(position / PAGE) * PAGE;
      for (let page = first; page < position + bytes.length; page += PAGE) {
        const content = byAddress.get(page);
        if (content === undefined) continue;
        const from = Math.max(0, position - page);
        const part = content.subarray(from, Math.min(PAGE, position + bytes.length - page));
        bytes.set(part, page + from - position);
      }
      return Promise.resolve(bytes);
    },
  };
}
