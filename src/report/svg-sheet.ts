import { element, escapeXml, rect, short, text } from "./svg-element.js";

/** Colours that all pictures have: of what matters, and of what explains it. */
export const INK = "#1b1f23";
export const FAINT = "#5a6570";
/** From the edges of a picture to its words. */
export const MARGIN = 28;

const FONT = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Helvetica, Arial, sans-serif";

/** What stands at the top of a picture. */
export interface SheetHead {
  readonly title: string;
  /** The title as far as there is room for it, where that is not all of it. */
  readonly heading?: string;
  /** A line below the title; also the picture's description. */
  readonly words: string;
}

/** Where the reader prefers dark pages: ink and ground change places, and hues stay. */
const DARK =
  "@media (prefers-color-scheme: dark) { .vm-sheet { filter: invert(0.92) hue-rotate(180deg) } }";

/** A picture on white, with a head: a standalone SVG without scripts and outside references. */
export function svgSheet(
  width: number,
  height: number,
  { title, heading = title, words }: SheetHead,
  parts: readonly string[],
): string {
  const all = [
    element("title", {}, escapeXml(title)),
    element("desc", {}, escapeXml(words)),
    element("style", {}, DARK),
    rect(0, 0, width, height, { fill: "#ffffff" }),
    text(MARGIN, 40, heading, { "font-size": 22, "font-weight": 600 }),
    text(MARGIN, 64, words, { "font-size": 13, fill: FAINT }),
    ...parts,
  ];
  const root = {
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${short(width)} ${short(height)}`,
    role: "img",
    class: "vm-sheet",
    "font-family": FONT,
    "font-size": 12,
    fill: INK,
  };
  return `${element("svg", root, "\n", all.join("\n"), "\n")}\n`;
}
