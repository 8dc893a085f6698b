import { describe, expect, test } from "vitest";

import { loadCoreSync } from "../../../src/core/load.js";
import { coreModule } from "../../core-under-test.js";

interface Area {
  readonly name: string;
  readonly start: number;
  readonly bytes: number;
}

/** The constants of the debug core; an area of assembly/mm/layout.ts is a start and a size. */
const debugCore = loadCoreSync(coreModule("debug"));
const constants = new Map(
  Object.entries(debugCore).flatMap(([name, value]) =>
    value instanceof WebAssembly.Global ? [[name, Number(value.value)] as const] : [],
  ),
);
const areas: readonly Area[] = [...constants]
  .flatMap(([name, bytes]) => {
    const start = name.endsWith("_BYTES")
      ? constants.get(name.slice(0, -"_BYTES".length))
      : undefined;
    return start === undefined ? [] : [{ name: name.slice(0, -"_BYTES".length), start, bytes }];
  })
  .sort((one, other) => one.start - other.start);

describe("the areas of linear memory", () => {
  test("are all there", () => {
    expect(areas.map(({ name }) => name)).toEqual([
      "SCRATCH",
      "LOADED_STATES",
      "TALLIES",
      "THRESHOLDS",
      "LRU_BATCH",
      "OOM_EVENTS",
      "ZONELISTS",
      "FIRST_ZONES",
      "PREFERRED_ZONES",
      "ZONES",
      "MIGRATION",
      "STAGING",
      "STAGING2",
      "WORKLOADS",
      "CACHED_RUNS",
      "CHANGED",
      "LINK_PARTS",
    ]);
  });

  test.each(areas)("$name ends before the next one begins", ({ start, bytes }) => {
    const next = areas.find((area) => area.start > start)?.start ?? constants.get("TABLE") ?? 0;
    expect(start % 8).toBe(0);
    expect(bytes).toBeGreaterThan(0);
    expect(start + bytes).toBeLessThanOrEqual(next);
  });

  test("lie behind the static data, and before the pageblock table", () => {
    expect(constants.get("HEAP_BASE")).toBeLessThanOrEqual(constants.get("SCRATCH") ?? 0);
    expect(constants.get("TABLE")).toBe(0x200000);
  });
});
