// Usage: node <bundle of this file> <contender> <pages> <repeats> <steps> <sequence...>
// Runs the sequences on one contender and prints a line of JSON for each.

import type { Allocator } from "../contenders/allocator.js";
import { coreCall } from "../contenders/core-call.js";
import { core } from "../contenders/core.js";
import { typescript } from "../contenders/typescript.js";
import { peakMemory } from "../measure/peak-memory.js";
import { runSequences } from "./all.js";
import { warmUp, warmUpCalls } from "./warm-up.js";

const BOOTS: Readonly<Record<string, (pages: number) => Allocator>> = {
  core,
  "core-call": coreCall,
  typescript,
};

const [contender = "", pages, repeats, steps, ...names] = process.argv.slice(2);
const boot = BOOTS[contender];
if (boot === undefined) {
  throw new Error(`contender must be one of ${Object.keys(BOOTS).join(", ")}, got ${contender}`);
}
const scale = { pages: Number(pages), repeats: Number(repeats), steps: Number(steps) };
const allocator = boot(scale.pages);
// without the baseline compiler there is nothing to warm up
if (!process.execArgv.includes("--no-liftoff")) {
  await (contender === "core-call" ? warmUpCalls(allocator) : warmUp(allocator));
}
const measures = runSequences(allocator, scale, new Set(names));
const peakBytes = peakMemory();
for (const measure of measures) console.log(JSON.stringify({ ...measure, peakBytes }));
