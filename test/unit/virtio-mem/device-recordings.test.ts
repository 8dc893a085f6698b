import { expect, test } from "vitest";
import { VirtioMemDevice } from "../../../src/virtio-mem/device.js";
import { deviceRecordings } from "./recorded-boot.js";

interface Line {
  readonly req: string;
  readonly off?: number;
  readonly nb_blocks?: number;
  readonly size?: number;
  readonly resp?: string;
  readonly state?: string;
  readonly result?: string;
  readonly cfg?: {
    readonly usable_region_size: number;
    readonly plugged_size: number;
    readonly requested_size: number;
  };
}

const recordings = deviceRecordings() as {
  name: string;
  meta: { block_size: number; region: { gpa: number; size: number } };
  lines: Line[];
}[];

/** Answer of the modelled device in the words of the recording. */
function answer(device: VirtioMemDevice, line: Line): object {
  switch (line.req) {
    case "requested-size":
      try {
        device.requestSize(line.size!);
        return { result: "OK" };
      } catch (error) {
        return { result: (error as Error).name };
      }
    case "system_reset":
      device.systemReset();
      return {};
    case "UNPLUG_ALL":
      return { resp: device.handle({ type: "UNPLUG_ALL" }).type };
    default: {
      const type = line.req as "PLUG" | "UNPLUG" | "STATE";
      const request = { type, addr: device.addr + line.off!, nbBlocks: line.nb_blocks! };
      const { type: resp, state } = device.handle(request);
      return state === undefined ? { resp } : { resp, state };
    }
  }
}

test.each(recordings)("the device answers like the real one in $name", ({ meta, lines }) => {
  const device = new VirtioMemDevice({
    addr: meta.region.gpa,
    regionSize: meta.region.size,
    blockSize: meta.block_size,
  });
  let compared = 0;
  for (const line of lines) {
    // An unknown request breaks the real device; this one takes no such request.
    if (line.cfg === undefined) break;
    const { resp, state, result } = line;
    const recorded = {
      ...(resp === undefined ? {} : { resp }),
      ...(state === undefined ? {} : { state }),
      ...(result === undefined ? {} : { result: result === "OK" ? "OK" : "RangeError" }),
    };
    expect(answer(device, line), JSON.stringify(line)).toEqual(recorded);
    expect({
      usable_region_size: device.usableRegionSize,
      plugged_size: device.pluggedSize,
      requested_size: device.requestedSize,
    }).toEqual(line.cfg);
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});
