import { describe, expect, test } from "vitest";
import { parsePagetypeinfo } from "../../../src/capture/pagetypeinfo.js";

const sample = `Page block order: 9
Pages per block:  512

Free pages count per migrate type at order       0      1      2      3      4      5      6      7      8      9     10
Node    0, zone   Normal, type    Unmovable      1      1      0      0      0      0      1      1      0      0      0
Node    0, zone   Normal, type      Movable >100000      0      1      0      1      0      1      1      0      1    479

Number of blocks type     Unmovable      Movable
Node 0, zone   Normal           30         1494
`;

function parse(text: string) {
  const notes: string[] = [];
  return { zones: parsePagetypeinfo(text, "pagetypeinfo.txt", notes), notes };
}

describe("parsePagetypeinfo", () => {
  test("reads free chunks and pageblocks by type, and notes what was not counted to the end", () => {
    const { zones, notes } = parse(sample);
    expect(zones).toEqual([
      {
        node: 0,
        kind: "Normal",
        freeChunks: new Map([
          ["Unmovable", [1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0]],
          ["Movable", [100000, 0, 1, 0, 1, 0, 1, 1, 0, 1, 479]],
        ]),
        pageblocks: new Map([
          ["Unmovable", 30],
          ["Movable", 1494],
        ]),
      },
    ]);
    expect(notes).toEqual([
      "pagetypeinfo.txt: node 0, zone Normal, type Movable has more free chunks of order 0 " +
        "than were counted",
    ]);
  });

  test("stops at what the kernel adds when it tracks page owners", () => {
    const mixed = `${sample}Number of mixed blocks     Unmovable      Movable\nNode 0, zone Normal 1 2\n`;
    expect(parse(mixed).zones).toEqual(parse(sample).zones);
  });

  test.each([
    { text: "", message: "pagetypeinfo.txt must have lines by zone, got none" },
    {
      text: sample.replace("      0      0      0\nNode    0", "\nNode    0"),
      message: "pagetypeinfo.txt: node 0, zone Normal, type Unmovable must have 11 orders, got 8",
    },
    {
      text: sample.replace("1494", ""),
      message: "pagetypeinfo.txt: node 0, zone Normal must have 2 numbers of blocks, got 1",
    },
    {
      text: sample.replace("1494", "x"),
      message:
        'pagetypeinfo.txt: node 0, zone Normal must be a whole number from 0 to 2^53, got "x"',
    },
    {
      text: sample.slice(0, sample.indexOf("Number")),
      message: "pagetypeinfo.txt: node 0, zone Normal must have numbers of blocks, got none",
    },
    {
      text: sample.replaceAll(/.*, type .*\n/g, ""),
      message: "pagetypeinfo.txt: node 0, zone Normal must have free chunks, got none",
    },
  ])("rejects: $message", ({ text, message }) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: "CaptureError", message }));
  });
});
