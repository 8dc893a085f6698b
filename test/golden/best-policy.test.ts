import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recordedRequests } from "../../scripts/reports/recordings.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { predict } from "../../src/predict/predict.js";

const document = readFileSync(join(import.meta.dirname, "../../docs/better-policy.md"), "utf8");

test("the best policy of the documents returns more than Linux 6.1 and moves less, and returns less from no guest", async () => {
  const best = /^best-policy: (\S+)$/m.exec(document)?.[1];
  expect(best).toBeDefined();
  const sums = { linux: { returned: 0, moved: 0 }, best: { returned: 0, moved: 0 } };
  for (const { name, files, observation } of await recordedRequests(
    join(import.meta.dirname, "recordings"),
  )) {
    const { requestedSize, folder } = observation;
    const capture = await readCapture(files, { folder });
    const linux = await predict(capture, { requestedSize, policy: "v6.1", samples: 0 });
    if (linux.pluggedSizeBefore <= requestedSize) continue;
    const better = await predict(capture, { requestedSize, policy: best!, samples: 0 });
    expect(better.pluggedSizeAfter, name).toBeLessThanOrEqual(linux.pluggedSizeAfter);
    for (const [sum, prediction] of [
      [sums.linux, linux],
      [sums.best, better],
    ] as const) {
      sum.returned += prediction.pluggedSizeBefore - prediction.pluggedSizeAfter;
      sum.moved += prediction.cost.movedPages;
    }
  }
  expect(sums.best.returned).toBeGreaterThan(sums.linux.returned);
  expect(sums.best.moved).toBeLessThan(0.7 * sums.linux.moved);
}, 300_000);
