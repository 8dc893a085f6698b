import { describe, expect, test } from "vitest";

import { readCapture } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { predict, type PredictOptions } from "../../../src/predict/predict.js";
import { WHAT_IF_NAMES } from "../../../src/predict/what-if.js";
import { predictionText } from "../../../src/report/prediction-text.js";

const MiB = 1024 ** 2;
const EXAMPLE = new URL("../../../examples/captures/web-server.tar.gz", import.meta.url).pathname;

async function asked(options: PredictOptions, path = EXAMPLE) {
  return predict(await readCapture(await openCapture(path)), { samples: 0, ...options });
}

const recording = (name: string) =>
  new URL(`../../golden/recordings/${name}`, import.meta.url).pathname;

describe("what if", () => {
  test("each is tried by itself, then all but the reboot together", async () => {
    const { whatIf = [], pluggedSizeAfter } = await asked({ whatIf: WHAT_IF_NAMES });
    expect(whatIf.map(({ whatIf: names }) => names.length)).toEqual([
      ...WHAT_IF_NAMES.map(() => 1),
      WHAT_IF_NAMES.length - 1,
    ]);
    for (const { gain, pluggedSizeAfter: after } of whatIf) {
      expect(after).toBe(pluggedSizeAfter - gain);
    }
    const gains = new Map(whatIf.map(({ whatIf: names, gain }) => [names.join(), gain]));
    expect(gains.get("reboot")).toBe(pluggedSizeAfter);
    expect(gains.get("sync")).toBe(8 * MiB); // all that file system metadata holds
    expect(gains.get("online-movable")).toBe(46 * MiB); // all that the kernel holds
    expect(gains.get("no-pins")).toBe(0);
    expect(whatIf.at(-1)?.pluggedSizeAfter).toBe(0);
  });

  test("changes nothing of the prediction, and equal calls answer the same", async () => {
    const without = await asked({});
    const { whatIf, ...others } = await asked({ whatIf: ["drop-slab", "online-movable"] });
    expect(others).toEqual(without);
    expect((await asked({ whatIf: ["drop-slab", "online-movable"] })).whatIf).toEqual(whatIf);
  });

  test("unpinned memory comes back", async () => {
    const { whatIf, pluggedSizeAfter } = await asked(
      { whatIf: ["no-pins"] },
      recording("c-pinned-movable-seed1"),
    );
    expect(pluggedSizeAfter).toBeGreaterThan(0);
    expect(whatIf?.[0]?.gain).toBeGreaterThan(0);
  });

  test("suggestions say what each returns", async () => {
    const prediction = await asked({ whatIf: "suggested" });
    expect(prediction.whatIf?.map(({ whatIf }) => whatIf)).toEqual([
      ["drop-slab"],
      ["sync"],
      ["online-movable"],
    ]);
    const text = predictionText(prediction, { columns: 80, color: false });
    expect(text).toContain("Suggestions, and what each returns by itself\n");
    expect(text).toMatch(/^ +8 MiB {2}write a little and sync/m);
    expect(text).toMatch(/^ +46 MiB {2}next time bring added memory online as movable/m);
    expect(text).not.toContain("What if");
  });

  test("nothing is tried where all comes back", async () => {
    expect(await asked({ whatIf: "suggested", requestedSize: 1024 * MiB })).not.toHaveProperty(
      "whatIf",
    );
  });

  test.each([
    [["drop-cache"], "did you mean drop-caches?"],
    [["sync", "sync"], 'whatIf must differ, got "sync" twice'],
    [[1], "whatIf must be among drop-caches"],
  ])("%j is refused", async (names, words) => {
    await expect(asked({ whatIf: names as never })).rejects.toThrow(words);
  });
});
