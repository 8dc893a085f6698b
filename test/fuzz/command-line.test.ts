import { writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import { buildCommand, EXAMPLE, inFolder, virtioMem } from "../unit/cli/command.js";
import { FUZZ_TIMEOUT, fuzz } from "./fuzzing.js";
import { ODD_NUMBERS, ODD_WORDS } from "./text-damage.js";

beforeAll(buildCommand, 120_000);

const ROOT = join(import.meta.dirname, "../..");
const RECORDING = join(ROOT, "test/golden/recordings/h-device-random-2m-seed1");

/** Values that options take, and others. An argument cannot hold a NUL. */
const odd = fc.oneof(
  fc.constantFrom(...ODD_NUMBERS, ...ODD_WORDS.filter((word) => !word.includes("\0"))),
  fc.string({ maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
);
const size = fc.oneof(
  fc.constantFrom("0", "1GiB", "512MiB", "2MiB", "1Gi", "0x40000000", "1.5GiB", "3TiB", "1e9"),
  odd,
);
const OPTIONS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  "--requested-size": size,
  "--subblock-size": size,
  "--device-block-size": size,
  "--region-start": size,
  "--region-size": size,
  "--profile": fc.oneof(fc.constantFrom("v6.1", "upstream", "rfc3-seed"), odd),
  "--policy": fc.oneof(fc.constantFrom("linux", "sense-first+isolate-first"), odd),
  "--policies": fc.oneof(fc.constantFrom("linux,sense-first"), odd),
  "--samples": fc.oneof(fc.constantFrom("0", "3"), odd),
  "--confidence": fc.oneof(fc.constantFrom("50", "99"), odd),
  "--until": fc.oneof(fc.constantFrom("1s", "1min30s"), odd),
  "--folder": odd,
  "--svg": fc.oneof(
    fc.constantFrom("-", "/nowhere/x.svg"),
    odd.map((word) => `/nowhere/${word}`),
  ),
  "--csv": fc.constantFrom("-", "/nowhere/x.csv"),
  "--color": fc.oneof(fc.constantFrom("never", "always"), odd),
  "--seed": odd,
  "--seeds": fc.oneof(fc.constantFrom("1", "1,2", "1-3"), odd),
  "--flavour": fc.oneof(fc.constantFrom("qemu", "firecracker"), odd),
  "--random": fc.oneof(fc.constantFrom("0", "2"), odd),
  "--case": odd,
  "--timeout": fc.oneof(fc.constantFrom("1s"), odd),
  "--format": fc.oneof(fc.constantFrom("text", "json", "tap", "junit"), odd),
};
const FLAGS = ["--json", "--help", "--version", "-h", "--nonsense", "--", "-"];

const option = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...Object.keys(OPTIONS)).chain(withValue) },
  { weight: 1, arbitrary: fc.constantFrom(...FLAGS).map((flag) => [flag]) },
  { weight: 1, arbitrary: odd.map((word) => [word]) },
);

function withValue(name: string): fc.Arbitrary<string[]> {
  return (OPTIONS[name] ?? odd).map((value) => [name, value]);
}

const SCENARIO = "duration: 2s\ndevice: {regionSize: 1GiB, requestedSize: 256MiB}\n";

test(
  "any arguments end in an answer or in words, by a known exit status, within 10 s",
  async () => {
    const inputs = fc.record({
      command: fc.constantFrom(
        ["predict", EXAMPLE, "--samples", "0"],
        ["predict", EXAMPLE],
        ["compare", EXAMPLE],
        ["run", "SCENARIO"],
        ["compare", "SCENARIO"],
        ["check", RECORDING],
        ["vectors"],
        ["device", "--replay", join(RECORDING, "requests.jsonl")],
        ["capture-script"],
        [],
      ),
      options: fc.array(option, { maxLength: 3 }),
    });
    await inFolder((folder) => {
      const scenario = join(folder, "in.yaml");
      writeFileSync(scenario, SCENARIO);
      return fuzz(inputs, ({ command, options }) => {
        const args = [...command, ...options.flat()].map((word) =>
          word === "SCENARIO" ? scenario : word,
        );
        const { status, stdout, stderr, ms } = virtioMem(args, { input: new Uint8Array() });
        expect([0, 1, 2], stderr).toContain(status);
        // of several captures, the table says which cannot be used
        if (status === 2) expect((stdout + stderr).length).toBeGreaterThan(10);
        expect(stderr.length, stderr.slice(0, 500)).toBeLessThan(2500);
        expect(stdout + stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
        // eslint-disable-next-line no-control-regex
        expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
        // on a busy machine
        expect(ms).toBeLessThan(30_000);
      });
    });
  },
  FUZZ_TIMEOUT,
);
