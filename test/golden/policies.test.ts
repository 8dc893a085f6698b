import { join } from "node:path";
import { expect, test } from "vitest";
import { readCapture } from "../../src/capture/read-capture.js";
import { PAGE_SIZE, PAGEBLOCK_PAGES, Migratetype } from "../../src/core/abi.js";
import { Guest } from "../../src/guest/guest.js";
import { openCapture } from "../../src/node/index.js";
import { CostTally } from "../../src/predict/cost.js";

/** A guest with 632 MiB of anonymous memory in its virtio-mem memory, all in ZONE_NORMAL. */
const ANON = join(import.meta.dirname, "recordings/c-anon-normal-seed1");
/** The same with pinned pages, in ZONE_MOVABLE. */
const PINNED = join(import.meta.dirname, "recordings/c-pinned-movable-seed1");

async function shrunk(path: string, policy: string) {
  const guest = await Guest.fromCapture(await readCapture(await openCapture(path)), { policy });
  const nr = guest.device.regionSize / (PAGEBLOCK_PAGES * PAGE_SIZE);
  const first = guest.device.addr / PAGE_SIZE;
  const { movablePages } = guest.pages.countBySubblock(first, PAGEBLOCK_PAGES, nr);
  const tally = new CostTally();
  guest.log.follow((entry) => {
    tally.note(entry);
  });
  guest.requestSize(0);
  expect(guest.pages.validate()).toBeUndefined();
  for (let block = 0; block < guest.pages.nrPageblocks; block++) {
    expect(guest.pages.pageblockType(block * PAGEBLOCK_PAGES)).not.toBe(Migratetype.Isolate);
  }
  const movable = movablePages.reduce((sum, pages) => sum + pages, 0);
  return { left: guest.device.pluggedSize, movable, cost: tally.cost(guest.clock.nowMs) };
}

test("isolate-first moves no page twice where all memory is asked for, Linux moves most so", async () => {
  const linux = await shrunk(ANON, "linux");
  const policy = await shrunk(ANON, "isolate-first+sense-first");
  expect(linux.cost.movedPages).toBeGreaterThan(1.6 * linux.movable);
  expect(policy.cost.movedPages).toBeLessThan(1.05 * policy.movable);
  expect(policy.left).toBeLessThanOrEqual(linux.left);
});

test("sense-first moves nothing out of subblocks with pinned pages, Linux empties them in vain", async () => {
  const linux = await shrunk(PINNED, "linux");
  const policy = await shrunk(PINNED, "sense-first");
  expect(policy.left).toBe(linux.left);
  expect(policy.cost.failedAttempts).toBe(0);
  expect(linux.cost.failedAttempts).toBeGreaterThan(500);
  expect(policy.cost.movedPages).toBeLessThan(0.7 * linux.cost.movedPages);
});
