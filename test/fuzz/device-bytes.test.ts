import fc from "fast-check";
import { expect, test } from "vitest";

import { encodeFrame, FrameOp, FrameReader, serveFrame } from "../../src/conformance/frames.js";
import { OwnDevicePort } from "../../src/conformance/own-device-port.js";
import { StepPlayer } from "../../src/conformance/play-step.js";
import { requestLines } from "../../src/conformance/request-line.js";
import { checkVectors } from "../../src/conformance/vectors.js";
import { deviceFlavour, FLAVOUR_NAMES } from "../../src/virtio-mem/device/flavour.js";
import { RESPONSE_SIZE } from "../../src/virtio-mem/wire.js";
import { FUZZ_TIMEOUT, fuzz, outcomeOf, outcomeOfSync } from "./fuzzing.js";
import { oddValue } from "./odd-values.js";
import { damagedText, textDamage } from "./text-damage.js";

const MiB = 1024n ** 2n;
const GEOMETRY = { addr: 4096n * MiB, regionSize: 512n * MiB, blockSize: 2n * MiB };

/** Requests of a driver: the layout of the standard, with values in and around their ranges. */
const requestBytes = fc
  .record({
    type: fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 0xffff), fc.nat(0xffff)),
    offset: fc.oneof(
      fc.nat(257).map((block) => GEOMETRY.addr + BigInt(block) * GEOMETRY.blockSize),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    ),
    nbBlocks: fc.oneof(fc.nat(4), fc.nat(0xffff)),
    length: fc.oneof({ weight: 5, arbitrary: fc.constant(24) }, fc.nat(40)),
  })
  .map(({ type, offset, nbBlocks, length }) => {
    const bytes = new Uint8Array(Math.max(24, length));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, type, true);
    view.setBigUint64(8, offset, true);
    view.setUint16(16, nbBlocks, true);
    return bytes.subarray(0, length);
  });

const u32 = fc.oneof(fc.nat(64), fc.constantFrom(2 ** 31, 2 ** 32 - 1));
const frame = fc.oneof(
  fc
    .tuple(requestBytes, fc.oneof(fc.constant(10), u32))
    .map(([bytes, size]) => ({ tag: FrameOp.Handle, payload: payloadOf(size, bytes) })),
  fc
    .tuple(u32, fc.nat(64))
    .map(([offset, size]) => ({ tag: FrameOp.ReadConfig, payload: payloadOf(offset, size) })),
  fc
    .tuple(u32, fc.uint8Array({ maxLength: 20 }))
    .map(([offset, bytes]) => ({ tag: FrameOp.WriteConfig, payload: payloadOf(offset, bytes) })),
  fc.record({ tag: fc.nat(10), payload: fc.uint8Array({ maxLength: 40 }) }),
);

function payloadOf(first: number, rest: number | Uint8Array): Uint8Array {
  const tail = typeof rest === "number" ? payloadOf(rest, new Uint8Array(0)) : rest;
  const bytes = new Uint8Array(4 + tail.length);
  new DataView(bytes.buffer).setUint32(0, first, true);
  bytes.set(tail, 4);
  return bytes;
}

/** What a device says of itself fits together. */
function expectSound({ device }: OwnDevicePort): void {
  const { pluggedSize, usableRegionSize, regionSize, blockSize } = device;
  const plugged = [...device.pluggedRuns()].reduce((sum, [, count]) => sum + count, 0);
  expect(pluggedSize).toBe(plugged * blockSize);
  expect(pluggedSize).toBeLessThanOrEqual(usableRegionSize);
  expect(usableRegionSize).toBeLessThanOrEqual(regionSize);
}

test.each(FLAVOUR_NAMES)(
  "frames with anything in them are answered by a device of %s, in one piece or many",
  async (name) => {
    const inputs = fc.record({
      frames: fc.array(frame, { minLength: 1, maxLength: 30 }),
      cut: fc.integer({ min: 1, max: 40 }),
    });
    await fuzz(inputs, async ({ frames, cut }) => {
      const port = new OwnDevicePort(deviceFlavour(name), GEOMETRY);
      port.requestSize(256n * MiB);
      const bytes = Buffer.concat(frames.map(encodeFrame));
      const reader = new FrameReader();
      let answers = 0;
      for (let at = 0; at < bytes.length; at += cut) {
        for (const one of reader.push(bytes.subarray(at, at + cut))) {
          const { tag, payload } = await serveFrame(port, one);
          expect(tag).toBeLessThanOrEqual(2);
          if (one.tag === FrameOp.Handle) expect([0, RESPONSE_SIZE]).toContain(payload.length);
          expectSound(port);
          answers++;
        }
      }
      expect(answers).toBe(frames.length);
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "streams that are no frames end in words",
  async () => {
    await fuzz(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const port = new OwnDevicePort(deviceFlavour("qemu"), GEOMETRY);
      await outcomeOf(async () => {
        for (const one of new FrameReader().push(bytes)) await serveFrame(port, one);
      });
      expectSound(port);
    });
  },
  FUZZ_TIMEOUT,
);

const VECTORS = [
  '{"req":"device","name":"a","addr":4294967296,"region":268435456,"block":2097152}',
  '{"req":"requested-size","size":134217728,"result":"OK"}',
  '{"req":"PLUG","off":0,"nb_blocks":3,"resp":"ACK"}',
  '{"req":"STATE","off":0,"nb_blocks":4,"resp":"ACK","state":"MIXED"}',
  '{"req":"bytes","hex_in":"0100","writable":10,"resp":"none"}',
  '{"req":"read-config","offset":0,"size":8}',
  '{"req":"UNPLUG_ALL","resp":"ACK"}',
].join("\n");

test(
  "vectors and lists of requests that are damaged are refused in words, or played",
  async () => {
    await fuzz(fc.array(textDamage, { minLength: 1, maxLength: 3 }), async (damage) => {
      const text = damage.reduce(damagedText, VECTORS);
      const port = new OwnDevicePort(deviceFlavour("qemu"), GEOMETRY);
      await outcomeOf(async () => {
        for await (const result of checkVectors(text, port)) JSON.stringify(result);
      });
      await outcomeOf(async () => {
        const player = new StepPlayer(port);
        for (const { step } of requestLines(text)) await player.play(step);
      });
      expectSound(port);
    });
  },
  FUZZ_TIMEOUT,
);

test(
  "calls of a device with anything, and snapshots of anything, change nothing where refused",
  async () => {
    const call = fc.record({
      method: fc.constantFrom(
        "requestSize",
        "handle",
        "handleBytes",
        "readConfig",
        "writeConfig",
        "restore",
        "activate",
        "isAll",
      ),
      args: fc.tuple(
        fc.oneof(
          oddValue,
          fc.record({
            type: fc.constantFrom<unknown>("PLUG", "UNPLUG", "STATE", "UNPLUG_ALL", "X", 5),
            addr: fc.constantFrom<unknown>(4 * 2 ** 30, 0, NaN, "4", 2 ** 60),
            nbBlocks: fc.constantFrom<unknown>(1, 0, 65536, -1, 1.5, null),
          }),
        ),
        oddValue,
        oddValue,
      ),
    });
    await fuzz(fc.array(call, { maxLength: 20 }), (calls) => {
      const port = new OwnDevicePort(deviceFlavour("qemu"), GEOMETRY);
      port.requestSize(256n * MiB);
      const device = port.device as unknown as Record<string, (...args: unknown[]) => unknown>;
      for (const { method, args } of calls) {
        const before = port.device.snapshot();
        const outcome = outcomeOfSync(() => device[method]?.(...args), true);
        if (outcome.kind === "refused") expect(port.device.snapshot()).toEqual(before);
        expectSound(port);
      }
    });
  },
  FUZZ_TIMEOUT,
);
