// Usage: node <bundle of this file> start <pages> Imports the package as it is built in dist/,
// makes a guest with that many pages of boot memory, and prints how long that took.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type * as engine from "../../src/index.js";
import { peakMemory } from "../measure/peak-memory.js";
import { stopwatch } from "../measure/stopwatch.js";

const PACKAGE = join(import.meta.dirname, "../../dist/index.js");

const bootSize = Number(process.argv[3]) * 4096;
const elapsed = stopwatch();
const { Guest } = (await import(pathToFileURL(PACKAGE).href)) as typeof engine;
const guest = await Guest.create({ bootSize });
const took = elapsed();
const { bytes } = guest.pages.memoryUse();
const peakBytes = peakMemory();
console.log(JSON.stringify({ workload: "start", ...took, ops: 1, bytes, peakBytes }));
