import { describe, expect, test } from "vitest";

import type { instantiate as generated } from "../../../build/debug.js";
import type { Core } from "../../../src/core/load.js";
import { Errno } from "../../../src/errno.js";
import { coreModule, coreName } from "../../core-under-test.js";
import { guestUnderTest } from "../core/guest-under-test.js";

type DebugCore = Awaited<ReturnType<typeof generated>>;

const MAX = 2 ** 32 - 1;

/**
 * A guest with something of everything, and the loops that only the debug core and that of bench/
 * have.
 */
function guestWithLoops(): DebugCore {
  const { core }: { core: Core } = guestUnderTest();
  return core as DebugCore;
}

function memoryOf(core: Core): Buffer {
  return Buffer.from(core.memory.buffer.slice(0, core.usedMemory() >>> 0));
}

test("the release core has no loops", () => {
  const names = WebAssembly.Module.exports(coreModule("release")).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith("bench"))).toEqual([]);
});

describe.runIf(coreName === "debug")("a loop", () => {
  test.each<[name: string, call: (core: DebugCore) => number]>([
    ["no handles", (core) => core.benchOpen(0)],
    ["too many handles", (core) => core.benchOpen(2 ** 29 + 1)],
    ["more handles than numbers", (core) => core.benchOpen(MAX)],
    ["an order too large", (core) => core.benchDrain(11, 0)],
    ["more handles than there are", (core) => core.benchDrain(0, 1)],
    ["nothing but nonsense", (core) => core.benchDrain(MAX, MAX)],
    ["a part larger than the whole", (core) => core.benchShuffle(2, 1, 0)],
    ["a shuffle of too many handles", (core) => core.benchShuffle(1, 1, 0)],
  ])("refuses %s and changes nothing", (_name, call) => {
    const core = guestWithLoops();
    const before = memoryOf(core);
    expect(call(core) | 0).toBe(-Errno.EINVAL);
    expect(memoryOf(core).equals(before)).toBe(true);
  });

  test("that does not fit its handles does nothing", () => {
    const core = guestWithLoops();
    expect(core.benchOpen(64)).toBe(0);
    const before = memoryOf(core);
    expect(core.benchFill(0, 65)).toBe(0);
    expect(core.benchFill(11, 1)).toBe(0);
    expect(core.benchRepeat(11, 1)).toBe(0);
    expect(core.benchChurn(0, 5, 1)).toBe(0);
    expect(core.benchChurn(48, 5, 1)).toBe(0);
    expect(core.benchChurn(128, 5, 1)).toBe(0);
    expect(memoryOf(core).equals(before)).toBe(true);
  });

  test("frees only what it allocated, in the order it allocated", () => {
    const core = guestWithLoops();
    core.benchOpen(64);
    const free = core.freePagesOfZone(0) + core.cachedPagesOfZone(0);
    expect(core.benchFill(2, 16)).not.toBe(0);
    expect(core.benchDrain(0, 64)).toBe(-Errno.EINVAL);
    expect(core.benchChurn(64, 100, 1)).toBe(0);
    expect(core.benchDrain(2, 64)).toBe(0);
    expect(core.freePagesOfZone(0) + core.cachedPagesOfZone(0)).toBe(free);
    expect(core.benchChurn(64, 1000, 1)).not.toBe(0);
    expect(core.benchDrain(0, 64)).toBe(-Errno.EINVAL);
    expect(core.validate()).toBe(0);
  });

  test("goes on where memory is out", () => {
    const core = guestWithLoops();
    core.benchOpen(4096);
    for (const order of [10, 9, 0]) {
      core.benchRepeat(order, 20);
      core.benchFill(order, 4096);
      core.benchRepeat(order, 20);
      core.benchDrain(order, 4096);
      expect(core.validate()).toBe(0);
    }
  });

  test("draws the same pages for the same seed", () => {
    const churn = (seed: number): number => {
      const core = guestWithLoops();
      core.benchOpen(64);
      return core.benchChurn(64, 1000, seed) + core.benchFailed();
    };
    expect(churn(1)).toBe(churn(1));
    expect(churn(1)).not.toBe(churn(2));
  });
});
