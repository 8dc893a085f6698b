import { setTimeout } from "node:timers/promises";

import type { Allocator } from "../contenders/allocator.js";
import { runSequences, SEQUENCES } from "./all.js";

const PAGES = 2 ** 13;
const ROUNDS = 40;
/** Lets a compile in the background end, and its code be used. */
const PAUSE_MS = 2;

/**
 * Runs everything on a part of the memory until V8 has compiled it at its best, and resets it. A WebAssembly function must be entered again for
 * that: a loop stays in the tier in which it began.
 */
export async function warmUp(allocator: Allocator): Promise<void> {
  const all = new Set(SEQUENCES);
  const scale = { pages: PAGES, repeats: 16384, steps: 16384 };
  for (let round = 0; round < ROUNDS; round++) {
    runSequences(allocator, scale, all);
    // forgets what churn holds
    allocator.openSlots(PAGES / 8);
    await setTimeout(PAUSE_MS);
  }
  allocator.reset();
}
