import { Btf } from "./btf.js";
import { joined } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import { openMember, readText, type CaptureFiles } from "./capture-files.js";
import type { CaptureLayout } from "./capture-layout.js";
import type { StructPages } from "./capture.js";
import { readKernelLists, type KernelLists } from "./kernel-lists.js";
import type { KernelSources } from "./kernel-sources.js";
import { parseKernelSegments, SegmentedMemory } from "./kernel-memory.js";
import { parseKernelSymbols } from "./kernel-symbols.js";
import { structPageLayout } from "./struct-page-layout.js";
import { memmapBelow, parseStructPageRuns } from "./struct-page-runs.js";
import { VmcoreInfo } from "./vmcoreinfo.js";

/** A kernel has 5 to 10 MiB of types. */
const MAX_TYPES_SIZE = 2 ** 26;

/** What an exact capture has besides the files of an ordinary one. */
export interface ExactParts {
  readonly structPages: StructPages | undefined;
  readonly kernelLists: KernelLists | undefined;
}

/**
 * The struct pages and free lists of an exact capture; undefined where there are none. Where they
 * cannot be read, a note says why, and the capture is as good as one without.
 */
export async function readExactParts(
  files: CaptureFiles,
  layout: CaptureLayout,
  nodes: readonly number[],
  notes: string[],
): Promise<ExactParts> {
  const pagesFile = layout.find("structPages");
  if (pagesFile === undefined) return { structPages: undefined, kernelLists: undefined };
  try {
    const infoFile = layout.require("vmcoreInfo");
    const info = VmcoreInfo.parse(await readText(files, infoFile), infoFile);
    const types = await readTypes(files, layout.find("types"), notes);
    const runsFile = layout.require("structPageRuns");
    const text = await readText(files, runsFile);
    const [, first = "0"] = /^([\da-f]{16}) /.exec(text) ?? [];
    const base = info.symbol("vmemmap") ?? memmapBelow(BigInt(`0x${first}`));
    const fields = structPageLayout(info, types, infoFile, base);
    const runs = parseStructPageRuns(text, runsFile, fields.size, base);
    notes.push("exact capture: what holds each page is known by the kernel's own reference counts");
    const open = (): AsyncIterable<Uint8Array> => openMember(files, pagesFile);
    const structPages = { file: pagesFile, layout: fields, runs, open };
    const end = runs.reduce((last, { startPfn, nrPages }) => Math.max(last, startPfn + nrPages), 0);
    const known = { info, types, nodes, memmapBase: base, endPfn: end };
    return { structPages, kernelLists: await readLists(files, layout, known, notes) };
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`reference counts are left out, as this is no exact capture: ${error.message}`);
    return { structPages: undefined, kernelLists: undefined };
  }
}

/** Free lists and caches; where they cannot be read, a note says why. */
async function readLists(
  files: CaptureFiles,
  layout: CaptureLayout,
  known: Omit<KernelSources, "memory" | "symbols" | "file" | "types"> & {
    readonly types: Btf | undefined;
  },
  notes: string[],
): Promise<KernelLists | undefined> {
  const file = layout.find("kernelMemory");
  const { types } = known;
  if (file === undefined || types === undefined) return undefined;
  try {
    const segmentsFile = layout.require("kernelSegments");
    const segments = parseKernelSegments(await readText(files, segmentsFile), segmentsFile);
    const size = segments.reduce((sum, segment) => sum + segment.size, 0);
    const memory = new SegmentedMemory(segments, await readBytes(files, file, size), file);
    const symbolsFile = layout.find("kernelSymbols");
    const symbols =
      symbolsFile === undefined
        ? new Map<string, bigint>()
        : parseKernelSymbols(await readText(files, symbolsFile), symbolsFile);
    const lists = await readKernelLists({ ...known, types, memory, symbols, file });
    notes.push(...lists.notes);
    return lists;
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`free lists are built by a convention: ${error.message}`);
    return undefined;
  }
}

async function readTypes(
  files: CaptureFiles,
  file: string | undefined,
  notes: string[],
): Promise<Btf | undefined> {
  try {
    if (file !== undefined) {
      return Btf.parse(await readBytes(files, file, MAX_TYPES_SIZE), file);
    }
    notes.push(
      "the kernel's types (BTF) are not there: huge pages and large folios count by flags",
    );
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`huge pages and large folios count by flags: ${error.message}`);
  }
  return undefined;
}

async function readBytes(files: CaptureFiles, file: string, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of openMember(files, file)) {
    pieces.push(piece);
    size += piece.length;
    if (size > most) {
      throw new CaptureError(file, "length", `must be at most ${most} bytes, got more`);
    }
  }
  return joined(pieces, size);
}
