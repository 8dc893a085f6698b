import { expect } from "vitest";

import { predictionJson } from "../../src/report/prediction-json.js";
import { predictionSvg } from "../../src/report/prediction-svg.js";
import { predictionText } from "../../src/report/prediction-text.js";
import type { Prediction } from "../../src/predict/prediction.js";
import { hasControl } from "./fuzzing.js";

/** What holds of every prediction, whatever the capture: sizes that fit together, and reports. */
export function expectSound(prediction: Prediction): void {
  const { pluggedSizeBefore, pluggedSizeAfter, interval, regionSize, notes } = prediction;
  const [low, high] = interval;
  for (const size of [pluggedSizeBefore, pluggedSizeAfter, low, high]) {
    expect(Number.isSafeInteger(size) && size >= 0 && size <= regionSize, `size ${size}`).toBe(
      true,
    );
  }
  expect(low).toBeLessThanOrEqual(pluggedSizeAfter);
  expect(high).toBeGreaterThanOrEqual(pluggedSizeAfter);
  const text = predictionText(prediction, { columns: 80, rows: Infinity, color: false });
  const svg = predictionSvg(prediction);
  for (const output of [text, svg, ...notes]) {
    expect(hasControl(output), JSON.stringify(output.slice(0, 300))).toBe(false);
    expect(output).not.toMatch(/\b(?:NaN|undefined|Infinity)\b/);
  }
  expect(JSON.stringify(predictionJson(prediction, 0))).not.toMatch(/:(?:null,)?NaN/);
}
