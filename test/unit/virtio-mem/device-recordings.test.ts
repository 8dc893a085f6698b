import { expect, test } from "vitest";
import { OwnDevicePort } from "../../../src/conformance/own-device-port.js";
import { StepPlayer } from "../../../src/conformance/play-step.js";
import { parseRequestLine, type Answered } from "../../../src/conformance/request-line.js";
import { QEMU_FLAVOUR } from "../../../src/virtio-mem/device/flavour.js";
import { deviceRecordings } from "./recorded-boot.js";

const recordings = deviceRecordings() as {
  name: string;
  meta: { block_size: number; region: { gpa: number; size: number } };
  lines: (Omit<Answered, "result"> & { readonly result?: string })[];
}[];

test.each(recordings)(
  "the device answers like the real one in $name, byte for byte",
  async ({ meta, lines }) => {
    const port = new OwnDevicePort(QEMU_FLAVOUR, {
      addr: BigInt(meta.region.gpa),
      regionSize: BigInt(meta.region.size),
      blockSize: BigInt(meta.block_size),
    });
    const player = new StepPlayer(port);
    expect(lines.length).toBeGreaterThan(50);
    for (const [index, line] of lines.entries()) {
      const { step } = parseRequestLine(JSON.stringify(line), index + 1);
      const answered = await player.play(step);
      const { resp, state, result, cfg } = line;
      expect(answered, JSON.stringify(line)).toEqual({
        ...(resp === undefined ? {} : { resp }),
        ...(state === undefined ? {} : { state }),
        ...(result === undefined ? {} : { result: result === "OK" ? "OK" : "error" }),
        // A device that gives no answer was not asked for its config either.
        cfg: cfg ?? answered?.cfg,
      });
      expect(port.device.needsReset).toBe(resp === "none");
    }
  },
);
