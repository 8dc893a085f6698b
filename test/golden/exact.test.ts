import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { readCapture } from "../../src/capture/read-capture.js";
import { openCapture } from "../../src/node/index.js";
import { predict } from "../../src/predict/predict.js";
import { coreModule } from "../core-under-test.js";

const folder = new URL("exact/", import.meta.url).pathname;

interface Recorded {
  readonly pluggedBefore: string;
  readonly pluggedAfter: string;
}

test.each(["pinned-7.2"])("%s: every pin is where the guest had it", async (name) => {
  const recorded = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")) as Recorded;
  const capture = await readCapture(await openCapture(`${folder}${name}.tar`));
  expect(capture.notes.join("\n")).toContain("exact capture");
  const options = { requestedSize: 0, samples: 0, core: coreModule() };
  const prediction = await predict(capture, options);
  expect(prediction.pluggedBefore).toBe(recorded.pluggedBefore);
  expect(prediction.pluggedAfter).toBe(recorded.pluggedAfter);
  // what the flags alone tell
  const { pluggedAfter } = await predict({ ...capture, structPages: undefined }, options);
  expect(pluggedAfter).not.toBe(recorded.pluggedAfter);
});
