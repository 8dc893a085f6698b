import { describe, expect, test } from "vitest";

import { Migratetype, PAGE_SIZE, PageClass } from "../../../src/core/abi.js";
import { Guest } from "../../../src/guest/guest.js";
import { shortMemoryNotes } from "../../../src/predict/short-memory.js";

const MiB = 2 ** 20;

/** A guest of 512 MiB in memory blocks of 128 MiB, with so much free in its kernel zones. */
async function withFree(size: number): Promise<Guest> {
  const guest = await Guest.create({ bootSize: 512 * MiB });
  const free = guest.zones.all().reduce((sum, { id }) => sum + guest.pages.freePages(id), 0);
  const request = {
    order: 0,
    type: Migratetype.Unmovable,
    pageClass: PageClass.Kernel,
    kind: "Normal" as const,
    node: 0,
  };
  guest.pages.allocBulk(free - size / PAGE_SIZE, request, []);
  return guest;
}

describe("the OOM killer is likely to follow", () => {
  test.each([
    { what: "-ENOMEM", outOfMemory: true, free: 100 * MiB },
    { what: "the last page above the low watermark", outOfMemory: false, free: MiB },
  ])("a run in kernel zones that ends with $what", async ({ outOfMemory, free }) => {
    const notes = shortMemoryNotes(await withFree(free), { hadKernelMemory: true, outOfMemory });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^the guest is left with .* free .* OOM killer is likely/);
  });
});

describe("no one need fear the OOM killer", () => {
  test.each([
    { where: "with memory left", hadKernelMemory: true, outOfMemory: false, free: 100 * MiB },
    {
      where: "with its memory in ZONE_MOVABLE",
      hadKernelMemory: false,
      outOfMemory: true,
      free: 100 * MiB,
    },
    {
      where: "with more left than the last attempt can have emptied",
      hadKernelMemory: true,
      outOfMemory: true,
      free: 300 * MiB,
    },
  ])("in a guest $where", async ({ free, ...run }) => {
    expect(shortMemoryNotes(await withFree(free), run)).toEqual([]);
  });
});
