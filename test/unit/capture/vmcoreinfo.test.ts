import { describe, expect, test } from "vitest";

import { VmcoreInfo } from "../../../src/capture/vmcoreinfo.js";

const parse = (text: string) => VmcoreInfo.parse(text, "vmcoreinfo.txt");

describe("VMCOREINFO", () => {
  const info = parse(
    "OSRELEASE=6.12.95\nSIZE(page)=64\nOFFSET(page.flags)=0\nNUMBER(PG_lru)=5\n" +
      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nSYMBOL(vmemmap)=ffffea0000000000\n\0\0",
  );

  test("says sizes, offsets, constants and addresses by name", () => {
    expect(info.size("page")).toBe(64);
    expect(info.offset("page.flags")).toBe(0);
    expect(info.constant("PG_lru")).toBe(5);
    expect(info.symbol("vmemmap")).toBe(0xffff_ea00_0000_0000n);
    expect(info.symbol("mem_section")).toBeUndefined();
  });

  test("does not make up what is not there", () => {
    expect(() => info.offset("page._refcount")).toThrow(
      "vmcoreinfo.txt: OFFSET(page._refcount) must be a number from 0 up, got nothing",
    );
  });

  test.each([
    ["SIZE(page)=0", 'SIZE(page) must be a number from 1 up, got "0"'],
    ["SIZE(page)=-64", 'got "-64"'],
    ["SIZE(page)=6e1", 'got "6e1"'],
    ["SIZE(page)=99999999999999999999", 'got "99999999999999999999"'],
  ])("refuses %s", (line, message) => {
    expect(() => parse(line).size("page")).toThrow(message);
  });

  test("refuses an address that is none", () => {
    expect(() => parse("SYMBOL(vmemmap)=0xfff").symbol("vmemmap")).toThrow(
      "must be an address of up to 16 hexadecimal digits",
    );
  });

  test.each([
    ["SIZE(page)=64\nnonsense", "must have a KEY=value on each line"],
    ["=5", "must have a KEY=value on each line"],
    ["SIZE(page)=64\nSIZE(page)=56", 'SIZE(page) must have one value, got "64" and "56"'],
  ])("refuses a note that is none: %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test("takes a key that is there twice with the same value", () => {
    expect(parse("SIZE(page)=64\nSIZE(page)=64").size("page")).toBe(64);
  });
});
