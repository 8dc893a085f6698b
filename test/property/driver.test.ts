import fc from "fast-check";
import { test } from "vitest";

import { linuxProfile, PROFILE_NAMES } from "../../src/linux/profile.js";
import { FLAVOUR_NAMES } from "../../src/virtio-mem/device/flavour.js";
import { checkWorld } from "./guest-invariants.js";
import { onlining, steps, World } from "./guest-world.js";
import { nrRuns, PATIENCE, seedText } from "./nr-runs.js";

// Random hosts, guests and users against driver and device, in every version, mode and flavour. The
// fake memory throws when the driver touches pages that it must not touch; the rest is checked
// after each step.

const MODES = PROFILE_NAMES.flatMap((profile) => [
  { profile, forceBbm: false },
  ...(linuxProfile(profile).driver.bigBlockMode ? [{ profile, forceBbm: true }] : []),
]);

/** Sequences for each of the modes: 14 of them. */
const IN_CI = 30;
const NIGHTLY = 1000;

test("the seed of these sequences", () => {
  console.log(`driver and device: ${MODES.length} times ${nrRuns(IN_CI, NIGHTLY)}, ${seedText()}`);
});

test.each(MODES)(
  "$profile keeps its accounting right whatever happens, big blocks: $forceBbm",
  ({ profile, forceBbm }) => {
    fc.assert(
      fc.property(fc.constantFrom(...FLAVOUR_NAMES), onlining, steps, (flavour, zones, todo) => {
        const world = new World({ profile, flavour, forceBbm, zones });
        checkWorld(world);
        for (const step of todo) {
          world.play(step);
          checkWorld(world);
        }
      }),
      { numRuns: nrRuns(IN_CI, NIGHTLY) },
    );
  },
  PATIENCE,
);
