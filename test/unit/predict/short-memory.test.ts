import { expect, test } from "vitest";

import { Guest } from "../../../src/guest/guest.js";
import { shortMemoryNotes } from "../../../src/predict/short-memory.js";

const MiB = 2 ** 20;
const booted = (): Promise<Guest> => Guest.create({ bootSize: 512 * MiB });

test("a run that ends with -ENOMEM in kernel zones warns of the OOM killer", async () => {
  const notes = shortMemoryNotes(await booted(), {
    hadKernelMemory: true,
    outOfMemory: true,
  });
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^the guest is left with .* free .* OOM killer is likely/);
});

test.each([
  { name: "with memory left", hadKernelMemory: true, outOfMemory: false },
  { name: "with its memory in ZONE_MOVABLE", hadKernelMemory: false, outOfMemory: true },
])("a guest $name gets no warning", async ({ hadKernelMemory, outOfMemory }) => {
  expect(shortMemoryNotes(await booted(), { hadKernelMemory, outOfMemory })).toEqual([]);
});
