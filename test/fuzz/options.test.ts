import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import type { Capture } from "../../src/capture/capture.js";
import { readCapture } from "../../src/capture/read-capture.js";
import { compareOnCapture } from "../../src/compare/compare.js";
import { Guest } from "../../src/guest/guest.js";
import { predict } from "../../src/predict/predict.js";
import { scenarioOf } from "../../src/scenario/parse.js";
import { runScenario } from "../../src/scenario/run.js";
import { VirtioMemDevice } from "../../src/virtio-mem/device/device.js";
import { coreModule } from "../core-under-test.js";
import { AlteredCapture } from "../unit/capture/altered-capture.js";
import { FUZZ_TIMEOUT, fuzz, outcomeOf } from "./fuzzing.js";
import { misspelled, oddValue } from "./odd-values.js";

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/** Values that each option takes, so that a wrong one meets right ones beside it. */
const GUEST: Readonly<Record<string, readonly unknown[]>> = {
  bootSize: [GiB, 2 * GiB],
  regionSize: [GiB, 4 * GiB],
  regionStart: [4 * GiB, 16 * GiB],
  blockSize: [MiB, 2 * MiB, 128 * MiB],
  node: [0, 1],
  flavour: ["qemu", "cloud-hypervisor", "firecracker"],
  memoryBlockSize: [128 * MiB, 2 * GiB],
  profile: ["v5.8", "v6.1", "upstream"],
  policy: ["linux", "sense-first", "reserve=64MiB"],
  subblockSize: [2 * MiB, 4 * MiB],
  online: [{}, { autoOnline: "online_movable" }, { onlinePolicy: "auto-movable" }],
  driver: [{}, { forceBbm: true }, { forceBbm: true, bbmBlockSize: 256 * MiB }],
  bootRanges: [undefined, [{ start: 0, size: GiB }]],
  devices: [undefined, [{ regionSize: GiB }, { regionSize: GiB }]],
  calibration: [undefined],
};
const PREDICT: Readonly<Record<string, readonly unknown[]>> = {
  requestedSize: [0, GiB],
  untilMs: [undefined, 1000],
  samples: [0],
  confidence: [undefined, 80],
  profile: ["v5.8", "v6.1"],
  policy: ["linux", "sense-first"],
  subblockSize: [undefined, 4 * MiB],
  keepCaches: [undefined, false],
  driver: [undefined, {}],
  calibration: [undefined],
  distributions: [undefined],
  onProgress: [undefined, () => undefined],
  signal: [undefined],
};
const DEVICE: Readonly<Record<string, readonly unknown[]>> = {
  addr: [4 * GiB],
  regionSize: [GiB],
  blockSize: [2 * MiB],
  requestedSize: [0, 512 * MiB],
  plugged: [undefined, [[0, 5]]],
  usableRegionSize: [undefined, GiB],
  nodeId: [undefined, 1],
  flavour: ["qemu", "firecracker"],
  withoutFeatures: [undefined, []],
  host: [undefined, {}],
};
const RUN: Readonly<Record<string, readonly unknown[]>> = {
  seed: [1, 2],
  policy: [undefined, "linux"],
  stop: [undefined],
  stopWhen: [undefined],
  signal: [undefined],
  onProgress: [undefined],
  watch: [undefined],
};
const CAPTURE: Readonly<Record<string, readonly unknown[]>> = {
  folder: [undefined],
  regionStart: [undefined],
  regionSize: [undefined],
  deviceBlockSize: [undefined, 2 * MiB],
};

let altered: AlteredCapture;
let capture: Capture;
beforeAll(async () => {
  altered = await AlteredCapture.open();
  capture = await readCapture(altered.asFiles());
});

interface Given {
  readonly options: Readonly<Record<string, unknown>>;
  /** A name that no option has. */
  readonly unknown: string | undefined;
}

/** Right options, of which up to two are not right, or not called so. */
function optionsOf(values: Readonly<Record<string, readonly unknown[]>>): fc.Arbitrary<Given> {
  const names = Object.keys(values);
  const right = fc.record(
    Object.fromEntries(names.map((name) => [name, fc.constantFrom(...(values[name] ?? []))])),
    { requiredKeys: [] },
  );
  const name = fc.constantFrom(...names);
  const odd = fc.array(fc.tuple(name, oddValue), { maxLength: 2 });
  const wrong = fc.option(name.chain(misspelled), { nil: undefined, freq: 4 });
  return fc.tuple(right, odd, wrong, oddValue).map(([options, pairs, unknown, value]) => {
    const isUnknown = unknown !== undefined && !names.includes(unknown) && value !== undefined;
    return {
      options: {
        ...options,
        ...Object.fromEntries(pairs),
        ...(isUnknown ? { [unknown]: value } : {}),
      },
      unknown: isUnknown ? unknown : undefined,
    };
  });
}

const scenario = scenarioOf({
  duration: "1s",
  guest: { bootMemory: "256MiB" },
  device: { regionSize: "256MiB", requestedSize: "128MiB" },
});

const core = { core: coreModule() };
const TARGETS: readonly (readonly [
  name: string,
  values: Readonly<Record<string, readonly unknown[]>>,
  call: (options: never) => unknown,
])[] = [
  ["Guest.create", GUEST, (options: object) => Guest.create({ ...core, ...options })],
  ["predict", PREDICT, (options: object) => predict(capture, { ...core, ...options })],
  [
    "VirtioMemDevice",
    DEVICE,
    (options: object) => new VirtioMemDevice({ addr: 4 * GiB, regionSize: GiB, ...options }),
  ],
  [
    "runScenario",
    RUN,
    (options: object) => runScenario(scenario, { ...core, ...options }).result(),
  ],
  ["readCapture", CAPTURE, (options: object) => readCapture(altered.asFiles(), options)],
  [
    "compareOnCapture",
    { requestedSize: [0], seeds: [[1]], signal: [undefined], onProgress: [undefined] },
    (options: object) => compareOnCapture(capture, ["linux"], { ...core, ...options }),
  ],
];

test.each(TARGETS)(
  "%s() with options of any kind answers, or is refused in words",
  async (name, values, call) => {
    await fuzz(optionsOf(values), async ({ options, unknown }) => {
      let outcome;
      try {
        outcome = await outcomeOf(() => call(options as never));
      } catch (error) {
        // what code of the caller throws goes to the caller
        const { cause } = error as Error;
        if (cause instanceof Error && cause.message === "mine") return;
        throw error;
      }
      if (unknown !== undefined) expect(outcome.kind, `${name}: ${unknown}`).toBe("refused");
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "what is no options object, no capture, no scenario is refused in words",
  async () => {
    await fuzz(oddValue, async (value) => {
      for (const call of [
        () => readCapture(value as never),
        () => predict(value as never),
        () => Guest.fromCapture(value as never),
        () => runScenario(value as never).result(),
        () => scenarioOf(value),
        () => compareOnCapture(value as never, ["linux"]),
        () => compareOnCapture(capture, value as never, { ...core }),
        () => new VirtioMemDevice(value as never),
        () => Guest.create(value as never),
      ]) {
        try {
          await outcomeOf<unknown>(call);
        } catch (error) {
          const { cause } = error as Error;
          if (!(cause instanceof Error && cause.message === "mine")) throw error;
        }
      }
    });
  },
  FUZZ_TIMEOUT,
);
