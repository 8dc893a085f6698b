import { expect, test } from "vitest";

import { Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { prepareRequest } from "../../../src/core/page-request.js";
import { ZONE_KINDS } from "../../../src/core/zone-kind.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

function pages(): PageMemory {
  return PageMemory.createSync(4096, linuxProfile("v6.1").mm, coreModule());
}

test("zones are named as in zoneinfo, lowest first", () => {
  expect(ZONE_KINDS).toEqual(["DMA", "DMA32", "Normal", "PreferMovable", "Movable"]);
});

test.each([
  ["normal", "normal; did you mean Normal?"],
  ["Movabel", "Movabel; did you mean Movable?"],
  [2, "2"],
  [undefined, "undefined"],
  ["__proto__", "__proto__"],
])("a zone must have one of these names, not %s", (kind, end) => {
  const memory = pages();
  const names = "must be one of DMA, DMA32, Normal, PreferMovable, Movable, got ";
  expect(() => memory.addZone(kind as "Normal", 0)).toThrow(`kind ${names}`);
  expect(memory.addZone("Normal", 0)).toBe(0);
  expect(() => {
    memory.setLowmemReserve(0, kind as "Normal", 1);
  }).toThrow(`kind ${names}`);
  const request = { order: 0, type: Migratetype.Movable, pageClass: PageClass.Anon, node: 0 };
  expect(() => prepareRequest({ ...request, kind: kind as "Normal" })).toThrow(
    `kind of a page request ${names}`,
  );
  expect(() => memory.addZone(kind as "Normal", 0)).toThrow(end.split(";").at(-1));
});
