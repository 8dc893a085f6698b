import fc from "fast-check";
import { expect, test } from "vitest";

import { soak } from "../../src/soak/soak.js";
import { coreModule } from "../core-under-test.js";

const nightly = process.env.NIGHTLY === "1";
/** A minute in CI; 10^6 events with NIGHTLY=1. */
const SECONDS = nightly ? 7200 : 60;
const STEPS = 1_000_000;

test(
  "guests live through what a seed draws, and no rule of the model breaks",
  async () => {
    const seed = fc.readConfigureGlobal().seed ?? 1;
    const end = performance.now() + SECONDS * 1000;
    const stopWhen = (): boolean => performance.now() > end;
    const { steps, guests, finding } = await soak({
      core: coreModule(),
      seed,
      steps: STEPS,
      stopWhen,
    });
    console.log(`${steps} steps of ${guests} guests, virtio-mem soak --seed ${seed}`);
    expect(finding).toBeUndefined();
    expect(steps).toBeGreaterThan(100);
  },
  (SECONDS + 300) * 1000,
);
