import { setTimeout } from "node:timers/promises";

import type { Allocator } from "../contenders/allocator.js";
import { runSequences, SEQUENCES } from "./all.js";

/**
 * 256 chunks of order 9: the loops over such chunks have to run as often as others until V8 takes
 * notice.
 */
const PAGES = 2 ** 17;
/** churn keeps a part of them each time. */
const CHURN_PAGES = 2 ** 13;
const ROUNDS = 40;
/** Lets a compile in the background end, and its code be used. */
const PAUSE_MS = 2;

/**
 * Runs everything on a part of the memory until V8 has compiled it at its best, and resets it. A
 * WebAssembly function must be entered again for that: a loop stays in the tier in which it began.
 */
export async function warmUp(allocator: Allocator): Promise<void> {
  const churn = new Set(["churn"]);
  const others = new Set(SEQUENCES.filter((name) => !churn.has(name)));
  const scale = { repeats: 16384, steps: 16384 };
  for (let round = 0; round < ROUNDS; round++) {
    runSequences(allocator, { ...scale, pages: PAGES }, others);
    runSequences(allocator, { ...scale, pages: CHURN_PAGES }, churn);
    // forgets what churn holds
    allocator.openSlots(CHURN_PAGES / 8);
    await setTimeout(PAUSE_MS);
  }
  allocator.reset();
}

const LARGEST_ORDER = 9;
const REPEATS = 4096;

/**
 * Does the same for an allocator that is called for each operation, and leaves its memory as it
 * was: all free. A new one would not do: once a process has had a second guest, V8 no longer puts
 * calls of the core in line.
 */
export async function warmUpCalls(allocator: Allocator): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    for (let order = 0; order <= LARGEST_ORDER; order++) allocator.repeat(order, REPEATS);
    await setTimeout(PAUSE_MS);
  }
}
