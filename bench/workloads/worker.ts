// Usage: node <bundle of this file> <workload> <pages>
// Runs a workload once and prints a line of JSON for each result.

import { peakMemory } from "../measure/peak-memory.js";
import { WORKLOADS } from "./all.js";

const [name, pages] = process.argv.slice(2);
const workload = WORKLOADS.find((candidate) => candidate.name === name);
if (workload === undefined) {
  const names = WORKLOADS.map((candidate) => candidate.name).join(", ");
  throw new Error(`workload must be one of ${names}, got ${name ?? "nothing"}`);
}
const results = await workload.run(Number(pages));
const peakBytes = peakMemory();
for (const result of results) console.log(JSON.stringify({ ...result, peakBytes }));
