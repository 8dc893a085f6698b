import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import * as abi from "../../../src/core/abi.js";
import { WORKLOAD_STATES } from "../../../src/core/guest-workloads.js";
import { brokenInvariant } from "../../../src/core/invariants.js";
import { loadCoreSync } from "../../../src/core/load.js";
import { Errno } from "../../../src/errno.js";
import { linuxProfile, PROFILE_NAMES } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

/** The numbers that the core was compiled with, by name. Only the debug core says them. */
const constants = new Map<string, number>(
  Object.entries(loadCoreSync(coreModule("debug"))).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global ? [[name, Number(value.value)] as const] : [],
  ),
);

/**
 * The core's constants of one prefix, without it; names as `src/` would spell them, in small
 * letters.
 */
function group(prefix: string, without: readonly string[] = []): Record<string, number> {
  const found = [...constants].filter(
    ([name]) => name.startsWith(prefix) && !without.includes(name),
  );
  return Object.fromEntries(
    found.map(([name, value]) => [plain(name.slice(prefix.length)), value]),
  );
}

function plain(name: string): string {
  return name.replaceAll(/[-_]/g, "").toLowerCase();
}

function plainKeys(numbers: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [plain(name), value]));
}

describe("src/core/abi.ts", () => {
  test.each<{ name: string; own: Readonly<Record<string, number>>; core: Record<string, number> }>([
    { name: "Migratetype", own: abi.Migratetype, core: group("MIGRATE_", ["MIGRATE_TYPES"]) },
    { name: "ZoneKindNumber", own: abi.ZoneKindNumber, core: group("ZONE_", ["ZONE_KINDS"]) },
    { name: "AllocFlag", own: abi.AllocFlag, core: group("ALLOC_") },
    { name: "MmFlag", own: abi.MmFlag, core: group("MM_") },
    { name: "PageClass", own: abi.PageClass, core: group("PAGE_", ["PAGE_SHIFT", "PAGE_CLASSES"]) },
    { name: "Hold", own: abi.Hold, core: group("HOLD_") },
    { name: "Doubt", own: abi.Doubt, core: group("DOUBT_", ["DOUBT_KINDS"]) },
    { name: "LoadMode", own: abi.LoadMode, core: group("LOAD_") },
    {
      name: "WORKLOAD_STATES",
      own: Object.fromEntries(WORKLOAD_STATES.map((state, index) => [state, index])),
      core: group("STATE_"),
    },
    { name: "Relief", own: abi.Relief, core: group("RELIEF_") },
    { name: "JournalKind", own: abi.JournalKind, core: group("JOURNAL_") },
    {
      name: "CONTIG_STAGES",
      own: Object.fromEntries(abi.CONTIG_STAGES.map((stage, index) => [stage, index])),
      core: group("STAGE_"),
    },
  ])("$name agrees with the core, name by name", ({ own, core }) => {
    expect(plainKeys(own)).toEqual(core);
  });

  test("sizes and limits agree with the core", () => {
    expect(abi.PAGE_SIZE).toBe(2 ** (constants.get("PAGE_SHIFT") ?? 0));
    expect(abi.PAGEBLOCK_ORDER).toBe(constants.get("PAGEBLOCK_ORDER"));
    expect(abi.PAGEBLOCK_PAGES).toBe(constants.get("PAGEBLOCK_PAGES"));
    expect(abi.PAGEBLOCK_SIZE).toBe(abi.PAGEBLOCK_PAGES * abi.PAGE_SIZE);
    expect(abi.MAX_ORDER).toBe(constants.get("MAX_ORDER"));
    expect(2 ** abi.MAX_ORDER).toBe(constants.get("MAX_ORDER_PAGES"));
    expect(abi.GOES_ON).toBe(constants.get("GOES_ON"));
    expect(abi.MAX_ERRNO).toBe(constants.get("MAX_ERRNO"));
  });

  test("counts of the core are those of the names", () => {
    expect(Object.keys(abi.Migratetype)).toHaveLength(constants.get("MIGRATE_TYPES") ?? 0);
    expect(Object.keys(abi.ZoneKindNumber)).toHaveLength(constants.get("ZONE_KINDS") ?? 0);
    expect(Object.keys(abi.PageClass)).toHaveLength(constants.get("PAGE_CLASSES") ?? 0);
  });

  test("the head of a free chunk is free, whatever its order and list type", () => {
    for (let state = 0x80; state < 0x100; state++) {
      expect(abi.classOfState(state)).toBe(abi.PageClass.Free);
    }
  });

  test("a page class has a name, and fits beside its hold into a state byte", () => {
    for (const [name, number] of Object.entries(abi.PageClass)) {
      expect(plain(abi.pageClassName(number).replaceAll("-", ""))).toBe(plain(name));
      expect(abi.classOfState(number | (abi.Hold.Fail << 5))).toBe(number);
    }
    expect(abi.pageClassName(30)).toBe("class 30");
  });
});

test("src/errno.ts agrees with the core where both know a number", () => {
  const codes = [...constants].filter(([name]) => /^E[A-Z]+$/.test(name));
  expect(codes.length).toBeGreaterThan(5);
  expect(Errno).toMatchObject(Object.fromEntries(codes));
});

test.each(PROFILE_NAMES)(
  "profile %s answers every behaviour of the core with yes or no",
  (name) => {
    const answers = Object.entries(linuxProfile(name).mm).flatMap(([key, value]) =>
      typeof value === "boolean" ? [key] : [],
    );
    expect(answers.sort()).toEqual(Object.keys(abi.MmFlag).sort());
  },
);

test("every code of validate() has words of its own, and no other has", () => {
  const codes = constants.get("NR_INVARIANTS") ?? 0;
  const words = Array.from({ length: codes }, (_, code) => brokenInvariant(code, 7));
  expect(new Set(words).size).toBe(codes);
  for (const text of words) expect(text).toMatch(/^(?!broken invariant).* 7$/);
  expect(brokenInvariant(codes, 7)).toBe(`broken invariant ${codes}, at 7`);
});

test("the largest code of validate() is the last one written down", () => {
  const path = new URL("../../../assembly/inspect/validate.ts", import.meta.url);
  const codes = [...readFileSync(path, "utf8").matchAll(/^const [A-Z_]+: u32 = (\d+);$/gm)];
  expect(codes.map(([, code]) => Number(code))).toEqual(
    Array.from({ length: constants.get("NR_INVARIANTS") ?? 0 }, (_, code) => code),
  );
});
