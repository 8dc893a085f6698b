import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { readCapture } from "../../src/capture/read-capture.js";
import { Guest } from "../../src/guest/guest.js";
import { inspectGuest } from "../../src/guest/inspection.js";
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

const KERNELS = ["6.1", "6.12", "7.2"];

test.each(KERNELS)(
  "Linux %s: free lists, caches and pageblocks are the guest's",
  async (kernel) => {
    const capture = await readCapture(await openCapture(`${folder}lists-${kernel}.tar`));
    const guest = await Guest.fromCapture(capture, { core: coreModule() });
    const { zones, kernelLists } = inspectGuest(guest);
    expect(kernelLists?.differences).toEqual([]);
    expect(kernelLists?.orderedChunks).toBe(kernelLists?.kernelChunks);
    for (const { zone, freeChunks, freeLists, pageblocks } of zones) {
      const buddyinfo = capture.freeChunks?.find(({ kind }) => kind === zone);
      expect(freeChunks).toEqual(buddyinfo?.freeChunks);
      const types = capture.pageTypes?.find(({ kind }) => kind === zone);
      for (const [type, lists] of Object.entries(freeLists)) {
        const lengths = lists.map(({ length }) => length);
        expect(lengths).toEqual(types?.freeChunks.get(type));
        expect(pageblocks[type as keyof typeof pageblocks]).toBe(types?.pageblocks.get(type));
      }
    }
  },
);

test.each(KERNELS)("Linux %s: a prediction is sure, and right", async (kernel) => {
  const recorded = JSON.parse(readFileSync(`${folder}lists-${kernel}.json`, "utf8")) as Recorded;
  const capture = await readCapture(await openCapture(`${folder}lists-${kernel}.tar`));
  const options = { requestedSize: 0, samples: 10, core: coreModule() };
  const { pluggedBefore, pluggedAfter, pluggedSizeAfter, interval } = await predict(
    capture,
    options,
  );
  expect(pluggedBefore).toBe(recorded.pluggedBefore);
  expect(pluggedAfter).toBe(recorded.pluggedAfter);
  // what holds a subblock may come or go between capture and request
  expect(interval[0]).toBeGreaterThanOrEqual(pluggedSizeAfter - 2 ** 21);
  expect(interval[1]).toBeLessThanOrEqual(pluggedSizeAfter + 2 ** 21);
});
