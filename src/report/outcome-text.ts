import type { PredictionOutcome, WrongRange } from "../predict/outcome.js";
import type { Prediction } from "../predict/prediction.js";
import { formatCount, formatRoughSize } from "../units.js";
import { intervalWords } from "./headline.js";
import { wrap } from "./wrap.js";

/** Ranges that a person reads; the JSON has all. */
const MOST_RANGES = 5;

/**
 * What was predicted, what happened, and where they differ, for a terminal.
 *
 * @param prediction - From before.
 * @param outcome - What became of it.
 * @param options - `columns`: characters per line.
 *
 * @example
 * ```js
 * import { Guest, judgePrediction, outcomeText, predict, readCapture } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const read = async () => readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(await read(), { samples: 0 });
 * // in earnest the capture from after the request
 * const after = await Guest.fromCapture(await read());
 * const outcome = judgePrediction(prediction, after);
 * process.stdout.write(outcomeText(prediction, outcome, { columns: 80 }));
 * ```
 */
export function outcomeText(
  prediction: Prediction,
  outcome: PredictionOutcome,
  options: { readonly columns: number },
): string {
  const { columns } = options;
  const predicted = formatRoughSize(prediction.pluggedSizeAfter);
  const happened = formatRoughSize(outcome.pluggedSize);
  const lines = wrap(verdictWords(prediction, outcome), columns);
  const sure = intervalWords(prediction);
  lines.push(
    "",
    `  Plugged before   ${formatRoughSize(prediction.pluggedSizeBefore)}`,
    `  Requested        ${formatRoughSize(prediction.requestedSize)}`,
    ...wrap(sure === "" ? predicted : `${predicted}, ${sure}`, columns, "  Predicted        "),
    `  Happened         ${happened}`,
    `  Blocks right     ${formatCount(outcome.rightBlocks)} of ${formatCount(outcome.blocks)}${shareWords(outcome)}`,
  );
  for (const stayed of [true, false]) {
    const ranges = outcome.wrong.filter((range) => range.stayed === stayed);
    if (ranges.length > 0) lines.push("", ...rangeLines(ranges, stayed, columns));
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function verdictWords(prediction: Prediction, outcome: PredictionOutcome): string {
  const { pluggedSizeAfter, confidence } = prediction;
  const off = outcome.pluggedSize - pluggedSizeAfter;
  if (off === 0) return "The size is as predicted.";
  const words = `${formatRoughSize(Math.abs(off))} ${off > 0 ? "more" : "less"} stay plugged than predicted`;
  return outcome.isInside
    ? `${words}, inside the ${confidence} % interval.`
    : `${words}, outside the ${confidence} % interval.`;
}

function shareWords({ blocks, rightBlocks }: PredictionOutcome): string {
  return blocks === 0 ? "" : ` (${((100 * rightBlocks) / blocks).toFixed(2)} %)`;
}

function rangeLines(ranges: readonly WrongRange[], stayed: boolean, columns: number): string[] {
  const size = ranges.reduce((sum, range) => sum + range.size, 0);
  const what = stayed ? "stayed, though predicted to go" : "went, though predicted to stay";
  const lines = [`${formatRoughSize(size)} ${what}`];
  for (const range of ranges.slice(0, MOST_RANGES)) {
    const why =
      range.heldBy === null
        ? `${Math.round(range.stayChance * 100)} % likely to stay`
        : `by ${range.heldBy}, ${Math.round(range.stayChance * 100)} % likely`;
    const words = `${formatRoughSize(range.size)} at offset ${formatRoughSize(range.offset)}: ${why}`;
    lines.push(...wrap(words, columns, "  "));
  }
  const more = ranges.length - MOST_RANGES;
  if (more > 0) lines.push(`  and ${formatCount(more, "more range")}`);
  return lines;
}

/** A guest of a fleet whose prediction was compared. */
export interface OutcomeRow {
  /** Name of the guest. */
  readonly guest: string;
  /** What was predicted; null where it could not be compared. */
  readonly prediction: Prediction | null;
  /** What became of it; null where it could not be compared. */
  readonly outcome: PredictionOutcome | null;
  /** Why not; null where it could. */
  readonly error: string | null;
}

/**
 * How reliable predictions were for several guests: a line each, and the sums.
 *
 * @param rows - A guest each.
 * @param options - `columns`: characters per line.
 *
 * @example
 * ```js
 * import {
 *   Guest,
 *   judgePrediction,
 *   predict,
 *   readCapture,
 *   reliabilityText,
 * } from "virtio-mem-engine";
 * import { openCapture } from "virtio-mem-engine/node";
 *
 * const read = async () => readCapture(await openCapture("web-server.tar.gz"));
 * const prediction = await predict(await read(), { samples: 0 });
 * // in earnest the capture from after the request
 * const after = await Guest.fromCapture(await read());
 * const outcome = judgePrediction(prediction, after);
 * const row = { guest: "web-server", prediction, outcome, error: null };
 * process.stdout.write(reliabilityText([row], { columns: 80 }));
 * ```
 */
export function reliabilityText(
  rows: readonly OutcomeRow[],
  options: { readonly columns: number },
): string {
  const cells = [["Guest", "Predicted", "Interval", "Happened", "Inside", "Blocks right"]];
  for (const { guest, prediction, outcome } of rows) {
    if (prediction === null || outcome === null) continue;
    const [low, high] = prediction.interval;
    cells.push([
      guest.length > 20 ? `${guest.slice(0, 17)}...` : guest,
      formatRoughSize(prediction.pluggedSizeAfter),
      low === high ? "-" : `${formatRoughSize(low)}-${formatRoughSize(high)}`,
      formatRoughSize(outcome.pluggedSize),
      outcome.isInside ? "yes" : "NO",
      `${formatCount(outcome.rightBlocks)}/${formatCount(outcome.blocks)}`,
    ]);
  }
  const widths = (cells[0] ?? []).map((_, at) =>
    Math.max(...cells.map((row) => row[at]?.length ?? 0)),
  );
  const table = cells.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join("  ")
      .slice(0, options.columns),
  );
  const lines = [...wrap(sumWords(rows), options.columns), "", ...table];
  for (const { guest, error } of rows) {
    if (error !== null) lines.push(...wrap(`${guest}: ${error}`, options.columns, "", 2));
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join("");
}

function sumWords(rows: readonly OutcomeRow[]): string {
  const compared = rows.flatMap(({ prediction, outcome }) =>
    prediction === null || outcome === null ? [] : [{ prediction, outcome }],
  );
  const inside = compared.filter(({ outcome }) => outcome.isInside).length;
  const exact = compared.filter(
    ({ prediction, outcome }) => prediction.pluggedSizeAfter === outcome.pluggedSize,
  ).length;
  const right = compared.reduce((sum, { outcome }) => sum + outcome.rightBlocks, 0);
  const blocks = compared.reduce((sum, { outcome }) => sum + outcome.blocks, 0);
  const confidence = compared[0]?.prediction.confidence ?? 90;
  return (
    `${formatCount(exact)} of ${formatCount(compared.length)} sizes as predicted; ` +
    `${formatCount(inside)} inside the ${confidence} % interval; ` +
    `${formatCount(right)} of ${formatCount(blocks)} device blocks right.`
  );
}
