import { Btf } from "./btf.js";
import { joined } from "./byte-stream.js";
import { CaptureError } from "./capture-error.js";
import { openMember, readText, type CaptureFiles } from "./capture-files.js";
import type { CaptureLayout } from "./capture-layout.js";
import type { StructPages } from "./capture.js";
import { structPageLayout } from "./struct-page-layout.js";
import { parseStructPageRuns } from "./struct-page-runs.js";
import { VmcoreInfo } from "./vmcoreinfo.js";

/** A kernel has 5 to 10 MiB of types. */
const MAX_TYPES_SIZE = 2 ** 26;

/**
 * The struct pages of an exact capture; undefined where there are none. Where they cannot be read,
 * a note says why, and the capture is as good as one without.
 */
export async function readStructPages(
  files: CaptureFiles,
  layout: CaptureLayout,
  notes: string[],
): Promise<StructPages | undefined> {
  const pagesFile = layout.find("structPages");
  if (pagesFile === undefined) return undefined;
  try {
    const infoFile = layout.require("vmcoreInfo");
    const info = VmcoreInfo.parse(await readText(files, infoFile), infoFile);
    const types = await readTypes(files, layout.find("types"), notes);
    const fields = structPageLayout(info, types, infoFile);
    const runsFile = layout.require("structPageRuns");
    const text = await readText(files, runsFile);
    const runs = parseStructPageRuns(text, runsFile, fields.size, info.symbol("vmemmap"));
    notes.push("exact capture: what holds each page is known by the kernel's own reference counts");
    return { file: pagesFile, layout: fields, runs, open: () => openMember(files, pagesFile) };
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`reference counts are left out, as this is no exact capture: ${error.message}`);
    return undefined;
  }
}

async function readTypes(
  files: CaptureFiles,
  file: string | undefined,
  notes: string[],
): Promise<Btf | undefined> {
  try {
    if (file !== undefined) return Btf.parse(await readBytes(files, file), file);
    notes.push(
      "the kernel's types (BTF) are not there: huge pages and large folios count by flags",
    );
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    notes.push(`huge pages and large folios count by flags: ${error.message}`);
  }
  return undefined;
}

async function readBytes(files: CaptureFiles, file: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of openMember(files, file)) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_TYPES_SIZE) {
      throw new CaptureError(file, "length", "must be at most 64 MiB of types, got more");
    }
  }
  return joined(pieces, size);
}
