import { expect, test } from "vitest";

import type { Capture } from "../../../src/capture/capture.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { predict } from "../../../src/predict/predict.js";
import { predictionText } from "../../../src/report/prediction-text.js";
import { coreModule } from "../../core-under-test.js";

const WEB_SERVER = new URL("../../../examples/captures/web-server.tar.gz", import.meta.url)
  .pathname;
const PINNED = new URL("../../golden/recordings/c-pinned-movable-seed1", import.meta.url).pathname;

async function load(path: string): Promise<Capture> {
  return readCapture(await openCapture(path));
}

async function under(capture: Capture, policy: string, requestedSize = 0) {
  return predict(capture, { policy, requestedSize, samples: 0, core: coreModule() });
}

test.each([WEB_SERVER, PINNED])(
  "a policy that looks names what attempts meet: %s",
  async (path) => {
    const capture = await load(path);
    const linux = await under(capture, "linux");
    const sensed = await under(capture, "sense-first");
    const blocked = ({ obstacles }: typeof linux) =>
      obstacles.map(({ offset, size, class: pageClass, stage }) => [
        offset,
        size,
        pageClass,
        stage,
      ]);
    expect(blocked(sensed)).toEqual(blocked(linux));
    expect(linux.obstacles.every(({ tries }) => tries > 0)).toBe(true);
    expect(sensed.obstacles.every(({ tries }) => tries === 0)).toBe(true);
  },
);

test("the text says which pages hold what the policy left out", async () => {
  const prediction = await under(await load(WEB_SERVER), "sense-first");
  const text = predictionText(prediction, { columns: 80, color: false });
  expect(text).toContain("  Left out        27 subblocks seen to be blocked\n");
  expect(text).toMatch(/15 subblocks \(30 MiB\) are held by kernel objects \(slab\)/);
  expect(text).not.toContain("not tried");
});

test("what was seen but not needed is no obstacle", async () => {
  const capture = await load(WEB_SERVER);
  const prediction = await under(capture, "sense-first", 2 ** 30);
  expect(prediction.pluggedSizeAfter).toBe(2 ** 30);
  expect(prediction.obstacles).toEqual([]);
});
