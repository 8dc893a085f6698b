import { CaptureError, quoted } from "./capture-error.js";
import { hexNumber } from "./whole-number.js";

/** What one virtio-mem driver instance wrote into the kernel log. Undefined = no such line. */
export interface DriverLog {
  /** `virtio0` */
  readonly device: string;
  regionStart?: number;
  regionSize?: number;
  blockSize?: number;
  memoryBlockSize?: number;
  subblockSize?: number;
  /** The last one; so is the next. */
  requestedSize?: number;
  /** Undefined also where the device names no node. */
  node?: number;
}

const SIZE_LINES = {
  "start address": "regionStart",
  "region size": "regionSize",
  "device block size": "blockSize",
  "memory block size": "memoryBlockSize",
  "subblock size": "subblockSize",
  "requested size": "requestedSize",
} as const;

/**
 * Reads the lines of virtio-mem drivers in the kernel log:
 *
 * ```text
 * [    2.417937] virtio_mem virtio0: start address: 0x100000000
 * ```
 *
 * Where a driver was loaded more than once the last values count.
 *
 * @returns one entry per device. The log is a ring: early lines may be gone.
 * @throws CaptureError if a number is malformed.
 */
export function parseKernelLog(text: string, file: string): DriverLog[] {
  const drivers = new Map<string, DriverLog>();
  for (const line of text.split("\n")) {
    const row = /\bvirtio_mem (virtio\d+): ([a-z ]+): (\S+)\s*$/.exec(line);
    if (row === null) continue;
    const [, device = "", name = "", value = ""] = row;
    let driver = drivers.get(device);
    if (driver === undefined) {
      driver = { device };
      drivers.set(device, driver);
    }
    if (name === "nid") {
      setNode(driver, value, file);
    } else if (Object.hasOwn(SIZE_LINES, name)) {
      const field = SIZE_LINES[name as keyof typeof SIZE_LINES];
      driver[field] = hexNumber(value, file, `${name} of ${device}`);
    }
  }
  return [...drivers.values()];
}

function setNode(driver: DriverLog, value: string, file: string): void {
  if (!/^-?\d{1,4}$/.test(value)) {
    const field = `nid of ${driver.device}`;
    throw new CaptureError(file, field, `must be the number of a node, got ${quoted(value)}`);
  }
  if (!value.startsWith("-")) driver.node = Number(value);
}
