import { MiB, GiB } from "../units.js";
import type { OnlineSettings } from "../linux/online-policy.js";
import {
  ANYTHING,
  either,
  FLAG,
  FUNCTION,
  LIST,
  OBJECT,
  objectOf,
  oneOf,
  SIZE,
  TEXT,
  WHOLE,
  type OptionRule,
  SIGNAL,
} from "../option-check.js";
import type { DriverParameters } from "../virtio-mem/driver/parameters.js";
import type {
  BootRange,
  CapturedGuestOptions,
  GuestOptions,
  NewDeviceOptions,
  NewGuestOptions,
  RestoreOptions,
} from "./options.js";
import type { SlicedRequestOptions } from "./sliced-request.js";

/** A rule for each option of `T`. */
export type RulesOf<T> = Readonly<Record<keyof T, OptionRule>>;

const DRIVER: RulesOf<Required<DriverParameters>> = {
  unplugOnline: FLAG,
  forceBbm: FLAG,
  bbmBlockSize: SIZE,
  bbmSafeUnplug: FLAG,
};

const ONLINE: RulesOf<Required<OnlineSettings>> = {
  autoOnline: oneOf(["offline", "online", "online_kernel", "online_movable"]),
  onlinePolicy: oneOf(["contig-zones", "auto-movable", "prefer-movable"]),
  autoMovableRatio: WHOLE,
  autoMovableNumaAware: FLAG,
  movableNode: FLAG,
  preferMovableRatio: WHOLE,
};

const GUEST: RulesOf<Required<GuestOptions>> = {
  profile: TEXT,
  calibration: OBJECT,
  core: ANYTHING,
  driver: objectOf(DRIVER),
  policy: either(TEXT, OBJECT),
  subblockSize: SIZE,
};

const DEVICE: RulesOf<Required<NewDeviceOptions>> = {
  regionSize: SIZE,
  regionStart: SIZE,
  blockSize: SIZE,
  node: WHOLE,
  flavour: either(TEXT, OBJECT),
  host: OBJECT,
};

/** Of Guest.fromCapture(). */
export const CAPTURED_GUEST: RulesOf<Required<CapturedGuestOptions>> = {
  ...GUEST,
  onProgress: FUNCTION,
  signal: SIGNAL,
  keepCaches: FLAG,
  host: OBJECT,
};

/** Of Guest.restore() and Guest.fork(). */
export const RESTORED_GUEST: RulesOf<Required<RestoreOptions>> = {
  core: ANYTHING,
  policy: either(TEXT, OBJECT),
  hosts: LIST,
};

/** Of Guest.requestSizeInSlices(). */
export const SLICED_REQUEST: RulesOf<Required<SlicedRequestOptions>> = {
  onProgress: FUNCTION,
  signal: SIGNAL,
  stop: SIGNAL,
  index: WHOLE,
  sliceMs: {
    holds: (value) => typeof value === "number" && value >= 0,
    words: "a number of milliseconds >= 0",
  },
};

/** Of Guest.create(). */
export const NEW_GUEST: RulesOf<Required<NewGuestOptions>> = {
  ...GUEST,
  ...DEVICE,
  bootSize: SIZE,
  bootRanges: LIST,
  devices: LIST,
  memoryBlockSize: {
    holds: (value) =>
      typeof value === "number" &&
      Number.isInteger(Math.log2(value)) &&
      value >= 128 * MiB &&
      value <= 2 * GiB,
    words: "a power of two from 128 MiB to 2 GiB",
    isNumber: true,
  },
  online: objectOf(ONLINE),
};

/** Of an entry of `devices`. */
export const NEW_DEVICE = DEVICE;

/** Of an entry of `bootRanges`. */
export const BOOT_RANGE: RulesOf<Required<BootRange>> = { start: SIZE, size: SIZE, node: WHOLE };
