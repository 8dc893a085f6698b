import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";

import { Guest } from "../../../src/guest/guest.js";
import { inspectGuest } from "../../../src/guest/inspection.js";
import { inspectionText } from "../../../src/report/inspection-text.js";
import { coreModule } from "../../core-under-test.js";

const schema = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../docs/inspect.schema.json"), "utf8"),
) as object;

const MiB = 2 ** 20;

async function grown(): Promise<Guest> {
  const options = { bootSize: 1024 * MiB, regionSize: 1024 * MiB, core: coreModule() };
  const guest = await Guest.create(options);
  guest.requestSize(256 * MiB);
  guest.advanceTo(1000);
  return guest;
}

describe("an inspected guest", () => {
  test("is what its schema says, and of JSON", async () => {
    const inspection = inspectGuest(await grown());
    const validate = new Ajv({ allErrors: true }).compile(schema);
    expect(validate(JSON.parse(JSON.stringify(inspection))), JSON.stringify(validate.errors)).toBe(
      true,
    );
    expect(inspection.kernelLists).toBeNull();
  });

  test("has as many chunks on its lists as it counts, of as many pages as are free", async () => {
    for (const { freeChunks, freeLists, freePages } of inspectGuest(await grown()).zones) {
      for (const [order, count] of freeChunks.entries()) {
        const listed = Object.values(freeLists).map((lists) => lists[order]?.length ?? 0);
        expect(listed.reduce((sum, length) => sum + length, 0)).toBe(count);
      }
      const pages = freeChunks.reduce((sum, count, order) => sum + count * 2 ** order, 0);
      expect(pages).toBe(freePages);
    }
  });

  test("has its pageblocks in runs, ascending, as many as by type", async () => {
    const { zones, pageblocks } = inspectGuest(await grown());
    let end = 0;
    for (const { startPfn, nrPageblocks } of pageblocks) {
      expect(startPfn).toBeGreaterThanOrEqual(end);
      end = startPfn + nrPageblocks * 512;
    }
    const inRuns = pageblocks.reduce((sum, { nrPageblocks }) => sum + nrPageblocks, 0);
    const byType = zones.flatMap((zone) => Object.values(zone.pageblocks));
    expect(byType.reduce((sum, count) => sum + count, 0)).toBe(inRuns);
  });

  test("is told in lines as the guest's own files have them", async () => {
    const text = inspectionText(inspectGuest(await grown()), "a guest");
    expect(text).toMatch(/^a guest: Linux v6\.1, at 1 s\nfree lists by a convention/);
    expect(text).toMatch(/\nNode 0, zone {4}DMA32( +\d+){11}\n/);
    expect(text).toMatch(/type {3}Unmovable( +\d+){11}, \d+ pageblock/);
  });
});
