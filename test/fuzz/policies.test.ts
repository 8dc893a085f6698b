import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import type { Capture } from "../../src/capture/capture.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { linuxProfile, PROFILE_NAMES } from "../../src/linux/profile.js";
import { guardedPolicy } from "../../src/policies/choice/guarded-policy.js";
import { POLICIES } from "../../src/policies/choice/registry.js";
import { resolvePolicy } from "../../src/policies/choice/resolve-policy.js";
import { predict } from "../../src/predict/predict.js";
import { coreModule } from "../core-under-test.js";
import { AlteredCapture } from "../unit/capture/altered-capture.js";
import { FUZZ_TIMEOUT, fuzz, outcomeOf, outcomeOfSync } from "./fuzzing.js";
import { oddValue } from "./odd-values.js";
import { expectSound } from "./sound-prediction.js";

/** What a function of a policy gives back. */
const answer: fc.Arbitrary<unknown> = fc.oneof(
  oddValue,
  fc.array(fc.oneof(fc.nat(70), fc.constantFrom<unknown>(NaN, -1, "0", 2 ** 32)), {
    maxLength: 70,
  }),
  fc.constantFrom<unknown>([32, 33, 34], new Uint32Array([32]), new Set([40])),
);
const decision = answer.map((value) => () => value);
const endless = fc.constant(function* endless() {
  for (let at = 0; ; at++) yield at;
});
const thrower = oddValue.map((value) => () => {
  throw value;
});
const code: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: decision },
  { weight: 1, arbitrary: endless },
  { weight: 1, arbitrary: thrower },
  { weight: 1, arbitrary: oddValue },
);

function or(...values: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: oddValue },
  );
}

const unplug = fc.record(
  {
    passes: or([["movable"], ["kernel"]], [["kernel"]]),
    memoryBlocks: fc.oneof(or("ascending", "descending"), code),
    subblocks: fc.oneof(or("ascending", "descending"), code),
    chunks: or([1], ["memory-block", 1], [4, 2, 1]),
    attempts: or({ kernel: 1, movable: 5 }, { kernel: 0, movable: 0 }),
    rank: fc.oneof(
      or(() => 0),
      code,
    ),
    accepts: fc.oneof(or([() => true]), fc.array(code, { maxLength: 2 })),
    isolatesFirst: or(true, false),
    outOfMemory: or("end", "go-on"),
    before: or(["slab"]),
    emptyMemoryBlocks: or("kept", "removed"),
    mostFailures: or(1, 100),
    reserve: or(0, 2 ** 26),
  },
  { requiredKeys: [] },
);
const policy = fc.record(
  {
    name: or("mine", "a=1"),
    summary: or("does things"),
    unplug: fc.oneof({ weight: 8, arbitrary: unplug }, { weight: 1, arbitrary: oddValue }),
    retry: or({ minimumMs: 1, maximumMs: 5, factor: 2 }),
    online: or({ autoOnline: "online_movable" }),
    memmap: or("older-memory"),
    controller: or({ periodMs: 1000, decide: () => 0 }),
  },
  { requiredKeys: ["name", "summary"] },
);

let capture: Capture;
beforeAll(async () => {
  capture = await readCapture((await AlteredCapture.open()).asFiles());
});

test(
  "policies that answer anything decide, or are refused in words",
  async () => {
    await fuzz(policy, async (value) => {
      const outcome = await outcomeOf(() =>
        predict(capture, {
          core: coreModule(),
          samples: 0,
          policy: guardedPolicy(value, "policy.mjs"),
        }),
      );
      if (outcome.kind === "answer") expectSound(outcome.value);
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "names of policies, joined in any way, are known or refused in words",
  async () => {
    const names = POLICIES.map(({ name }) => name);
    const part = fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...names, "reserve=64MiB", "retry-fixed=1s") },
      { weight: 1, arbitrary: fc.string({ maxLength: 10 }) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.constantFrom(...names), fc.string({ maxLength: 8 }))
          .map((pair) => pair.join("=")),
      },
    );
    const joined = fc.array(part, { minLength: 1, maxLength: 3 }).map((all) => all.join("+"));
    const inputs = fc.record({
      choice: fc.oneof(joined, oddValue),
      profile: fc.constantFrom(...PROFILE_NAMES),
    });
    await fuzz(inputs, ({ choice, profile }) => {
      const outcome = outcomeOfSync(() => resolvePolicy(choice as string, linuxProfile(profile)));
      if (outcome.kind === "answer") expect(outcome.value.name).toBeTypeOf("string");
    });
  },
  FUZZ_TIMEOUT,
);
