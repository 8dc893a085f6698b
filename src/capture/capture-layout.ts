import type { CaptureFiles } from "./capture-files.js";
import { CaptureError } from "./capture-error.js";

/** What a file of a capture says, whatever its name is in one layout or the other. */
export type CaptureRole =
  | "pageFlags"
  | "mapCounts"
  | "pageState"
  | "structPages"
  | "structPageRuns"
  | "vmcoreInfo"
  | "types"
  | "kernelMemory"
  | "kernelSegments"
  | "kernelSymbols"
  | "iomem"
  | "zoneinfo"
  | "pagetypeinfo"
  | "buddyinfo"
  | "memoryBlocks"
  | "vmstat"
  | "meminfo"
  | "swaps"
  | "memorySettings"
  | "moduleParameters"
  | "commandLine"
  | "kernelName"
  | "kernelLog"
  | "device"
  | "recordingMeta"
  | "memmaps";

type RoleNames = Partial<Record<CaptureRole, string>>;

const USER_FILES = {
  pageFlags: "kpageflags.gz",
  mapCounts: "kpagecount.gz",
  structPages: "struct-pages.gz",
  structPageRuns: "struct-pages.txt",
  vmcoreInfo: "vmcoreinfo.txt",
  types: "btf.gz",
  kernelMemory: "kernel-memory.gz",
  kernelSegments: "kernel-memory.txt",
  kernelSymbols: "symbols.txt",
  iomem: "iomem.txt",
  zoneinfo: "zoneinfo.txt",
  pagetypeinfo: "pagetypeinfo.txt",
  buddyinfo: "buddyinfo.txt",
  memoryBlocks: "memory-blocks.txt",
  vmstat: "vmstat.txt",
  meminfo: "meminfo.txt",
  swaps: "swaps.txt",
  memorySettings: "memory-settings.txt",
  moduleParameters: "module-parameters.txt",
  commandLine: "cmdline.txt",
  kernelName: "uname.txt",
  kernelLog: "dmesg-virtio_mem.txt",
  device: "device.json",
} as const satisfies RoleNames;

/** Files of an observation of a recording; `when` is `before` or `state`. */
function recordingFiles(when: string) {
  return {
    pageFlags: `${when}.kpf.gz`,
    pageState: `${when}.pgx.gz`,
    iomem: `iomem-${when}.txt`,
    zoneinfo: `zoneinfo-${when}.txt`,
    pagetypeinfo: `pagetypeinfo-${when}.txt`,
    memoryBlocks: `blocks-${when}.json`,
    vmstat: `vmstat-${when}.txt`,
    meminfo: `meminfo-${when}.txt`,
    device: `device-${when}.json`,
    memmaps: `memmap-${when}.json`,
    recordingMeta: "meta.json",
  } as const satisfies RoleNames;
}

const LAYOUTS: readonly RoleNames[] = [
  USER_FILES,
  recordingFiles("before"),
  recordingFiles("state"),
];

/** A capture found among files. */
export class CaptureLayout {
  /** Folder of the files with a `/` at the end, or empty. */
  readonly folder: string;
  readonly #files: ReadonlyMap<CaptureRole, string>;
  readonly #expected: RoleNames;

  constructor(folder: string, expected: RoleNames, files: ReadonlyMap<CaptureRole, string>) {
    this.folder = folder;
    this.#expected = expected;
    this.#files = files;
  }

  /** Name of the file with this role, or undefined where it is not there. */
  find(role: CaptureRole): string | undefined {
    return this.#files.get(role);
  }

  /** As {@link find}. @throws CaptureError where the file is not there. */
  require(role: CaptureRole): string {
    const name = this.#files.get(role);
    if (name !== undefined) return name;
    const expected = `${this.folder}${this.#expected[role] ?? role}`;
    throw new CaptureError(expected, "", "must be in the capture, got no such file");
  }
}

/**
 * Finds the capture among `files`: a user's capture, or one observation of a recording, in
 * whatever folder it lies. Members may be compressed (`.gz`) or not.
 *
 * @param folder - which one, where there are several.
 * @throws CaptureError if there is no capture, or more than one to choose from.
 */
export function findCapture(files: CaptureFiles, folder?: string): CaptureLayout {
  const names = new Set(files.names().filter((name) => !/(^|\/)\._/.test(name)));
  const folders = new Set([...names].map(folderOf));
  const found: CaptureLayout[] = [];
  for (const candidate of folders) {
    const layout = layoutIn(candidate, names);
    if (layout !== undefined) found.push(layout);
  }
  const wanted =
    folder === undefined
      ? found
      : found.filter((layout) => trimmed(layout.folder) === trimmed(folder));
  const [only, ...others] = wanted;
  if (only === undefined) notACapture(files.name, found);
  if (others.length > 0) {
    const list = wanted.map((layout) => trimmed(layout.folder) || ".").join(", ");
    throw new CaptureError(files.name, "", `must hold one capture, got ${wanted.length}: ${list}`);
  }
  return only;
}

/** Two of its files make a layout; one alone, iomem.txt for example, could be anybody's. */
const MIN_FILES = 2;

function layoutIn(folder: string, names: ReadonlySet<string>): CaptureLayout | undefined {
  for (const expected of LAYOUTS) {
    const files = new Map<CaptureRole, string>();
    for (const [role, name] of Object.entries(expected) as [CaptureRole, string][]) {
      const plain = name.replace(/\.gz$/, "");
      const actual = [`${folder}${plain}.gz`, `${folder}${plain}`].find((path) => names.has(path));
      if (actual !== undefined) files.set(role, actual);
    }
    if (!files.has("pageFlags") && files.size < MIN_FILES) continue;
    // One meta.json serves all observations of a boot.
    const meta = `${parentOf(folder)}meta.json`;
    if (expected.recordingMeta !== undefined && !files.has("recordingMeta") && names.has(meta)) {
      files.set("recordingMeta", meta);
    }
    return new CaptureLayout(folder, expected, files);
  }
  return undefined;
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}

function parentOf(folder: string): string {
  return folder === "" ? "../" : folderOf(folder.slice(0, -1));
}

function trimmed(folder: string): string {
  return folder.replace(/^\.\//, "").replace(/\/$/, "");
}

function notACapture(name: string, found: readonly CaptureLayout[]): never {
  if (found.length > 0) {
    const list = found.map((layout) => trimmed(layout.folder) || ".").join(", ");
    throw new CaptureError(name, "", `must hold the capture that was asked for, got ${list}`);
  }
  throw new CaptureError(
    name,
    "",
    "must hold a capture (kpageflags.gz, iomem.txt, zoneinfo.txt, memory-blocks.txt and more; " +
      '"virtio-mem capture-script" prints a script that makes one), got none',
  );
}
