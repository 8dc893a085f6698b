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
      return `Reached: all ${asked} asked for come back.`;
    case "shrink-short":
      return `${done} of the ${asked} asked for come back; ${missing} do not.`;
    case "grown":
      return `Reached: the guest gets the ${asked} asked for.`;
    case "grow-short":
      return `The guest gets ${done} of the ${asked} asked for; ${missing} cannot be added.`;
    case "unchanged":
      return `Nothing to do: ${formatRoughSize(requestedSize)} are plugged, as asked.`;
  }
}

/** The 90 % interval in words; empty where nothing is uncertain. */
export function sureness([low, high]: Prediction["interval"]): string {
  if (low === high) return "";
  return `90 % sure: between ${formatRoughSize(low)} and ${formatRoughSize(high)}`;
}
