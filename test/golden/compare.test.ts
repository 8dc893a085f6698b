import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../src/capture/read-capture.js";
import { compareOnCapture, compareOnScenario } from "../../src/compare/compare.js";
import { openCapture } from "../../src/node/index.js";
import { predict } from "../../src/predict/predict.js";
import { parseScenario } from "../../src/scenario/parse.js";

const MiB = 1024 ** 2;
const capture = () =>
  openCapture(join(import.meta.dirname, "recordings/s-web-normal/step2")).then((files) =>
    readCapture(files),
  );

const SCENARIO = `
duration: 20s
guest: {bootMemory: 512MiB}
device: {regionSize: 1GiB, requestedSize: 1GiB}
host: [{at: 10s, requestedSize: 512MiB}]
workloads:
  - {kind: anonymous, name: stays, size: 400MiB, churnRate: 100MiB}
  - {kind: anonymous, name: goes, size: 800MiB, stop: 9s, churnRate: 100MiB}
`;

describe("compareOnCapture", () => {
  test("one run is what predict says, under each policy", async () => {
    const policies = ["linux", "free-areas-first"];
    const options = { requestedSize: 1024 * MiB };
    const comparison = await compareOnCapture(await capture(), policies, options);
    for (const { policy, runs } of comparison.policies) {
      const prediction = await predict(await capture(), { ...options, policy, samples: 0 });
      const { pluggedSizeBefore, pluggedSizeAfter, cost } = prediction;
      expect(runs).toHaveLength(1);
      expect(runs[0]).toMatchObject({
        returnedSize: pluggedSizeBefore - pluggedSizeAfter,
        movedPages: cost.movedPages,
        failedAttempts: cost.failedAttempts,
        scannedPages: cost.scannedPages,
      });
    }
  });

  test("is the same bit for bit a second time, seeds included", async () => {
    const options = { seeds: [1, 2], requestedSize: 1024 * MiB };
    const twice = [1, 2].map(async () =>
      compareOnCapture(await capture(), ["sense-first+isolate-first"], options),
    );
    const [a, b] = await Promise.all(twice);
    expect(a).toEqual(b);
  });

  test.each([
    [["linux", "linux"], {}, "policies must differ from each other, got linux twice"],
    [["v6.1", "linux"], {}, "policies must differ from each other, got linux twice"],
    [[], {}, "policies must name at least one, got none"],
    [["linux", "nothing-such"], {}, "policy must be one of"],
    [["linux"], { seeds: [] }, "seeds must hold at least one seed, got none"],
    [["linux"], { seeds: [0.5] }, "seeds must be whole numbers from 0 to 4294967295, got 0.5"],
    [["linux"], { requestedSize: 3 }, "requestedSize must be a multiple of 2 MiB, got 3 B"],
  ])("refuses %j with %j", async (policies, options, message) => {
    await expect(compareOnCapture(await capture(), policies, options)).rejects.toThrow(message);
  });
});

describe("compareOnScenario", () => {
  test("runs each policy once per seed, on guests that are alike until the policy decides", async () => {
    const scenario = parseScenario(SCENARIO, "test.yaml");
    const policies = ["linux", "free-areas-first"];
    const comparison = await compareOnScenario(scenario, policies, { seeds: [1, 2] });
    expect(comparison.askedSize).toBe(512 * MiB);
    const [linux, other] = comparison.policies.map(({ runs }) => runs);
    expect(linux).toHaveLength(2);
    expect(linux![0]).not.toEqual(linux![1]);
    expect(other![0]!.movedPages).toBeLessThan(linux![0]!.movedPages);
    expect(other![0]!.returnedSize).toBe(512 * MiB);
  });

  test("a stop ends it, with what has run so far", async () => {
    const abort = new AbortController();
    const comparison = await compareOnScenario(
      parseScenario(SCENARIO, "test.yaml"),
      ["linux", "sense-first"],
      {
        stop: abort.signal,
        onProgress: ({ done }) => {
          if (done === 1) abort.abort();
        },
      },
    );
    expect(comparison.interrupted).toBe(true);
    expect(comparison.policies.map(({ policy }) => policy)).toEqual(["linux"]);
  });

  test("a signal rejects it with its reason", async () => {
    const abort = new AbortController();
    const reason = new Error("changed my mind");
    const options = {
      signal: abort.signal,
      onProgress: () => {
        abort.abort(reason);
      },
    };
    const scenario = parseScenario(SCENARIO, "test.yaml");
    await expect(compareOnScenario(scenario, ["linux"], options)).rejects.toBe(reason);
  });
});
