import { join } from "node:path";
import { expect, test } from "vitest";
import { recordedRequests } from "../../scripts/reports/recordings.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { predict } from "../../src/predict/predict.js";

function isLeftShort({ notes }: { readonly notes: readonly string[] }): boolean {
  return notes.some((note) => note.includes("OOM killer"));
}

test("best-policy moves less than Linux 6.1, returns less from no guest than Linux down to the high watermarks, and leaves none short that Linux does not", async () => {
  const sums = { linux: { returned: 0, moved: 0 }, best: { returned: 0, moved: 0 } };
  for (const { name, files, observation } of await recordedRequests(
    join(import.meta.dirname, "recordings"),
  )) {
    const { requestedSize, folder } = observation;
    const capture = await readCapture(files, { folder });
    const linux = await predict(capture, { requestedSize, policy: "v6.1", samples: 0 });
    const safe = await predict(capture, {
      requestedSize,
      policy: "v6.1+reserve=high",
      samples: 0,
    });
    if (linux.pluggedSizeBefore <= requestedSize) continue;
    const better = await predict(capture, { requestedSize, policy: "best-policy", samples: 0 });
    expect(better.pluggedSizeAfter, name).toBeLessThanOrEqual(safe.pluggedSizeAfter);
    if (isLeftShort(better)) expect(isLeftShort(linux), name).toBe(true);
    for (const [sum, prediction] of [
      [sums.linux, linux],
      [sums.best, better],
    ] as const) {
      sum.returned += prediction.pluggedSizeBefore - prediction.pluggedSizeAfter;
      sum.moved += prediction.cost.movedPages;
    }
  }
  expect(sums.best.moved).toBeLessThan(0.7 * sums.linux.moved);
}, 300_000);
