// What colours mean. Reasons are Okabe and Ito's colours, as in all reports, on light and dark.

import { PageClass, pageClassName } from "../../../src/core/abi.js";
import { FATE_STYLES } from "../../../src/report/fate-style.js";
import { FATES, type Fate } from "../../../src/report/region-map.js";

export interface Theme {
  readonly isDark: boolean;
}

const DARK_FATES: Readonly<Partial<Record<Fate, string>>> = {
  unplugged: "#20262d",
  "given-back": "#25503c",
  unsure: "#4f9a78",
  added: "#2f74a8",
  stays: "#77828e",
  memory: "#f4f6f8",
};
/** On white, memory that is not plugged has to be seen. */
const LIGHT_FATES: Readonly<Partial<Record<Fate, string>>> = {
  unplugged: "#eef1f4",
  "given-back": "#bfe3cd",
  unsure: "#77b893",
};

export function fateColour(fate: Fate, { isDark }: Theme): string {
  return (isDark ? DARK_FATES : LIGHT_FATES)[fate] ?? FATE_STYLES[fate].fill;
}

/** What a class of pages is to a person: a group with a colour. */
export interface ClassGroup {
  readonly label: string;
  readonly light: string;
  readonly dark: string;
  readonly classes: readonly number[];
}

export const CLASS_GROUPS: readonly ClassGroup[] = [
  {
    label: "not plugged",
    light: "#eef1f4",
    dark: "#20262d",
    classes: [PageClass.Absent, PageClass.Offline, PageClass.NeverOnlined],
  },
  { label: "free", light: "#bfe3cd", dark: "#25503c", classes: [PageClass.Free, PageClass.Cached] },
  {
    label: "anonymous",
    light: "#7fb8e6",
    dark: "#3c83bb",
    classes: [PageClass.Anon, PageClass.SwapCache, PageClass.Unevictable, PageClass.LruPending],
  },
  { label: "huge pages", light: "#4a7fd0", dark: "#5f8fe0", classes: HUGE() },
  {
    label: "file cache",
    light: "#c9b8e8",
    dark: "#7b67a8",
    classes: [PageClass.FileClean, PageClass.FileDirty, PageClass.Writeback],
  },
  { label: "shared memory, tmpfs", light: "#a98fd6", dark: "#9a82cc", classes: [PageClass.Shmem] },
  { label: "file system metadata", light: "#0072b2", dark: "#2a9ce0", classes: [PageClass.Buffer] },
  { label: "slab", light: "#e69f00", dark: "#e69f00", classes: [PageClass.Slab] },
  { label: "memmap", light: "#f0e442", dark: "#f0e442", classes: [PageClass.Memmap] },
  {
    label: "other kernel memory",
    light: "#c74600",
    dark: "#e2622a",
    classes: [
      PageClass.PageTable,
      PageClass.Kernel,
      PageClass.KernelCompound,
      PageClass.Tail,
      PageClass.Contig,
      PageClass.Reserved,
      PageClass.Unknown,
      PageClass.Poisoned,
    ],
  },
  {
    label: "balloon, drivers",
    light: "#cc5f9e",
    dark: "#d77fb4",
    classes: [PageClass.Balloon, PageClass.DriverMovable],
  },
];

function HUGE(): readonly number[] {
  return [PageClass.Thp, PageClass.Hugetlb, PageClass.HugetlbFree, PageClass.Gigantic];
}

const GROUP_OF_CLASS: readonly number[] = Array.from({ length: 32 }, (_, pageClass) =>
  Math.max(
    0,
    CLASS_GROUPS.findIndex(({ classes }) => classes.includes(pageClass)),
  ),
);

export function groupOfClass(pageClass: number): number {
  return GROUP_OF_CLASS[pageClass & 31] ?? 0;
}

export function classColour(pageClass: number, { isDark }: Theme): string {
  const group = CLASS_GROUPS[groupOfClass(pageClass)];
  return group === undefined ? "#888888" : isDark ? group.dark : group.light;
}

/** A class in words. */
export function classWords(pageClass: number): string {
  return pageClassName(pageClass).replaceAll("-", " ");
}

/** From nothing to much: one hue, so that it reads without telling colours apart. */
export function ramp(share: number, { isDark }: Theme): string {
  const [from, to] = isDark
    ? ([
        [38, 46, 54],
        [255, 196, 92],
      ] as const)
    : ([
        [233, 238, 243],
        [148, 62, 0],
      ] as const);
  const part = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return `#${[part(0), part(1), part(2)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Zones and migratetypes: few, told apart by hue and lightness. */
export function categoryColour(at: number, { isDark }: Theme): string {
  const light = ["#7fb8e6", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#0072b2", "#c74600"];
  const dark = ["#3c83bb", "#e69f00", "#14b48a", "#d77fb4", "#f0e442", "#5aa9e6", "#e2622a"];
  return (isDark ? dark : light)[at % light.length] ?? "#888888";
}

/** A colour as the bytes of ImageData hold it on all machines that run browsers. */
export function pixelOf(colour: string): number {
  const value = Number.parseInt(colour.slice(1), 16);
  const red = value >> 16;
  const green = (value >> 8) & 255;
  const blue = value & 255;
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

export const FATE_NAMES: readonly Fate[] = FATES;
