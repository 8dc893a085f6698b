import type { Prediction } from "../predict/prediction.js";
import type { Fate } from "./region-map.js";

/** How a fate looks and what it is called, in every report. */
export interface FateStyle {
  /** One ASCII character; letters for reasons, so that maps read without colour. */
  readonly glyph: string;
  /**
   * Fill of pictures. The reasons are Okabe and Ito's colours, told apart by colour-blind eyes too.
   */
  readonly fill: string;
  /** The nearest of a terminal's 256 colours. */
  readonly ansi: number;
  readonly label: string;
}

export const FATE_STYLES: Readonly<Record<Fate, FateStyle>> = {
  unplugged: { glyph: "-", fill: "#ffffff", ansi: 255, label: "not plugged" },
  "given-back": { glyph: ".", fill: "#d5ecdf", ansi: 194, label: "unplugged" },
  unsure: { glyph: ":", fill: "#a8cdb5", ansi: 151, label: "unplugged, 10 % and more may stay" },
  added: { glyph: "+", fill: "#a9d3f0", ansi: 153, label: "added" },
  stays: { glyph: "#", fill: "#aeb6c0", ansi: 249, label: "stays" },
  slab: { glyph: "s", fill: "#e69f00", ansi: 214, label: "kernel objects (slab)" },
  buffer: { glyph: "b", fill: "#0072b2", ansi: 74, label: "file system metadata" },
  pinned: { glyph: "p", fill: "#cc5f9e", ansi: 176, label: "pinned memory" },
  kernel: { glyph: "k", fill: "#c74600", ansi: 173, label: "other kernel memory" },
  memmap: { glyph: "m", fill: "#f0e442", ansi: 227, label: "memmap (struct pages)" },
  memory: { glyph: "f", fill: "#222222", ansi: 245, label: "no free memory to migrate to" },
  busy: { glyph: "t", fill: "#56b4e9", ansi: 117, label: "busy just then" },
  other: { glyph: "x", fill: "#7b5ea7", ansi: 140, label: "other" },
};

/** What the answer is about; decides what "stays" means. */
export type Outcome = "shrunk" | "shrink-short" | "grown" | "grow-short" | "unchanged";

/** Less than a subblock is left alone by the driver, and counts as reached. */
export function outcomeOf(prediction: Prediction): Outcome {
  const { requestedSize, pluggedSizeBefore, pluggedSizeAfter, subblockSize } = prediction;
  if (requestedSize === pluggedSizeBefore) return "unchanged";
  const missing = Math.abs(pluggedSizeAfter - requestedSize);
  if (requestedSize < pluggedSizeBefore) return missing < subblockSize ? "shrunk" : "shrink-short";
  return missing < subblockSize ? "grown" : "grow-short";
}

/** {@link FateStyle.label}, with "stays" put in words that fit the outcome. */
export function fateLabel(fate: Fate, outcome: Outcome): string {
  if (fate !== "stays") return FATE_STYLES[fate].label;
  if (outcome === "shrunk") return "stays, as requested";
  if (outcome === "shrink-short") return "stays, not tried";
  return "plugged before";
}
