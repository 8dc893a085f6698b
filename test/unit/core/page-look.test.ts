import { describe, expect, test } from "vitest";

import { Hold, Migratetype, PageClass } from "../../../src/core/abi.js";
import { KernelError } from "../../../src/core/kernel-error.js";
import { Guest } from "../../../src/guest/guest.js";
import { MiB } from "../../../src/units.js";

const SUBBLOCK = 512;
const BLOCKS = 0x80;

/** A guest with 256 MiB of a GiB plugged, and where its device's memory starts. */
async function pluggedGuest() {
  const guest = await Guest.create({ regionSize: 1024 * MiB });
  guest.requestSize(256 * MiB);
  return { guest, startPfn: guest.device.addr / 4096 };
}

function looked(guest: Guest, startPfn: number, nrPages: number, count: number): Uint8Array {
  const into = new Uint8Array(count);
  guest.pages.look.bySubblock(startPfn, nrPages, into);
  return into;
}

describe("a look by subblock tells", () => {
  test("what is not plugged, what is free, and what blocks", async () => {
    const { guest, startPfn } = await pluggedGuest();
    const bytes = looked(guest, startPfn, SUBBLOCK, 512);
    const classes = bytes.map((byte) => byte & 31);
    // the memmap of the added memory lies in it or below it
    expect([...classes.subarray(0, 128)].filter((found) => found === PageClass.Free).length).toBe(
      [...bytes.subarray(0, 128)].filter((byte) => byte === 0).length,
    );
    expect(new Set(classes.subarray(128))).toEqual(new Set([PageClass.Absent]));
  });

  test("the class of the first blocking page, and how much is in use", async () => {
    const { guest, startPfn } = await pluggedGuest();
    const request = { order: 9, type: Migratetype.Movable, pageClass: PageClass.Anon } as const;
    const block = guest.pages.tryAlloc({ ...request, kind: "Normal", node: 0 }) ?? -1;
    expect(block).toBeGreaterThanOrEqual(startPfn);
    const full = looked(guest, block, SUBBLOCK, 1)[0] ?? 0;
    expect(full & 31).toBe(PageClass.Anon);
    expect((full >> 5) & 3).toBe(3);
    expect(full & BLOCKS).toBe(0);

    guest.pages.setPage(block + 100, PageClass.Anon, Hold.Pinned);
    guest.pages.setPage(block + 200, PageClass.Kernel, Hold.None);
    expect(looked(guest, block, SUBBLOCK, 1)[0]).toBe(PageClass.Anon | (3 << 5) | BLOCKS);
    guest.pages.setPage(block + 50, PageClass.Kernel, Hold.None);
    expect(looked(guest, block, SUBBLOCK, 1)[0]).toBe(PageClass.Kernel | (3 << 5) | BLOCKS);
    // the same page, in a subblock of two pageblocks
    const pair = block - (block % (2 * SUBBLOCK));
    expect((looked(guest, pair, 2 * SUBBLOCK, 1)[0] ?? 0) & BLOCKS).toBe(BLOCKS);

    const pages = new Uint8Array(SUBBLOCK);
    guest.pages.look.pages(block, pages);
    expect(pages[100]).toBe(PageClass.Anon | (Hold.Pinned << 5));
    expect(pages[50]).toBe(PageClass.Kernel);
    expect(pages[0]).toBe(PageClass.Anon);
  });

  test("the zone and the migratetype", async () => {
    const { guest, startPfn } = await pluggedGuest();
    const zones = new Uint8Array(512);
    guest.pages.look.zonesBySubblock(startPfn, SUBBLOCK, zones);
    const normal = guest.zones.find("Normal", 0)?.id ?? -1;
    expect((zones[0] ?? 0) & 15).toBe(normal);
    expect((zones[511] ?? 0) & 15).toBe(15);
    expect((zones[5] ?? 0) >> 4).toBe(guest.pages.pageblockType(startPfn + 5 * SUBBLOCK));
  });
});

test("a look has no limit per call, and changes nothing", async () => {
  const guest = await Guest.create({ regionSize: 2 ** 41 });
  const before = guest.pages.memoryUse();
  const bytes = looked(guest, guest.device.addr / 4096, SUBBLOCK, 2 ** 20);
  expect(bytes.every((byte) => PageClass.Absent === (byte & 31))).toBe(true);
  expect(guest.pages.memoryUse()).toEqual(before);
});

test("a look refuses what is no range of subblocks", async () => {
  const { guest, startPfn } = await pluggedGuest();
  const { look } = guest.pages;
  const into = new Uint8Array(1);
  expect(() => {
    look.bySubblock(startPfn, 100, into);
  }).toThrow("nrPages must be a multiple of 512, got 100");
  expect(() => {
    look.pages(-1, into);
  }).toThrow("startPfn must be a whole number from 0 to 2^32 - 1, got -1");
  expect(() => {
    look.pages(0, [] as never);
  }).toThrow("into must be a Uint8Array, got an array of 0");
  expect(() => {
    look.bySubblock(startPfn, SUBBLOCK, new Uint8Array(513));
  }).toThrow(KernelError);
  expect(() => {
    look.bySubblock(startPfn + 1, SUBBLOCK, into);
  }).toThrow(KernelError);
});
