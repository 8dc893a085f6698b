import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Capture } from "../../../src/capture/capture.js";
import { readCapture } from "../../../src/capture/read-capture.js";
import { Guest } from "../../../src/guest/guest.js";
import { openCapture } from "../../../src/node/index.js";
import { coreModule } from "../../core-under-test.js";
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

/**
 * Those whose device's memory is online, and whether what the hypervisor knew of it was recorded.
 */
const onlineCaptures = capturePaths
  .filter(({ name }) => !/^k-|offline/.test(name))
  .map((capture) => ({
    ...capture,
    isStateRecorded: existsSync(`${capture.path}/device-before.json`),
  }));

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

  test.each(onlineCaptures.filter(({ isStateRecorded }) => isStateRecorded))(
    "the plugged blocks of $name are the managed pages above boot memory",
    async ({ path }) => {
      const { device, zones } = await readCapture(await openCapture(path));
      const plugged = (device.pluggedRuns ?? []).reduce((sum, [, nr]) => sum + nr, 0);
      expect(plugged * device.blockSize).toBe(managedAbove(device.regionStart, zones) * 4096);
    },
  );

  test.each(onlineCaptures.filter(({ isStateRecorded }) => !isStateRecorded))(
    "the page flags of $name say which blocks are plugged: the managed pages above boot memory",
    async ({ path }) => {
      const capture = await readCapture(await openCapture(path));
      expect(capture.device.pluggedRuns).toBeUndefined();
      const { device } = await Guest.fromCapture(capture, { core: coreModule() });
      const managed = managedAbove(capture.device.regionStart, capture.zones);
      expect(device.pluggedSize).toBe(managed * 4096);
    },
  );
});

function managedAbove(address: number, zones: Capture["zones"]): number {
  const hotplugged = zones.filter(({ startPfn }) => startPfn * 4096 >= address);
  return hotplugged.reduce((sum, zone) => sum + zone.managed, 0);
}
