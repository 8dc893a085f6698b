import { describe, expect, it } from "vitest";

import { circlesOf, folderOf, readImports } from "./import-graph.js";

/**
 * The rooms of `src/`, the lowest floor first. A file imports from its own room and from rooms on
 * lower floors, never from one beside it or above.
 */
const FLOORS: readonly (readonly string[])[] = [
  ["input-error.ts"],
  ["near-name.ts", "listener-failures.ts", "out-of-memory.ts", "seeded-random.ts"],
  ["option-check.ts"],
  ["bytes.ts", "errno.ts", "pausing-work.ts", "progress.ts", "struct-page.ts", "units.ts"],
  ["clock.ts", "core", "capture", "virtio-mem"],
  ["linux", "dump"],
  ["log"],
  ["virtio-mem/device"],
  ["virtio-mem/driver"],
  ["policies"],
  ["policies/builtin"],
  ["policies/choice"],
  ["guest"],
  ["predict"],
  ["scenario/file"],
  ["scenario/workload"],
  ["scenario/preset"],
  ["scenario"],
  ["compare", "conformance"],
  ["sweep"],
  ["report"],
  ["check", "soak"],
  ["device-types.ts", "core-types.ts"],
  ["index.ts", "device.ts", "core.ts"],
  ["node"],
  ["cli"],
];

const graph = readImports("src");

function roomOf(file: string): string {
  return folderOf(file) || file;
}

function floorOf(file: string): number {
  const room = roomOf(file);
  const floor = FLOORS.findIndex((rooms) => rooms.includes(room));
  if (floor < 0) throw new Error(`FLOORS must name the room of each file, got ${room} of ${file}`);
  return floor;
}

describe("src", () => {
  it("has no circle of imports between its files", () => {
    expect(circlesOf(graph)).toEqual([]);
  });

  it("has no import from a room beside or above", () => {
    const up = [...graph].flatMap(([file, targets]) =>
      targets
        .filter((target) => roomOf(target) !== roomOf(file) && floorOf(target) >= floorOf(file))
        .map((target) => `${file} -> ${target}`),
    );
    expect(up).toEqual([]);
  });
});
