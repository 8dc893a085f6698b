import { expect, test } from "vitest";

import type { Prediction } from "../../../src/predict/prediction.js";
import { adviceFor } from "../../../src/report/advice.js";
import { RegionMap } from "../../../src/report/region-map.js";
import { drawnPrediction, MiB } from "./sample-prediction.js";

function adviceOf(prediction: Prediction): { size: number; gain?: number; text: string }[] {
  return adviceFor(prediction, new RegionMap(prediction), "shrink-short");
}

/** One device block of 2 MiB that stays, as `x` in a drawing, for a page of each class. */
function heldBy(...classes: readonly string[]): Prediction {
  const drawing = [`${"x".repeat(classes.length)}.`.padEnd(64, ".")];
  const prediction = drawnPrediction(drawing);
  const obstacles = prediction.obstacles.map((one, at) => ({ ...one, class: classes[at] ?? null }));
  return { ...prediction, obstacles };
}

test.each([
  { classes: ["hugetlb"], texts: [/^end programs that use huge pages/] },
  { classes: ["gigantic"], texts: [/^end programs that use huge pages/] },
  { classes: ["balloon"], texts: [/^deflate the balloon$/] },
  { classes: ["poisoned"], texts: [] },
])("what is suggested is about what is there: $classes", ({ classes, texts }) => {
  const advice = adviceOf(heldBy(...classes));
  expect(advice).toEqual(
    texts.map((text) => ({ size: 2 * MiB, text: expect.stringMatching(text) as string })),
  );
});

test("of two kinds that nothing tells apart by size, none is said", () => {
  expect(adviceOf(heldBy("hugetlb", "balloon"))).toMatchObject([
    { size: 0, text: expect.stringContaining("huge pages") as string },
    { size: 0, text: "deflate the balloon" },
  ]);
});

test("what was tried and returns nothing is not suggested", () => {
  const whatIf = (name: "drop-slab" | "sync", gain: number) => ({
    whatIf: [name],
    pluggedSizeAfter: 4 * MiB - gain,
    gain,
  });
  const drawing = ["sb".padEnd(64, ".")];
  const tried = {
    ...drawnPrediction(drawing),
    whatIf: [whatIf("drop-slab", 0), whatIf("sync", MiB)],
  };
  const advice = adviceOf(tried);
  expect(advice).toContainEqual(expect.objectContaining({ gain: MiB }));
  expect(advice.some(({ text }) => text.includes("drop_caches"))).toBe(false);
});
