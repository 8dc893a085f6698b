import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readCapture } from "../../../src/capture/read-capture.js";
import { openCapture } from "../../../src/node/index.js";
import { goldenPath, sharedPath } from "./sample-captures.js";

/** Observations, states and user captures below `root`. */
function capturesIn(root: string): string[] {
  if (!existsSync(root)) return [];
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  return names.flatMap((name) => {
    const match = /^(.*)\/(?:before|state)\.kpf\.gz$/.exec(name);
    if (match !== null) return [match[1] ?? ""];
    return name.endsWith("user-capture.tar.gz") ? [name] : [];
  });
}

const capturePaths = [goldenPath, sharedPath].flatMap((root) =>
  capturesIn(root).map((name) => ({ name, path: `${root}${name}` })),
);

async function wordsOf(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const piece of bytes) size += piece.length;
  return size / 8;
}

describe("readCapture", () => {
  test.each(capturePaths)("reads $name", async ({ path }) => {
    const capture = await readCapture(await openCapture(path));

    const zonePages = capture.zones.reduce((sum, zone) => sum + zone.present, 0);
    const ramSize = capture.systemRam.reduce((sum, [start, end]) => sum + end - start, 0);
    expect(zonePages).toBeLessThanOrEqual(ramSize / 4096);
    expect(capture.kernelVersion).toBe("6.1.0-56-amd64");
    expect(capture.memoryBlockSize).toBe(2 ** 27);
    expect(capture.device.regionStart).toBe(2 ** 32);
    expect(capture.zones.map(({ kind }) => kind)).toContain("DMA32");
    expect(capture.pageTypes?.map(({ kind }) => kind)).toEqual(
      capture.zones.map(({ kind }) => kind),
    );
    expect(capture.notes).toEqual([]);

    const [, ramEnd = 0] = capture.systemRam.at(-1) ?? [];
    expect(await wordsOf(capture.pageFlags())).toBeGreaterThanOrEqual(ramEnd / 4096);
    for (const stream of [capture.mapCounts, capture.pageState]) {
      if (stream !== undefined)
        expect(await wordsOf(stream())).toBeGreaterThanOrEqual(ramEnd / 4096);
    }
  });

  test.each(capturePaths.filter(({ name }) => !/^k-|user-capture|offline/.test(name)))(
    "the plugged blocks of $name are the managed pages above boot memory",
    async ({ path }) => {
      const { device, zones } = await readCapture(await openCapture(path));
      const hotplugged = zones.filter(({ startPfn }) => startPfn * 4096 >= device.regionStart);
      const managed = hotplugged.reduce((sum, zone) => sum + zone.managed, 0);
      const plugged = (device.pluggedRuns ?? []).reduce((sum, [, nr]) => sum + nr, 0);
      expect(plugged * device.blockSize).toBe(managed * 4096);
    },
  );
});
