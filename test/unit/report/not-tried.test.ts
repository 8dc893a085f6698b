import { expect, test } from "vitest";

import { readCapture } from "../../../src/capture/read-capture.js";
import { predict } from "../../../src/predict/predict.js";
import { predictionText } from "../../../src/report/prediction-text.js";
import { coreModule } from "../../core-under-test.js";
import { AlteredCapture } from "../capture/altered-capture.js";

test("what a policy has seen and left says so, and how to learn more", async () => {
  const capture = await readCapture((await AlteredCapture.open()).asFiles());
  const prediction = await predict(capture, {
    core: coreModule(),
    samples: 0,
    policy: "sense-first",
  });
  const text = predictionText(prediction, { columns: 200, rows: Infinity, color: false });
  expect(text).toContain(
    "58 MiB were not tried: the policy saw pages in them that cannot be moved; --policy linux names these",
  );
});
