import type { instantiate as generated } from "../../build/debug.js";
import { MmFlag, PAGEBLOCK_PAGES, ZoneKindNumber } from "../../src/core/abi.js";
import { loadCoreSync, type Core } from "../../src/core/load.js";
import { linuxProfile } from "../../src/linux/profile.js";
import type { Allocator } from "./allocator.js";

/**
 * A guest of one zone without watermarks and per-CPU caches, its pages all free: what a bare buddy
 * allocator boots with. Everything else is as in any guest of Linux 6.1.
 */
export function bootCore(pages: number): Core {
  const core = loadCoreSync();
  let behaviour = 0;
  for (const [name, isOn] of Object.entries(linuxProfile("v6.1").mm)) {
    if (isOn === true) behaviour |= MmFlag[name as keyof typeof MmFlag];
  }
  check(core.setup(pages / PAGEBLOCK_PAGES, behaviour));
  const zone = check(core.addZone(ZoneKindNumber.Normal, 0));
  check(core.startOnline(zone, 0, pages));
  check(core.onlinePages(0, pages));
  check(core.endOnline(0, pages));
  return core;
}

type BenchCore = Awaited<ReturnType<typeof generated>>;
/**
 * A core that has the loops of assembly/bench/. The debug core has them, too: its declarations say
 * what they are.
 */
type Loops = Core & Pick<BenchCore, Extract<keyof BenchCore, `bench${string}`>>;

/** The core, its loops inside WebAssembly. */
export function core(pages: number): Allocator {
  let loops: Loops;
  const reset = (): void => {
    loops = assertLoops(bootCore(pages));
    check(loops.benchOpen(pages));
  };
  reset();
  const handleBytes = pages * 4;
  return {
    reset,
    fill: (order, count) => loops.benchFill(order, count) >>> 0,
    drain(order, _from, end) {
      // the handles before `from` are empty by now
      check(loops.benchDrain(order, end));
    },
    repeat: (order, count) => loops.benchRepeat(order, count) >>> 0,
    shuffle(count, all, seed) {
      check(loops.benchShuffle(count, all, seed));
    },
    openSlots() {
      check(loops.benchOpen(pages));
    },
    churn: (slots, steps, seed) => loops.benchChurn(slots, steps, seed) >>> 0,
    failed: () => loops.benchFailed() >>> 0,
    bytes: () => (loops.usedMemory() >>> 0) - handleBytes,
  };
}

function check(result: number): number {
  if (result < 0) throw new Error(`the core answered ${result}`);
  return result;
}

function assertLoops(core: Core): Loops {
  if ("benchOpen" in core) return core as Loops;
  throw new Error("the core must be the one with the loops of assembly/bench/: see benchCore()");
}
