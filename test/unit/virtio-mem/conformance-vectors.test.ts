import { describe, expect, test } from "vitest";
import {
  encodeFrame,
  FramePort,
  FrameReader,
  serveFrame,
} from "../../../src/conformance/frames.js";
import { OwnDevicePort } from "../../../src/conformance/own-device-port.js";
import { parseRequestLine } from "../../../src/conformance/request-line.js";
import { checkVectors, vectorLines, type CaseResult } from "../../../src/conformance/vectors.js";
import {
  deviceFlavour,
  FLAVOUR_NAMES,
  QEMU_FLAVOUR,
  type DeviceFlavour,
} from "../../../src/virtio-mem/device/flavour.js";

const GEOMETRY = { addr: 2n ** 32n, regionSize: 2n ** 30n, blockSize: 2n ** 21n };

async function textOf(flavour: DeviceFlavour, random = 0, seed = 1): Promise<string> {
  const lines: string[] = [];
  for await (const line of vectorLines({ flavour, random, seed })) lines.push(line);
  return lines.join("\n");
}

async function resultsOf(
  text: string,
  port: Parameters<typeof checkVectors>[1],
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for await (const result of checkVectors(text, port)) results.push(result);
  return results;
}

// What QEMU answers on the edges, worked out by hand from the specification.
const QEMU_ANSWERS: Readonly<Record<string, string>> = {
  "01-end-of-the-usable-region": "OK ERROR ACK ERROR PLUGGED ERROR ACK",
  "02-below-the-region-and-misaligned":
    "OK ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR",
  "03-wrap-around":
    "OK ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR ERROR",
  "04-number-of-blocks": "OK ERROR ERROR ERROR ACK PLUGGED MIXED ERROR ACK",
  "05-up-to-the-target": "OK NACK ACK NACK NACK ERROR ERROR ACK ACK",
  "06-target-below-what-is-plugged": "OK ACK OK NACK ERROR ACK ACK NACK ACK",
  "07-plug-over-plugged": "OK ACK ERROR ERROR ERROR ERROR UNPLUGGED UNPLUGGED ACK ACK",
  "08-unplug-mixed-and-twice": "OK ACK ERROR ERROR ERROR ACK ERROR ACK ACK ERROR ACK ACK",
  "09-state-across-a-border":
    "OK ACK PLUGGED MIXED MIXED UNPLUGGED UNPLUGGED MIXED ERROR ERROR ERROR ERROR",
  "10-padding-is-ignored": "OK ACK PLUGGED MIXED ACK ACK ACK",
  "11-unplug-all-while-migrating": "OK ACK OK - BUSY - ACK - ACK -",
  "12-target-0-after-use": "OK ACK OK NACK PLUGGED ACK ERROR ERROR ERROR ACK OK ACK",
  "13-unknown-type-4": "OK ACK none none none OK - PLUGGED none - OK ACK",
  "13-unknown-type-65535": "OK ACK none none none OK - PLUGGED none - OK ACK",
  "13-23-bytes": "OK ACK none none none OK - PLUGGED none - OK ACK",
  "13-no-bytes": "OK ACK none none none OK - PLUGGED none - OK ACK",
  "13-9-bytes-of-room": "OK ACK none none none OK - PLUGGED none - OK ACK",
  "15-no-region": "ERROR ERROR error OK ACK -",
  "15-region-smaller-than-the-extent": "OK ACK ERROR OK ACK PLUGGED error OK ACK",
  "16-unplug-all-of-131072-blocks": "OK ACK ACK ACK PLUGGED ACK OK UNPLUGGED UNPLUGGED",
  "17-same-target": "OK OK OK OK",
  "18-target-changes-before-plug": "OK OK NACK ACK",
  "19-busy-comes-last": "OK ACK - BUSY NACK ERROR ERROR BUSY ERROR ERROR MIXED OK - ACK",
  "20-targets-that-are-refused": "error error OK error error error error OK OK",
  "21-usable-region-grows-and-shrinks":
    "OK UNPLUGGED ERROR OK UNPLUGGED ERROR OK UNPLUGGED ERROR OK UNPLUGGED ERROR OK UNPLUGGED ERROR OK ACK UNPLUGGED ERROR OK ACK OK - ERROR",
  "22-resets": "OK ACK OK - PLUGGED - - PLUGGED - - UNPLUGGED",
  "24-device-blocks-of-1-mib": "OK ACK NACK ERROR error ACK MIXED OK ACK NACK ACK",
  "24-device-blocks-of-4-mib": "OK ACK NACK ERROR error ACK MIXED OK ACK NACK ACK",
  "24-device-blocks-of-128-mib": "OK ACK NACK ERROR error ACK MIXED OK ACK NACK ACK",
  "24-device-blocks-of-1024-mib": "OK ACK NACK ERROR error ACK MIXED OK ACK NACK ACK",
  "25-raw-numbers-of-known-types": "OK ACK MIXED ACK ACK UNPLUGGED",
  "26-device-reset-keeps-what-is-plugged":
    "OK ACK ACK - - PLUGGED UNPLUGGED PLUGGED ERROR ACK ACK - - ACK ACK - UNPLUGGED",
  "27-longer-than-a-request": "OK ACK PLUGGED - PLUGGED",
  "28-unknown-type-256-goes-on": "OK none none none - ACK UNPLUGGED",
  "29-descriptors-8-and-16": "OK ACK PLUGGED - none - MIXED",
  "29-descriptors-8-and-15": "OK none none - none - UNPLUGGED",
  "29-descriptors-none": "OK none none - none - UNPLUGGED",
  "30-snapshot":
    "OK ACK ACK OK - ACK OK ACK OK - PLUGGED UNPLUGGED PLUGGED UNPLUGGED ERROR ACK ACK - PLUGGED OK ACK UNPLUGGED OK PLUGGED",
  "31-snapshot-of-nothing": "- OK ACK OK ERROR OK ACK",
};

test("the directed cases get the answers of the specification", async () => {
  const answers: Record<string, string[]> = {};
  let name = "";
  for (const json of (await textOf(QEMU_FLAVOUR)).split("\n")) {
    const line = JSON.parse(json) as Record<string, string>;
    if (line["req"] === "device") answers[(name = line["case"]!)] = [];
    else answers[name]?.push(line["state"] ?? line["resp"] ?? line["result"] ?? "-");
  }
  for (const [name, expected] of Object.entries(QEMU_ANSWERS)) {
    expect(answers[name]?.join(" "), name).toBe(expected);
  }
});

describe.each(FLAVOUR_NAMES)("the vectors of %s", (name) => {
  const flavour = deviceFlavour(name);

  test("agree with a device of it behind frames, byte by byte", async () => {
    const text = await textOf(flavour, 1500, 7);
    const own = new OwnDevicePort(flavour, GEOMETRY);
    const port = new FramePort(async (frame) => {
      const [asked] = new FrameReader().push(encodeFrame(frame));
      const [answer] = new FrameReader().push(encodeFrame(await serveFrame(own, asked!)));
      return answer!;
    });
    const results = await resultsOf(text, port);
    expect(results.length).toBeGreaterThan(30);
    for (const { name, steps, agreed, skipped, difference } of results) {
      expect({ name, agreed, skipped, difference }).toEqual({
        name,
        agreed: steps,
        skipped: false,
      });
    }
  });

  test("are the same for the same seed, and others for another", async () => {
    const first = await textOf(flavour, 200, 3);
    expect(await textOf(flavour, 200, 3)).toBe(first);
    expect(await textOf(flavour, 200, 4)).not.toBe(first);
  });
});

test("a device that differs is told where it does, once per case", async () => {
  const sloppy: DeviceFlavour = { ...QEMU_FLAVOUR, plugChecks: ["range", "state", "size", "busy"] };
  const results = await resultsOf(await textOf(QEMU_FLAVOUR), new OwnDevicePort(sloppy, GEOMETRY));
  const differing = results.filter(({ difference }) => difference !== undefined);
  expect(differing.map(({ name }) => name)).toEqual(["05-up-to-the-target"]);
  const late: DeviceFlavour = { ...QEMU_FLAVOUR, plugChecks: ["size", "range", "state", "busy"] };
  const [first] = (
    await resultsOf(await textOf(QEMU_FLAVOUR), new OwnDevicePort(late, GEOMETRY))
  ).filter(({ difference }) => difference !== undefined);
  expect(first?.difference).toMatchObject({ field: "resp", expected: "ERROR", got: "NACK" });
});

test("what a device cannot do is left out, not counted against it", async () => {
  const port = new OwnDevicePort(QEMU_FLAVOUR, GEOMETRY);
  const still = Object.assign(Object.create(port) as OwnDevicePort, {
    migrate: () => false,
    snapshot: () => undefined,
    handleChain: () => "unable",
    restore: port.restore.bind(port),
    create: ({ blockSize }: { blockSize: bigint }) =>
      blockSize === 2n ** 21n && port.create({ ...GEOMETRY, blockSize }),
    handle: port.handle.bind(port),
    readConfig: port.readConfig.bind(port),
    writeConfig: port.writeConfig.bind(port),
    requestSize: port.requestSize.bind(port),
    systemReset: port.systemReset.bind(port),
    deviceReset: port.deviceReset.bind(port),
  });
  const results = await resultsOf(await textOf(QEMU_FLAVOUR), still);
  const skipped = results.filter((result) => result.skipped).map(({ name }) => name.slice(0, 2));
  const chains = new Array<string>(6).fill("29");
  expect(skipped).toEqual(["11", "19", "22", "24", "24", "24", "24", ...chains, "30", "31"]);
});

describe("frames", () => {
  test("arrive in any pieces", () => {
    const reader = new FrameReader();
    const bytes = [1, 2, 3].flatMap((tag) => [
      ...encodeFrame({ tag, payload: new Uint8Array(tag * 3).fill(tag) }),
    ]);
    const frames = bytes.flatMap((byte) => [...reader.push(Uint8Array.of(byte))]);
    expect(frames.map(({ tag, payload }) => [tag, ...payload])).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2, 2, 2, 2],
      [3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
    ]);
    expect(() => [...reader.push(Uint8Array.of(1, 0, 0, 0, 16))]).toThrow(
      new RangeError("frame must have at most 1048576 bytes, got 268435456"),
    );
  });

  test.each([0, 12, 255, 1, 2, 3, 4, 7, 8, 11])(
    "of op %i without payload are answered",
    async (tag) => {
      const port = new OwnDevicePort(QEMU_FLAVOUR, GEOMETRY);
      const answer = await serveFrame(port, { tag, payload: new Uint8Array(0) });
      expect(answer).toEqual({ tag: 2, payload: new Uint8Array(0) });
    },
  );
});

describe("a line", () => {
  test.each([
    ["{", "line 7: it must be a JSON object, got {"],
    ["[]", "line 7: it must be a JSON object, got []"],
    ["{}", "line 7: req must be a string, got nothing"],
    ['{"req":"FLY"}', "line 7: req must be a request that is known, got FLY"],
    ['{"req":"raw65536"}', "line 7: req must be a request that is known, got raw65536"],
    ['{"req":"PLUG","off":1.5}', "line 7: off must be a whole number, got 1.5"],
    [
      '{"req":"PLUG","off":0,"nb_blocks":65536}',
      "line 7: nb_blocks must be a whole number from 0 to 65535, got 65536",
    ],
    ['{"req":"requested-size"}', "line 7: size must be there, got nothing"],
    [
      '{"req":"chain","hex_in":["0"]}',
      'line 7: hex_in must be a list of at most 128 strings of hexadecimal digits, got ["0"]',
    ],
    ['{"req":"bytes","hex_in":"0"}', "line 7: hex_in must be hexadecimal digits, got 0"],
    ['{"req":"migrate","on":1}', "line 7: on must be true or false, got 1"],
    [
      '{"req":"vectors","version":2,"flavour":"qemu"}',
      "line 7: version must be a whole number from 0 to 1, got 2",
    ],
  ])("%s is refused", (json, message) => {
    expect(() => parseRequestLine(json, 7)).toThrow(new RangeError(message));
  });

  test.each([
    ["9007199254740993", 2n ** 53n + 1n],
    ["-18446744073709551615", -(2n ** 64n) + 1n],
    ['"18446744073709551615"', 2n ** 64n - 1n],
    ['"0xffffffffffffffff"', 2n ** 64n - 1n],
    ["-2097152", -2097152n],
    ["1e3", 1000n],
  ])("keeps all 64 bits of %s", (off, offset) => {
    const { step } = parseRequestLine(
      `{"req":"STATE","note":"12345678901234567890 \\"","off":${off}}`,
      1,
    );
    expect(step).toEqual({ kind: "request", code: 3, offset, nbBlocks: 0 });
  });

  test("of a vector file must follow a device", async () => {
    const port = new OwnDevicePort(QEMU_FLAVOUR, GEOMETRY);
    await expect(resultsOf('{"req":"UNPLUG_ALL"}', port)).rejects.toThrow(
      new RangeError("line 1: a vector file must begin with a device, got none"),
    );
  });
});
