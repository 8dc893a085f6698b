import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { coreModule } from "../core-under-test.js";
import { replayAllocationOrder } from "./allocation-order.js";

const bundled = fileURLToPath(new URL("recordings/", import.meta.url));
const shared = fileURLToPath(new URL("../../../shared/recordings/", import.meta.url));
const root = existsSync(shared) ? shared : bundled;
const folders = readdirSync(root).filter((name) => name.startsWith("k-allocorder"));

test("there are recordings of the allocation order", () => {
  expect(folders.length).toBeGreaterThan(0);
});

test.each(folders)("%s: the model hands out the first list in the recorded order", async (name) => {
  const { lists } = await replayAllocationOrder(join(root, name), coreModule());
  for (const [index, { same, all, common }] of lists.entries()) {
    console.log(`${name} list ${index + 1}: ${same} of ${all} positions, ${common} of the pages`);
  }
  const [first] = lists;
  expect(first?.all).toBeGreaterThan(0);
  expect((first?.same ?? 0) / (first?.all ?? 1)).toBeGreaterThanOrEqual(5990 / 6000);
});
