// The core as a file of its own, read by the user.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

import * as engine from "virtio-mem-engine";

import { runScenario } from "./scenario.mjs";

const path = createRequire(import.meta.url).resolve("virtio-mem-engine/core.wasm");
const result = await runScenario(engine, await readFile(path));
console.log(JSON.stringify({ result }));
