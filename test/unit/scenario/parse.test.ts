import { describe, expect, test } from "vitest";

import { parseScenario, scenarioOf } from "../../../src/scenario/parse.js";
import { ScenarioError } from "../../../src/scenario/file/scenario-error.js";

const GiB = 1024 ** 3;

describe("a scenario file", () => {
  test("may be as short as a duration; everything else has a default", () => {
    const scenario = parseScenario("duration: 90s\n");
    expect(scenario).toMatchObject({
      seed: 1,
      durationMs: 90e3,
      guest: { bootRanges: [{ start: 0, size: GiB }], profile: "v6.1" },
      devices: [{ regionSize: 4 * GiB, blockSize: 2 * 1024 ** 2, flavour: "qemu" }],
      workloads: [],
      host: [],
    });
  });

  test("is the same in JSON and in YAML", () => {
    const yaml =
      "duration: 2min\ndevice: { regionSize: 1.5GiB }\nhost:\n  - at: 30s\n    requestedSize: 512MiB\n";
    const json =
      '{"duration":"2min","device":{"regionSize":1610612736},"host":[{"at":"30s","requestedSize":"512MiB"}]}';
    expect(parseScenario(yaml)).toEqual(parseScenario(json));
  });

  const laughs = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [last, next] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"]) {
    laughs.push(`${next}: &${next} [${Array.from({ length: 9 }, () => `*${last}`).join(", ")}]`);
  }

  test.each([
    { name: "empty", text: "", message: "f: must not be empty" },
    { name: "only a comment", text: "# nothing\n", message: "f: must not be empty" },
    { name: "a list", text: "- 1", message: "f: must be an object, got a list of 1" },
    { name: "no YAML", text: "a: [", message: /^f: must be YAML or JSON: .*line 1/ },
    {
      name: "a key twice",
      text: "duration: 1s\nduration: 2s",
      message: /^f: must have each key once, got "duration" twice$/,
    },
    { name: "huge", text: "#".repeat(2 ** 20 + 1), message: /^f: must have at most 1048576 char/ },
    {
      name: "cyclic",
      text: "guest: &a { driver: *a }",
      message: "f: guest.driver: must not contain itself",
    },
    {
      name: "billion laughs",
      text: laughs.join("\n"),
      message: /^f: must be YAML that can be unfolded: Excessive alias/,
    },
    {
      name: "half of a character as a key",
      text: String.raw`device: { "\ud800": 1 }`,
      message: String.raw`f: device: must hold whole characters, got "\ud800"`,
    },
    {
      name: "half of a character in a text",
      text: String.raw`{"duration": "1s", "title": "a\udc00b"}`,
      message: String.raw`f: title: must hold whole characters, got "a\udc00b"`,
    },
    {
      name: "an unknown key",
      text: "duration: 1s\nworkload: []",
      message: /^f: workload: has no key|^f: has no key "workload" \(did you mean "workloads"\?\)/,
    },
    {
      name: "an unknown key of a workload",
      text: "duration: 1s\nworkloads: [{ kind: anonymous, size: 1MiB, sise: 2 }]",
      message: /^f: workloads\[0\]: has no key "sise" \(did you mean "size"\?\)/,
    },
    {
      name: "an unknown kind",
      text: "duration: 1s\nworkloads: [{ kind: anonymos, size: 1MiB }]",
      message:
        /^f: workloads\[0\]\.kind: must be one of anonymous.*got "anonymos" \(did you mean "anonymous"\?\)/,
    },
    {
      name: "an unknown policy",
      text: "duration: 1s\npolicy: linus",
      message: 'f: policy: must be a known one; near is linux, got "linus"',
    },
    { name: "no duration", text: "seed: 1", message: "f: must have the key duration" },
    { name: "no time", text: "duration: soon", message: /^f: duration: must be a time such as/ },
    {
      name: "no size",
      text: "duration: 1s\nguest: { bootMemory: 1GB5 }",
      message: /^f: guest\.bootMemory: must be/,
    },
    {
      name: "a seed that is no number",
      text: "duration: 1s\nseed: x",
      message: 'f: seed: must be a whole number, got "x"',
    },
    {
      name: "a negative seed",
      text: "duration: 1s\nseed: -1",
      message: "f: seed: must be at least 0, got -1",
    },
    {
      name: "times that go backwards",
      text: "duration: 1h\nhost: [{ at: 20s, requestedSize: 0 }, { at: 10s, requestedSize: 0 }]",
      message: "f: host[1].at: must not be before the order above it (20 s), got 10 s",
    },
    {
      name: "a stop before its start",
      text: "duration: 1h\nworkloads: [{ kind: anonymous, size: 1MiB, start: 2min, stop: 1min }]",
      message: "f: workloads[0].stop: must be after its start (2 min), got 1 min",
    },
    {
      name: "an order after the end",
      text: "duration: 10s\nhost: [{ at: 20s, requestedSize: 0 }]",
      message: "f: host[0].at: must be before the end (duration: 10 s), got 20 s",
    },
    {
      name: "more than the region",
      text: "duration: 1s\ndevice: { regionSize: 1GiB }\nhost: [{ at: 0s, requestedSize: 2GiB }]",
      message:
        "f: host[0].requestedSize: must be at most the regionSize of device 1 (1 GiB), got 2 GiB",
    },
    {
      name: "a size that is no multiple",
      text: "duration: 1s\ndevice: { regionSize: 1GiB, blockSize: 4MiB, requestedSize: 6MiB }",
      message: "f: device.requestedSize: must be a multiple of 4 MiB, got 6 MiB",
    },
    {
      name: "a start size of more than the region",
      text: "duration: 1s\ndevice: { regionSize: 1GiB, requestedSize: 2GiB }",
      message: "f: device.requestedSize: must be at most regionSize (1 GiB), got 2 GiB",
    },
    {
      name: "a device beside devices",
      text: "duration: 1s\ndevice: { regionSize: 1GiB }\ndevices: [{ regionSize: 1GiB }]",
      message: "f: devices: must not stand beside device",
    },
    {
      name: "an order to a device that there is not",
      text: "duration: 1s\ndevices: [{ name: left, regionSize: 1GiB }]\nhost: [{ at: 0s, requestedSize: 0, device: lefd }]",
      message:
        /^f: host\[0\]\.device: must name a device of this file, got "lefd" \(did you mean "left"\?\)/,
    },
    {
      name: "a ramp that ends before it begins",
      text: "duration: 1h\nhost: [{ at: 20s, until: 10s, requestedSize: 1GiB }]",
      message: "f: host[0].until: must be after at (20 s), got 10 s",
    },
    {
      name: "a ramp of too many steps",
      text: "duration: 1h\ndevice: { regionSize: 1TiB }\nhost: [{ at: 0s, until: 1h, requestedSize: 1TiB, step: 2MiB }]",
      message: "f: host[0].step: must give at most 10000 steps, got 524288",
    },
    {
      name: "two workloads of one name",
      text: "duration: 1s\nworkloads: [{ kind: pins, name: a, size: 1MiB }, { kind: pins, name: a, size: 1MiB }]",
      message: 'f: workloads[1].name: must differ from the others\', got "a" again',
    },
    {
      name: "buffers held longer than the time between bursts",
      text: "duration: 1s\nworkloads: [{ kind: network, burst: 1MiB, every: 1s, hold: 1s }]",
      message: "f: workloads[0].hold: must be from 0.001 ms to 500 ms, got 1 s",
    },
    {
      name: "a key of another kind of workload",
      text: "duration: 1s\nworkloads: [{ kind: pins, size: 1MiB, churnRate: 1MiB }]",
      message: /^f: workloads\[0\]: has no key "churnRate"/,
    },
    {
      name: "boot memory that overlaps",
      text: "duration: 1s\nguest: { bootRanges: [{ start: 0, size: 1GiB }, { start: 512MiB, size: 1GiB }] }",
      message: /^f: guest\.bootRanges: must not overlap/,
    },
    {
      name: "a kernel larger than the boot memory",
      text: "duration: 1s\nguest: { bootMemory: 1GiB, kernelMemory: 1GiB }",
      message: "f: guest.kernelMemory: must be less than the boot memory (1 GiB), got 1 GiB",
    },
    {
      name: "a fault that ends before it begins",
      text: "duration: 1h\nfaults: [{ kind: migration, at: 2s, until: 1s }]",
      message: "f: faults[0].until: must be after at (2 s), got 1 s",
    },
    {
      name: "too many samples",
      text: "duration: 10h\nrecord: { every: 1s }",
      message: "f: record.every: must give at most 20000 samples, got 36000",
    },
    {
      name: "a workload larger than the guest",
      text: "duration: 1s\nworkloads: [{ kind: anonymous, size: 1TiB }]",
      message: "f: workloads[0].size: must be at most what the guest can have (5 GiB), got 1 TiB",
    },
  ])("that is $name is rejected with its place", ({ text, message }) => {
    expect(() => parseScenario(text, "f")).toThrow(ScenarioError);
    expect(() => parseScenario(text, "f")).toThrow(message);
  });

  test("may be an object of a program, which may not contain itself", () => {
    const cyclic: Record<string, unknown> = { duration: "1s" };
    cyclic.guest = cyclic;
    expect(() => scenarioOf(cyclic)).toThrow("scenario: guest: must not contain itself");
    expect(scenarioOf({ duration: "1s" })).toEqual(parseScenario("duration: 1s"));
  });
});
