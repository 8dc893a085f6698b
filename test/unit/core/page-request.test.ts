import { expect, test } from "vitest";

import { AllocFlag, Migratetype, PageClass } from "../../../src/core/abi.js";
import { PageMemory } from "../../../src/core/page-memory.js";
import { prepareRequest, type PageRequest } from "../../../src/core/page-request.js";
import { linuxProfile } from "../../../src/linux/profile.js";
import { coreModule } from "../../core-under-test.js";

const REQUEST: PageRequest = {
  order: 0,
  type: Migratetype.Movable,
  pageClass: PageClass.Anon,
  kind: "Normal",
  node: 0,
};

test.each<{ name: keyof PageRequest; values: readonly unknown[]; rule: RegExp }>([
  { name: "order", values: [-1, 11, 0.5, NaN, "0"], rule: /order .* from 0 to 10, got/ },
  { name: "type", values: [-1, 3, 4], rule: /type .* from 0 to 2, got/ },
  { name: "pageClass", values: [-1, 30, undefined], rule: /pageClass .* from 0 to 29, got/ },
  { name: "kind", values: [2, "normal"], rule: /kind .* must be one of DMA, .* got/ },
  { name: "node", values: [-1, 16, Infinity], rule: /node .* from 0 to 15, got/ },
  { name: "flags", values: [-1, 1, 16, 2 ** 32, 2.5], rule: /flags .* AllocFlag bits, got/ },
])("a request whose $name is out of range is refused in words", ({ name, values, rule }) => {
  for (const value of values) {
    const request = { ...REQUEST, [name]: value };
    expect(() => prepareRequest(request)).toThrow(RangeError);
    expect(() => prepareRequest(request)).toThrow(rule);
  }
});

test("a prepared request is served as the request is, again and again", () => {
  const [plain, prepared] = [0, 1].map(() => {
    const memory = PageMemory.createSync(4096, linuxProfile("v6.1").mm, coreModule());
    const zone = memory.addZone("Normal", 0);
    memory.online(zone, 0, 4096, [[0, 4096]]);
    return memory;
  }) as [PageMemory, PageMemory];
  const requests: readonly PageRequest[] = [
    REQUEST,
    { ...REQUEST, order: 3, type: Migratetype.Unmovable, pageClass: PageClass.Slab },
    { ...REQUEST, order: 9, pageClass: PageClass.Thp, flags: AllocFlag.Compound },
    { ...REQUEST, order: 3, type: Migratetype.Reclaimable, pageClass: PageClass.Slab },
    { ...REQUEST, pageClass: PageClass.Shmem, flags: AllocFlag.NoWatermarks },
  ];
  for (let round = 0; round < 3; round++) {
    for (const request of requests) {
      const pfn = prepared.tryAlloc(prepareRequest(request));
      expect(pfn).toBe(plain.tryAlloc(request));
      expect(prepared.pageState(pfn!)).toBe(request.pageClass);
    }
  }
  const runs: [number, number][] = [];
  expect(prepared.allocBulk(700, prepareRequest(REQUEST), runs)).toBe(700);
  const same: [number, number][] = [];
  expect(plain.allocBulk(700, REQUEST, same)).toBe(700);
  expect(runs).toEqual(same);
  expect(prepared.validate()).toBeUndefined();
});
