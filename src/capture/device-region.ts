import { formatSize, PAGE_SIZE } from "../units.js";
import { CaptureError } from "./capture-error.js";
import type { CaptureDevice } from "./capture.js";
import type { DeviceJson } from "./device-json.js";
import type { Iomem } from "./iomem.js";
import type { DriverLog } from "./kernel-log.js";
import type { RecordingMeta } from "./recording-meta.js";
import { hex, isPowerOfTwo } from "./whole-number.js";
import { optionError } from "../input-error.js";

/** QEMU's choice for guests with transparent huge pages of 2 MiB. */
const USUAL_BLOCK_SIZE = 2 ** 21;

/** What the caller knows better than the files. */
export interface DeviceOptions {
  /** Guest physical address of the device region; also says which of several devices is meant. */
  readonly regionStart?: number;
  /** Bytes. */
  readonly regionSize?: number;
  /** Bytes, a power of two. */
  readonly deviceBlockSize?: number;
}

/** Everything that says something about the device, each with the name of its file. */
export interface DeviceSources {
  readonly options: DeviceOptions;
  readonly iomem: Iomem;
  readonly iomemFile: string;
  readonly log: readonly DriverLog[];
  readonly logFile: string;
  readonly json: DeviceJson | undefined;
  readonly jsonFile: string;
  readonly meta: RecordingMeta | undefined;
  readonly metaFile: string;
}

/** One file's word on one number; an option has no file. */
interface Claim {
  readonly file: string;
  readonly field: string;
  readonly value: number | undefined;
}

type Agreed = Claim & { readonly value: number };

/** The device of the capture, and the log of its driver. */
export interface FoundDevice {
  readonly device: CaptureDevice;
  readonly log: DriverLog | undefined;
}

/**
 * Finds the virtio-mem device: options first, then the hypervisor's file, iomem, the driver's log
 * and the recording's meta.json. Files that contradict one another are refused; an option is
 * believed against a file, and `notes` gets a sentence.
 *
 * @throws CaptureError if no file knows a region, several devices are there to choose from, or the
 *   numbers of the files cannot be those of a device.
 * @throws RangeError if those of the options cannot.
 */
export function findDevice(sources: DeviceSources, notes: string[]): FoundDevice {
  const { options, json, jsonFile, meta, metaFile, logFile } = sources;
  const region = regionInIomem(sources);
  const log = sources.log.find(({ device }) => device === region?.device) ?? soleLog(sources);
  const logged = (field: string) => `${field} of ${log?.device ?? "the driver"}`;

  const regionStart = agreed("regionStart", options.regionStart, hex, notes, [
    { file: jsonFile, field: "region_start", value: json?.regionStart },
    { file: sources.iomemFile, field: region?.device ?? "", value: region?.start },
    { file: logFile, field: logged("start address"), value: log?.regionStart },
    { file: metaFile, field: "region.gpa", value: meta?.regionStart },
  ]);
  const regionSize = agreed("regionSize", options.regionSize, formatSize, notes, [
    { file: jsonFile, field: "region_size", value: json?.regionSize },
    {
      file: sources.iomemFile,
      field: region?.device ?? "",
      value: region && region.end - region.start,
    },
    { file: logFile, field: logged("region size"), value: log?.regionSize },
    { file: metaFile, field: "region.size", value: meta?.regionSize },
  ]);
  if (regionStart === undefined || regionSize === undefined) {
    throw new CaptureError(
      sources.iomemFile,
      "virtio-mem region",
      'must be there as a line "start-end : virtioN", got none: is the virtio_mem driver loaded?',
    );
  }
  let blockSize = agreed("deviceBlockSize", options.deviceBlockSize, formatSize, notes, [
    { file: jsonFile, field: "block_size", value: json?.blockSize },
    { file: logFile, field: logged("device block size"), value: log?.blockSize },
    { file: metaFile, field: "device_block_size", value: meta?.blockSize },
  ]);
  if (blockSize === undefined) {
    blockSize = { file: "", field: "deviceBlockSize", value: USUAL_BLOCK_SIZE };
    notes.push("nothing says the device block size; taken as 2 MiB");
  }
  checkGeometry(regionStart, regionSize, blockSize);

  const device: CaptureDevice = {
    regionStart: regionStart.value,
    regionSize: regionSize.value,
    blockSize: blockSize.value,
    node: log?.node ?? 0,
    otherRegions: sources.iomem.regions
      .filter(({ start }) => start !== regionStart.value)
      .map(({ start, end }) => [start, end] as const),
    name: region?.device ?? log?.device,
    pluggedRuns: json?.pluggedRuns,
    requestedSize: log?.requestedSize,
  };
  return { device, log };
}

function regionInIomem({ iomem, iomemFile, options, json, meta }: DeviceSources) {
  const { regions } = iomem;
  if (regions.length <= 1) return regions[0];
  const start = options.regionStart ?? json?.regionStart ?? meta?.regionStart;
  const chosen = regions.find((region) => region.start === start);
  if (chosen === undefined) {
    const ways = regions.map((region) => `--region-start ${hex(region.start)} (${region.device})`);
    throw new CaptureError(
      iomemFile,
      "virtio-mem region",
      `must be chosen by regionStart where there are several: ${ways.join(", ")}`,
    );
  }
  return chosen;
}

/** The log of the only device, where iomem does not name it. */
function soleLog({ log, iomem }: DeviceSources): DriverLog | undefined {
  return log.length === 1 && iomem.regions.length === 0 ? log[0] : undefined;
}

/** The value that all claims agree on, or the option's; undefined if there is none. */
function agreed(
  option: string,
  given: number | undefined,
  inWords: (value: number) => string,
  notes: string[],
  claims: readonly Claim[],
): Agreed | undefined {
  const [first, ...others] = claims.filter((claim): claim is Agreed => claim.value !== undefined);
  if (given !== undefined) {
    if (first !== undefined && first.value !== given) {
      const said = `${first.file} says ${inWords(first.value)}`;
      notes.push(`${option} ${inWords(given)} was given; ${said}`);
    }
    return { file: "", field: option, value: given };
  }
  const other = others.find(({ value }) => value !== first?.value);
  if (first !== undefined && other !== undefined) {
    throw new CaptureError(
      other.file,
      other.field,
      `must be ${inWords(first.value)} as in ${first.file}, got ${inWords(other.value)}`,
    );
  }
  return first;
}

function checkGeometry(start: Agreed, size: Agreed, block: Agreed): void {
  if (!isPowerOfTwo(block.value) || block.value < PAGE_SIZE) {
    reject(block, `must be a power of two of at least 4 KiB, got ${formatSize(block.value)}`);
  }
  const rule = `must be a multiple of the device block size (${formatSize(block.value)})`;
  if (!Number.isSafeInteger(size.value) || size.value <= 0 || size.value % block.value !== 0) {
    reject(size, `${rule}, got ${formatSize(size.value)}`);
  }
  if (!Number.isSafeInteger(start.value) || start.value < 0 || start.value % block.value !== 0) {
    reject(start, `${rule}, got ${hex(start.value)}`);
  }
  const end = start.value + size.value;
  if (end > 2 ** 52) reject(size, `must end below 2^52, got ${hex(end)}`);
}

function reject({ file, field }: Agreed, rule: string): never {
  if (file === "") throw optionError(`${field} ${rule}`);
  throw new CaptureError(file, field, rule);
}
