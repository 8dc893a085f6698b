import { describe, expect, test } from "vitest";
import { toHex } from "../../../src/conformance/request-line.js";
import type { Answer, Request } from "../../../src/virtio-mem/protocol.js";
import {
  decodeConfig,
  decodeResponse,
  decodeWireRequest,
  encodeConfig,
  encodeRequest,
  encodeResponse,
  joinRequest,
  toRequest,
} from "../../../src/virtio-mem/wire.js";

describe("a request", () => {
  const rows: { request: Request; hex: string }[] = [
    {
      request: { type: "PLUG", addr: 0x0102030405060708n, nbBlocks: 0x1122 },
      hex: "0000" + "000000000000" + "0807060504030201" + "2211" + "000000000000",
    },
    {
      request: { type: "UNPLUG", addr: 2n ** 64n - 1n, nbBlocks: 65535 },
      hex: "0100" + "000000000000" + "ffffffffffffffff" + "ffff" + "000000000000",
    },
    { request: { type: "UNPLUG_ALL" }, hex: "0200" + "00".repeat(22) },
    {
      request: { type: "STATE", addr: 2n ** 53n + 1n, nbBlocks: 0 },
      hex: "0300" + "000000000000" + "0100000000002000" + "0000" + "000000000000",
    },
  ];

  test.each(rows)("$request.type is $hex", ({ request, hex }) => {
    const bytes = encodeRequest(request);
    expect(toHex(bytes)).toBe(hex);
    expect(toRequest(decodeWireRequest(bytes)!)).toEqual(request);
  });

  test("is read past padding that is not zero, and past 24 bytes", () => {
    const bytes = new Uint8Array(30).fill(0xff);
    bytes.set([1, 0], 0);
    bytes.set([0, 0, 32, 0, 0, 0, 0, 0], 8);
    bytes.set([3, 0], 16);
    expect(decodeWireRequest(bytes)).toEqual({ type: 1, addr: 2n ** 21n, nbBlocks: 3 });
  });

  test("needs 24 bytes", () => {
    expect(decodeWireRequest(new Uint8Array(23))).toBeUndefined();
  });

  test("of an unknown type is none", () => {
    expect(toRequest({ type: 4, addr: 0n, nbBlocks: 0 })).toBeUndefined();
    expect(toRequest({ type: 65535, addr: 0n, nbBlocks: 0 })).toBeUndefined();
  });

  test("is found at any place of a buffer", () => {
    const buffer = new Uint8Array(100).fill(0xaa);
    buffer.set(encodeRequest({ type: "PLUG", addr: 4096, nbBlocks: 7 }), 33);
    const part = buffer.subarray(33, 57);
    expect(decodeWireRequest(part)).toEqual({ type: 0, addr: 4096n, nbBlocks: 7 });
  });

  test("may lie in several descriptors where that is allowed", () => {
    const bytes = encodeRequest({ type: "STATE", addr: 2 ** 21, nbBlocks: 1 });
    const parts = [bytes.subarray(0, 3), bytes.subarray(3, 9), bytes.subarray(9), bytes];
    expect(toHex(joinRequest(parts, true) ?? new Uint8Array())).toBe(toHex(bytes));
    expect(joinRequest(parts, false)).toBeUndefined();
    expect(joinRequest([bytes], false)).toBe(bytes);
    expect(joinRequest([], true)).toHaveLength(0);
  });
});

test.each<{ answer: Answer; hex: string }>([
  { answer: { type: "ACK" }, hex: "00000000000000000000" },
  { answer: { type: "NACK" }, hex: "01000000000000000000" },
  { answer: { type: "BUSY" }, hex: "02000000000000000000" },
  { answer: { type: "ERROR" }, hex: "03000000000000000000" },
  { answer: { type: "ACK", state: "PLUGGED" }, hex: "00000000000000000000" },
  { answer: { type: "ACK", state: "UNPLUGGED" }, hex: "00000000000000000100" },
  { answer: { type: "ACK", state: "MIXED" }, hex: "00000000000000000200" },
])("the response $answer is $hex", ({ answer, hex }) => {
  const bytes = encodeResponse(answer)!;
  expect(toHex(bytes)).toBe(hex);
  expect(decodeResponse(bytes, answer.state === undefined ? "PLUG" : "STATE")).toEqual(answer);
});

test("bytes that are no response are told", () => {
  expect(encodeResponse({ type: "none" })).toBeUndefined();
  expect(decodeResponse(new Uint8Array(9), "PLUG")).toBeUndefined();
  expect(decodeResponse(Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0, 0), "PLUG")).toBeUndefined();
  expect(decodeResponse(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 3, 0), "STATE")).toBeUndefined();
});

test("the config space has its fields where the specification puts them", () => {
  const bytes = encodeConfig({
    blockSize: 2 ** 21,
    nodeId: 0x0203,
    addr: 2 ** 32,
    regionSize: 2 ** 52,
    usableRegionSize: 2 ** 51,
    pluggedSize: 2 ** 50,
    requestedSize: 2 ** 49,
  });
  expect(toHex(bytes)).toBe(
    "0000200000000000" +
      "0302" +
      "000000000000" +
      "0000000001000000" +
      "0000000000001000" +
      "0000000000000800" +
      "0000000000000400" +
      "0000000000000200",
  );
  expect(decodeConfig(bytes).regionSize).toBe(2n ** 52n);
  expect(() => decodeConfig(new Uint8Array(55))).toThrow(
    new RangeError("config must be 56 bytes, got 55"),
  );
});
