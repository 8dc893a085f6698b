import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { checkAllocationOrder } from "../../src/check/check-allocation-order.js";
import { openCapture } from "../../src/node/index.js";
import { coreModule } from "../core-under-test.js";

const bundled = fileURLToPath(new URL("recordings/", import.meta.url));
const shared = fileURLToPath(new URL("../../../shared/recordings/", import.meta.url));
const root = existsSync(shared) ? shared : bundled;
const folders = readdirSync(root).filter((name) => name.startsWith("k-allocorder"));

test("there are recordings of the allocation order", () => {
  expect(folders.length).toBeGreaterThan(0);
});

test.each(folders)("%s: the model hands out the first list in the recorded order", async (name) => {
  const files = await openCapture(join(root, name));
  const { aspects } = await checkAllocationOrder(name, files, { core: coreModule() });
  for (const { name: list, same, recorded } of aspects) {
    console.log(`${name} ${list}: ${same} of ${recorded} positions`);
  }
  const [first] = aspects;
  expect(first?.recorded).toBeGreaterThan(0);
  expect((first?.same ?? 0) / (first?.recorded ?? 1)).toBeGreaterThanOrEqual(5990 / 6000);
});
