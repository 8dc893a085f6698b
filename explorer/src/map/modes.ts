// The ways to colour a map: which byte of a cell counts, and which colour each byte has.

import { Migratetype } from "../../../src/core/abi.js";
import type { Picture } from "../engine/protocol.js";
import {
  categoryColour,
  CLASS_GROUPS,
  fateColour,
  FATE_NAMES,
  groupOfClass,
  pixelOf,
  ramp,
  type Theme,
} from "./colours.js";

export const MODES = {
  fate: "Fate",
  class: "Class of page",
  use: "Share in use",
  zone: "Zone",
  type: "Migratetype",
  sureness: "Chance to stay",
  moved: "Pages moved",
} as const;
export type ModeName = keyof typeof MODES;

/** What a cell is in one mode, by its byte. */
export interface Mode {
  /** Pixels by byte. */
  readonly pixels: Uint32Array;
  /** Of several cells in one pixel the one with the highest rank is seen, by byte. */
  readonly rank: Uint8Array;
  readonly legend: readonly Entry[];
}

export interface Entry {
  readonly label: string;
  readonly colour: string;
  /** Bytes that it stands for: from the first up to the last. */
  readonly first: number;
  readonly last: number;
}

/** What modes need besides a picture. */
export interface ModeInput {
  readonly fateLabels: readonly string[];
  readonly zoneNames: readonly string[];
}

const TYPE_NAMES = Object.keys(Migratetype);

export function modeOf(name: ModeName, theme: Theme, input: ModeInput): Mode {
  switch (name) {
    case "fate":
      return modeOfEntries(
        FATE_NAMES.map((fate, at) => ({
          label: input.fateLabels[at] ?? fate,
          colour: fateColour(fate, theme),
          first: at,
          last: at,
        })),
      );
    case "class":
      return modeOfEntries(
        CLASS_GROUPS.map(({ label, light, dark }, at) => ({
          label,
          colour: theme.isDark ? dark : light,
          first: at,
          last: at,
        })),
      );
    case "use":
      return modeOfEntries(
        ["free", "up to a third", "up to two thirds", "more"].map((label, at) => ({
          label,
          colour: ramp(at / 3, theme),
          first: at,
          last: at,
        })),
      );
    case "zone":
      return modeOfEntries([
        ...input.zoneNames.map((label, at) => ({
          label,
          colour: categoryColour(at, theme),
          first: at,
          last: at,
        })),
        { label: "not online", colour: fateColour("unplugged", theme), first: 15, last: 15 },
      ]);
    case "type":
      return modeOfEntries([
        ...TYPE_NAMES.map((label, at) => ({
          label: label.toLowerCase(),
          colour: categoryColour(at, theme),
          first: at,
          last: at,
        })),
        { label: "not online", colour: fateColour("unplugged", theme), first: 15, last: 15 },
      ]);
    case "sureness":
      return modeOfRamp(theme, ["goes for sure", "10 %", "50 %", "90 %", "stays for sure"]);
    case "moved":
      return modeOfRamp(theme, ["none", "10 %", "50 %", "90 %", "all of it"]);
  }
}

function modeOfEntries(legend: readonly Entry[]): Mode {
  const pixels = new Uint32Array(256);
  const rank = new Uint8Array(256);
  for (const [at, { colour, first, last }] of legend.entries()) {
    pixels.fill(pixelOf(colour), first, last + 1);
    rank.fill(at, first, last + 1);
  }
  return { pixels, rank, legend };
}

const STOPS = [0, 1, 64, 192, 255] as const;

function modeOfRamp(theme: Theme, labels: readonly string[]): Mode {
  const pixels = Uint32Array.from({ length: 256 }, (_, byte) =>
    // a chance of one in a hundred is to be seen
    pixelOf(ramp(byte === 0 ? 0 : 0.15 + (0.85 * byte) / 255, theme)),
  );
  const rank = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const legend = labels.map((label, at) => ({
    label,
    colour: ramp(at === 0 ? 0 : 0.15 + (0.85 * (STOPS[at] ?? 0)) / 255, theme),
    first: STOPS[at] ?? 0,
    last: at === 0 || at === STOPS.length - 1 ? (STOPS[at] ?? 0) : (STOPS[at + 1] ?? 256) - 1,
  }));
  return { pixels, rank, legend };
}

/** Which modes a picture has the bytes for. */
export function modesFor(picture: Picture, hasTimeline: boolean): ModeName[] {
  const names: ModeName[] = ["fate"];
  if (picture.before !== undefined) names.push("class", "use");
  if (picture.zones !== undefined) names.push("zone", "type");
  if (picture.stay.some((byte) => byte > 0)) names.push("sureness");
  if (hasTimeline) names.push("moved");
  return names;
}

/** The bytes that a mode colours, of one moment. */
export function bytesOf(name: ModeName, moment: MomentBytes): Uint8Array {
  switch (name) {
    case "fate":
      return moment.fate;
    case "class":
      return moment.look.map((byte) => groupOfClass(byte & 31));
    case "use":
      return moment.look.map((byte) => (isThere(byte) ? (byte >> 5) & 3 : 0));
    case "zone":
      return moment.zones.map((byte) => byte & 15);
    case "type":
      return moment.zones.map((byte) => ((byte & 15) === 15 ? 15 : byte >> 4));
    case "sureness":
      return moment.stay;
    case "moved":
      return moment.moved;
  }
}

function isThere(byte: number): boolean {
  return groupOfClass(byte & 31) !== 0;
}

/** A region at one moment, a byte per cell each; empty where it is not known. */
export interface MomentBytes {
  readonly fate: Uint8Array;
  readonly look: Uint8Array;
  readonly zones: Uint8Array;
  readonly stay: Uint8Array;
  readonly moved: Uint8Array;
}
