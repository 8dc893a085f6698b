import { assertOptions, SIZE, TEXT, type OptionRule } from "../option-check.js";
import { assertCaptureFiles } from "./assert-capture.js";
import { CaptureError } from "./capture-error.js";
import { readText, type CaptureFiles } from "./capture-files.js";
import { parseBuddyinfo } from "./buddyinfo.js";
import { cmaNotes } from "./cma.js";
import { findCapture, type CaptureLayout, type CaptureRole } from "./capture-layout.js";
import { captureSettings } from "./capture-settings.js";
import type { Capture, CaptureMemoryBlock } from "./capture.js";
import { parseCommandLine } from "./command-line.js";
import { checkMemory, checkMemoryBlockSize } from "./consistency.js";
import { parseMeminfo, parseVmstat } from "./counters.js";
import { parseDeviceJson } from "./device-json.js";
import { findDevice, type DeviceOptions } from "./device-region.js";
import { parseIomem } from "./iomem.js";
import { parseKernelLog, type DriverLog } from "./kernel-log.js";
import { parseKernelName } from "./kernel-name.js";
import { driverParametersOf, zoneinfoLinesOf } from "./kernel-traces.js";
import { parseMemmaps } from "./memmap-json.js";
import { parseMemoryBlocks, parseMemoryBlocksJson } from "./memory-blocks.js";
import { parseMemorySettings } from "./memory-settings.js";
import { parseModuleParameters } from "./module-parameters.js";
import { pageWords } from "./page-words.js";
import { parsePagetypeinfo } from "./pagetypeinfo.js";
import { parseRecordingMeta, type RecordingMeta } from "./recording-meta.js";
import { readExactParts } from "./struct-pages.js";
import { parseSwaps } from "./swaps.js";
import { hexNumber } from "./whole-number.js";
import { parseZoneinfo } from "./zoneinfo.js";
import { PAGE_SIZE } from "../units.js";

const PAGEBLOCK_SIZE = 2 ** 21;
const USUAL_MEMORY_BLOCK_SIZE = 2 ** 27;

/** What a capture may leave open. */
export interface CaptureOptions extends DeviceOptions {
  /** Which folder among the files, where they hold several captures. */
  readonly folder?: string;
}

const RULES: Readonly<Record<keyof Required<CaptureOptions>, OptionRule>> = {
  folder: TEXT,
  regionStart: SIZE,
  regionSize: SIZE,
  deviceBlockSize: SIZE,
};

/**
 * Reads a capture: a user's one, or one observation of a recording.
 *
 * Reads and checks all text files. The page flags are only looked for; their length and
 * completeness are checked whenever they are read to the end.
 *
 * @param files - From {@link openArchive}, {@link captureFilesOf} or, in Node, `openCapture()`.
 * @param options - What the files leave open: which folder, where the device lies.
 * @throws CaptureError if a file is missing, malformed, contradicts another one, or comes from a
 *   guest that the model does not know.
 *
 * @example
 * ```js
 * import { readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * console.log(capture.device.regionSize); // 4294967296
 * ```
 */
export async function readCapture(
  files: CaptureFiles,
  options: CaptureOptions = {},
): Promise<Capture> {
  assertCaptureFiles(files);
  assertOptions("options of readCapture()", options, RULES);
  const layout = findCapture(files, options.folder);
  const text = new CaptureTexts(files, layout);
  const notes = [...(files.notes ?? [])];

  const meta = await text.parse("recordingMeta", parseRecordingMeta);
  const metaFile = layout.find("recordingMeta") ?? "meta.json";
  checkPageSizeOf(meta, metaFile);
  const kernelVersion =
    (await text.parse("kernelName", parseKernelName)) ??
    (meta?.kernel === undefined ? undefined : parseKernelName(meta.kernel, metaFile));
  const pageFlagsFile = layout.require("pageFlags");

  const iomemFile = layout.require("iomem");
  const iomem = parseIomem(await readText(files, iomemFile), iomemFile);
  const log = (await text.parse("kernelLog", parseKernelLog)) ?? [];
  const logFile = layout.find("kernelLog") ?? "kernel log";
  const found = findDevice(
    {
      options,
      iomem,
      iomemFile,
      log,
      logFile,
      json: await text.parse("device", parseDeviceJson),
      jsonFile: layout.find("device") ?? "device.json",
      meta,
      metaFile,
    },
    notes,
  );
  const { device } = found;

  const memorySettings = (await text.parse("memorySettings", parseMemorySettings)) ?? new Map();
  const memorySettingsFile = layout.find("memorySettings") ?? "memory-settings.txt";
  const memoryBlockSize = memoryBlockSizeOf(
    { settings: memorySettings, settingsFile: memorySettingsFile, log: found.log, logFile },
    meta,
    metaFile,
    notes,
  );
  const memoryBlocksFile = layout.require("memoryBlocks");
  const parseBlocks = isJson(memoryBlocksFile) ? parseMemoryBlocksJson : parseMemoryBlocks;
  const memoryBlocks = parseBlocks(
    await readText(files, memoryBlocksFile),
    memoryBlocksFile,
    notes,
  );
  const region = { start: device.regionStart, end: device.regionStart + device.regionSize };
  const inRegion = ({ id }: CaptureMemoryBlock) =>
    id * memoryBlockSize >= region.start && (id + 1) * memoryBlockSize <= region.end;

  const commandLine = (await text.read("commandLine"))?.trim() ?? meta?.commandLine;
  const moduleParameters =
    (await text.parse("moduleParameters", parseModuleParameters)) ?? new Map<string, string>();
  const settings = captureSettings(
    {
      memorySettings,
      memorySettingsFile,
      moduleParameters,
      moduleParametersFile: layout.find("moduleParameters") ?? "module-parameters.txt",
      commandLine: parseCommandLine(commandLine ?? ""),
      commandLineFile: layout.find("commandLine") ?? metaFile,
    },
    memoryBlocks.filter(inRegion),
    notes,
  );

  const zoneinfoFile = layout.require("zoneinfo");
  const zoneinfo = await readText(files, zoneinfoFile);
  const zones = parseZoneinfo(zoneinfo, zoneinfoFile);
  checkMemory({
    iomem,
    iomemFile,
    memoryBlocks,
    memoryBlocksFile,
    memoryBlockSize,
    region,
    zones,
    zoneinfoFile,
  });

  const nrPages = Math.floor((iomem.systemRam.at(-1)?.end ?? 0) / PAGE_SIZE);
  const endPage = Math.max(
    nrPages,
    ...iomem.regions.map(({ end }) => Math.ceil(end / PAGE_SIZE)),
    Math.ceil(region.end / PAGE_SIZE),
  );
  const words = (role: CaptureRole) => {
    const name = layout.find(role);
    return name === undefined ? undefined : pageWords(files, name, nrPages, endPage);
  };
  const pageTypes = await text.parse("pagetypeinfo", (content, file) =>
    parsePagetypeinfo(content, file, notes),
  );
  const memInfo = (await text.parse("meminfo", parseMeminfo)) ?? new Map<string, number>();
  notes.push(...cmaNotes(pageTypes, memInfo));
  return {
    name: layout.folder === "" ? files.name : `${files.name}: ${layout.folder.slice(0, -1)}`,
    kernelVersion,
    commandLine,
    memoryBlockSize,
    zones,
    memoryBlocks,
    pageTypes,
    freeChunks: await text.parse("buddyinfo", parseBuddyinfo),
    device,
    settings,
    memmaps: await text.parse("memmaps", parseMemmaps),
    systemRam: iomem.systemRam.map(({ start, end }) => [start, end]),
    vmstat: (await text.parse("vmstat", parseVmstat)) ?? new Map(),
    swaps: await text.parse("swaps", parseSwaps),
    memInfo,
    pageFlags: pageWords(files, pageFlagsFile, nrPages, endPage),
    mapCounts: words("mapCounts"),
    pageState: words("pageState"),
    ...(await readExactParts(files, layout, [...new Set(zones.map(({ node }) => node))], notes)),
    traces: {
      subblockSize: subblockSizeOf(found.log, memoryBlockSize, logFile),
      driverParameters: driverParametersOf(moduleParameters),
      zoneinfoLines: zoneinfoLinesOf(zoneinfo),
    },
    notes,
  };
}

/**
 * The capture once for each of its devices, by address; once where it has one device or an option
 * or file says which one is meant.
 *
 * @param files - As of {@link readCapture}; they hold several guests or devices.
 * @param options - As of {@link readCapture}, for each of them.
 * @throws as {@link readCapture}.
 *
 * @example
 * ```js
 * import { readCaptures } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * // one for each device of the guest
 * const captures = await readCaptures(await openCapture("web-server.tar.gz"));
 * console.log(captures.length); // 1
 * ```
 */
export async function readCaptures(
  files: CaptureFiles,
  options: CaptureOptions = {},
): Promise<Capture[]> {
  const layout = findCapture(files, options.folder);
  const iomemFile = layout.require("iomem");
  const { regions } = parseIomem(await readText(files, iomemFile), iomemFile);
  const isSaid =
    options.regionStart !== undefined ||
    layout.find("device") !== undefined ||
    layout.find("recordingMeta") !== undefined;
  if (regions.length <= 1 || isSaid) return [await readCapture(files, options)];
  const captures: Capture[] = [];
  for (const { start } of [...regions].sort((a, b) => a.start - b.start)) {
    captures.push(await readCapture(files, { ...options, regionStart: start }));
  }
  return captures;
}

/** The text files of one capture by role. */
class CaptureTexts {
  readonly #files: CaptureFiles;
  readonly #layout: CaptureLayout;

  constructor(files: CaptureFiles, layout: CaptureLayout) {
    this.#files = files;
    this.#layout = layout;
  }

  async read(role: CaptureRole): Promise<string | undefined> {
    const name = this.#layout.find(role);
    return name === undefined ? undefined : readText(this.#files, name);
  }

  async parse<T>(
    role: CaptureRole,
    parser: (text: string, file: string) => T,
  ): Promise<T | undefined> {
    const name = this.#layout.find(role);
    return name === undefined ? undefined : parser(await readText(this.#files, name), name);
  }
}

function isJson(name: string): boolean {
  return /\.json(\.gz)?$/.test(name);
}

function checkPageSizeOf(meta: RecordingMeta | undefined, file: string): void {
  if (meta?.pageSize === undefined || meta.pageSize === PAGE_SIZE) return;
  throw new CaptureError(
    file,
    "page_size",
    `must be 4096, got ${meta.pageSize}: not supported yet`,
  );
}

function subblockSizeOf(
  log: DriverLog | undefined,
  memoryBlockSize: number,
  file: string,
): number | undefined {
  const size = log?.subblockSize;
  if (size === undefined) return undefined;
  const isPowerOfTwo = size > 0 && Number.isInteger(Math.log2(size));
  if (isPowerOfTwo && size >= PAGEBLOCK_SIZE && size <= memoryBlockSize) return size;
  const rule = `must be a power of two from ${PAGEBLOCK_SIZE} to ${memoryBlockSize} bytes`;
  throw new CaptureError(file, "subblock size", `${rule}, got ${size}`);
}

function memoryBlockSizeOf(
  live: {
    readonly settings: ReadonlyMap<string, string>;
    readonly settingsFile: string;
    readonly log: DriverLog | undefined;
    readonly logFile: string;
  },
  meta: RecordingMeta | undefined,
  metaFile: string,
  notes: string[],
): number {
  const text = live.settings.get("block_size_bytes");
  if (text !== undefined) {
    const size = hexNumber(text, live.settingsFile, "block_size_bytes");
    checkMemoryBlockSize(size, live.settingsFile, "block_size_bytes");
    return size;
  }
  if (live.log?.memoryBlockSize !== undefined) {
    checkMemoryBlockSize(live.log.memoryBlockSize, live.logFile, "memory block size");
    return live.log.memoryBlockSize;
  }
  if (meta?.memoryBlockSize !== undefined) {
    checkMemoryBlockSize(meta.memoryBlockSize, metaFile, "memory_block_size");
    return meta.memoryBlockSize;
  }
  notes.push("nothing says the size of a memory block; taken as 128 MiB");
  return USUAL_MEMORY_BLOCK_SIZE;
}
