import { describe, expect, test } from "vitest";
import { parseMemoryBlocks, parseMemoryBlocksJson } from "../../../src/capture/memory-blocks.js";

const line = (id: number, state = "online", zones = "Normal") =>
  `memory${id} phys_index=${id.toString(16).padStart(8, "0")} state=${state} valid_zones=${zones}\n`;

describe("parseMemoryBlocks", () => {
  test("sorts by id and keeps zones as printed", () => {
    const notes: string[] = [];
    const text = line(10) + line(2, "offline", "Normal Movable") + line(0, "going-offline", "none");
    expect(parseMemoryBlocks(text, "memory-blocks.txt", notes)).toEqual([
      { id: 0, state: "online", validZones: ["none"] },
      { id: 2, state: "offline", validZones: ["Normal", "Movable"] },
      { id: 10, state: "online", validZones: ["Normal"] },
    ]);
    expect(notes).toEqual(["memory-blocks.txt: memory0 was going offline and is taken as online"]);
  });

  test("takes the node where the capture has it", () => {
    const text =
      line(1).replace("\n", " node=1\n") +
      "memory2 phys_index=2 state=online valid_zones= node=0\n";
    expect(parseMemoryBlocks(text, "memory-blocks.txt", [])).toMatchObject([
      { id: 1, validZones: ["Normal"], node: 1 },
      { id: 2, node: 0 },
    ]);
    const broken = line(1).replace("\n", " node=x\n");
    expect(() => parseMemoryBlocks(broken, "memory-blocks.txt", [])).toThrow("node of memory1");
  });

  test.each([
    { text: "", message: "memory-blocks.txt must list memory blocks, got none" },
    {
      text: "memory1 online\n",
      message:
        'memory-blocks.txt: line must be "memoryN phys_index=HEX state=STATE valid_zones=ZONES", ' +
        'got "memory1 online"',
    },
    {
      text: line(3) + line(3),
      message: "memory-blocks.txt: memory3 must be there once, got it twice",
    },
    {
      text: line(3).replace("phys_index=00000003", "phys_index=00000004"),
      message: "memory-blocks.txt: phys_index of memory3 must be 3, got 4",
    },
    {
      text: line(3, "lost"),
      message: 'memory-blocks.txt: state of memory3 must be online or offline, got "lost"',
    },
    {
      text: line(3).replace("memory3", "memory99999999999999999999"),
      message:
        "memory-blocks.txt: memory block must be a whole number from 0 to 2^53, " +
        'got "99999999999999999999"',
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parseMemoryBlocks(text, "memory-blocks.txt", [])).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});

describe("parseMemoryBlocksJson", () => {
  test.each([
    { text: "{", message: "blocks.json must be JSON, got text that does not parse" },
    { text: "{}", message: "blocks.json must be a JSON list, got other JSON" },
    { text: "[1]", message: "blocks.json: [0] must be a JSON object, got something else" },
    { text: "[]", message: "blocks.json must list memory blocks, got none" },
    {
      text: '[{"id": 1.5, "state": "online"}]',
      message: 'blocks.json: [0].id must be a whole number from 0 to 2^53, got "1.5"',
    },
    {
      text: '[{"id": 1}]',
      message: 'blocks.json: state of memory1 must be online or offline, got "undefined"',
    },
  ])("rejects $text", ({ text, message }) => {
    expect(() => parseMemoryBlocksJson(text, "blocks.json", [])).toThrow(
      expect.objectContaining({ name: "CaptureError", message }),
    );
  });
});
