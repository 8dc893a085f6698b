import { expect, test } from "vitest";

import { idlePasses } from "../../../bench/driver-idle.js";

const TiB = 1024 ** 4;
/** A second is the goal, on a machine that does nothing else; this one may be busy. */
const LIMIT_MS = 10_000;

test("16 TiB grow and shrink by one request per memory block, in time and little memory", () => {
  const passes = idlePasses("v6.1");
  expect(passes.pluggedSizes).toEqual([16 * TiB, 0]);
  expect(passes.requests).toBe(2 * 131072);
  expect(passes.logEntries).toBeGreaterThan(1_000_000);
  expect(passes.storedEntries).toBeLessThan(200);
  expect(passes.growMs).toBeLessThan(LIMIT_MS);
  expect(passes.shrinkMs).toBeLessThan(LIMIT_MS);
});
