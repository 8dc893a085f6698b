import { describe, expect, test } from "vitest";
import { parseDeviceJson } from "../../../src/capture/device-json.js";

const json = (changes: object) =>
  JSON.stringify({
    region_start: 8192,
    region_size: 8192,
    block_size: 1024,
    plugged_rle: [],
    ...changes,
  });

describe("parseDeviceJson", () => {
  test("keeps the plugged runs only", () => {
    const text = json({
      plugged_rle: [
        [0, 2, 1],
        [2, 1, 0],
        [3, 0, 1],
        [6, 2, 1],
      ],
      plugged_size: 4096,
    });
    expect(parseDeviceJson(text, "device.json")).toEqual({
      regionStart: 8192,
      regionSize: 8192,
      blockSize: 1024,
      pluggedRuns: [
        [0, 2],
        [6, 2],
      ],
    });
  });

  test.each([
    { text: "", message: "device.json must be JSON, got text that does not parse" },
    { text: "[]", message: "device.json must be a JSON object, got something else" },
    {
      text: "{}",
      message: "device.json: region_start must be a whole number from 0 to 2^53, got nothing",
    },
    {
      text: json({ region_size: -1 }),
      message: 'device.json: region_size must be a whole number from 0 to 2^53, got "-1"',
    },
    {
      text: json({ block_size: "2M" }),
      message: 'device.json: block_size must be a whole number from 0 to 2^53, got "\\"2M\\""',
    },
    {
      text: json({}).replace("8192", "1e300"),
      message: 'device.json: region_start must be a whole number from 0 to 2^53, got "1e+300"',
    },
    {
      text: json({ plugged_rle: 5 }),
      message: "device.json: plugged_rle must be a list of runs, got something else",
    },
    {
      text: json({ plugged_rle: [[0, 1]] }),
      message: "device.json: plugged_rle[0] must be [first, nr, plugged], got something else",
    },
    {
      text: json({ plugged_rle: [[0, 1, 2]] }),
      message: "device.json: plugged_rle[0] must be plugged 0 or 1, got 2",
    },
    {
      text: json({
        plugged_rle: [
          [2, 2, 1],
          [3, 1, 1],
        ],
      }),
      message: "device.json: plugged_rle[1] must start at block 4 or later, got 3",
    },
    {
      text: json({ plugged_rle: [[4, 5, 1]] }),
      message: "device.json: plugged_rle[0] must end within 8 blocks, got 9",
    },
    {
      text: json({ plugged_rle: [[4, 2, 1]], plugged_size: 1024 }),
      message: "device.json: plugged_size must be 2048, the sum of plugged_rle, got 1024",
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parseDeviceJson(text, "device.json")).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});
