import { describe, expect, test } from "vitest";

import { captureFilesOf } from "../../../src/capture/capture-files.js";
import { readBoot } from "../../../src/check/boot-recording.js";
import { checkDevice } from "../../../src/check/check-device.js";
import { readGuestObservations, untilFirstRetry } from "../../../src/check/guest-recording.js";
import { recordingKind } from "../../../src/check/recording-kind.js";
import { deviceFlavour } from "../../../src/virtio-mem/device/flavour.js";

const MiB = 2 ** 20;

function filesOf(texts: Readonly<Record<string, string>>) {
  return captureFilesOf(
    "recording",
    new Map(Object.entries(texts).map(([name, text]) => [name, new Blob([text])])),
  );
}

const META = JSON.stringify({ block_size: 2 * MiB, region: { gpa: 2 ** 32, size: 256 * MiB } });

const EXPECTED = {
  requested: 0,
  device_block_size: 2 * MiB,
  plugged_before: "11",
  plugged_after: "00",
  t_request: 10,
  t_end: 200,
  memory_blocks: [{ id: 32, after: { state: "online", valid_zones: "Normal" } }],
};

function unplug(t: number, offset: number): string {
  return `{"t":${t},"ev":"UNPLUG","off":${offset},"nb_blocks":1,"resp":"ACK","t_resp":${t + 0.1}}\n`;
}

const SIZE = '{"t":10,"ev":"requested-size","size":0}\n';

function guestFiles(expected: object = {}, trace = SIZE) {
  return filesOf({
    "expected.json": JSON.stringify({ ...EXPECTED, ...expected }),
    "trace.jsonl": trace,
  });
}

describe("the kind of a recording", () => {
  test.each([
    ["free-lists", ["meta.json", "steps.jsonl.gz"]],
    ["device", ["requests.jsonl"]],
    ["guest", ["step1/expected.json", "trace.jsonl"]],
    ["allocation-order", ["alloc-1.txt", "s0/state.kpf.gz"]],
  ])("%s", (kind, names) => {
    expect(recordingKind("here", names)).toBe(kind);
  });

  test("none of them", () => {
    expect(() => recordingKind("here", ["a.txt"])).toThrow(
      "here must hold one of steps.jsonl.gz (free lists), requests.jsonl (a device), " +
        "expected.json, also one folder down (a guest), alloc-1.txt (order of allocations), got none",
    );
  });

  test("two of them", () => {
    expect(() => recordingKind("here", ["requests.jsonl", "steps.jsonl"])).toThrow(
      /got steps.jsonl.gz \(free lists\) and requests.jsonl \(a device\)$/,
    );
  });
});

describe("a device recording", () => {
  const check = (texts: Readonly<Record<string, string>>) =>
    checkDevice("recording", filesOf(texts), deviceFlavour("qemu"));

  test.each([
    ["{}", "{}", "meta.json: region.gpa must be a whole number, got nothing of the kind"],
    [META, "", "requests.jsonl must hold requests, got none"],
    [
      META,
      "nonsense",
      "must be a list of requests: line 1: it must be a JSON object, got nonsense",
    ],
    [
      META,
      '{"req":"fly"}',
      "must be a list of requests: line 1: req must be a request that is known",
    ],
    [
      META,
      '{"req":"PLUG","off":0,"nb_blocks":65536}',
      "nb_blocks must be a whole number from 0 to",
    ],
  ])("with meta.json %s and requests.jsonl %s", async (meta, requests, message) => {
    await expect(check({ "meta.json": meta, "requests.jsonl": requests })).rejects.toThrow(message);
  });

  test("that answers otherwise: where, and by which rule", async () => {
    const requests =
      '{"req":"requested-size","size":4194304,"result":"OK"}\n' +
      '{"req":"PLUG","off":0,"nb_blocks":3,"resp":"ACK"}\n';
    const result = await check({ "meta.json": META, "requests.jsonl": requests });
    expect(result.agrees).toBe(false);
    expect(result.aspects).toEqual([{ name: "lines", same: 1, recorded: 2, model: 2 }]);
    expect(result.difference).toEqual({
      at: 'line 2: {"req":"PLUG","off":0,"nb_blocks":3}',
      recorded: "resp ACK",
      model: "resp NACK",
      why:
        "with 0 B plugged it would be more than the 4 MiB requested; in the flavour qemu " +
        "a PLUG checks range, size, state, busy in this order, the others range and state",
      decided: true,
    });
  });
});

describe("a guest recording", () => {
  test.each([
    [{ requested: -1 }, "expected.json: requested must be a whole number from 0 to 2^53, got"],
    [{ plugged_after: "012" }, "expected.json: plugged_after must be a text of 0 and 1"],
    [{ t_end: "late" }, 'expected.json: t_end must be a number of seconds, got "late"'],
    [{ memory_blocks: {} }, "expected.json: memory_blocks must be a list, got something else"],
    [
      { memory_blocks: [{ id: 1, after: { state: "half" } }] },
      "expected.json: memory_blocks[0] must be online or offline and have valid_zones",
    ],
  ])("with %j", async (expected, message) => {
    await expect(readGuestObservations(guestFiles(expected))).rejects.toThrow(message);
  });

  test.each([
    ["{", "trace.jsonl line 1 must be JSON"],
    ['{"t":1}', "trace.jsonl: line 1 must have a time t and an event ev"],
    ['{"t":11,"ev":"UNPLUG","off":0,"nb_blocks":1,"resp":"OH"}', "line 1: resp must be one of ACK"],
    ['{"t":11,"ev":"PLUG","off":-1,"nb_blocks":1,"resp":"ACK"}', "line 1: off must be a whole"],
  ])("with a trace of %s", async (trace, message) => {
    await expect(readGuestObservations(guestFiles({}, trace))).rejects.toThrow(message);
  });

  test("without a trace", async () => {
    const files = filesOf({ "expected.json": JSON.stringify(EXPECTED) });
    await expect(readGuestObservations(files)).rejects.toThrow(
      "trace.jsonl must be in the recording",
    );
  });

  test("is split where the driver waited, and at what was done meanwhile", async () => {
    const trace =
      SIZE +
      unplug(11, 0) +
      '{"t":12,"ev":"requested-size","size":2097152}\n' +
      unplug(70, 2 * MiB) +
      '{"t":71,"ev":"guest-cmd","cmd":"something"}\n' +
      unplug(170.1, 0);
    const [observation] = await readGuestObservations(guestFiles({}, trace));
    expect(observation?.changes).toEqual([{ afterRequests: 1, size: 2 * MiB }]);
    expect(
      observation?.passes.map(({ waitedMs, isDecided, requests }) => [
        Math.round(waitedMs),
        isDecided,
        requests.length,
      ]),
    ).toEqual([
      [0, true, 2],
      [100_000, false, 1],
    ]);
    expect(observation && untilFirstRetry(observation).pluggedAfter).toBe("00");
  });
});

test("what user space writes to the state of a memory block is played, too", async () => {
  const trace =
    SIZE +
    unplug(11, 0) +
    '{"t":31,"ev":"guest-cmd","cmd":"write /sys/devices/system/memory/memory40/state offline"}\n' +
    unplug(90, 2 * MiB);
  const [observation] = await readGuestObservations(guestFiles({}, trace));
  expect(observation?.writes).toEqual([{ afterPasses: 1, write: { id: 40, state: "offline" } }]);
  expect(
    observation?.passes.map(({ isDecided, requests }) => [isDecided, requests.length]),
  ).toEqual([[true, 2]]);
});

describe("the boot of a guest recording", () => {
  const bootFiles = (phases: unknown) =>
    filesOf({
      "expected.json": JSON.stringify(EXPECTED),
      "trace.jsonl": '{"t":5,"ev":"PLUG","off":0,"nb_blocks":1,"resp":"ACK"}\n' + SIZE,
      "iomem-boot.txt": "00100000-3fffffff : System RAM\n",
      "meta.json": JSON.stringify({ phases }),
    });
  const readFrom = async (phases: unknown) => {
    const files = bootFiles(phases);
    return readBoot(files, await readGuestObservations(files));
  };

  test.each([
    [{}, "meta.json: phases must be a list, got something else"],
    [[5], "meta.json: phases[0] must be a JSON object, got something else"],
    [[{ op: "plug", requested: "much" }], "phases[0].requested must be a whole number"],
  ])("with phases %j", async (phases, message) => {
    await expect(readFrom(phases)).rejects.toThrow(message);
  });

  test("is none where nothing was plugged before", async () => {
    expect(await readFrom([{ op: "observe" }, { op: "plug", requested: 4096 }])).toBeUndefined();
  });
});
