import { describe, expect, test } from "vitest";

import type { MemoryBlockState } from "../../../../src/virtio-mem/memory-block-state.js";
import { MemoryBlockTable } from "../../../../src/virtio-mem/driver/memory-block-table.js";

/** Memory blocks 32 to 35, of 8 subblocks each. */
function tableOf(changes: unknown[] = []): MemoryBlockTable {
  return new MemoryBlockTable({
    firstId: 32,
    capacity: 4,
    subblocksPerMemoryBlock: 8,
    onState: (...change) => changes.push(change),
  });
}

/**
 * Three of the four memory blocks are known:
 *
 * ```text
 *  32  kernel-partial  ###.....
 *  33  kernel          ########
 *  34  unused          ........
 * ```
 */
function usedTable(): MemoryBlockTable {
  const table = tableOf();
  for (const state of ["kernel-partial", "kernel", "unused"] as const) {
    table.setState(table.prepare(), state);
  }
  table.setPlugged(32, 0, 3, true);
  table.setPlugged(33, 0, 8, true);
  return table;
}

test("memory blocks come one after the other, and each change is told", () => {
  const changes: unknown[] = [];
  const table = tableOf(changes);
  expect([table.capacity, table.count, table.nextId, table.has(32)]).toEqual([4, 0, 32, false]);
  expect([table.prepare(), table.prepare()]).toEqual([32, 33]);
  table.setState(33, "offline");
  table.setState(33, "offline");
  expect(changes).toEqual([
    [32, undefined, "unused"],
    [33, undefined, "unused"],
    [33, "unused", "offline"],
  ]);
  expect([table.count, table.nextId]).toEqual([2, 34]);
  expect([31, 32, 33, 34].map((id) => table.has(id))).toEqual([false, true, true, false]);
  expect([table.countOf("unused"), table.countOf("offline"), table.countOf("kernel")]).toEqual([
    1, 1, 0,
  ]);
});

test("plugged subblocks are counted by memory block and together", () => {
  const table = usedTable();
  expect([table.nrPlugged, ...[32, 33, 34].map((id) => table.nrPluggedOf(id))]).toEqual([
    11, 3, 8, 0,
  ]);
  expect([32, 33, 34].map((id) => table.isFull(id))).toEqual([false, true, false]);
  expect([table.isPlugged(32, 2), table.isPlugged(32, 3)]).toEqual([true, false]);
  expect([table.isAllPlugged(32, 1, 2), table.isAllPlugged(32, 1, 3)]).toEqual([true, false]);
  table.setPlugged(33, 4, 2, false);
  expect([table.nrPlugged, table.nrPluggedOf(33), table.isFull(33)]).toEqual([9, 6, false]);
});

test("searches stay inside their memory block", () => {
  const table = usedTable();
  expect([table.next(32, 0, true), table.next(32, 0, false)]).toEqual([0, 3]);
  // the plugged subblocks of the next one are not found
  expect([table.next(32, 3, true), table.next(34, 0, true)]).toEqual([8, 8]);
  expect([table.previous(32, 7, true), table.previous(34, 7, true)]).toEqual([2, -1]);
  expect(table.previous(33, 7, false)).toBe(-1);
});

describe("a walk through states", () => {
  const walk = (states: readonly MemoryBlockState[], descending: boolean): number[] => [
    ...usedTable().inStates(states, descending),
  ];

  test("goes up or down through those in any of them", () => {
    expect(walk(["kernel", "kernel-partial"], false)).toEqual([32, 33]);
    expect(walk(["kernel", "kernel-partial"], true)).toEqual([33, 32]);
    expect(walk(["unused"], true)).toEqual([34]);
    expect(walk(["movable"], true)).toEqual([]);
    expect(walk([], true)).toEqual([]);
  });

  test("yields a memory block in the state that it has when its turn comes", () => {
    const table = usedTable();
    const seen: number[] = [];
    for (const id of table.inStates(["kernel", "kernel-partial"], false)) {
      seen.push(id);
      if (id === 32) {
        table.setState(33, "movable");
        table.setState(34, "kernel");
      }
    }
    expect(seen).toEqual([32, 34]);
  });

  test("does not meet a memory block that comes into the table meanwhile", () => {
    const table = usedTable();
    const seen: number[] = [];
    for (const id of table.inStates(["unused"], false)) {
      seen.push(id);
      table.prepare();
    }
    expect(seen).toEqual([34]);
  });
});

test("a memory block is held while work is done on it, also where that throws", () => {
  const table = usedTable();
  expect(table.hold(33, () => [table.isHeld(33), table.isHeld(32)])).toEqual([true, false]);
  expect(table.isHeld(33)).toBe(false);
  expect(() =>
    table.hold(33, () => {
      throw new Error("of the work");
    }),
  ).toThrow("of the work");
  expect(table.isHeld(33)).toBe(false);
});

test("a table goes on from what another one has saved", () => {
  const saved = usedTable().save();
  expect(saved.plugged).toEqual([0, 3, 8, 8]);
  const changes: unknown[] = [];
  const table = tableOf(changes);
  table.load(saved);
  expect(changes).toEqual([]);
  expect(table.save()).toEqual(saved);
  expect([32, 33, 34].map((id) => [table.state(id), table.nrPluggedOf(id)])).toEqual([
    ["kernel-partial", 3],
    ["kernel", 8],
    ["unused", 0],
  ]);
  expect([table.count, table.nrPlugged, table.countOf("unused")]).toEqual([3, 11, 1]);
  expect([...table.inStates(["kernel"], true)]).toEqual([33]);
});

test("a run of plugged subblocks that spans memory blocks is shared out", () => {
  const table = tableOf();
  table.load({ states: "444", plugged: [5, 14] });
  expect([32, 33, 34].map((id) => table.nrPluggedOf(id))).toEqual([3, 8, 3]);
  expect([table.isPlugged(32, 4), table.isPlugged(32, 5)]).toEqual([false, true]);
  expect([table.isPlugged(34, 2), table.isPlugged(34, 3)]).toEqual([true, false]);
});
