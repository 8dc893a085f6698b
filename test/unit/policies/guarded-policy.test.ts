import { describe, expect, test } from "vitest";
import { Guest } from "../../../src/guest/guest.js";
import { guardedPolicy } from "../../../src/policies/choice/guarded-policy.js";
import type { Policy } from "../../../src/policies/policy.js";
import { PolicyError } from "../../../src/policies/policy-error.js";
import { loadPolicies, loadPolicy } from "../../../src/node/index.js";

const MiB = 1024 ** 2;
const EXAMPLES = new URL("../../../examples/policies/", import.meta.url).pathname;

function* forEver(first: number): Generator<number> {
  for (let at = 0; ; at++) yield first + (at % 8);
}

/** A guest of 1 GiB of virtio-mem memory under a policy from a module. */
async function guestUnder(unplug: unknown): Promise<Guest> {
  const policy = guardedPolicy({ name: "theirs", summary: "", unplug }, "theirs.js");
  const guest = await Guest.create({ bootSize: 512 * MiB, regionSize: 1024 * MiB, policy });
  guest.requestSize(1024 * MiB);
  return guest;
}

describe("what a policy answers", () => {
  test.each<[string, unknown, string]>([
    [
      "throws",
      {
        memoryBlocks: () => {
          throw new Error("no idea");
        },
      },
      "policy theirs: memoryBlocks() must not throw, got: no idea",
    ],
    [
      "names memory blocks below the device",
      { memoryBlocks: () => [0] },
      "policy theirs: memoryBlocks() must name memory blocks of the device, 32 to 39, got 0",
    ],
    [
      "names memory blocks above it",
      { memoryBlocks: () => Uint32Array.of(39, 40) },
      "policy theirs: memoryBlocks() must name memory blocks of the device, 32 to 39, got 40",
    ],
    [
      "names one twice",
      { memoryBlocks: () => [33, 33] },
      "policy theirs: memoryBlocks() must name each number once, got 33 twice",
    ],
    [
      "never ends",
      { memoryBlocks: (view: { firstId: number }) => forEver(view.firstId) },
      "policy theirs: memoryBlocks() must return at most 8 numbers, got more",
    ],
    [
      "answers with text",
      { memoryBlocks: () => "32" },
      "policy theirs: memoryBlocks() must return numbers in a row, got 32",
    ],
    [
      "answers with a fraction",
      { subblocks: () => [1.5] },
      "policy theirs: subblocks() must return whole numbers, got 1.5",
    ],
    [
      "names subblocks beyond the memory block",
      { subblocks: () => [64] },
      "policy theirs: subblocks() must name subblocks of the memory block, 0 to 63, got 64",
    ],
    [
      "ranks by nothing",
      { rank: () => NaN },
      "policy theirs: rank() must return a finite number, got NaN",
    ],
    [
      "answers yes",
      { accepts: [() => "yes"] },
      "policy theirs: accepts() must return true or false, got yes",
    ],
  ])("that %s is an error, and the guest is as before", async (_, unplug, message) => {
    const guest = await guestUnder(unplug);
    const before = [guest.device.pluggedSize, guest.pluggedMap(), guest.clock.nowNs];
    const requests = [...guest.log.of("request")].length;
    expect(() => {
      guest.requestSize(0);
    }).toThrow(new PolicyError(message));
    expect([guest.device.pluggedSize, guest.pluggedMap(), guest.clock.nowNs]).toEqual(before);
    expect([...guest.log.of("request")]).toHaveLength(requests);
    expect(guest.device.requestedSize).toBe(1024 * MiB);
    expect(guest.pages.validate()).toBeUndefined();
    // and it goes on living
    expect(() => {
      guest.driver.run();
      guest.advanceTo(1000);
    }).not.toThrow();
  });

  test("a failure in the middle of a run leaves no pageblock isolated", async () => {
    let asked = 0;
    const guest = await guestUnder({
      isolatesFirst: true,
      accepts: [
        () => {
          // it is asked twice for each of 8 x 65 chunks before the run touches anything
          if (++asked > 1044) throw new Error("late");
          return true;
        },
      ],
    });
    expect(() => {
      guest.requestSize(0);
    }).toThrow("policy theirs: accepts() must not throw, got: late");
    expect(guest.pages.validate()).toBeUndefined();
    for (let id = 32; id < 40; id++) {
      expect(guest.pages.pageblockType(id * 32768)).not.toBe(4);
    }
    expect(guest.device.requestedSize).toBe(1024 * MiB);
  });

  test("right answers do what they say, the same as from a policy of our own", async () => {
    const unplug = { memoryBlocks: () => [34, 33], chunks: ["memory-block"] };
    const guest = await guestUnder(unplug);
    guest.requestSize(0);
    expect(guest.pluggedMap().indexOf("0")).toBe(64);
    expect(guest.device.pluggedSize).toBe((1024 - 256) * MiB);
  });
});

describe("what a policy is made of", () => {
  test.each<[unknown, string]>([
    [undefined, "policy module a.js must be a policy object, got undefined"],
    [{ name: "Mine" }, "policy module a.js must have a name of a-z, 0-9, -, . and =, got Mine"],
    [{ name: "m" }, "policy m: summary must be text, got undefined"],
    [{ name: "m", summary: "", unplug: 3 }, "policy m: unplug must be an object, got 3"],
    [
      { name: "m", summary: "", unplug: { chunks: [3] } },
      "policy m: unplug.chunks must be powers of two or memory-block, got 3",
    ],
    [
      { name: "m", summary: "", unplug: { passes: [["kernal"]] } },
      "policy m: unplug.passes must be lists of states, got kernal",
    ],
    [
      { name: "m", summary: "", unplug: { attempts: { kernel: -1, movable: 1 } } },
      "policy m: unplug.attempts must be numbers of attempts by kernel and movable",
    ],
    [{ name: "m", summary: "", retry: { minimumMs: 0 } }, "retry.minimumMs must be more than 0"],
    [{ name: "m", summary: "", memmap: "own" }, "memmap must be older-memory or added-memory"],
    [
      { name: "m", summary: "", controller: { periodMs: 0.1 } },
      "controller.periodMs must be at least 1, got 0.1",
    ],
    [{ name: "m", summary: "", unplugs: {} }, "it must have no other parts than name, summary"],
  ])("%j is refused", (value, message) => {
    expect(() => guardedPolicy(value, "a.js")).toThrow(message);
  });
});

describe("loadPolicy", () => {
  test("loads TypeScript, and combines it with policies that have names", async () => {
    const [own, named] = await loadPolicies("calm-first.ts + sense-first", { folder: EXAMPLES });
    expect([own?.name, named?.name]).toEqual(["calm-first", "sense-first"]);
  });

  test("says what is no module", async () => {
    await expect(loadPolicy("./none.ts")).rejects.toThrow(
      "policy must be a name or the path of a module, got no such file: ./none.ts",
    );
    await expect(loadPolicy("package.json", { folder: "." })).rejects.toThrow(
      "policy virtio-mem-engine: summary must be text, got undefined",
    );
  });
});

test("the example shows its policy in under forty lines, and it wins where moving is what costs", async () => {
  const policy = await loadPolicy("calm-first.ts", { folder: EXAMPLES });
  const moved: number[] = [];
  for (const choice of [policy, "linux"] as (Policy | string)[]) {
    const guest = await Guest.create({
      bootSize: 1024 * MiB,
      regionSize: 1024 * MiB,
      online: { autoOnline: "online_movable" },
      policy: choice,
    });
    guest.requestSize(1024 * MiB);
    const request = { order: 0, type: 1, pageClass: 16, kind: "Movable", node: 0 } as const;
    const pfns = Array.from({ length: 255_000 }, () => guest.pages.tryAlloc(request)!);
    const [lowest = 0] = [...pfns].sort((a, b) => a - b);
    // free is what lies lowest, and Linux begins at the top
    for (const pfn of pfns) if (pfn < lowest + 3 * 32768) guest.pages.free(pfn, 0);
    guest.requestSize(768 * MiB);
    expect(guest.device.pluggedSize).toBe(768 * MiB);
    moved.push([...guest.log.of("contig")].reduce((sum, entry) => sum + entry.migratedPages, 0));
  }
  expect(moved[0]).toBe(0);
  expect(moved[1]).toBeGreaterThan(50_000);
});
