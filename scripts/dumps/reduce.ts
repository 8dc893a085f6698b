/**
 * Makes a sample for tests of a memory dump: an ELF core with those pages only that a capture is
 * made of, and of symbols and types only what is asked for.
 *
 * usage: tsx scripts/dumps/reduce.ts DUMP OUT.elf.gz
 */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

import { KERNEL_SYMBOLS } from "../../src/capture/kernel-symbols.js";
import { captureOfDump, SYMBOLS } from "../../src/dump/dump-capture.js";
import { openKernel, symbolOf } from "../../src/dump/dumped-kernel.js";
import { findKernel } from "../../src/dump/find-kernel.js";
import { findTables, tablesOf } from "../../src/dump/kallsyms.js";
import { openMemory } from "../../src/dump/open-memory.js";
import type { PhysicalMemory } from "../../src/dump/physical-memory.js";
import { openDumpFile } from "../../src/node/dump-file.js";
import { elfCoreOf } from "../../test/unit/dump/elf-core-of.js";
import { PatchedMemory } from "./patched-memory.js";
import { reducedSymbols } from "./reduced-symbols.js";
import { reducedTypes } from "./reduced-types.js";

const [dump = "", out = ""] = process.argv.slice(2);
const opened = await openDumpFile(dump);
const whole = await openMemory(opened.file);
const found = await findKernel(whole, []);
const kernel = await openKernel(found, SYMBOLS);
const memory: PhysicalMemory = {
  name: whole.name,
  ranges: whole.ranges,
  hints: { vmcoreInfos: [found.infoText], pageTables: [] },
  read: (address, length) => whole.read(address, length),
};
const patched = new PatchedMemory(memory, found.info);
const types = reducedTypes(kernel.typeBytes);
const start = symbolOf(kernel, "__start_BTF");
const tables = tablesOf(found.info) ?? (await findTables(kernel.reader, symbolInNote("_stext")));
if (tables === undefined) throw new Error("the kernel has no symbols");
const wanted = new Set([...SYMBOLS, ...KERNEL_SYMBOLS, "__start_BTF", "__stop_BTF", "init_uts_ns"]);
const less = kernel.typeBytes.length - types.length;
await patched.write(start, types);
for (const { address, bytes } of await reducedSymbols(kernel.reader, tables, wanted, {
  __stop_BTF: -less,
})) {
  await patched.write(address, bytes);
}
const capture = await captureOfDump(patched);
for (const name of capture.names()) {
  const pieces = capture.open(name)[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
}
const searched = tablesOf(found.info) === undefined ? symbolInNote("_stext") : undefined;
const core = elfCoreOf(await patched.pages(searched), found.infoText);
writeFileSync(out, gzipSync(core, { level: 9 }));
opened.close();

function symbolInNote(name: string): bigint {
  const address = found.info.symbol(name);
  if (address === undefined) throw new Error(`VMCOREINFO has no ${name}`);
  return address;
}
