import type { VirtioMemDevice } from "../virtio-mem/device/device.js";
import { encodeRequest } from "../virtio-mem/wire.js";
import { toHex } from "./request-line.js";
import { MiB, GiB } from "../units.js";

/** A line of a vector file without the answer, as it stands there. */
export type VectorLine = Readonly<Record<string, unknown>> & { readonly req: string };

/**
 * A row of steps on a new device. The steps are asked for one by one, so that each may look at what
 * the device has become.
 */
export interface VectorCase {
  readonly name: string;
  readonly regionSize: number;
  readonly blockSize: number;
  readonly steps: (device: () => VirtioMemDevice) => Iterable<VectorLine>;
}

/** Where the device of every case starts: device block 2048 of 2 MiB. */
export const CASE_ADDR = 4 * GiB;

function line(req: string, off: number | bigint, nbBlocks: number, note?: string): VectorLine {
  const exact = typeof off === "bigint" ? String(off) : off;
  return { req, off: exact, nb_blocks: nbBlocks, ...(note === undefined ? {} : { note }) };
}

const plug = (off: number | bigint, nb: number, note?: string) => line("PLUG", off, nb, note);
const unplug = (off: number | bigint, nb: number, note?: string) => line("UNPLUG", off, nb, note);
const state = (off: number | bigint, nb: number, note?: string) => line("STATE", off, nb, note);
const target = (size: number | string, note?: string): VectorLine => ({
  req: "requested-size",
  size,
  ...(note === undefined ? {} : { note }),
});
const UNPLUG_ALL: VectorLine = { req: "UNPLUG_ALL" };
const SYSTEM_RESET: VectorLine = { req: "system_reset" };
const DEVICE_RESET: VectorLine = { req: "device_reset" };
const SNAPSHOT: VectorLine = { req: "snapshot" };
const RESTORE: VectorLine = { req: "restore" };
const migrate = (on: boolean): VectorLine => ({ req: "migrate", on });
const bytes = (hex: string, note: string, writable = 10): VectorLine => ({
  req: "bytes",
  hex_in: hex,
  writable,
  note,
});

const chain = (hex: readonly string[], note: string, writable = 10): VectorLine => ({
  req: "chain",
  hex_in: hex,
  writable,
  note,
});

/** The 24 bytes of a request in hexadecimal, with its range counted from the region start. */
function hexOf(type: number, off: number, nbBlocks: number): string {
  return toHex(encodeRequest({ type, addr: BigInt(CASE_ADDR + off), nbBlocks }));
}

/** Bytes from the region start to address `2^64 - size`. */
function beforeWrap(size: number): bigint {
  return 2n ** 64n - BigInt(size) - BigInt(CASE_ADDR);
}

function small(
  name: string,
  steps: (device: () => VirtioMemDevice, block: number) => Iterable<VectorLine>,
  sizes: { regionSize?: number; blockSize?: number } = {},
): VectorCase {
  const { regionSize = GiB, blockSize = 2 * MiB } = sizes;
  return { name, regionSize, blockSize, steps: (device) => steps(device, blockSize) };
}

/** The edges of every rule; the first eighteen are those of docs/spec/device.md. */
export const DIRECTED_CASES: readonly VectorCase[] = [
  small("01-end-of-the-usable-region", function* (device, block) {
    yield target(64 * MiB);
    const end = device().usableRegionSize;
    yield plug(end - block, 2, "one past it");
    yield plug(end - block, 1, "the last block");
    yield plug(end, 1, "the first one past it");
    yield state(end - block, 1);
    yield unplug(end - block, 2);
    yield unplug(end - block, 1);
  }),
  small("02-below-the-region-and-misaligned", function* (_device, block) {
    yield target(64 * MiB);
    for (const request of [plug, unplug, state]) {
      yield request(-block, 1, "just below");
      yield request(-block, 2, "half below");
      yield request(-CASE_ADDR, 1, "address 0");
      yield request(block / 2, 1, "half a block");
      yield request(1, 1, "one byte");
      yield request(block - 1, 1, "one byte short");
    }
  }),
  small("03-wrap-around", function* (_device, block) {
    yield target(64 * MiB);
    for (const request of [plug, unplug, state]) {
      yield request(beforeWrap(block), 1, "ends at 2^64");
      yield request(beforeWrap(block), 2, "wraps by a block");
      yield request(beforeWrap(block), 65535, "wraps by many");
      yield request(beforeWrap(block), 2048 + 2, "wraps into the region");
      yield request(beforeWrap(1), 1, "the last byte");
      yield request(2n ** 63n - BigInt(CASE_ADDR), 1, "2^63");
      yield request(2n ** 53n - BigInt(CASE_ADDR), 1, "2^53");
      yield request(2n ** 53n + 1n - BigInt(CASE_ADDR), 1, "2^53 and a byte");
      yield request(2n ** 32n, 1, "a region start with bit 33 too");
    }
  }),
  {
    name: "04-number-of-blocks",
    regionSize: 256 * GiB,
    blockSize: 2 * MiB,
    *steps() {
      yield target(256 * GiB);
      yield plug(0, 0);
      yield unplug(0, 0);
      yield state(0, 0);
      yield plug(2 * MiB, 65535);
      yield state(2 * MiB, 65535);
      yield state(0, 65535);
      yield unplug(0, 65535);
      yield unplug(2 * MiB, 65535);
    },
  },
  small("05-up-to-the-target", function* (_device, block) {
    yield target(64 * MiB);
    yield plug(0, 33, "one too many");
    yield plug(0, 32);
    yield plug(32 * block, 1, "target reached");
    yield plug(31 * block, 2, "too many, and one is plugged");
    yield plug(1020 * block, 40, "too many, and past the usable region");
    yield plug(block / 2, 40, "too many, and misaligned");
    yield unplug(0, 1);
    yield plug(40 * block, 1);
  }),
  small("06-target-below-what-is-plugged", function* (_device, block) {
    yield target(64 * MiB);
    yield plug(0, 32);
    yield target(16 * MiB);
    yield plug(32 * block, 1);
    yield plug(32 * block, 0, "nothing");
    yield unplug(0, 1);
    yield unplug(1 * block, 31, "below the target");
    yield plug(0, 9);
    yield plug(0, 8);
  }),
  small("07-plug-over-plugged", function* (_device, block) {
    yield target(128 * MiB);
    yield plug(10 * block, 1);
    yield plug(10 * block, 1);
    yield plug(10 * block, 2);
    yield plug(9 * block, 2);
    yield plug(8 * block, 5);
    yield state(8 * block, 2);
    yield state(11 * block, 2);
    yield plug(8 * block, 2);
    yield plug(11 * block, 2);
  }),
  small("08-unplug-mixed-and-twice", function* (_device, block) {
    yield target(128 * MiB);
    yield plug(10 * block, 3);
    yield unplug(9 * block, 2);
    yield unplug(12 * block, 2);
    yield unplug(9 * block, 5);
    yield unplug(10 * block, 3);
    yield unplug(10 * block, 3);
    yield plug(10 * block, 3);
    yield unplug(11 * block, 1, "a hole");
    yield unplug(10 * block, 3);
    yield unplug(12 * block, 1);
    yield unplug(10 * block, 1);
  }),
  small("09-state-across-a-border", function* (device, block) {
    yield target(128 * MiB);
    yield plug(10 * block, 3);
    yield state(10 * block, 3);
    yield state(9 * block, 2);
    yield state(12 * block, 2);
    yield state(0, 10);
    yield state(13 * block, 1);
    const end = device().usableRegionSize;
    yield state(0, end / block);
    yield state(0, end / block + 1, "past the usable region");
    yield state(end, 1, "inside the region, not usable");
    yield state(GiB - block, 1);
    yield state(GiB, 1);
  }),
  small("10-padding-is-ignored", function* () {
    yield target(64 * MiB);
    yield bytes(`0000${"ff".repeat(6)}0000000001000000` + `0200${"ff".repeat(6)}`, "PLUG of two");
    yield state(0, 2);
    yield bytes(
      `0300${"ff".repeat(6)}0000000001000000` + `0300${"ff".repeat(6)}`,
      "STATE of three",
    );
    yield bytes(`0200${"ff".repeat(22)}`, "UNPLUG_ALL with garbage");
    yield bytes(`0200${"00".repeat(22)}${"ff".repeat(16)}`, "longer than 24 bytes");
    yield bytes(`0000${"00".repeat(6)}0000000001000000` + `0100${"00".repeat(6)}`, "room", 64);
  }),
  small("11-unplug-all-while-migrating", function* () {
    yield target(64 * MiB);
    yield plug(0, 1);
    yield target(32 * MiB);
    yield migrate(true);
    yield UNPLUG_ALL;
    yield migrate(false);
    yield unplug(0, 1);
    yield migrate(true);
    yield UNPLUG_ALL;
    yield migrate(false);
  }),
  small("12-target-0-after-use", function* () {
    yield target(64 * MiB);
    yield plug(0, 32);
    yield target(0);
    yield plug(64 * MiB, 1, "still usable");
    yield state(0, 32);
    yield UNPLUG_ALL;
    yield plug(0, 1);
    yield unplug(0, 1);
    yield state(0, 1);
    yield UNPLUG_ALL;
    yield target(2 * MiB);
    yield plug(0, 1);
  }),
  ...[
    { name: "unknown-type-4", broken: { req: "raw4", off: 0, nb_blocks: 1 } },
    { name: "unknown-type-65535", broken: { req: "raw65535" } },
    { name: "23-bytes", broken: bytes("00".repeat(23), "a byte is missing") },
    { name: "no-bytes", broken: bytes("", "nothing at all") },
    { name: "9-bytes-of-room", broken: bytes("00".repeat(24), "no room for the answer", 9) },
  ].map(({ name, broken }) =>
    small(`13-${name}`, function* () {
      yield target(64 * MiB);
      yield plug(0, 2);
      yield broken;
      yield state(0, 2, "afterwards");
      yield plug(4 * MiB, 1, "afterwards");
      yield target(32 * MiB);
      yield DEVICE_RESET;
      yield state(0, 2, "after the driver's reset");
      yield broken;
      yield SYSTEM_RESET;
      yield target(64 * MiB);
      yield plug(0, 2);
    }),
  ),
  small("14-config-space", function* () {
    yield target(64 * MiB);
    yield plug(0, 3);
    for (let offset = 0; offset < 56; offset += 8) yield { req: "config", offset, size: 8 };
    for (let offset = 0; offset < 56; offset += 4) yield { req: "config", offset, size: 4 };
    for (let offset = 0; offset < 56; offset++) yield { req: "config", offset, size: 1 };
    yield { req: "config", offset: 8, size: 2 };
    for (let offset = 0; offset < 56; offset += 8) {
      yield { req: "config-write", offset, hex_in: "ff".repeat(8) };
    }
    yield { req: "config-write", offset: 48, hex_in: "00" };
    yield { req: "config", offset: 0, size: 56 };
    yield plug(6 * MiB, 1, "works on");
  }),
  small(
    "15-no-region",
    function* () {
      yield state(0, 1);
      yield plug(0, 1);
      yield target(2 * MiB);
      yield target(0);
      yield UNPLUG_ALL;
      yield SYSTEM_RESET;
    },
    { regionSize: 0 },
  ),
  small(
    "15-region-smaller-than-the-extent",
    function* () {
      yield target(2 * MiB);
      yield plug(126 * MiB, 1);
      yield plug(128 * MiB, 1);
      yield target(128 * MiB);
      yield plug(0, 63);
      yield state(0, 64);
      yield target(130 * MiB);
      yield target(0);
      yield UNPLUG_ALL;
    },
    { regionSize: 128 * MiB },
  ),
  {
    name: "16-unplug-all-of-131072-blocks",
    regionSize: 256 * GiB,
    blockSize: 2 * MiB,
    *steps() {
      yield target(256 * GiB);
      yield plug(0, 65535);
      yield plug(65535 * 2 * MiB, 65535);
      yield plug(131070 * 2 * MiB, 2);
      yield state(131071 * 2 * MiB, 1);
      yield UNPLUG_ALL;
      yield target(254 * GiB);
      yield state(0, 65535);
      yield state(65535 * 2 * MiB, 60000);
    },
  },
  small("17-same-target", function* () {
    yield target(64 * MiB);
    yield target(64 * MiB);
    yield target(0);
    yield target(0);
  }),
  small("18-target-changes-before-plug", function* () {
    yield target(128 * MiB);
    yield target(64 * MiB, "after the driver has read the config");
    yield plug(0, 64, "what it had read");
    yield plug(0, 32);
  }),
  small("19-busy-comes-last", function* (_device, block) {
    yield target(64 * MiB);
    yield plug(0, 2);
    yield migrate(true);
    yield plug(2 * block, 1);
    yield plug(2 * block, 31, "too many");
    yield plug(1 * block, 2, "one is plugged");
    yield plug(block / 2, 1, "misaligned");
    yield unplug(0, 1);
    yield unplug(1 * block, 2, "mixed");
    yield unplug(0, 0);
    yield state(0, 3);
    yield target(32 * MiB, "the host may still ask");
    yield migrate(false);
    yield plug(2 * block, 1);
  }),
  small("20-targets-that-are-refused", function* (_device, block) {
    yield target(block / 2);
    yield target(64 * MiB + 4096);
    yield target(64 * MiB);
    yield target(GiB + block);
    yield target(String(2n ** 53n));
    yield target(String(2n ** 63n));
    yield target(String(2n ** 64n - BigInt(block)));
    yield target(GiB);
    yield target(block);
  }),
  small("21-usable-region-grows-and-shrinks", function* (device) {
    for (const size of [80, 512, 64, 66, 320]) {
      yield target(size * MiB);
      yield state(device().usableRegionSize - 2 * MiB, 1);
      yield state(device().usableRegionSize, 1);
    }
    yield target(2 * MiB);
    yield UNPLUG_ALL;
    yield state(256 * MiB, 1);
    yield state(258 * MiB, 1);
    yield target(GiB);
    yield plug(0, 512);
    yield target(0);
    yield SYSTEM_RESET;
    yield state(0, 1);
  }),
  small("22-resets", function* () {
    yield target(64 * MiB);
    yield plug(0, 20);
    yield target(32 * MiB);
    yield DEVICE_RESET;
    yield state(0, 20);
    yield migrate(true);
    yield SYSTEM_RESET;
    yield state(0, 20);
    yield migrate(false);
    yield SYSTEM_RESET;
    yield state(0, 20);
  }),
  small("23-edges-of-words", function* (_device, block) {
    yield target(GiB);
    for (const edge of [31, 32, 33, 63, 64, 65, 127, 128, 129]) yield plug(edge * block, 1);
    for (let at = 30; at < 131; at++) yield state(at * block, 1);
    yield plug(34 * block, 29);
    yield state(31 * block, 35);
    yield unplug(31 * block, 35);
    yield state(0, 127);
    yield unplug(127 * block, 3);
    yield plug(0, 512);
    yield unplug(0, 512);
  }),
  ...[1, 4, 128, 1024].map((mib) =>
    small(
      `24-device-blocks-of-${mib}-mib`,
      function* (_device, block) {
        yield target(4 * block);
        yield plug(0, 4);
        yield plug(4 * block, 1);
        yield plug(block / 2, 1);
        yield target(4 * block + MiB / 2);
        yield unplug(block, 2);
        yield state(0, 4);
        yield target(2 * block);
        yield UNPLUG_ALL;
        yield plug(0, 3);
        yield plug(0, 2);
      },
      { blockSize: mib * MiB, regionSize: 8 * GiB },
    ),
  ),
  small("25-raw-numbers-of-known-types", function* () {
    yield target(64 * MiB);
    yield { req: "raw0", off: 0, nb_blocks: 2 };
    yield { req: "raw3", off: 0, nb_blocks: 3 };
    yield { req: "raw1", off: 0, nb_blocks: 1 };
    yield { req: "raw2" };
    yield bytes(hexOf(3, 0, 2), "STATE");
  }),
  small("26-device-reset-keeps-what-is-plugged", function* (device, block) {
    yield target(64 * MiB);
    yield plug(0, 8);
    yield plug(16 * block, 3);
    yield DEVICE_RESET;
    yield { req: "config", offset: 0, size: 56 };
    yield state(0, 8);
    yield state(8 * block, 8);
    yield state(16 * block, 3);
    yield plug(0, 1, "still plugged");
    yield plug(8 * block, 8);
    yield unplug(0, 19);
    yield DEVICE_RESET;
    yield DEVICE_RESET;
    yield plug(device().usableRegionSize - block, 1, "the usable region is as large as before");
    yield UNPLUG_ALL;
    yield DEVICE_RESET;
    yield state(0, 1);
  }),
  small("27-longer-than-a-request", function* () {
    yield target(64 * MiB);
    yield bytes(`${hexOf(0, 0, 2)}00`, "a byte more");
    yield state(0, 2);
    yield DEVICE_RESET;
    yield state(0, 2);
  }),
  ...[4, 5, 255, 256, 32768].map((type) =>
    small(`28-unknown-type-${type}-goes-on`, function* () {
      yield target(64 * MiB);
      yield { req: `raw${type}`, off: 0, nb_blocks: 1 };
      yield plug(0, 1, "the request after it");
      yield { req: `raw${type}`, off: 0, nb_blocks: 1 };
      yield DEVICE_RESET;
      yield plug(4 * MiB, 1);
      yield state(0, 1);
    }),
  ),
  ...[
    { name: "8-and-16", parts: (hex: string) => [hex.slice(0, 16), hex.slice(16)] },
    { name: "24-times-1", parts: (hex: string) => hex.match(/../g) ?? [] },
    { name: "24-and-8", parts: (hex: string) => [hex, "ff".repeat(8)] },
    { name: "0-and-24", parts: (hex: string) => ["", hex] },
    { name: "8-and-15", parts: (hex: string) => [hex.slice(0, 16), hex.slice(16, 46)] },
    { name: "none", parts: () => [] },
  ].map(({ name, parts }) =>
    small(`29-descriptors-${name}`, function* (_device, block) {
      yield target(64 * MiB);
      yield chain(parts(hexOf(0, 0, 2)), "PLUG");
      yield chain([hexOf(3, 0, 2)], "STATE in one");
      yield DEVICE_RESET;
      yield chain(parts(hexOf(0, 4 * block, 1)), "PLUG with no room", 9);
      yield DEVICE_RESET;
      yield state(0, 6);
    }),
  ),
  small("30-snapshot", function* (device, block) {
    yield target(64 * MiB);
    yield plug(0, 4);
    yield plug(8 * block, 2);
    yield target(32 * MiB);
    yield SNAPSHOT;
    yield unplug(0, 2);
    yield target(128 * MiB);
    yield plug(32 * block, 20);
    yield RESTORE;
    yield { req: "config", offset: 0, size: 56 };
    yield state(0, 4);
    yield state(4 * block, 4);
    yield state(8 * block, 2);
    yield state(10 * block, device().usableRegionSize / block - 10);
    yield plug(8 * block, 1, "plugged already");
    yield unplug(3 * block, 1);
    yield plug(3 * block, 1);
    yield DEVICE_RESET;
    yield state(0, 4);
    yield RESTORE;
    yield UNPLUG_ALL;
    yield state(0, 4);
    yield RESTORE;
    yield state(0, 4);
  }),
  small("31-snapshot-of-nothing", function* () {
    yield SNAPSHOT;
    yield target(64 * MiB);
    yield plug(0, 4);
    yield RESTORE;
    yield state(0, 4);
    yield target(2 * MiB);
    yield plug(0, 1);
  }),
];
