import type { Prediction } from "../predict/prediction.js";
import { formatCount, formatDuration, formatRoughSize } from "../units.js";
import { FATE_STYLES, fateLabel, outcomeOf, type Outcome } from "./fate-style.js";
import { headline, intervalWords } from "./headline.js";
import { inkOn, LABEL_WIDTH, MAP_WIDTH } from "./map-scene.js";
import { isReason, reasonsBySize, RegionMap, sizeOf, type Fate } from "./region-map.js";
import { element, escapeXml, rect, short, text } from "./svg-element.js";
import { svgMap } from "./svg-map.js";
import { FAINT, INK, MARGIN, svgSheet } from "./svg-sheet.js";

const WIDTH = MARGIN * 2 + LABEL_WIDTH + MAP_WIDTH;
const BAR_TOP = 84;
const BAR_HEIGHT = 24;
/** Fates that are no reasons, in the order of bar and legend. */
const PLAIN: readonly Fate[] = ["stays", "added", "unsure", "given-back", "unplugged"];
const LEGEND_COLUMNS = 3;
const LEGEND_PITCH = 22;

/**
 * The answer as a picture: a standalone SVG of the region in address order, with a legend that says
 * how much went and how much stays for which reason. No scripts, no style sheets, no outside
 * references; less than 2 MB, however large the region.
 *
 * @param prediction - From {@link predict}.
 *
 * @example
 * ```js
 * import { writeFile } from "node:fs/promises";
 * import { predict, predictionSvg, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const capture = await readCapture(await openCapture("web-server.tar.gz"));
 * await writeFile("web-server.svg", predictionSvg(await predict(capture)));
 * ```
 */
export function predictionSvg(prediction: Prediction): string {
  const map = new RegionMap(prediction);
  const outcome = outcomeOf(prediction);
  const drawing = svgMap(prediction, map, outcome);
  // What stays is what the picture is about: reasons first, then the calm colours.
  const legendFates = [...reasonsBySize(map.total), ...PLAIN].filter(
    (fate) => sizeOf(map.total, fate) > 0,
  );
  const legendTop = BAR_TOP + BAR_HEIGHT + 34;
  const legendRows = Math.ceil(legendFates.length / LEGEND_COLUMNS);
  const mapTitle = legendTop + legendRows * LEGEND_PITCH + 26;
  const mapTop = mapTitle + 30;
  const height = Math.ceil(mapTop + drawing.height + 34);
  const title = headline(prediction, outcome);

  const parts = [
    bar(prediction, map),
    ...legendFates.map((fate, i) => {
      const x = MARGIN + (i % LEGEND_COLUMNS) * ((WIDTH - 2 * MARGIN) / LEGEND_COLUMNS);
      const y = legendTop + Math.floor(i / LEGEND_COLUMNS) * LEGEND_PITCH;
      const size = sizeOf(map.total, fate);
      return legendEntry(fate, size, outcome, drawing.letters, x, y);
    }),
    text(MARGIN, mapTitle, "The device's memory, lowest address first", {
      "font-size": 15,
      "font-weight": 600,
    }),
    text(MARGIN, mapTitle + 18, drawing.explanation, { fill: FAINT }),
    element("g", { transform: `translate(${short(MARGIN)} ${short(mapTop)})` }, drawing.markup),
    text(MARGIN, height - 12, footer(prediction), { fill: FAINT, "font-size": 11 }),
  ];
  return svgSheet(WIDTH, height, { title, words: subtitle(prediction) }, parts);
}

function subtitle(prediction: Prediction): string {
  const sure = intervalWords(prediction);
  const words = [
    `${formatRoughSize(prediction.pluggedSizeBefore)} plugged`,
    `${formatRoughSize(prediction.requestedSize)} requested`,
    `${formatRoughSize(prediction.pluggedSizeAfter)} predicted${sure === "" ? "" : ` (${sure})`}`,
  ];
  return words.join("  \u2192  ");
}

function footer(prediction: Prediction): string {
  const words = [
    `behaviour of ${prediction.profile}`,
    `${formatCount(prediction.requests.length, "request")} to the device`,
    `${formatDuration(prediction.virtualMs)} virtual time`,
  ];
  if (prediction.migratedPages > 0)
    words.push(`${formatRoughSize(prediction.migratedPages * 4096)} moved`);
  if (prediction.droppedPages > 0) {
    words.push(`${formatRoughSize(prediction.droppedPages * 4096)} of file cache dropped`);
  }
  return words.join(" \u00b7 ");
}

/**
 * What is or was plugged as one bar, what stays at the left. A tick marks the requested size, a
 * bracket with a label the interval.
 */
function bar(prediction: Prediction, map: RegionMap): string {
  const { requestedSize, interval } = prediction;
  const order = [...reasonsBySize(map.total), ...PLAIN.slice(0, -1)];
  const shown = order.filter((fate) => sizeOf(map.total, fate) > 0);
  const whole = Math.max(
    shown.reduce((sum, fate) => sum + sizeOf(map.total, fate), 0),
    requestedSize,
    1,
  );
  const scale = (WIDTH - 2 * MARGIN) / whole;
  const at = (size: number) => MARGIN + Math.min(size, whole) * scale;
  const parts: string[] = [];
  let size = 0;
  for (const fate of shown) {
    const left = at(size);
    size += sizeOf(map.total, fate);
    // At least so wide that one can see it, over a bit of its neighbour.
    const width = Math.min(Math.max(at(size) - left, isReason(fate) ? 3 : 0), at(whole) - left);
    parts.unshift(rect(left, BAR_TOP, width, BAR_HEIGHT, { fill: FATE_STYLES[fate].fill }));
  }
  const frame = { fill: "none", stroke: "#8b96a1" };
  parts.push(rect(MARGIN, BAR_TOP, WIDTH - 2 * MARGIN, BAR_HEIGHT, frame));
  parts.push(tick(at(requestedSize), `requested: ${formatRoughSize(requestedSize)}`));
  const [low, high] = interval;
  if (low !== high) {
    const y = BAR_TOP - 4;
    const d = `M${short(at(low))} ${short(y + 3)}v-5H${short(at(high))}v5`;
    parts.push(element("path", { d, fill: "none", stroke: INK, "stroke-width": 1.5 }));
    const isRight = at(high) > WIDTH - 200;
    const label = { "font-size": 11, fill: FAINT, "text-anchor": isRight ? "end" : "start" };
    const x = isRight ? at(low) - 5 : at(high) + 5;
    parts.push(text(x, y + 1, `${prediction.confidence} % interval`, label));
  }
  return parts.join("");
}

function tick(x: number, words: string): string {
  const top = BAR_TOP + BAR_HEIGHT;
  const anchor = x > WIDTH - 200 ? "end" : "start";
  const mark = element("path", {
    d: `M${short(x)} ${short(BAR_TOP - 2)}V${short(top + 5)}`,
    stroke: INK,
    "stroke-width": 1.5,
  });
  const label = { "font-size": 11, fill: FAINT, "text-anchor": anchor };
  return mark + text(x, top + 16, words, label);
}

function legendEntry(
  fate: Fate,
  size: number,
  outcome: Outcome,
  letters: boolean,
  x: number,
  y: number,
): string {
  const { fill, glyph } = FATE_STYLES[fate];
  const frame = isReason(fate) ? { fill } : { fill, stroke: "#b9c1ca" };
  const parts = [rect(x, y, 15, 15, frame)];
  if (letters && isReason(fate)) {
    const look = { "text-anchor": "middle", "font-size": 10.5, fill: inkOn(fate) };
    parts.push(text(x + 7.5, y + 11, glyph, look));
  }
  parts.push(
    element(
      "text",
      { x: x + 22, y: y + 12, "font-size": 13 },
      element("tspan", { "font-weight": 600 }, escapeXml(formatRoughSize(size))),
      escapeXml(` ${isReason(fate) ? "stay: " : ""}${fateLabel(fate, outcome)}`),
    ),
  );
  return parts.join("");
}
