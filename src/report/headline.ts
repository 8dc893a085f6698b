import type { Prediction } from "../predict/prediction.js";
import { formatRoughSize } from "../units.js";
import type { Outcome } from "./fate-style.js";

/** The answer in one sentence. */
export function headline(prediction: Prediction, outcome: Outcome): string {
  const { requestedSize, pluggedSizeBefore, pluggedSizeAfter } = prediction;
  const asked = formatRoughSize(Math.abs(requestedSize - pluggedSizeBefore));
  const done = formatRoughSize(Math.abs(pluggedSizeAfter - pluggedSizeBefore));
  const missing = formatRoughSize(Math.abs(pluggedSizeAfter - requestedSize));
  switch (outcome) {
    case "shrunk":
      return `Reached: all ${asked} are unplugged.`;
    case "shrink-short":
      return `${done} of ${asked} are unplugged; ${missing} stay plugged.`;
    case "grown":
      return `Reached: all ${asked} are plugged.`;
    case "grow-short":
      return `${done} of ${asked} are plugged; ${missing} cannot be added.`;
    case "unchanged":
      return `Nothing to do: ${formatRoughSize(requestedSize)} are plugged, as requested.`;
  }
}

/** The interval in words; empty where nothing is uncertain. */
export function intervalWords({
  interval: [low, high],
  confidence,
}: Pick<Prediction, "interval" | "confidence">): string {
  if (low === high) return "";
  return `${confidence} % interval: ${formatRoughSize(low)} to ${formatRoughSize(high)}`;
}
