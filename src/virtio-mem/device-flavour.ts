import type { ResponseType } from "./protocol.js";

const MiB = 1024 * 1024;

/** A test that a PLUG must pass; the first that fails decides the answer. */
export type PlugCheck =
  | "range" // aligned, not empty, inside the usable region; else ERROR
  | "size" // not more than requested; else `answerTooLarge`
  | "state" // each device block is unplugged; else ERROR
  | "busy"; // the device is not busy; else BUSY

/** Which part of the region takes requests (device.md section 5.2). */
export type UsableRegionRule =
  /** Nothing while nothing is requested, else `extentSize` more than requested. */
  { readonly kind: "extent"; readonly extentSize: number };

/** Differences between implementations of the device, as data. */
export interface DeviceFlavour {
  readonly name: "qemu";
  readonly plugChecks: readonly PlugCheck[];
  readonly answerTooLarge: ResponseType;
  readonly usableRegion: UsableRegionRule;
  /** Is the usable region computed anew, shrinking included, when everything was unplugged? */
  readonly unplugAllShrinksUsable: boolean;
}

/** QEMU on x86. */
export const QEMU_FLAVOUR: DeviceFlavour = {
  name: "qemu",
  plugChecks: ["range", "size", "state", "busy"],
  answerTooLarge: "NACK",
  usableRegion: { kind: "extent", extentSize: 256 * MiB },
  unplugAllShrinksUsable: true,
};
